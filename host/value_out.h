/* Decoded values as text for people and as JSON. */
#ifndef HOST_VALUE_OUT_H
#define HOST_VALUE_OUT_H

#include "meter/meter.h"
#include "reader/text/out.h"

#include <stdio.h>

enum {
    VALUE_TEXT_SIZE = 512
};

/* Without the unit; cut to VALUE_TEXT_SIZE; safe for a terminal. Returns `text`. */
char *value_text(const struct meter_value *value, char text[VALUE_TEXT_SIZE]);

/* meter_value_fn: a member of the value's own name of (struct reader_out *) context; a line on
 * (FILE *) context. */
void value_json_fn(void *context, const struct meter_value *value);
void value_line_fn(void *context, const struct meter_value *value);

#endif

/* A decoded value of a table as JSON. */
#ifndef READER_VALUE_H
#define READER_VALUE_H

#include "meter/meter.h"
#include "reader/text/out.h"

/* A time by RFC 3339; only BT52 is in UTC, others have the meter's local time and so no Z. */
char *reader_value_time(const struct meter_value *value, char text[METER_TIME_SIZE]);

/* Its content alone: a number, a bool, or a string: text, hex digits or a time. */
void reader_json_value(struct reader_out *out, const char *name, const struct meter_value *value);

/*
 * A meter_value_fn, its context the (struct reader_out *): an element of an array,
 * {"name", "value", "unit", "offset"}; no unit where there is none, and of a secret
 * no value but "secret": true.
 */
void reader_json_value_fn(void *context, const struct meter_value *value);

#endif

/* A reading, kept for printing. */
#ifndef HOST_READING_H
#define HOST_READING_H

#include "reader/reader.h"

#include <stdio.h>

enum {
    READING_VALUES_MAX = 320,
    READING_TEXT_SIZE = 96 /* text of a meter, cleaned, or a number with its unit */
};

struct reading_value {
    char name[METER_NAME_SIZE];
    enum reader_kind kind;
    enum meter_unit unit;
    int64_t integer;
    bool before_ratio;            /* of a CT meter: not what goes through the house's wires */
    char text[READING_TEXT_SIZE]; /* READER_TEXT, and READER_TIME in RFC 3339 */
};

struct reading {
    struct reading_value value[READING_VALUES_MAX];
    size_t count;
};

/* Takes the newest reading; empty if there is none that is fresh enough. */
void reading_take(struct reading *reading, const struct reader *reader, mep_time now);

/* NULL if the meter does not have it. */
const struct reading_value *reading_find(const struct reading *reading, const char *name);

/* A number in the unit people use, with it: "431 W", "228.3 V", "65845.343 kWh", "0.71". */
char *reading_number(enum meter_unit unit, int64_t integer, char text[READING_TEXT_SIZE]);

/* What people read: a number with its unit, or the text. Returns `text`. */
char *reading_text(const struct reading_value *value, char text[READING_TEXT_SIZE]);

/* One flat object and a newline. */
void reading_json(const struct reading *reading, FILE *out);

#endif

/* Values of one decode, kept so that tests can look at them by name. */
#ifndef TESTS_METER_COLLECT_H
#define TESTS_METER_COLLECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "meter/meter.h"

enum {
    COLLECTED_MAX = 2000
};

struct collected {
    size_t count;
    struct meter_value value[COLLECTED_MAX];
};

/* A meter_value_fn; context is a struct collected. */
void collect(void *context, const struct meter_value *value);

/* Decodes into a collection that lives until the next call. */
const struct collected *decoded(const struct meter_table *table,
                                const struct meter_dimensions *dims, uint32_t offset,
                                const uint8_t *bytes, size_t count);

/* NULL if there is none of that name. */
const struct meter_value *find(const struct collected *collected, const char *name);

/* Fails the test unless the value is there and is this. */
void expect_integer(const struct collected *collected, const char *name, int64_t integer);
void expect_text(const struct collected *collected, const char *name, const char *text);
void expect_time(const struct collected *collected, const char *name, const char *text);
void expect_bytes(const struct collected *collected, const char *name, const void *bytes,
                  size_t count);
void expect_none(const struct collected *collected, const char *name);

/* Deterministic, the same on every machine. */
uint32_t next_random(uint32_t *state);

#endif

/* Going through a table's values: shared by decoding, encoding and listing. */
#ifndef METER_WALK_H
#define METER_WALK_H

#include "meter/meter.h"

enum {
    METER_TABLE_MAX = 0x1000000
}; /* offsets have 24 bits (p.10) */

/*
 * For every value that lies wholly in [low, high) `visit` is called with `value`
 * filled in but for its content, and `size`, its bytes. It returns false to stop.
 */
struct meter_walk {
    const struct meter_table *table;
    const struct meter_dimensions *dims;
    uint32_t low;
    uint32_t high;
    bool (*visit)(struct meter_walk *walk);
    void *context;
    uint32_t size;
    struct meter_value value;
};

/* False if a visit stopped it. */
bool meter_walk(struct meter_walk *walk);

/* The bytes of one element. */
uint32_t meter_element_size(const struct meter_field *field, const struct meter_dimensions *dims);

/* The one that holds this ID, or NULL. */
const struct meter_source *meter_find_source(const struct meter_source *sources, size_t count,
                                             unsigned id);

/* Names a value: `numbers` replace the '#' of a pattern in turn, its tier the '@'. */
void meter_compose(struct meter_value *value, const char *pattern, const unsigned *numbers);

/* Names a value after a source that holds `id`. */
void meter_name_source(struct meter_value *value, const struct meter_source *source, uint8_t id);

#endif

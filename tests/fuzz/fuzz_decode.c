/*
 * Learns from and decodes tables made of arbitrary bytes. Input: records of
 * table (1 byte), offset (2, little-endian), length (1) and so many bytes; each
 * is learnt from and then decoded, as a client does with what it reads.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meter/meter.h"

struct window {
    uint32_t offset;
    size_t count;
    uint64_t sum;
};

static void look_at(void *context, const struct meter_value *value)
{
    struct window *window = context;
    if (value->offset < window->offset || value->offset > window->offset + window->count)
        abort();
    if (!value->name[0] || strlen(value->name) >= METER_NAME_SIZE)
        abort();
    if (value->kind == METER_RAW || value->kind == METER_STRING) {
        for (size_t i = 0; i < value->length; i++)
            window->sum += value->bytes[i];
    }
    if (value->kind == METER_TIME && !meter_time_valid(&value->time))
        abort();
    window->sum += (uint64_t)value->integer + strlen(meter_unit_text(value->unit));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct meter_dimensions dims;
    meter_dimensions_default(&dims);
    while (size >= 4) {
        const struct meter_table *table = meter_tables[data[0] % meter_table_count];
        struct window window = {(uint32_t)(data[1] | data[2] << 8), data[3], 0};
        data += 4;
        size -= 4;
        if (window.count > size)
            window.count = size;
        /* a copy of its own, so that a step outside is seen */
        uint8_t *copy = malloc(window.count ? window.count : 1);
        if (!copy)
            return 0;
        memcpy(copy, data, window.count);
        meter_dimensions_update(&dims, table, window.offset, copy, window.count);
        meter_decode(table, &dims, window.offset, copy, window.count, look_at, &window);
        free(copy);
        data += window.count;
        size -= window.count;
    }
    return 0;
}

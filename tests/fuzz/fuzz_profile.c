/*
 * Learns a load profile's dimensions from arbitrary bytes and decodes a block's
 * header and an interval by them. Input: the data set (1 byte), then records of
 * table (1), offset (2, little-endian), length (1) and so many bytes; what is
 * left after the last whole record is the block's.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meter/profile.h"

static const struct meter_table *const tables[] = {&meter_bt61, &meter_bt62, &meter_bt63,
                                                   &meter_et21, &meter_et42, &meter_et66};

static void look_at(void *context, const struct meter_value *value)
{
    size_t *values = context;
    if (!value->name[0] || strlen(value->name) >= METER_NAME_SIZE)
        abort();
    if (value->place >= METER_PROFILE_CHANNELS_MAX)
        abort();
    ++*values;
}

/* A copy of so many bytes of its own, so that a step outside is seen. */
static uint8_t *copy_of(const uint8_t *data, size_t size, size_t wanted)
{
    uint8_t *copy = calloc(1, wanted ? wanted : 1);
    if (copy)
        memcpy(copy, data, size < wanted ? size : wanted);
    return copy;
}

static void decode(const struct meter_profile *profile, const struct meter_dimensions *dims,
                   const uint8_t *data, size_t size)
{
    const struct meter_profile_layout *layout = &profile->layout;
    struct meter_profile_block block;
    size_t values = 0;
    uint8_t *header = copy_of(data, size, layout->header);
    uint8_t *record = copy_of(data, size, layout->record);

    if (header && record) {
        if (meter_profile_header(profile, header, &block)) {
            if (block.last >= profile->intervals || block.number > profile->intervals)
                abort();
            uint16_t back = meter_profile_back(profile, block.end, block.last,
                                               block.end - INT64_C(3600) * data[0]);
            uint16_t at = meter_profile_block(profile, back);
            if (at >= profile->blocks ||
                meter_profile_at(profile, at, profile->intervals) > 0x1000000)
                abort();
        }
        if (meter_profile_flags(profile, record) >> METER_PROFILE_FLAGS)
            abort();
        if (meter_profile_values(profile, dims, record, look_at, &values) != values)
            abort();
    }
    free(header);
    free(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct meter_dimensions dims;
    struct meter_profile profile;

    if (size == 0)
        return 0;
    meter_dimensions_default(&dims);
    meter_profile_init(&profile, data[0]);
    data++;
    size--;
    while (size >= 4 && size - 4 >= data[3]) {
        const struct meter_table *table = tables[data[0] % (sizeof tables / sizeof *tables)];
        uint32_t offset = (uint32_t)(data[1] | data[2] << 8);
        size_t count = data[3];
        uint8_t *copy = copy_of(data + 4, count, count);
        if (!copy)
            return 0;
        meter_dimensions_update(&dims, table, offset, copy, count);
        meter_profile_learn(&profile, &dims, table, offset, copy, count);
        free(copy);
        data += 4 + count;
        size -= 4 + count;
    }
    if (size != 0 && meter_profile_check(&profile) == METER_PROFILE_OK)
        decode(&profile, &dims, data, size);
    return 0;
}

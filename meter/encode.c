#include "meter/walk.h"

#include <string.h>

struct filling {
    uint8_t *bytes;
    meter_fill_fn *fn;
    void *context;
    enum meter_result result;
};

static void store(uint8_t *bytes, uint32_t size, uint64_t number)
{
    for (uint32_t i = 0; i < size; i++, number >>= 8)
        bytes[i] = (uint8_t)number;
}

static uint64_t load(const uint8_t *bytes, uint32_t size)
{
    uint64_t number = 0;
    while (size--)
        number = number << 8 | bytes[size];
    return number;
}

static enum meter_result store_bytes(const struct meter_walk *walk, uint8_t *bytes)
{
    const struct meter_value *value = &walk->value;
    if (!value->bytes)
        return METER_E_KIND;
    if (value->length > walk->size || (value->kind == METER_RAW && value->length != walk->size))
        return METER_E_RANGE;
    memset(bytes, 0, walk->size);
    memcpy(bytes, value->bytes, value->length);
    return METER_OK;
}

static enum meter_result store_time(const struct meter_walk *walk, uint8_t *bytes)
{
    const struct meter_time *time = &walk->value.time;
    if (!meter_time_valid(time))
        return METER_E_RANGE;
    bytes[0] = (uint8_t)(time->year - 2000);
    bytes[1] = time->month;
    bytes[2] = time->day;
    bytes[3] = time->hour;
    bytes[4] = time->minute;
    if (walk->size > 5)
        bytes[5] = time->second;
    return METER_OK;
}

/* "3.10.21", or else what the meter stores. */
static enum meter_result store_version(const struct meter_value *value, uint8_t *bytes)
{
    static const uint8_t limit[3] = {15, 127, 31};
    unsigned parts[3] = {0, 0, 0};
    unsigned part = 0;
    int64_t number = value->integer;
    for (size_t i = 0; value->bytes && i < value->length; i++) {
        if (value->bytes[i] == '.' && part < 2)
            part++;
        else if (value->bytes[i] >= '0' && value->bytes[i] <= '9' && parts[part] <= 127)
            parts[part] = parts[part] * 10 + (unsigned)(value->bytes[i] - '0');
        else
            return METER_E_RANGE;
    }
    for (part = 0; part < 3; part++) {
        if (parts[part] > limit[part])
            return METER_E_RANGE;
    }
    if (value->bytes)
        number = parts[0] << 12 | parts[1] << 5 | parts[2];
    if (number < 0 || number > UINT16_MAX)
        return METER_E_RANGE;
    bytes[0] = (uint8_t)(number >> 8);
    bytes[1] = (uint8_t)number;
    return METER_OK;
}

static enum meter_result store_hms(int64_t seconds, uint8_t *bytes)
{
    if (seconds < 0 || seconds >= INT64_C(256) * 3600)
        return METER_E_RANGE;
    bytes[0] = (uint8_t)(seconds / 3600);
    bytes[1] = (uint8_t)(seconds / 60 % 60);
    bytes[2] = (uint8_t)(seconds % 60);
    return METER_OK;
}

static int64_t divide_down(int64_t number, int64_t by)
{
    return number >= 0 ? number / by : -((by - 1 - number) / by);
}

static enum meter_result store_integer(const struct meter_walk *walk, uint8_t *bytes)
{
    const struct meter_value *value = &walk->value;
    const struct meter_field *field = value->field;
    unsigned bits = field->bits ? field->bits : 8 * walk->size;
    bool is_signed = value->kind == METER_SIGNED;
    int64_t number = value->integer;

    if (field->scale && (value->unit == METER_UNIT_WH || value->unit == METER_UNIT_VARH))
        number = divide_down(number, meter_dimension(walk->dims, field->scale));
    int64_t high = (INT64_C(1) << (is_signed ? bits - 1 : bits)) - 1;
    if (number > high || number < (is_signed ? -high - 1 : 0))
        return METER_E_RANGE;
    uint64_t mask = ((UINT64_C(1) << bits) - 1) << field->bit;
    uint64_t word = load(bytes, walk->size) & ~mask;
    store(bytes, walk->size, word | ((uint64_t)number << field->bit & mask));
    return METER_OK;
}

static enum meter_result store_value(const struct meter_walk *walk, uint8_t *bytes)
{
    switch (walk->value.field->type) {
    case METER_TEXT:
    case METER_BYTES:
    case METER_SECRET:
        return store_bytes(walk, bytes);
    case METER_LTIME:
    case METER_STIME:
        return store_time(walk, bytes);
    case METER_HMS:
        return store_hms(walk->value.integer, bytes);
    case METER_VERSION:
        return store_version(&walk->value, bytes);
    default:
        return store_integer(walk, bytes);
    }
}

static bool fill_one(struct meter_walk *walk)
{
    struct filling *filling = walk->context;
    walk->value.integer = 0;
    walk->value.bytes = NULL;
    walk->value.length = walk->size;
    memset(&walk->value.time, 0, sizeof walk->value.time);
    if (filling->fn(filling->context, &walk->value))
        filling->result = store_value(walk, filling->bytes + walk->value.offset);
    return filling->result == METER_OK;
}

enum meter_result meter_fill(const struct meter_table *table, const struct meter_dimensions *dims,
                             uint8_t *bytes, size_t size, meter_fill_fn *fn, void *context)
{
    struct filling filling = {bytes, fn, context, METER_OK};
    struct meter_walk walk = {.table = table, .dims = dims, .visit = fill_one};
    walk.high = size < METER_TABLE_MAX ? (uint32_t)size : METER_TABLE_MAX;
    walk.context = &filling;
    meter_walk(&walk);
    return filling.result;
}

struct search {
    const char *name;
    const struct meter_value *value;
    bool found;
    bool kind_fits;
};

static bool is_number(enum meter_kind kind)
{
    return kind == METER_SIGNED || kind == METER_UNSIGNED || kind == METER_BOOL;
}

static bool fill_named(void *context, struct meter_value *value)
{
    struct search *search = context;
    const struct meter_value *from = search->value;
    if (strcmp(value->name, search->name) != 0)
        return false;
    search->found = true;
    search->kind_fits = value->kind == from->kind ||
                        (is_number(value->kind) && is_number(from->kind)) ||
                        (value->field->type == METER_VERSION && is_number(from->kind));
    value->integer = from->integer;
    value->time = from->time;
    value->bytes = is_number(from->kind) ? NULL : from->bytes;
    value->length = from->length;
    return search->kind_fits;
}

enum meter_result meter_encode(const struct meter_table *table, const struct meter_dimensions *dims,
                               const char *name, const struct meter_value *value, uint8_t *bytes,
                               size_t size)
{
    struct search search = {name, value, false, false};
    enum meter_result result = meter_fill(table, dims, bytes, size, fill_named, &search);
    if (search.found)
        return search.kind_fits ? result : METER_E_KIND;
    uint32_t offset;
    return meter_locate(table, dims, name, &offset) ? METER_E_SIZE : METER_E_FIELD;
}

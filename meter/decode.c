#include "meter/walk.h"

struct decoding {
    const uint8_t *bytes; /* the first one is that of walk.low */
    meter_value_fn *fn;
    void *context;
    size_t values;
};

static uint64_t load(const uint8_t *bytes, uint32_t size)
{
    uint64_t number = 0;
    while (size--)
        number = number << 8 | bytes[size];
    return number;
}

static int64_t load_signed(const uint8_t *bytes, uint32_t size)
{
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    uint64_t number = load(bytes, size);
    return (int64_t)(number & (sign - 1)) - (int64_t)(number & sign);
}

static bool load_time(struct meter_time *time, const uint8_t *bytes, uint32_t size)
{
    *time = (struct meter_time){(uint16_t)(2000 + bytes[0]), bytes[1], bytes[2], bytes[3], bytes[4],
                                size > 5 ? bytes[5] : 0};
    return meter_time_valid(time);
}

static void load_text(struct meter_value *value, const uint8_t *bytes, uint32_t size)
{
    uint32_t length = 0;
    while (length < size && bytes[length])
        length++;
    while (length && bytes[length - 1] == ' ')
        length--;
    value->bytes = bytes;
    value->length = length;
}

/* At least as many digits as `power`, which is 1 or 10, has. */
static char *put_decimal(char *out, unsigned number, unsigned power)
{
    while (number / power >= 10)
        power *= 10;
    for (; power != 0; power /= 10)
        *out++ = (char)('0' + number / power % 10);
    return out;
}

/* "3.00.24", as the guide writes it */
static void load_version(struct meter_value *value, const uint8_t *bytes)
{
    unsigned version = (unsigned)bytes[0] << 8 | bytes[1];
    char *out = put_decimal(value->text, version >> 12, 1);
    *out++ = '.';
    out = put_decimal(out, version >> 5 & 127, 10);
    *out++ = '.';
    out = put_decimal(out, version & 31, 10);
    *out = 0;
    value->integer = version;
    value->bytes = (const uint8_t *)value->text;
    value->length = (size_t)(out - value->text);
}

static bool load_value(struct meter_walk *walk, const uint8_t *bytes)
{
    struct meter_value *value = &walk->value;
    const struct meter_field *field = value->field;
    value->integer = 0;
    value->bytes = bytes;
    value->length = walk->size;
    switch (field->type) {
    case METER_TEXT:
        load_text(value, bytes, walk->size);
        return true;
    case METER_BYTES:
        return true;
    case METER_SECRET:
        return false;
    case METER_LTIME:
    case METER_STIME:
        return load_time(&value->time, bytes, walk->size);
    case METER_HMS:
        value->integer = (bytes[0] * INT32_C(60) + bytes[1]) * 60 + bytes[2];
        return true;
    case METER_VERSION:
        load_version(value, bytes);
        return true;
    default:
        break;
    }
    if (value->kind == METER_SIGNED)
        value->integer = load_signed(bytes, walk->size);
    else
        value->integer = (int64_t)load(bytes, walk->size);
    if (field->bits)
        value->integer = value->integer >> field->bit & ((INT32_C(1) << field->bits) - 1);
    if (field->scale && (value->unit == METER_UNIT_WH || value->unit == METER_UNIT_VARH))
        value->integer *= meter_dimension(walk->dims, field->scale);
    return true;
}

static bool decode_one(struct meter_walk *walk)
{
    struct decoding *decoding = walk->context;
    if (load_value(walk, decoding->bytes + (walk->value.offset - walk->low))) {
        decoding->values++;
        decoding->fn(decoding->context, &walk->value);
    }
    return true;
}

size_t meter_decode(const struct meter_table *table, const struct meter_dimensions *dims,
                    uint32_t offset, const uint8_t *bytes, size_t count, meter_value_fn *fn,
                    void *context)
{
    enum {
        READ_MAX = UINT16_MAX
    }; /* a count has 16 bits (p.10) */
    struct decoding decoding = {bytes, fn, context, 0};
    struct meter_walk walk = {.table = table, .dims = dims, .low = offset, .visit = decode_one};
    walk.high = offset + (uint32_t)(count < READ_MAX ? count : READ_MAX);
    walk.context = &decoding;
    if (offset < METER_TABLE_MAX)
        meter_walk(&walk);
    return decoding.values;
}

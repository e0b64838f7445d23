#include "host/value_out.h"

#include "host/hex.h"
#include "reader/text/utf8.h"

#include <inttypes.h>
#include <string.h>

/* RFC 3339; only BT52 is in UTC, other tables have the meter's local time. */
static char *time_text(const struct meter_value *value, char *text)
{
    meter_time_text(&value->time, text);
    if (value->table != &meter_bt52)
        text[METER_TIME_SIZE - 2] = 0;
    return text;
}

char *value_text(const struct meter_value *value, char text[VALUE_TEXT_SIZE])
{
    const size_t most = (VALUE_TEXT_SIZE - 1) / 2;

    switch (value->kind) {
    case METER_SIGNED:
    case METER_UNSIGNED:
        snprintf(text, VALUE_TEXT_SIZE, "%" PRId64, value->integer);
        break;
    case METER_BOOL:
        snprintf(text, VALUE_TEXT_SIZE, "%s", value->integer ? "yes" : "no");
        break;
    case METER_STRING:
        reader_utf8_clean(value->bytes, value->length, text, VALUE_TEXT_SIZE);
        break;
    case METER_RAW:
        hex_text(value->bytes, value->length < most ? value->length : most, text);
        break;
    case METER_TIME:
        time_text(value, text);
        break;
    }
    return text;
}

void value_json(struct reader_out *json, const struct meter_value *value)
{
    char text[METER_TIME_SIZE];

    switch (value->kind) {
    case METER_SIGNED:
    case METER_UNSIGNED:
        reader_json_integer(json, value->name, value->integer);
        break;
    case METER_BOOL:
        reader_json_bool(json, value->name, value->integer != 0);
        break;
    case METER_STRING:
        reader_json_bytes(json, value->name, value->bytes, value->length);
        break;
    case METER_RAW:
        reader_json_hex(json, value->name, value->bytes, value->length);
        break;
    case METER_TIME:
        reader_json_string(json, value->name, time_text(value, text));
        break;
    }
}

void value_json_fn(void *context, const struct meter_value *value)
{
    value_json(context, value);
}

void value_line_fn(void *context, const struct meter_value *value)
{
    char text[VALUE_TEXT_SIZE];
    const char *unit = meter_unit_text(value->unit);

    fprintf(context, "  %-32s %s%s%s\n", value->name, value_text(value, text),
            unit[0] == 0 ? "" : " ", unit);
}

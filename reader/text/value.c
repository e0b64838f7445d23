#include "reader/text/value.h"

char *reader_value_time(const struct meter_value *value, char text[METER_TIME_SIZE])
{
    meter_time_text(&value->time, text);
    if (value->table != &meter_bt52)
        text[METER_TIME_SIZE - 2] = 0;
    return text;
}

void reader_json_value(struct reader_out *out, const char *name, const struct meter_value *value)
{
    char text[METER_TIME_SIZE];

    switch (value->kind) {
    case METER_SIGNED:
    case METER_UNSIGNED:
        reader_json_integer(out, name, value->integer);
        break;
    case METER_BOOL:
        reader_json_bool(out, name, value->integer != 0);
        break;
    case METER_STRING:
        reader_json_bytes(out, name, value->bytes, value->length);
        break;
    case METER_RAW:
        reader_json_hex(out, name, value->bytes, value->length);
        break;
    case METER_TIME:
        reader_json_string(out, name, reader_value_time(value, text));
        break;
    }
}

void reader_json_value_fn(void *context, const struct meter_value *value)
{
    struct reader_out *out = context;

    reader_json_begin(out, NULL);
    reader_json_string(out, "name", value->name);
    if (value->field->type == METER_SECRET)
        reader_json_bool(out, "secret", true);
    else
        reader_json_value(out, "value", value);
    if (value->unit != METER_UNIT_NONE)
        reader_json_string(out, "unit", meter_unit_text(value->unit));
    reader_json_integer(out, "offset", value->offset);
    reader_json_end(out);
}

#include "host/value_out.h"

#include "host/hex.h"
#include "reader/text/utf8.h"
#include "reader/text/value.h"

#include <inttypes.h>
#include <string.h>

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
        reader_value_time(value, text);
        break;
    }
    return text;
}

void value_json_fn(void *context, const struct meter_value *value)
{
    reader_json_value(context, value->name, value);
}

void value_line_fn(void *context, const struct meter_value *value)
{
    char text[VALUE_TEXT_SIZE];
    const char *unit = meter_unit_text(value->unit);

    fprintf(context, "  %-32s %s%s%s\n", value->name, value_text(value, text),
            unit[0] == 0 ? "" : " ", unit);
}

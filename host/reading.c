#include "host/reading.h"

#include "host/file_out.h"
#include "reader/text/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void take(void *context, const struct reader_value *from)
{
    struct reading *reading = context;

    if (reading->count == READING_VALUES_MAX)
        return;
    struct reading_value *value = &reading->value[reading->count++];
    snprintf(value->name, sizeof value->name, "%s", from->name);
    value->kind = from->kind;
    value->unit = from->unit;
    value->integer = from->integer;
    value->before_ratio = from->before_ratio;
    value->text[0] = 0;
    if (from->kind == READER_TEXT)
        reader_utf8_clean(from->text, from->length, value->text, sizeof value->text);
    else if (from->kind == READER_TIME)
        meter_time_text(&from->time, value->text);
}

void reading_take(struct reading *reading, const struct reader *reader, mep_time now)
{
    reading->count = 0;
    reader_values(reader, now, take, reading);
}

const struct reading_value *reading_find(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->count; i++)
        if (strcmp(reading->value[i].name, name) == 0)
            return &reading->value[i];
    return NULL;
}

char *reading_number(enum meter_unit unit, int64_t integer, char text[READING_TEXT_SIZE])
{
    static const struct {
        enum meter_unit unit;
        int divisor, decimals, drop; /* drop: what the decimals left out are divided by */
        const char *text;
    } human[] = {
        {METER_UNIT_WH, 1000, 3, 1, " kWh"},   {METER_UNIT_VARH, 1000, 3, 1, " kvarh"},
        {METER_UNIT_VAH, 1000, 3, 1, " kVAh"}, {METER_UNIT_MA, 1000, 2, 10, " A"},
        {METER_UNIT_MV, 1000, 1, 100, " V"},   {METER_UNIT_MHZ, 1000, 3, 1, " Hz"},
        {METER_UNIT_PERMILLE, 1000, 3, 1, ""},
    };

    for (size_t i = 0; i < sizeof human / sizeof *human; i++) {
        if (human[i].unit != unit)
            continue;
        int64_t rounded = integer + (integer < 0 ? -human[i].drop : human[i].drop) / 2;
        int64_t whole = rounded / human[i].divisor, rest = rounded % human[i].divisor;
        snprintf(text, READING_TEXT_SIZE, "%s%" PRId64 ".%0*" PRId64 "%s", rounded < 0 ? "-" : "",
                 (int64_t)llabs(whole), human[i].decimals, (int64_t)llabs(rest) / human[i].drop,
                 human[i].text);
        return text;
    }
    const char *name = meter_unit_text(unit);
    snprintf(text, READING_TEXT_SIZE, "%" PRId64 "%s%s", integer, name[0] == 0 ? "" : " ", name);
    return text;
}

char *reading_text(const struct reading_value *value, char text[READING_TEXT_SIZE])
{
    if (value->kind == READER_INTEGER)
        return reading_number(value->unit, value->integer, text);
    memcpy(text, value->text, READING_TEXT_SIZE);
    return text;
}

void reading_json(const struct reading *reading, FILE *out)
{
    struct reader_out json = file_out(out);

    reader_json_begin(&json, NULL);
    for (size_t i = 0; i < reading->count; i++) {
        const struct reading_value *value = &reading->value[i];
        if (value->kind == READER_INTEGER)
            reader_json_integer(&json, value->name, value->integer);
        else
            reader_json_string(&json, value->name, value->text);
    }
    reader_json_end(&json);
    fputc('\n', out);
    fflush(out);
}

#include "reader/bridge/titles.h"

#include "reader/text/out.h"

#include <string.h>

/* Those that their name would not explain. */
static const struct {
    const char *name, *title;
} titles[] = {
    {"power_outage_s", "Power outage duration"},
    {"pulse_1", "Pulse input 1"},
    {"pulse_2", "Pulse input 2"},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the name without the unit it ends in. */
static size_t without_unit(const char *name, enum meter_unit unit)
{
    static const char *const suffixes[METER_UNITS] = {
        [METER_UNIT_WH] = "_wh",   [METER_UNIT_VARH] = "_varh", [METER_UNIT_W] = "_w",
        [METER_UNIT_VAR] = "_var", [METER_UNIT_VA] = "_va",     [METER_UNIT_MA] = "_ma",
        [METER_UNIT_MV] = "_mv",   [METER_UNIT_MHZ] = "_mhz",   [METER_UNIT_PERMILLE] = "_permille",
        [METER_UNIT_S] = "_s",
    };
    const char *suffix = (unsigned)unit < METER_UNITS ? suffixes[unit] : NULL;
    size_t length = strlen(name), end = suffix != NULL ? strlen(suffix) : 0;

    return length > end && end != 0 && strcmp(name + length - end, suffix) == 0 ? length - end
                                                                                : length;
}

/* "l1" is L1, and so are quadrants and tariffs; else the first word alone has a capital. */
static char capital(const char *name, size_t at, size_t length)
{
    bool begins = at == 0 || name[at - 1] == '_';
    bool numbered = begins && at + 1 < length && is_digit(name[at + 1]);
    char c = name[at];

    if ((at == 0 || numbered) && c >= 'a' && c <= 'z')
        return (char)(c & ~32);
    if (c == '_')
        return ' ';
    return c;
}

char *reader_title(const char *name, enum meter_unit unit, char title[READER_TITLE_SIZE])
{
    size_t length = without_unit(name, unit);
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, title, READER_TITLE_SIZE);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (strcmp(name, titles[i].name) != 0)
            continue;
        reader_out_text(&out, titles[i].title);
        return title;
    }
    for (size_t i = 0; i < length; i++) {
        char c = capital(name, i, length);
        reader_out_bytes(&out, &c, 1);
    }
    return title;
}

bool reader_is_total(const char *name, enum meter_unit unit)
{
    static const char *const counted[] = {"power_outages", "pulse_1", "pulse_2", "error_count"};

    if (unit == METER_UNIT_WH || unit == METER_UNIT_VARH)
        return strncmp(name, "energy_net", 10) != 0;
    if (unit == METER_UNIT_S)
        return true;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        if (strcmp(name, counted[i]) == 0)
            return true;
    }
    return false;
}

#include "reader/bridge/titles.h"

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

char *reader_title(const char *name, enum meter_unit unit, char title[READER_TITLE_SIZE])
{
    size_t length = without_unit(name, unit);

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (strcmp(name, titles[i].name) == 0)
            return strcpy(title, titles[i].title);
    }
    if (length >= READER_TITLE_SIZE)
        length = READER_TITLE_SIZE - 1;
    for (size_t i = 0; i < length; i++) {
        bool first = i == 0 || name[i - 1] == '_';
        bool number = first && i + 1 < length && is_digit(name[i + 1]); /* l1, q1, t1 */
        char c = name[i] == '_' ? ' ' : name[i];
        title[i] = (i == 0 || number) && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    title[length] = 0;
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

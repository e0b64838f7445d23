#include "host/rfc3339.h"

#include "meter/meter.h"

#include <ctype.h>

/* So many digits; moves `text` behind them. False if there are fewer. */
static bool take_number(const char **text, unsigned digits, unsigned *number)
{
    *number = 0;
    for (; digits != 0; digits--, ++*text) {
        if (!isdigit((unsigned char)**text))
            return false;
        *number = *number * 10 + (unsigned)(**text - '0');
    }
    return true;
}

static bool take_letter(const char **text, char letter)
{
    if (tolower((unsigned char)**text) != letter)
        return false;
    ++*text;
    return true;
}

/* Z, or hours and minutes ahead of UTC. */
static bool take_offset(const char **text, int64_t *offset_s)
{
    unsigned hours, minutes;
    bool behind = **text == '-';

    *offset_s = 0;
    if (take_letter(text, 'z'))
        return true;
    if (!behind && **text != '+')
        return false;
    ++*text;
    if (!take_number(text, 2, &hours) || !take_letter(text, ':') ||
        !take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_s = (hours * INT64_C(60) + minutes) * (behind ? -60 : 60);
    return true;
}

bool rfc3339_parse(const char *text, int64_t *seconds)
{
    unsigned year, month, day, hour, minute, second;
    int64_t offset_s;

    if (!take_number(&text, 4, &year) || !take_letter(&text, '-') ||
        !take_number(&text, 2, &month) || !take_letter(&text, '-') || !take_number(&text, 2, &day))
        return false;
    if (!take_letter(&text, 't') && !take_letter(&text, ' '))
        return false;
    if (!take_number(&text, 2, &hour) || !take_letter(&text, ':') ||
        !take_number(&text, 2, &minute) || !take_letter(&text, ':') ||
        !take_number(&text, 2, &second))
        return false;
    if (take_letter(&text, '.')) {
        if (!isdigit((unsigned char)*text))
            return false;
        while (isdigit((unsigned char)*text))
            text++;
    }
    if (!take_offset(&text, &offset_s) || *text != 0)
        return false;
    const struct meter_time time = {(uint16_t)year, (uint8_t)month,  (uint8_t)day,
                                    (uint8_t)hour,  (uint8_t)minute, (uint8_t)second};
    if (!meter_time_valid(&time))
        return false;
    *seconds = meter_time_unix(&time) - offset_s;
    return true;
}

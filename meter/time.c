#include "meter/meter.h"

static unsigned days_in_month(unsigned year, unsigned month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool meter_time_valid(const struct meter_time *time)
{
    return time->year >= 2000 && time->year <= 2099 && time->month >= 1 && time->month <= 12 &&
           time->day >= 1 && time->day <= days_in_month(time->year, time->month) &&
           time->hour <= 23 && time->minute <= 59 && time->second <= 59;
}

char *meter_time_text(const struct meter_time *time, char text[METER_TIME_SIZE])
{
    static const char pattern[METER_TIME_SIZE] = "0000-00-00T00:00:00Z";
    const unsigned parts[] = {time->year / 100u % 100, time->year % 100u, time->month % 100u,
                              time->day % 100u,        time->hour % 100u, time->minute % 100u,
                              time->second % 100u};
    static const uint8_t at[] = {0, 2, 5, 8, 11, 14, 17};
    for (unsigned i = 0; i < sizeof pattern; i++)
        text[i] = pattern[i];
    for (unsigned i = 0; i < sizeof at; i++) {
        text[at[i]] = (char)('0' + parts[i] / 10);
        text[at[i] + 1] = (char)('0' + parts[i] % 10);
    }
    return text;
}

int64_t meter_time_unix(const struct meter_time *time)
{
    /* Counted from 1 March, so that a leap day ends its year. */
    int64_t year = time->month <= 2 ? time->year - 1 : time->year;
    int64_t month = (time->month + 9) % 12;
    int64_t day = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
                  time->day - 1 - 719468;
    return ((day * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

struct meter_time meter_time_from_unix(int64_t seconds)
{
    static const int64_t first = INT64_C(946684800); /* 2000-01-01 */
    static const int64_t end = INT64_C(4102444800);  /* 2100-01-01 */
    struct meter_time time = {2000, 1, 1, 0, 0, 0};
    int64_t left = (seconds < first ? first : seconds < end ? seconds : end - 1) - first;
    time.second = (uint8_t)(left % 60);
    time.minute = (uint8_t)(left / 60 % 60);
    time.hour = (uint8_t)(left / 3600 % 24);
    int64_t day = left / 86400;
    while (day >= 366) {
        day -= days_in_month(time.year, 2) + 337;
        time.year++;
    }
    while (day >= days_in_month(time.year, time.month)) {
        day -= days_in_month(time.year, time.month);
        if (time.month == 12) {
            time.month = 1;
            time.year++;
        } else {
            time.month++;
        }
    }
    time.day = (uint8_t)(day + 1);
    return time;
}

#include "firmware/logic/history.h"

#include <string.h>

static const mep_time AGAIN = 300000000;

void fw_history_init(struct fw_history *history, uint32_t *words, size_t points)
{
    memset(history, 0, sizeof *history);
    history->words = words;
    history->size = points;
}

/* From the interval before; UINT16_MAX Wh: not there. */
struct difference {
    uint16_t minutes, wh[2];
};

/* Volatile, or the compiler would load halves of words. */
static uint16_t half(const volatile uint32_t *words, size_t i)
{
    return (uint16_t)(words[i / 2] >> 16 * (i % 2));
}

static void set_half(volatile uint32_t *words, size_t i, uint16_t value)
{
    unsigned other = i % 2 == 0 ? 16 : 0;

    words[i / 2] = (words[i / 2] & (uint32_t)UINT16_MAX << other) | (uint32_t)value << (16 - other);
}

/* Of the point so many after the oldest. */
static struct difference load(const struct fw_history *history, size_t after)
{
    size_t at = (history->first + after) % history->size * 3;

    return (struct difference){half(history->words, at),
                               {half(history->words, at + 1), half(history->words, at + 2)}};
}

static void store(struct fw_history *history, size_t after, const struct difference *d)
{
    size_t at = (history->first + after) % history->size * 3;

    set_half(history->words, at, d->minutes);
    for (size_t i = 0; i < 2; i++)
        set_half(history->words, at + 1 + i, d->wh[i]);
}

/* Goes on by a step; what is not there keeps its last known value beneath. */
static void advance(struct fw_history_point *point, const struct difference *d)
{
    point->minutes += d->minutes;
    for (int i = 0; i < 2; i++)
        point->wh[i] += d->wh[i] == UINT16_MAX ? 0 : d->wh[i];
}

static bool make_step(const struct fw_history_point *from, const struct fw_history_point *to,
                      struct difference *d)
{
    if (to->minutes - from->minutes > UINT16_MAX)
        return false;
    d->minutes = (uint16_t)(to->minutes - from->minutes);
    for (int i = 0; i < 2; i++) {
        int64_t difference = to->wh[i] - from->wh[i];
        if (to->wh[i] >= 0 && (difference < 0 || difference >= UINT16_MAX))
            return false;
        d->wh[i] = to->wh[i] < 0 ? UINT16_MAX : (uint16_t)difference;
    }
    return true;
}

/* The first of all, or the first after a break. */
static struct difference begin_anew(struct fw_history *history,
                                    const struct fw_history_point *point)
{
    struct difference d = {0, {0, 0}};

    history->first = history->count = 0;
    history->oldest = *point;
    for (int i = 0; i < 2; i++) {
        if (point->wh[i] < 0) {
            history->oldest.wh[i] = 0;
            d.wh[i] = UINT16_MAX;
        }
    }
    history->newest = history->oldest;
    return d;
}

void fw_history_add(struct fw_history *history, int64_t time, int64_t import_wh, int64_t export_wh)
{
    const struct fw_history_point point = {time / 60, {import_wh, export_wh}};
    struct difference d;

    if (history->size == 0 || (history->count != 0 && point.minutes <= history->newest.minutes))
        return;
    if (history->count == 0 || !make_step(&history->newest, &point, &d))
        d = begin_anew(history, &point);
    else
        advance(&history->newest, &d);
    if (history->count == history->size) {
        history->first = (history->first + 1) % history->size;
        history->count--;
        struct difference next = load(history, 0);
        advance(&history->oldest, &next);
    }
    store(history, history->count++, &d);
}

/* A series on its way: the last point of each step goes out once the next step begins. */
struct walk {
    const struct reader_series *series;
    reader_point_fn *fn;
    void *context;
    int which; /* import or export */
    int64_t step;
    struct reader_point point; /* of `step`, if that is not -1 */
};

static bool begin_walk(struct walk *walk, const struct reader_series *series, reader_point_fn *fn,
                       void *context)
{
    static const char *const names[2] = {"energy_import_wh", "energy_export_wh"};
    int which = 0;

    while (which < 2 && strcmp(series->name, names[which]) != 0)
        which++;
    *walk = (struct walk){series, fn, context, which, -1, {.from_meter = true}};
    return which < 2 && series->step_s > 0;
}

/* Those points that end after `after`, in minutes. */
static void go_through(struct walk *walk, const struct fw_history *history, int64_t after)
{
    const struct reader_series *series = walk->series;
    struct fw_history_point at = history->oldest;

    for (size_t i = 0; i < history->count; i++) {
        struct difference d = load(history, i);
        if (i != 0)
            advance(&at, &d);
        int64_t time = at.minutes * 60;
        if (at.minutes <= after || time < series->from || time >= series->to ||
            d.wh[walk->which] == UINT16_MAX)
            continue;
        int64_t step = (time - series->from) / series->step_s;
        if (walk->step >= 0 && step != walk->step)
            walk->fn(walk->context, &walk->point);
        walk->step = step;
        walk->point.time = time;
        walk->point.value = at.wh[walk->which];
    }
}

static void end_walk(const struct walk *walk)
{
    if (walk->step >= 0)
        walk->fn(walk->context, &walk->point);
}

void fw_history_series(const struct fw_history *history, const struct reader_series *series,
                       reader_point_fn *fn, void *context)
{
    struct walk walk;

    if (!begin_walk(&walk, series, fn, context))
        return;
    go_through(&walk, history, INT64_MIN);
    end_walk(&walk);
}

/* ---- Reading it ---- */

void fw_profile_init(struct fw_profile *profile, uint32_t *words, size_t points)
{
    bool any = words != NULL;

    profile->begun = false;
    profile->again_at = MEP_NEVER;
    fw_history_init(&profile->points, words, any ? points : 0);
    fw_history_init(&profile->recent, any ? words + FW_HISTORY_WORDS(points) : NULL,
                    any ? FW_PROFILE_RECENT : 0);
}

void fw_profile_forget(struct fw_profile *profile)
{
    fw_profile_init(profile, profile->points.words, profile->points.size);
}

void fw_profile_begin(struct fw_profile *profile, int64_t clock, int64_t all_s, int64_t recent_s)
{
    if (profile->begun)
        return;
    profile->begun = profile->catching_up = true;
    profile->all_since = clock - all_s;
    reader_history_init(&profile->history, 0, clock - recent_s);
}

void fw_profile_series(const struct fw_profile *profile, const struct reader_series *series,
                       reader_point_fn *fn, void *context)
{
    const struct fw_history *points = &profile->points;
    struct walk walk;

    if (!begin_walk(&walk, series, fn, context))
        return;
    go_through(&walk, points, INT64_MIN);
    go_through(&walk, &profile->recent, points->count != 0 ? points->newest.minutes : INT64_MIN);
    end_walk(&walk);
}

static void take_total(void *context, const struct meter_value *value)
{
    int64_t *wh = context;

    if (strcmp(value->name, "energy_import_wh") == 0)
        wh[0] = value->integer;
    else if (strcmp(value->name, "energy_export_wh") == 0)
        wh[1] = value->integer;
}

void fw_profile_turn(struct fw_profile *profile, struct reader *reader, mep_time now)
{
    struct reader_interval interval;

    if (!profile->begun)
        return;
    while (reader_history_next(&profile->history, reader, &interval)) {
        int64_t wh[2] = {-1, -1};
        reader_history_values(&profile->history, reader, &interval, take_total, wh);
        fw_history_add(profile->catching_up ? &profile->recent : &profile->points, interval.time,
                       wh[0], wh[1]);
    }
    if (profile->catching_up && profile->history.state == READER_HISTORY_CURRENT) {
        profile->catching_up = false;
        reader_history_init(&profile->history, 0, profile->all_since);
    }
    if (profile->history.state == READER_HISTORY_READING)
        profile->again_at = MEP_NEVER;
    else if (profile->again_at == MEP_NEVER)
        profile->again_at = now + AGAIN;
    else if (now >= profile->again_at)
        reader_history_again(&profile->history);
    reader_history_turn(&profile->history, reader, now);
}

mep_time fw_profile_wake(const struct fw_profile *profile)
{
    mep_time wake = profile->begun ? reader_history_wake(&profile->history) : MEP_NEVER;

    return wake < profile->again_at ? wake : profile->again_at;
}

/*
 * The meter's load profile in RAM: its newest intervals, import and export, read
 * anew after each start. The board keeps nothing of it in flash. Three halves of
 * words an interval, and words always touched as a whole: an ESP32 has memory to
 * spare that takes nothing smaller.
 */
#ifndef FW_HISTORY_H
#define FW_HISTORY_H

#include "reader/bridge/bridge.h"

/* Memory for so many points. */
#define FW_HISTORY_WORDS(points) (((points)*3 + 1) / 2)

/* One point in full; negative: the meter does not have it. */
struct fw_history_point {
    int64_t minutes; /* its end, since 1970 */
    int64_t wh[2];
};

/* A ring in the caller's memory. */
struct fw_history {
    uint32_t *words;
    size_t size, first, count;
    struct fw_history_point oldest, newest;
};

void fw_history_init(struct fw_history *history, uint32_t *words, size_t points);

/*
 * `time`, seconds since 1970, is later than the newest one; others are ignored.
 * What cannot follow (a total that fell, a gap of 45 days) begins anew.
 */
void fw_history_add(struct fw_history *history, int64_t time, int64_t import_wh, int64_t export_wh);

/* A series of totals of the energies; of other names there is nothing. */
void fw_history_series(const struct fw_history *history, const struct reader_series *series,
                       reader_point_fn *fn, void *context);

/* ---- Reading it from the meter, beside the reader ---- */

/*
 * A meter hands out its intervals oldest first, and a month of them takes minutes.
 * So what is looked at most, today and yesterday, is read first and apart; then all.
 */
struct fw_profile {
    struct reader_history history;    /* to be told every event while `begun` */
    struct fw_history points, recent; /* `recent`: shown where `points` has not got to yet */
    int64_t all_since;                /* where all of it begins */
    mep_time again_at;
    bool begun, catching_up; /* reading into `recent` */
};

enum {
    FW_PROFILE_RECENT = 200 /* points: two days of 15 minutes */
};
/* Memory for so many points and the recent ones. */
#define FW_PROFILE_WORDS(points) (FW_HISTORY_WORDS(points) + FW_HISTORY_WORDS(FW_PROFILE_RECENT))

/* `words` NULL: there is no memory for any. */
void fw_profile_init(struct fw_profile *profile, uint32_t *words, size_t points);

/* Another meter: all is forgotten. */
void fw_profile_forget(struct fw_profile *profile);

/* The meter's clock is known, seconds since 1970: reads what the last so many seconds left. */
void fw_profile_begin(struct fw_profile *profile, int64_t clock, int64_t all_s, int64_t recent_s);

/* As reader_host's series(). */
void fw_profile_series(const struct fw_profile *profile, const struct reader_series *series,
                       reader_point_fn *fn, void *context);

/* At each turn, after reader_output and the events; what ended since is looked for every 5 minutes. */
void fw_profile_turn(struct fw_profile *profile, struct reader *reader, mep_time now);
mep_time fw_profile_wake(const struct fw_profile *profile);

#endif

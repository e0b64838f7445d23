/*
 * The meter's own history: reads its load profile (p.29-33) beside the reader's
 * rounds, oldest interval first, from where the caller left off.
 *
 *     reader_history_init(h, 0, newest_known);
 *     at each turn, after reader_input and reader_output:
 *         while (reader_event(r, &event))
 *             reader_history_event(h, r, &event);
 *         while (reader_history_next(h, r, &interval))
 *             reader_history_values(h, r, &interval, on_value, context);
 *         reader_history_turn(h, r, now);
 *     sleep until reader_wake(r), reader_history_wake(h) or more bytes
 *
 * It needs reader_read() and leaves it to others between two of its requests.
 * No table is asked for more than once a second (p.51), and reads are as long as
 * a period has time for beside its round. Where rounds leave none (a large BT23
 * at 9600 baud), one in three of them waits for a read.
 *
 * What it believes. Intervals are handed out after the answer that they came in
 * was verified, BT63 was read once more and says that they cannot have been
 * overwritten meanwhile, and the reader has no doubt that this is still the
 * same, unchanged meter. Times rise strictly: an interval that does not end
 * after the one before (the clock was set back), or ends after the newest one,
 * is left out. Since channels are totals, nothing is lost with it but detail.
 * The interval that the meter is still closing (ET21.91) is left for next time.
 *
 * RAM: all state is in struct reader_history, see sizeof: about 1 KB. A new
 * serial number (READER_EVENT_METER) is for the caller to begin anew.
 */
#ifndef READER_HISTORY_H
#define READER_HISTORY_H

#include "meter/profile.h"
#include "reader/reader.h"

enum reader_history_state {
    READER_HISTORY_READING,
    READER_HISTORY_CURRENT, /* all that was there is handed out; reader_history_again() */
    READER_HISTORY_NONE     /* there is nothing to read: see `problem` and `code` */
};

#define READER_HISTORY_ALL INT64_MIN

enum {
    READER_HISTORY_STATUS = 13 /* bytes of BT63 */
};

/* One interval. `record` holds until the next call of anything but reader_history_values. */
struct reader_interval {
    int64_t time;   /* its end, seconds since 1970, UTC */
    uint32_t flags; /* enum meter_profile_flag */
    const uint8_t *record;
};

/* Counts since reader_history_init. */
struct reader_history_counters {
    uint32_t requests;
    uint32_t intervals; /* handed out */
    uint32_t dropped;   /* that did not end after the one before, or not before the newest */
    uint32_t discarded; /* answers that may have been overwritten, or of a changed meter */
};

/* Where in the ring: a block by its sequence number, and in it, once its header is here. */
struct reader_history_place {
    uint32_t block;
    uint16_t interval;
    bool in_block;
};

/* Caller-owned; look through the functions, and at state, problem, code and counters. */
struct reader_history {
    enum reader_history_state state;
    enum meter_profile_problem problem; /* NONE: what is wrong, */
    uint8_t code;                       /* or with which code the meter refused */
    struct reader_history_counters counters;

    struct meter_profile profile;
    int64_t after;   /* the interval handed out last ended then */
    int64_t end;     /* the newest interval when this pass began; none ends later */
    uint32_t setups; /* of the reader, when the profile was learnt */

    struct reader_history_place place; /* what is to be read or handed out next */
    uint32_t chunk_block;              /* the first one in `buffer` */
    uint32_t last_block;               /* of this pass */
    uint16_t hold;                     /* intervals of it that may be handed out */
    struct meter_profile_block current;
    uint8_t header[METER_PROFILE_HEADER_MAX]; /* of place.block, if in_block; */
    bool header_ok;                           /* it makes sense */

    /* What is being read, and the answer. */
    mep_time due, data_at, status_at, other_at; /* not before; last asked for */
    uint32_t offset, chunk_offset;
    uint16_t table, other_table, count, got;
    uint16_t chunk; /* bytes of BT64 in `buffer`, from chunk_offset on */
    uint8_t step, wanted_set;
    bool asked;
    bool ready; /* `buffer` may be handed out */
    bool found; /* some of this pass was */
    uint8_t status[READER_HISTORY_STATUS];
    uint8_t buffer[MEP_READ_MAX];
};

/*
 * Data set 1 .. 4, or 0: the first one that is configured. Intervals that end
 * after `after` (seconds since 1970) are wanted: READER_HISTORY_ALL, or the time
 * of the newest one known.
 */
void reader_history_init(struct reader_history *history, unsigned set, int64_t after);

/* CURRENT or NONE: looks again, for what came since. Of no effect while READING. */
void reader_history_again(struct reader_history *history);

/* To be told every event of the reader. */
void reader_history_event(struct reader_history *history, struct reader *reader,
                          const struct reader_event *event);

/* The next interval, older ones first; false if there is none now. */
bool reader_history_next(struct reader_history *history, const struct reader *reader,
                         struct reader_interval *interval);

/* Hands out an interval's values as meter_profile_values() does; returns how many. */
size_t reader_history_values(const struct reader_history *history, const struct reader *reader,
                             const struct reader_interval *interval, meter_value_fn *fn,
                             void *context);

/* Begins the next request if it is time. Call reader_output afterwards. */
void reader_history_turn(struct reader_history *history, struct reader *reader, mep_time now);

/* When to call reader_history_turn at the latest; MEP_NEVER: after the next event. */
mep_time reader_history_wake(const struct reader_history *history);

#endif

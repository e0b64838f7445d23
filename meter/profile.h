/*
 * The load profile (p.28-33, 233-241): what the meter's registers were at the
 * end of each interval, for months. Where what lies in it, and what it means.
 *
 * No heap, no I/O, no clock, no globals. A data set is described by BT61, BT62,
 * BT63 and ET21 (by ET42, if they cannot be read, for data set 1) and stored in
 * BT64 to BT67, one table a set: a ring of blocks, each with a header and room
 * for so many intervals.
 *
 *   meter_profile_init(&profile, 0);
 *   meter_profile_learn(&profile, &dims, &meter_bt61, 0, bytes, count);   and BT62, ET66,
 *   ...                                                                   BT63, ET21
 *   if (meter_profile_check(&profile) == METER_PROFILE_OK)
 *       read profile.block bytes from meter_profile_at(...) on, and decode them
 *
 * Channels are totals: the registers themselves at the end of the interval, not
 * what was counted in it (p.29).
 *
 * What any of the tables says is bounded before it is used: whatever their bytes
 * are, nothing is read or written outside of what the caller handed over.
 */
#ifndef METER_PROFILE_H
#define METER_PROFILE_H

#include "meter/meter.h"

enum {
    METER_PROFILE_SETS = 4,
    METER_PROFILE_CHANNELS_MAX = 16,    /* p.29 */
    METER_PROFILE_INTERVALS_MAX = 1440, /* in a block, p.233 */
    METER_PROFILE_HEADER_MAX = 256,     /* bytes: 5, end readings and a bit an interval */
    METER_PROFILE_BT64 = 64             /* the table of data set 1 */
};

enum meter_profile_problem {
    METER_PROFILE_OK = 0,
    METER_PROFILE_UNKNOWN,     /* neither BT61 nor ET42 was learnt */
    METER_PROFILE_ABSENT,      /* no blocks, intervals or channels are configured */
    METER_PROFILE_UNSUPPORTED, /* not INT32, or descending, or an interval the guide does not have */
    METER_PROFILE_IMPLAUSIBLE  /* larger than the guide allows */
};

/* One line for people. */
const char *meter_profile_strerror(enum meter_profile_problem problem);

/* What is remarkable about an interval (p.240-241): of all channels, and of any of them. */
enum meter_profile_flag {
    METER_PROFILE_DST = 1 << 0, /* daylight saving time; changes neither times nor values */
    METER_PROFILE_POWER_FAIL = 1 << 1,
    METER_PROFILE_CLOCK_FORWARD = 1 << 2,
    METER_PROFILE_CLOCK_BACK = 1 << 3,
    METER_PROFILE_STATUS = 1 << 4 /* shifted by s: a channel has status s, 1..15 */
};
enum {
    METER_PROFILE_FLAGS = 20 /* how many bits can be set; bit 4 never is */
};

/* The word for bit `bit`: "power_fail", "skipped", "status_13" without a meaning; NULL for 4. */
const char *meter_profile_flag_name(unsigned bit);

/* Where the bytes of a block are; of meter_profile_check(). */
struct meter_profile_layout {
    uint32_t interval_s;
    uint32_t block;  /* bytes */
    uint16_t header; /* bytes before the first interval */
    uint16_t status; /* where the bits of the processed intervals are */
    uint8_t record;  /* bytes of an interval */
    uint8_t values;  /* where the first channel is in it */
};

/* What the tables told, as they told it; use what is not `layout` to look at only. */
struct meter_profile {
    struct meter_profile_layout layout;
    uint8_t set; /* 0 .. 3 */
    bool configured, scaled, end_readings, ansi, descending;

    /* BT61, BT62 */
    uint16_t blocks, intervals;
    uint8_t interval_min; /* 84: 24 hours, unless `ansi` */
    uint8_t format;       /* 32: INT32 */
    uint8_t scaled_sets;
    uint8_t channels[METER_PROFILE_SETS];        /* of each set, as BT62 must know */
    uint16_t source[METER_PROFILE_CHANNELS_MAX]; /* extended IDs; METER_PROFILE_NO_SOURCE */

    /* BT63 */
    bool status_known, active;
    uint16_t valid_blocks, last_block, valid_intervals;
    uint32_t sequence; /* of the last block */

    /* ET21 */
    bool internal_known;
    uint32_t block_bytes, configuration_id;
    uint16_t header_bytes, last_interval, in_progress;
    uint8_t simple_status_at, simple_status_bytes, interval_bytes, channel_0_at;
};

enum {
    METER_PROFILE_NO_SOURCE = 0xffff
};

/* Data set 0 .. 3 of the guide's 1 .. 4; nothing is known of it yet. */
void meter_profile_init(struct meter_profile *profile, unsigned set);

/*
 * Learns what the `count` bytes of BT61, BT62, BT63, ET21, ET42 or ET66 from
 * `offset` on tell of this data set; of others nothing. BT61 before BT62, and
 * that before ET66. `dims` tells the firmware and, for ET42, its layout.
 */
void meter_profile_learn(struct meter_profile *profile, const struct meter_dimensions *dims,
                         const struct meter_table *table, uint32_t offset, const uint8_t *bytes,
                         size_t count);

/* Whether what was learnt makes sense, and if so, `layout`. ET21's sizes go before computed
 * ones if they leave room for what must be there. */
enum meter_profile_problem meter_profile_check(struct meter_profile *profile);

/* True if a source is one that ET66 explains (p.31). */
bool meter_profile_is_mapped(const struct meter_profile *profile);

/* ---- Places; only after meter_profile_check() gave METER_PROFILE_OK ---- */

/* BT64 .. BT67 */
unsigned meter_profile_table(const struct meter_profile *profile);

/*
 * The block that is `back` blocks older than the last one (p.31: "modulo the
 * number of total blocks"), and where an interval of a block is; interval
 * `intervals` is the end of the last one. `back` is less than `blocks`.
 */
uint16_t meter_profile_block(const struct meter_profile *profile, uint16_t back);
uint32_t meter_profile_at(const struct meter_profile *profile, uint16_t block, uint16_t interval);

/*
 * How many blocks before the last one to begin so as to miss no interval that
 * ends after `after`, if the last block's interval `newest` ends at `end`, and
 * there were no more than an hour's clock changes. It may be one too many.
 * Seconds since 1970; less than valid_blocks.
 */
uint16_t meter_profile_back(const struct meter_profile *profile, int64_t end, uint16_t newest,
                            int64_t after);

/* ---- What is there ---- */

/* Of a block's header. */
struct meter_profile_block {
    int64_t end;     /* of interval `last`; seconds since 1970, UTC */
    uint16_t last;   /* the newest interval processed */
    uint16_t number; /* how many were */
};

/* False if no interval was processed or the time is none; `header` has layout.header bytes. */
bool meter_profile_header(const struct meter_profile *profile, const uint8_t *header,
                          struct meter_profile_block *block);

/* Whether an interval was recorded at all; without power none is. */
bool meter_profile_processed(const struct meter_profile *profile, const uint8_t *header,
                             uint16_t interval);

/* When an interval of a block ends: only the newest one's time is stored. */
int64_t meter_profile_time(const struct meter_profile *profile,
                           const struct meter_profile_block *block, uint16_t interval);

/* An interval's enum meter_profile_flag; `record` has layout.record bytes. */
uint32_t meter_profile_flags(const struct meter_profile *profile, const uint8_t *record);

/* A channel's status, 0 .. 15 (p.240). */
unsigned meter_profile_channel_status(const struct meter_profile *profile, const uint8_t *record,
                                      unsigned channel);

/*
 * The name, unit and scale of a channel, 0 .. 15: of the data model where it has
 * one; else "source_88", "mbus_0_type_1" (the index in ET13 and the M-Bus data
 * type, p.32) or "extended_12289", and "channel_1" if the source is not known,
 * listed before, or the values are scaled. False if there is no such channel.
 */
bool meter_profile_channel(const struct meter_profile *profile, const struct meter_dimensions *dims,
                           unsigned channel, struct meter_value *value);

/*
 * Hands every channel that holds a value to `fn`, and returns how many: not
 * those that were skipped, opted out of, not there, never posted or not
 * decrypted. Wh and varh are multiplied by the energy register unit (p.118).
 */
size_t meter_profile_values(const struct meter_profile *profile,
                            const struct meter_dimensions *dims, const uint8_t *record,
                            meter_value_fn *fn, void *context);

#endif

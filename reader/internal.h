/* What the files of this room share; nobody else's business. */
#ifndef READER_INTERNAL_H
#define READER_INTERNAL_H

#include "reader/reader.h"

/* Everything that is ever asked for. The setup goes through the first ones in order. */
enum reader_item {
    ITEM_ET04, /* first: the IDT version stands for all that is read after it */
    ITEM_ET03,
    ITEM_BT01,
    ITEM_BT21,
    ITEM_BT20_AS_BT21, /* stands in where BT21 is missing */
    ITEM_ET42,         /* it, too, tells the dimensions of BT22, BT23, BT27 and BT28 (p.55) */
    ITEM_ET42_END,
    ITEM_BT22,
    ITEM_BT27,
    ITEM_BT15,
    ITEM_BT20, /* it and ET55 only if ET42 does not tell the unit of energies */
    ITEM_ET55,
    ITEM_ET11,
    ITEM_ET70,
    ITEM_BT52,
    ITEM_BT55,
    ITEM_SETUP_END,
    ITEM_ET13 = ITEM_SETUP_END,
    ITEM_IDT,
    ITEM_SERIAL,
    ITEM_BT23,
    ITEM_BT28,
    ITEM_TABLE, /* the host's wish */
    ITEM_KEY,   /* anything, with the key that the host wants to try */
    ITEM_PROBE, /* a TLS hello */
    ITEM_NONE
};

/* Indexes of `due`. */
enum reader_extra {
    EXTRA_ALERTS,
    EXTRA_CLOCK,
    EXTRA_TARIFF,
    EXTRA_IDT,
    EXTRA_SERIAL,
    EXTRA_TIERS,  /* not read beside the rounds, but due like the others */
    EXTRA_REFUSED /* what was refused is asked for again */
};

enum reader_round {
    ROUND_NONE,
    ROUND_ENERGY,  /* BT23 is next or under way */
    ROUND_PRESENT, /* BT28 is */
    ROUND_COMMIT
};

enum {
    PENDING_LINK = 1 << READER_EVENT_LINK,
    PENDING_METER = 1 << READER_EVENT_METER,
    PENDING_INFO = 1 << READER_EVENT_INFO,
    PENDING_READING = 1 << READER_EVENT_READING,
    PENDING_ALERT = 1 << READER_EVENT_ALERT,
    PENDING_TABLE = 1 << READER_EVENT_TABLE,
    PENDING_KEY = 1 << READER_EVENT_KEY
};

/* What a BT23 that follows another one looks like. */
enum reader_growth {
    GROWTH_PLAUSIBLE,
    GROWTH_ROLLOVER,
    GROWTH_LOWER,
    GROWTH_TOO_FAST
};

/* Where BT23's summations lie. */
struct reader_layout {
    uint32_t base;   /* of the total block */
    uint32_t stride; /* from block to block */
    uint32_t sums;   /* bytes of summations in each that are kept */
    uint32_t blocks; /* that are kept */
};

static inline bool reader_is_missing(const struct reader *r, enum reader_item item)
{
    return (r->missing >> item & 1) != 0;
}

static inline struct reader_snapshot *reader_building(struct reader *r)
{
    return &r->snapshot[!r->published];
}

struct reader_layout reader_layout(const struct reader *r);
bool reader_one_frame(const struct reader_layout *layout); /* all blocks in one read */

/* schedule.c: begins what is due; false, and wake_at set, when nothing is. */
bool reader_schedule(struct reader *r, mep_time now);
void reader_begin_setup(struct reader *r);
void reader_forget(struct reader *r); /* all that is known of the meter but its serial number */
void reader_abort_round(struct reader *r);

/* fetch.c: the bytes of an item, and what is next of one that takes several requests. */
bool reader_range(const struct reader *r, enum reader_item item, struct reader_fetch *fetch);
bool reader_fetch(struct reader *r, enum reader_item item, const struct reader_fetch *fetch);
bool reader_fetch_more(struct reader *r, const struct mep_event *done);
struct reader_fetch reader_energy_range(struct reader *r);
struct reader_fetch reader_present_range(const struct reader *r);
mep_time reader_cost(const struct reader *r, uint32_t count); /* line time of a read */

/* answer.c: the end of a request. */
void reader_answered(struct reader *r, const struct mep_event *done, mep_time now);

/* believe.c: the total block's energies, and whether to believe them. */
struct reader_energy reader_total(const struct reader *r, const uint8_t *sums, size_t size,
                                  mep_time at);
bool reader_believe(struct reader *r, const struct reader_energy *energy);
bool reader_phases_agree(const struct reader *r, const struct reader_snapshot *snapshot);

/* values.c: when the oldest registers of the reading that are not stale were verified. */
mep_time reader_verified_at(const struct reader *r, mep_time now);

/* link.c: what an outcome says of the link. */
void reader_link_learn(struct reader *r, const struct mep_event *done, mep_time now);
bool reader_in_trouble(const struct reader *r);

#endif

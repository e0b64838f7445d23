/* A load profile for the fake meter: four blocks of four intervals, two channels, an hour each. */
#ifndef TESTS_READER_RING_H
#define TESTS_READER_RING_H

#include "fake.h"

enum {
    RING_BLOCKS = 4,
    RING_INTERVALS = 4,
    RING_HEADER = 6,
    RING_RECORD = 10,
    RING_BLOCK = RING_HEADER + RING_INTERVALS * RING_RECORD,
    RING_HOUR = 3600,
    RING_FIRST_SEQUENCE = 100, /* of the block in which the recorded hours begin */
    RING_HOURS_MAX = 400
};

/* 2026-01-01, when hour 0 begins; hour n has import 1000 + n and export 5000 + 2 n at its end. */
static const int64_t RING_EPOCH = INT64_C(1767225600);

extern unsigned ring_hours;               /* recorded so far */
extern bool ring_skipped[RING_HOURS_MAX]; /* hours without power at their end */
extern const struct meter_table ring_bt64;

/* The fake meter's table, empty if it had none. */
struct fake_table *ring_table(struct fake *f, const struct meter_table *table);

/* Gives the meter BT61, BT62, BT63, ET21 and BT64 with so many hours recorded. */
void ring_build(struct fake *f, unsigned hours);

/* One more hour is over. */
void ring_record(struct fake *f);

#endif

/*
 * A meter of table images behind mep's server, and a reader at the other end of
 * a 9600 baud line, in virtual time.
 */
#ifndef TESTS_READER_FAKE_H
#define TESTS_READER_FAKE_H

#include "tests/cmocka_all.h"

#include "mep/server.h"
#include "reader/bridge/exchanges.h"
#include "reader/reader.h"

enum {
    FAKE_TABLES = 24,
    FAKE_TABLE_SIZE = 1400,
    FAKE_VALUES = 200
};

static const mep_time MS = 1000, SECOND = 1000000;

struct fake_table {
    const struct meter_table *table;
    uint8_t bytes[FAKE_TABLE_SIZE];
    size_t size;
    uint8_t code;         /* answered instead, if not 0 */
    uint8_t partial_code; /* the same, to partial reads only */
    unsigned reads;       /* requests answered */
};

/* What one reading consisted of, copied. */
struct fake_value {
    char name[METER_NAME_SIZE];
    char text[40];
    struct reader_value value;
};

struct fake {
    struct reader reader;
    struct mep_server server;
    struct meter_dimensions dims; /* the meter's */
    struct fake_table table[FAKE_TABLES];
    mep_time now;
    int64_t clock; /* unix time at now == 0 */

    /* The line. Hooks are optional; false loses a request, or an answer. */
    bool (*to_meter)(struct fake *f, uint8_t *bytes, size_t count);
    bool (*to_reader)(struct fake *f);
    bool cut;             /* nothing gets through */
    size_t truncate_to;   /* bytes of an answer that get through, if not 0 */
    unsigned damage_each; /* each so many answers have a flipped bit, if not 0 */
    uint8_t going[MEP_WIRE_MAX], coming[16];
    size_t going_count, coming_count, answer_bytes;
    mep_time going_at, coming_at;
    unsigned answers;
    bool losing, coming_last;
    struct reader_exchanges *log; /* told of every byte, if there is one */

    /* What the reader told. */
    unsigned readings, links, metered, infos, alerts, tables, keys;
    struct reader_event last, last_table, last_key;
    mep_time reading_at, first_at, shortest, longest; /* gaps between readings */
    uint32_t all_flags;                               /* of all readings */
    bool seen[READER_LINKS];
    void (*on_reading)(struct fake *f);
    void (*on_event)(struct fake *f, const struct reader_event *event);
    void (*on_turn)(struct fake *f);      /* after the events */
    struct fake_value value[FAKE_VALUES]; /* of fake_list */
    size_t values;
    int64_t wrong; /* a hook's own */
    unsigned hook_calls;
};

extern const char *const FAKE_MBK;

/* A three-phase meter, firmware 3.80, with 11 summations in 5 blocks and 55 present values. */
void fake_init(struct fake *f);

/* Sizes and fills the tables anew after `dims` changed. */
void fake_build(struct fake *f);

struct fake_table *fake_table(struct fake *f, const struct meter_table *table);
void fake_set(struct fake *f, const struct meter_table *table, const char *name, int64_t integer);
void fake_set_text(struct fake *f, const struct meter_table *table, const char *name,
                   const char *text);
void fake_add(struct fake *f, const char *name, int64_t integer); /* to a register of BT23 */

/* Starts the reader over with this configuration; NULL: the default. */
void fake_start(struct fake *f, const struct reader_config *config);
struct reader_config fake_config(void);

void fake_run(struct fake *f, mep_time for_us);
bool fake_until_readings(struct fake *f, unsigned more, mep_time at_most);

/* The newest reading's values at f->now; NULL when there is none of that name. */
size_t fake_list(struct fake *f);
const struct fake_value *fake_find(struct fake *f, const char *name);
void fake_expect(struct fake *f, const char *name, int64_t integer);
void fake_expect_none(struct fake *f, const char *name);

#endif

/* A store in a folder of its own, fed and read by the tests of it. */
#ifndef TESTS_HOST_STORE_HOUSE_H
#define TESTS_HOST_STORE_HOUSE_H

#include "tests/cmocka_all.h"

#include "host/mepd/store.h"

#define IMPORT "energy_import_wh"
#define POWER  "power_import_w"

enum {
    T = 1700000100, /* a whole quarter of an hour: 900 divides it */
    WAIT_MS = 60000,
    POINTS = 4096
};

struct state {
    char folder[64];
    struct store *store;
    char said[8][STORE_WHY];
    int says; /* from two threads, one after the other: the tests wait in between */
    int32_t keep_days;
};

struct points {
    struct reader_point point[POINTS];
    size_t count;
};

struct store *open_store(struct state *s, char why[STORE_WHY]);
void begin(struct state *s); /* opens it, or fails */
void reopen(struct state *s);
void empty(const char *folder); /* and removes it */

/* Each test's state, and its end: faults are over, the folder is gone. */
int set_up(void **state);
int tear_down(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

bool put(struct state *s, const char *name, int64_t time, int64_t value, bool from_meter);
void commit(struct state *s); /* waits until all of it is in the database */
void wait_until(struct state *s, bool (*condition)(struct state *));
struct store_counters counters(struct state *s);
void say(void *context, bool problem, const char *line); /* store_config's, of a state */

bool get(struct state *s, const char *name, int64_t from, int64_t to, int32_t step,
         struct points *points);
/* What a series is: "time:value" relative to T, with an m for the meter's. */
void assert_series(struct state *s, const char *name, int64_t from, int64_t to, int32_t step,
                   const char *expected);

#endif

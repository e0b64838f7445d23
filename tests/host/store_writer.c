/*
 * Writes to a store as fast as a disk takes it, until it is killed: what a row of
 * meters does in days. store_kill.py starts it with the folder and the number to
 * begin at, and reads how far it says that all is committed.
 *
 * Of number K: a sample of an energy, 10 K, one of a power, K modulo 1000, both at
 * time K; and if K is a whole multiple of 30, the meter's own of that time.
 */
#include "host/mepd/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    INTERVAL = 30,
    COMMIT_MS = 3,
    PAUSE_US = 2000,
    AT_ONCE = 5
};

static void say(void *context, bool problem, const char *line)
{
    (void)context;
    fprintf(stderr, "%s%s\n", problem ? "problem: " : "", line);
}

static void put(struct store *store, const char *name, int64_t time, int64_t value, bool from_meter)
{
    struct store_point point = {"KILLED", name, time, value, from_meter, false};
    if (!store_put(store, &point))
        abort();
}

static void put_all(struct store *store, int64_t number)
{
    put(store, "energy_import_wh", number, number * 10, false);
    put(store, "power_import_w", number, number % 1000, false);
    if (number % INTERVAL == 0) {
        put(store, "energy_import_wh", number, number * 10, true);
        store_interval(store, "KILLED", number);
    }
}

/* All before this number is on disk. */
static int64_t tell(struct store *store, int64_t number, uint64_t *told)
{
    struct store_counters counters;

    store_counters(store, &counters);
    while (*told + (number % INTERVAL == 0 ? 4 : 2) <= counters.committed)
        *told += number++ % INTERVAL == 0 ? 4 : 2;
    printf("%" PRId64 "\n", number);
    fflush(stdout);
    return number;
}

int main(int argc, char **argv)
{
    char why[STORE_WHY];
    uint64_t told = 0;

    if (argc != 3)
        return 2;
    struct store_config config = {
        .folder = argv[1], .keep_days = 0, .commit_ms = COMMIT_MS, .say = say};
    struct store *store = store_open(&config, why);
    if (store == NULL) {
        fprintf(stderr, "problem: %s\n", why);
        return 1;
    }
    int64_t number = strtoll(argv[2], NULL, 10), committed = number;
    for (;;) {
        for (int i = 0; i < AT_ONCE && store_room(store); i++)
            put_all(store, number++);
        committed = tell(store, committed, &told);
        usleep(PAUSE_US);
    }
}

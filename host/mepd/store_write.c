/* The writer: takes points from the queue in batches and commits them. */
#include "host/mepd/store_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BATCH = 2048,       /* points in one transaction: a disk that comes back gets much to do */
    SERIES_MAX = 100000 /* more are not looked at */
};

#define MS_NS     1000000ull
#define FORGET_NS (60000 * MS_NS) /* between looks at what grew old */

/* ---- The file ---------------------------------------------------------- */

/* The write-ahead log belongs to the file and goes with it. */
static void move_away(struct store *store)
{
    static const char *const ends[] = {"", "-wal"};
    char when[32], from[PATH_MAX], to[PATH_MAX];
    time_t now = time(NULL);
    struct tm utc;

    strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    store_db_close(&store->db);
    uv_mutex_lock(&store->reading);
    store_db_close(&store->reader);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(from, sizeof from, "%.*s%s", PATH_MAX - 8, store->path, ends[i]);
        snprintf(to, sizeof to, "%.*s.damaged-%s%s", PATH_MAX - 48, store->path, when, ends[i]);
        rename(from, to);
    }
    snprintf(from, sizeof from, "%.*s-shm", PATH_MAX - 8, store->path);
    remove(from);
    uv_mutex_unlock(&store->reading);
    store_say(store, true,
              "history: %s was damaged and is now history.db.damaged-%s; a new one begins",
              store->path, when);
}

static void say_problem(struct store *store, int result)
{
    if (!store->problem_said)
        store_say(store, true, "history: %s cannot be written: %s; trying again until it can",
                  store->path, sqlite3_errstr(result));
    store->problem_said = true;
    atomic_store(&store->ok, false);
}

int store_have_db(struct store *store)
{
    if (atomic_exchange(&store->damaged, false))
        move_away(store);
    if (store->db.sql != NULL)
        return SQLITE_OK;
    int result = store_db_open(&store->db, store->path);
    if (store_db_damaged(result)) {
        move_away(store);
        result = store_db_open(&store->db, store->path);
    }
    /* What is known of series by number was of another file. */
    store->epoch++;
    store->forget_id = 0;
    free(store->forgotten);
    store->forgotten = NULL;
    store->forgotten_size = 0;
    if (result == SQLITE_OK)
        atomic_store(&store->ok, true);
    else
        say_problem(store, result);
    return result;
}

/* A damaged file is left to store_have_db; any other problem may be over when it is opened anew,
 * and then series of the transaction that failed are asked for again. */
static void after_failure(struct store *store, int result)
{
    if (store_db_damaged(result)) {
        atomic_store(&store->damaged, true);
        return;
    }
    say_problem(store, result);
    store_db_close(&store->db);
}

static void after_success(struct store *store)
{
    if (store->problem_said)
        store_say(store, false, "history: %s is written again", store->path);
    store->problem_said = false;
    atomic_store(&store->ok, true);
}

/* ---- A batch ----------------------------------------------------------- */

static int put(struct store *store, const struct store_waiting *waiting, uint64_t *refused)
{
    struct store_series_name *series = waiting->series;
    bool contradicts = false;
    int result = SQLITE_DONE;

    if (series->name[0] == 0)
        return store_db_set_newest(&store->db, series->serial, waiting->time);
    if (series->epoch != store->epoch)
        result = store_db_series(&store->db, series->serial, series->name, true, &series->id);
    if (result != SQLITE_DONE)
        return result;
    series->epoch = store->epoch;
    struct store_entry entry = {.id = series->id,
                                .time = waiting->time,
                                .value = waiting->value,
                                .kind = series->kind,
                                .from_meter = waiting->from_meter,
                                .restarted = waiting->restarted};
    result = store_db_put(&store->db, &entry, &contradicts);
    *refused += contradicts;
    return result;
}

/* What lies in the queue from `first` on stays there until it is committed. */
static int write_batch(struct store *store, size_t first, size_t count, uint64_t *refused)
{
    *refused = 0;
    int result = store_have_db(store);
    if (result != SQLITE_OK)
        return result;
    result = store_db_run(&store->db, STORE_BEGIN, NULL, 0, NULL);
    for (size_t i = 0; i < count && result == SQLITE_DONE; i++)
        result = put(store, &store->queue[(first + i) % STORE_QUEUE], refused);
    if (result == SQLITE_DONE)
        result = store_db_run(&store->db, STORE_COMMIT, NULL, 0, NULL);
    if (result == SQLITE_DONE)
        return SQLITE_OK;
    store_db_run(&store->db, STORE_ROLLBACK, NULL, 0, NULL);
    after_failure(store, result);
    return result;
}

/* ---- Growing old ------------------------------------------------------- */

static bool know_forgotten(struct store *store, size_t id)
{
    if (id < store->forgotten_size)
        return true;
    size_t size = id + 64;
    int64_t *more = realloc(store->forgotten, size * sizeof *more);
    if (more == NULL)
        return false;
    for (size_t i = store->forgotten_size; i < size; i++)
        more[i] = INT64_MIN;
    store->forgotten = more;
    store->forgotten_size = size;
    return true;
}

/* Looks at a few points of a series. Returns whether there is more to look at. */
static bool forget_some(struct store *store, int64_t limit, unsigned *removed)
{
    struct store_row row;
    bool more = false;
    int result = SQLITE_DONE;

    if (store->forget_id == 0) {
        result = store_db_run(&store->db, STORE_NEXT_SERIES, &store->forget_id, 1, &row);
        store->forget_id = result == SQLITE_ROW ? row.column[0] : 0;
    }
    if (store->forget_id != 0 && store->forget_id < SERIES_MAX &&
        know_forgotten(store, (size_t)store->forget_id))
        result = store_db_forget(&store->db, store->forget_id, limit,
                                 &store->forgotten[store->forget_id], &more, removed);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        after_failure(store, result);
        return false;
    }
    if (more)
        return true;
    result = store_db_run(&store->db, STORE_NEXT_SERIES, &store->forget_id, 1, &row);
    store->forget_id = result == SQLITE_ROW ? row.column[0] : 0;
    return store->forget_id != 0;
}

/* Neither the machine's clock nor the meter's is enough to remove anything: one that leapt ahead
 * would remove all. */
static bool forget_limit(const struct store *store, int32_t keep_days, int64_t *limit)
{
    int64_t now = time(NULL);

    if (keep_days == 0 || store->db.sql == NULL)
        return false;
    *limit = (now < store->newest_sample ? now : store->newest_sample) - (int64_t)keep_days * 86400;
    return true;
}

/* ---- The thread -------------------------------------------------------- */

enum work {
    WORK_WRITE,
    WORK_FORGET,
    WORK_END
};

/* When the queue is to be written; holding the mutex. */
static uint64_t batch_due(const struct store *store)
{
    uint64_t due = store->count >= STORE_QUEUE / 2
                       ? store->first_at
                       : store->first_at + store->config.commit_ms * MS_NS;

    if (store->count == 0)
        return UINT64_MAX;
    return due > store->retry_at ? due : store->retry_at;
}

/* Nothing is old before something new is there. */
static uint64_t forget_due(const struct store *store)
{
    if (store->newest_sample == INT64_MIN)
        return UINT64_MAX;
    return store->forget_at > store->retry_at ? store->forget_at : store->retry_at;
}

/* Holding the mutex. */
static enum work wait_for_work(struct store *store)
{
    for (;;) {
        uint64_t now = uv_hrtime(), due = batch_due(store);

        if (store->closing)
            return store->count == 0 ? WORK_END : WORK_WRITE;
        if (due <= now)
            return WORK_WRITE;
        if (forget_due(store) <= now)
            return WORK_FORGET;
        if (due > forget_due(store))
            due = forget_due(store);
        if (due == UINT64_MAX)
            uv_cond_wait(&store->wake, &store->mutex);
        else
            uv_cond_timedwait(&store->wake, &store->mutex, due - now);
    }
}

static void newest_of(struct store *store, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct store_waiting *waiting = &store->queue[(first + i) % STORE_QUEUE];
        if (!waiting->from_meter && waiting->series->name[0] != 0 &&
            waiting->time > store->newest_sample)
            store->newest_sample = waiting->time;
    }
}

/* Holding the mutex, which is free while the disk is written. */
static bool write_some(struct store *store)
{
    size_t first = store->first, waiting = store->count;
    size_t count = waiting < BATCH ? waiting : BATCH;
    uint64_t refused;

    uv_mutex_unlock(&store->mutex);
    int result = write_batch(store, first, count, &refused);
    if (result == SQLITE_OK) {
        newest_of(store, first, count);
        after_success(store);
    }
    uv_mutex_lock(&store->mutex);
    if (result != SQLITE_OK) {
        store->retry_at = uv_hrtime() + STORE_RETRY_MS * MS_NS;
        return false;
    }
    store->first = (first + count) % STORE_QUEUE;
    store->count -= count;
    store->counters.committed += count;
    store->counters.refused += refused;
    if (count == waiting)
        store->first_at = uv_hrtime();
    return true;
}

/* Holding the mutex, as above. */
static void forget_samples(struct store *store)
{
    int32_t keep_days = store->keep_days;
    int64_t limit;
    unsigned removed = 0;

    /* Beforehand, so that what is set meanwhile holds. */
    store->forget_at = uv_hrtime() + FORGET_NS;
    uv_mutex_unlock(&store->mutex);
    bool more = forget_limit(store, keep_days, &limit) && forget_some(store, limit, &removed);
    uv_mutex_lock(&store->mutex);
    store->counters.removed += removed;
    if (more)
        store->forget_at = 0;
}

void store_write_loop(void *context)
{
    struct store *store = context;
    enum work work;
    bool goes_on = true;

    uv_mutex_lock(&store->mutex);
    while (goes_on && (work = wait_for_work(store)) != WORK_END) {
        if (work == WORK_WRITE)
            goes_on = write_some(store) || !store->closing;
        else
            forget_samples(store);
    }
    uv_mutex_unlock(&store->mutex);
}

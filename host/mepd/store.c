#include "host/mepd/store.h"

#include "host/mepd/store_room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void store_say(const struct store *store, bool problem, const char *format, ...)
{
    char line[STORE_WHY];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    store->config.say(store->config.context, problem, line);
}

/* ---- Opening ----------------------------------------------------------- */

static bool because(char why[STORE_WHY], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool because(char why[STORE_WHY], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, STORE_WHY, format, arguments);
    va_end(arguments);
    return false;
}

static bool have_folder(struct store *store, char why[STORE_WHY])
{
    int folder = snprintf(store->folder, sizeof store->folder, "%s", store->config.folder);
    int path = snprintf(store->path, sizeof store->path, "%s/history.db", store->config.folder);

    /* Room for what is appended when it is damaged. */
    if (folder <= 0 || path >= (int)sizeof store->path - 64)
        return because(why, "data: %s", folder <= 0 ? "no folder" : "too long");
    if (mkdir(store->folder, 0750) != 0 && errno != EEXIST)
        return because(why, "%.300s: cannot be made: %s", store->folder, strerror(errno));
    return true;
}

/* One process writes, and the samples of two would contradict each other. */
static bool lock_folder(struct store *store, char why[STORE_WHY])
{
    char path[PATH_MAX + 8];

    snprintf(path, sizeof path, "%s/lock", store->folder);
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (store->lock < 0)
        return because(why, "%.300s: %s", path, strerror(errno));
    if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
        return because(why, "%.300s: %s", store->folder,
                       errno == EWOULDBLOCK ? "another mepd is running there" : strerror(errno));
    return true;
}

static bool begin(struct store *store, char why[STORE_WHY])
{
    if (!have_folder(store, why) || !lock_folder(store, why))
        return false;
    if (store_have_db(store) == SQLITE_MISMATCH)
        return because(why, "%.300s: not a history that this version knows", store->path);
    if (uv_thread_create(&store->thread, store_write_loop, store) != 0)
        return because(why, "no threads");
    return true;
}

static void release(struct store *store)
{
    /* The writer last, so that it can empty the write-ahead log. */
    store_db_close(&store->reader);
    store_db_close(&store->db);
    if (store->lock >= 0)
        close(store->lock);
    for (size_t i = 0; i < STORE_BUCKETS; i++) {
        while (store->bucket[i] != NULL) {
            struct store_series_name *series = store->bucket[i];
            store->bucket[i] = series->next;
            free(series);
        }
    }
    uv_cond_destroy(&store->wake);
    uv_mutex_destroy(&store->mutex);
    uv_mutex_destroy(&store->reading);
    free(store->forgotten);
    free(store);
}

struct store *store_open(const struct store_config *config, char why[STORE_WHY])
{
    struct store *store = calloc(1, sizeof *store);

    if (store == NULL) {
        because(why, "no memory");
        return NULL;
    }
    store->config = *config;
    store->keep_days = config->keep_days;
    if (config->commit_ms == 0)
        store->config.commit_ms = STORE_COMMIT_MS;
    store->lock = -1;
    store->epoch = 1;
    store->newest_sample = INT64_MIN;
    atomic_init(&store->ok, false);
    atomic_init(&store->damaged, false);
    if (uv_mutex_init(&store->mutex) != 0 || uv_mutex_init(&store->reading) != 0 ||
        uv_cond_init(&store->wake) != 0)
        abort();
    if (!begin(store, why)) {
        release(store);
        return NULL;
    }
    return store;
}

void store_close(struct store *store)
{
    uv_mutex_lock(&store->mutex);
    store->closing = true;
    uv_cond_signal(&store->wake);
    uv_mutex_unlock(&store->mutex);
    uv_thread_join(&store->thread);
    release(store);
}

void store_keep(struct store *store, int32_t keep_days)
{
    uv_mutex_lock(&store->mutex);
    store->keep_days = keep_days;
    store->forget_at = 0;
    uv_cond_signal(&store->wake);
    uv_mutex_unlock(&store->mutex);
}

/* ---- Names ------------------------------------------------------------- */

static size_t hash(const char *serial, const char *name)
{
    uint32_t sum = 2166136261u; /* FNV-1a */

    for (const char *text = serial; *text != 0; text++)
        sum = (sum ^ (unsigned char)*text) * 16777619u;
    for (const char *text = name; *text != 0; text++)
        sum = (sum ^ (unsigned char)*text) * 16777619u;
    return sum % STORE_BUCKETS;
}

/* Names are few and come again and again: they are kept until the end. NULL: no memory. */
static struct store_series_name *named(struct store *store, const char *serial, const char *name)
{
    struct store_series_name **bucket = &store->bucket[hash(serial, name)], *series = *bucket;

    while (series != NULL &&
           (strcmp(series->serial, serial) != 0 || strcmp(series->name, name) != 0))
        series = series->next;
    if (series != NULL)
        return series;
    size_t first = strlen(serial) + 1, second = strlen(name) + 1;
    series = calloc(1, sizeof *series + first + second);
    if (series == NULL)
        return NULL;
    char *text = (char *)(series + 1);
    series->serial = memcpy(text, serial, first);
    series->name = memcpy(text + first, name, second);
    series->kind = store_kind(name);
    series->next = *bucket;
    *bucket = series;
    return series;
}

/* ---- Writing ----------------------------------------------------------- */

/* The writer sleeps while nothing waits, and until a batch is due once something does. */
static bool append(struct store *store, const struct store_waiting *waiting)
{
    uv_mutex_lock(&store->mutex);
    bool room = waiting->series != NULL && store->count < STORE_QUEUE;
    if (room) {
        store->queue[(store->first + store->count) % STORE_QUEUE] = *waiting;
        if (store->count++ == 0) {
            store->first_at = uv_hrtime();
            uv_cond_signal(&store->wake);
        } else if (store->count == STORE_QUEUE / 2) {
            uv_cond_signal(&store->wake);
        }
        store->counters.put++;
    } else {
        store->counters.dropped++;
    }
    uv_mutex_unlock(&store->mutex);
    return room;
}

bool store_put(struct store *store, const struct store_point *point)
{
    struct store_waiting waiting = {.series = named(store, point->serial, point->name),
                                    .time = point->time,
                                    .value = point->value,
                                    .from_meter = point->from_meter,
                                    .restarted = point->restarted};
    bool taken = append(store, &waiting);

    if (!taken && !store->full_said)
        store_say(store, true, "history: no room for samples that wait: the newest are dropped");
    store->full_said = !taken;
    return taken;
}

void store_interval(struct store *store, const char *serial, int64_t time)
{
    struct store_waiting waiting = {.series = named(store, serial, ""), .time = time};

    append(store, &waiting);
}

bool store_room(const struct store *store)
{
    struct store *unlocked = (struct store *)store;

    uv_mutex_lock(&unlocked->mutex);
    bool room = store->count + STORE_INTERVAL < STORE_QUEUE;
    uv_mutex_unlock(&unlocked->mutex);
    return room;
}

/* ---- What is known ----------------------------------------------------- */

bool store_ok(const struct store *store)
{
    return atomic_load(&store->ok);
}

void store_counters(const struct store *store, struct store_counters *counters)
{
    struct store *unlocked = (struct store *)store;

    uv_mutex_lock(&unlocked->mutex);
    *counters = store->counters;
    uv_mutex_unlock(&unlocked->mutex);
}

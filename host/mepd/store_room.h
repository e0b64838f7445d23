/* What store.c (the loop's side), store_write.c (the writer's) and store_read.c share. */
#ifndef MEPD_STORE_ROOM_H
#define MEPD_STORE_ROOM_H

#include "host/mepd/store_db.h"

#include <limits.h>
#include <stdatomic.h>
#include <uv.h>

enum {
    STORE_BUCKETS = 1024
};

/* A value of a meter, found by its names; with an empty name, the meter's intervals. */
struct store_series_name {
    struct store_series_name *next; /* in its bucket; the loop's */
    const char *serial, *name;
    enum store_kind kind;
    /* The writer's: */
    int64_t id;
    unsigned epoch; /* in which id was found */
};

struct store_waiting {
    struct store_series_name *series;
    int64_t time, value;
    bool from_meter, restarted;
};

struct store {
    struct store_config config;
    char folder[PATH_MAX], path[PATH_MAX];
    int lock;
    struct store_series_name *bucket[STORE_BUCKETS];
    bool full_said; /* that samples are dropped */

    /* The queue: the loop appends, the writer takes away what is dealt with. */
    uv_mutex_t mutex;
    uv_cond_t wake;
    struct store_waiting queue[STORE_QUEUE];
    size_t first, count;
    uint64_t first_at; /* when the oldest came, by uv_hrtime */
    struct store_counters counters;
    int32_t keep_days;
    bool closing;

    /* The writer's. */
    uv_thread_t thread;
    struct store_db db;
    unsigned epoch; /* of the file and of what is known of it */
    bool problem_said;
    uint64_t retry_at, forget_at; /* by uv_hrtime */
    int64_t newest_sample;        /* time of those put since the start */
    int64_t forget_id;            /* the series that is being looked at */
    int64_t *forgotten;           /* by id: samples before that time are gone */
    size_t forgotten_size;

    /* Reading. The writer holds this while it moves the file away. */
    uv_mutex_t reading;
    struct store_db reader;
    atomic_bool ok;
    atomic_bool damaged; /* the reader found it so */
};

/* Tells the caller. */
void store_say(const struct store *store, bool problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Opens the file, after moving a damaged one away. What SQLite says; said if it is a problem. */
int store_have_db(struct store *store);

/* The writer's thread, of a struct store. */
void store_write_loop(void *context);

#endif

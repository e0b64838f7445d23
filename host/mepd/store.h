/*
 * History on disk: FOLDER/history.db, SQLite in WAL mode. A thread of its own
 * writes; points are handed to it through a bounded queue, so that no reading
 * ever waits for a disk. All functions are for one thread, the loop's, and none
 * of them but store_open and store_close waits for a disk to write.
 *
 * What can be lost. Points are committed in batches, STORE_COMMIT_MS after the
 * first of a batch came at the latest. kill -9 loses what was not committed;
 * a power cut also what SQLite had not synced yet (synchronous=NORMAL), but
 * never damages the file. The meter's load profile goes on from the interval
 * that was committed last, so of that nothing is lost.
 *
 * What is believed. A point of the meter's load profile is kept for ever, and
 * a sample of the same time gives way to it. Energies that only count up never
 * step back: a sample that is lower than the one before it, or higher than the
 * one after it, is not stored, unless the reader accepted it as a rollover or a
 * restart of the register. The meter's own record is what the register was: it
 * is always stored, samples that contradict it are removed, and if it is lower
 * than the meter's point before, that is marked as a restart.
 *
 * What goes wrong. A damaged file is moved to history.db.damaged-TIME and a new
 * one begun. While the disk is full or gone points wait in the queue and, when
 * that is full, samples are dropped; readings go on, and writing is tried again
 * until it works. Each of these is said once.
 */
#ifndef MEPD_STORE_H
#define MEPD_STORE_H

#include "reader/bridge/bridge.h"

enum {
    STORE_QUEUE = 16384,    /* points that may wait */
    STORE_INTERVAL = 64,    /* points that an interval of load profile has at most */
    STORE_COMMIT_MS = 2000, /* from the first point of a batch to its commit */
    STORE_RETRY_MS = 2000,  /* a disk that failed */
    STORE_WHY = 512
};

struct store_config {
    const char *folder; /* is made if it is not there; copied */
    int32_t keep_days;  /* samples older than that are removed; 0: none are */
    uint32_t commit_ms; /* 0: STORE_COMMIT_MS */
    /* Told what happens, a line each without a newline, from any thread. */
    void (*say)(void *context, bool problem, const char *line);
    void *context;
};

struct store;

/*
 * NULL, and why in one line: the folder cannot be had, another process has it, or
 * the file was written by a newer version. Anything else that is wrong with the
 * file or the disk is dealt with as it comes.
 */
struct store *store_open(const struct store_config *config, char why[STORE_WHY]);

/* Writes what waits, if the disk takes it, and ends. */
void store_close(struct store *store);

void store_keep(struct store *store, int32_t keep_days);

/* ---- Writing ---- */

struct store_point {
    const char *serial; /* of the meter; copied */
    const char *name;   /* "energy_import_wh"; copied */
    int64_t time;       /* seconds since 1970, by the meter's clock where it has one: samples and
                         * load profile should agree on when something was */
    int64_t value;
    bool from_meter; /* its load profile; otherwise sampled */
    bool restarted; /* READER_FLAG_ROLLOVER or READER_FLAG_RESTARTED: it may be lower than before */
};

/* Hands over one point; false if there is no room and it is dropped, which is counted and said. */
bool store_put(struct store *store, const struct store_point *point);

/*
 * To be called after the points of an interval of load profile: it is there now,
 * whatever values it had.
 */
void store_interval(struct store *store, const char *serial, int64_t time);

/*
 * Whether an interval's points fit. Without, the interval must not be taken from
 * the reader (reader_history_next) yet: it would be missing for ever.
 */
bool store_room(const struct store *store);

/* ---- Reading ---- */

/* The end of the newest interval that is committed, for reader_history_init();
 * READER_HISTORY_ALL if there is none. */
int64_t store_newest(struct store *store, const char *serial);

/*
 * Points as struct reader_host wants them: totals give the last point of each
 * step with its own time, others the mean of the step, rounded half away from
 * zero, at the step's beginning; steps without points are left out. What was put
 * less than STORE_COMMIT_MS ago may be missing. A point is from the meter if it,
 * or all that a mean is made of, is. Steps that are whole quarters of an hour
 * from a whole quarter on are quick however long the range. False if it cannot
 * be had now, or would take longer than STORE_READ_MS.
 */
enum {
    STORE_READ_MS = 500
};
bool store_series(struct store *store, const struct reader_series *series, reader_point_fn *fn,
                  void *context);

/* False while what is put cannot be written, or read. */
bool store_ok(const struct store *store);

struct store_counters {
    uint64_t put; /* points that were taken into the queue */
    uint64_t
        committed; /* of them dealt with and, but for the next, on disk; in the order they came */
    uint64_t refused; /* of them not stored: they contradict others */
    uint64_t dropped; /* that found no room */
    uint64_t removed; /* samples that grew old */
};
void store_counters(const struct store *store, struct store_counters *counters);

#endif

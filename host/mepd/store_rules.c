/* What is believed and what is kept: see store.h. */
#include "host/mepd/store_db.h"

#include <string.h>

enum {
    FORGET_AT_ONCE = 500 /* points looked at in one transaction */
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), count = strlen(end);
    return length >= count && memcmp(text + length - count, end, count) == 0;
}

/* As reader_is_total() has it, which knows the unit too. */
enum store_kind store_kind(const char *name)
{
    static const char *const means[] = {"_w", "_va", "_var", "_ma", "_mv", "_mhz", "_permille"};

    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        if (ends_with(name, means[i]))
            return STORE_MEAN;
    }
    /* Net energy falls while more is given than taken, and so is none of the totals. */
    if (strncmp(name, "energy_net", 10) == 0)
        return STORE_MEAN;
    return ends_with(name, "_wh") || ends_with(name, "_varh") ? STORE_RISING : STORE_LAST;
}

/* ---- A point beside those that are there ------------------------------- */

/* A row of points. */
enum {
    TIME,
    VALUE,
    SOURCE,
    RESTARTED
};

static int find(struct store_db *db, enum store_statement which, int64_t id, int64_t time,
                struct store_row *row)
{
    int64_t values[] = {id, time};
    return store_db_run(db, which, values, 2, row);
}

static int failed(int result)
{
    return result != SQLITE_ROW && result != SQLITE_DONE;
}

static int write_point(struct store_db *db, const struct store_entry *entry, bool restarted)
{
    int64_t values[] = {entry->id, entry->time, entry->value,
                        entry->from_meter ? STORE_METER : STORE_SAMPLE, restarted};
    return store_db_run(db, STORE_WRITE, values, 5, NULL);
}

static int64_t quarter_of(int64_t time)
{
    int64_t rest = time % STORE_QUARTER_S;
    return time - rest - (rest < 0 ? STORE_QUARTER_S : 0);
}

static int count_in_quarter(struct store_db *db, enum store_statement which, int64_t id,
                            int64_t time, int64_t source, int64_t value)
{
    int64_t values[] = {id, quarter_of(time), source, value};
    return store_db_run(db, which, values, 4, NULL);
}

static int put_mean(struct store_db *db, const struct store_entry *entry)
{
    struct store_row there;
    int result = find(db, STORE_AT, entry->id, entry->time, &there);

    if (result == SQLITE_ROW && !entry->from_meter)
        return SQLITE_DONE;
    if (result == SQLITE_ROW)
        result = count_in_quarter(db, STORE_TAKE_QUARTER, entry->id, entry->time,
                                  there.column[SOURCE], there.column[VALUE]);
    if (!failed(result))
        result = write_point(db, entry, false);
    if (!failed(result))
        result = count_in_quarter(db, STORE_ADD_QUARTER, entry->id, entry->time,
                                  entry->from_meter ? STORE_METER : STORE_SAMPLE, entry->value);
    return result;
}

static int put_last(struct store_db *db, const struct store_entry *entry)
{
    struct store_row there;
    int result = find(db, STORE_AT, entry->id, entry->time, &there);

    if (failed(result) || (result == SQLITE_ROW && !entry->from_meter))
        return failed(result) ? result : SQLITE_DONE;
    return write_point(db, entry, false);
}

/* Samples only follow what rises. */
static int put_rising_sample(struct store_db *db, const struct store_entry *entry, bool *refused)
{
    struct store_row before, after, there;
    int result = find(db, STORE_AT, entry->id, entry->time, &there);

    if (result == SQLITE_ROW || failed(result))
        return result;
    result = find(db, STORE_BEFORE, entry->id, entry->time, &before);
    if (failed(result))
        return result;
    bool fell = result == SQLITE_ROW && entry->value < before.column[VALUE];
    result = find(db, STORE_AFTER, entry->id, entry->time, &after);
    if (failed(result))
        return result;
    *refused = (fell && !entry->restarted) ||
               (result == SQLITE_ROW && entry->value > after.column[VALUE] &&
                after.column[RESTARTED] == 0);
    return *refused ? SQLITE_DONE : write_point(db, entry, fell);
}

/* Goes back from the meter's point to what it agrees with. */
static int settle_before(struct store_db *db, const struct store_entry *entry, bool *fell)
{
    struct store_row before, meter;
    int result;

    *fell = false;
    while ((result = find(db, STORE_BEFORE, entry->id, entry->time, &before)) == SQLITE_ROW &&
           entry->value < before.column[VALUE]) {
        /* Lower than the meter itself once said: the register began anew, and the samples between
         * may be as right as it is. */
        result = find(db, STORE_METER_BEFORE, entry->id, entry->time, &meter);
        *fell = result == SQLITE_ROW && entry->value < meter.column[VALUE];
        if (failed(result) || *fell)
            break;
        result = find(db, STORE_REMOVE, entry->id, before.column[TIME], NULL);
        if (failed(result))
            break;
    }
    return result;
}

static int settle_after(struct store_db *db, const struct store_entry *entry)
{
    struct store_row after;
    int result;

    while ((result = find(db, STORE_AFTER, entry->id, entry->time, &after)) == SQLITE_ROW &&
           entry->value > after.column[VALUE] && after.column[RESTARTED] == 0) {
        bool meter = after.column[SOURCE] == STORE_METER;
        result = find(db, meter ? STORE_MARK : STORE_REMOVE, entry->id, after.column[TIME], NULL);
        if (failed(result))
            break;
    }
    return result;
}

static int put_rising_of_meter(struct store_db *db, const struct store_entry *entry)
{
    bool fell;
    int result = settle_before(db, entry, &fell);

    if (!failed(result))
        result = settle_after(db, entry);
    return failed(result) ? result : write_point(db, entry, fell);
}

int store_db_put(struct store_db *db, const struct store_entry *entry, bool *refused)
{
    int result;

    *refused = false;
    if (entry->kind == STORE_MEAN)
        result = put_mean(db, entry);
    else if (entry->kind == STORE_LAST)
        result = put_last(db, entry);
    else if (entry->from_meter)
        result = put_rising_of_meter(db, entry);
    else
        result = put_rising_sample(db, entry, refused);
    return failed(result) ? result : SQLITE_DONE;
}

/* ---- Samples that grew old --------------------------------------------- */

struct old {
    int64_t time[FORGET_AT_ONCE];
    unsigned samples, points;
    int64_t last;
};

static bool on_old(void *context, const struct store_row *row)
{
    struct old *old = context;

    /* A mark says why what is kept falls. */
    if (row->column[SOURCE] == STORE_SAMPLE && row->column[RESTARTED] == 0)
        old->time[old->samples++] = row->column[TIME];
    old->last = row->column[TIME];
    old->points++;
    return true;
}

static int forget(struct store_db *db, int64_t id, int64_t limit, int64_t from, struct old *old)
{
    int64_t range[] = {id, from, limit, FORGET_AT_ONCE};
    int result = store_db_each(db, STORE_OLD_POINTS, range, 4, on_old, old);

    for (unsigned i = 0; i < old->samples && !failed(result); i++)
        result = find(db, STORE_REMOVE, id, old->time[i], NULL);
    if (!failed(result) && old->points < FORGET_AT_ONCE)
        result = find(db, STORE_REMOVE_QUARTERS, id, quarter_of(limit), NULL);
    return result;
}

int store_db_forget(struct store_db *db, int64_t id, int64_t limit, int64_t *from, bool *more,
                    unsigned *removed)
{
    struct old old;

    old.samples = old.points = 0;
    old.last = *from;
    int result = store_db_run(db, STORE_BEGIN, NULL, 0, NULL);
    if (!failed(result))
        result = forget(db, id, limit, *from, &old);
    if (!failed(result))
        result = store_db_run(db, STORE_COMMIT, NULL, 0, NULL);
    if (failed(result)) {
        store_db_run(db, STORE_ROLLBACK, NULL, 0, NULL);
        return result;
    }
    *from = old.points == 0 ? *from : old.last + 1;
    *more = old.points == FORGET_AT_ONCE;
    *removed = old.samples;
    return SQLITE_DONE;
}

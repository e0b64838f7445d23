/* Series, on the loop's thread, through a connection that only reads. */
#include "host/mepd/store_room.h"

#include <stdlib.h>
#include <string.h>

enum {
    PROGRESS_STEPS = 2000, /* of SQLite's machine between looks at the clock */
    POINTS_MAX = 100000
};

/* What is gathered first and handed out when the database is let go. */
struct gathered {
    const struct reader_series *series;
    enum store_kind kind;
    struct reader_point *point;
    size_t count, size;
    bool failed;
    /* Of the mean being made: */
    int64_t step, sum, of;
    bool from_meter;
};

/* ---- The connection ---------------------------------------------------- */

static int too_long(void *context)
{
    const uint64_t *deadline = context;
    return uv_hrtime() > *deadline;
}

/* Holding the mutex. */
static bool have_reader(struct store *store)
{
    return store->reader.sql != NULL ||
           store_db_open_read(&store->reader, store->path) == SQLITE_OK;
}

static bool ended(struct store *store, int result)
{
    if (result == SQLITE_DONE)
        return true;
    if (store_db_damaged(result))
        atomic_store(&store->damaged, true);
    /* A file that was exchanged or cut short by others is seen anew. */
    if ((result & 0xff) != SQLITE_INTERRUPT && (result & 0xff) != SQLITE_BUSY)
        store_db_close(&store->reader);
    return false;
}

int64_t store_newest(struct store *store, const char *serial)
{
    int64_t time = READER_HISTORY_ALL;

    if (uv_mutex_trylock(&store->reading) != 0)
        return time;
    if (have_reader(store) && !ended(store, store_db_newest(&store->reader, serial, &time)))
        time = READER_HISTORY_ALL;
    uv_mutex_unlock(&store->reading);
    return time;
}

/* ---- Gathering --------------------------------------------------------- */

static void add(struct gathered *to, int64_t time, int64_t value, bool from_meter)
{
    if (to->count == to->size) {
        size_t size = to->size == 0 ? 256 : to->size * 2;
        struct reader_point *more =
            size > POINTS_MAX ? NULL : realloc(to->point, size * sizeof *more);
        to->failed = more == NULL;
        if (to->failed)
            return;
        to->point = more;
        to->size = size;
    }
    to->point[to->count++] = (struct reader_point){time, value, from_meter};
}

/* Half away from zero. */
static int64_t divided(int64_t sum, int64_t count)
{
    int64_t half = count / 2;
    return (sum + (sum < 0 ? -half : half)) / count;
}

static void end_mean(struct gathered *to)
{
    if (to->of > 0)
        add(to, to->series->from + to->step * to->series->step_s, divided(to->sum, to->of),
            to->from_meter);
    to->sum = to->of = 0;
    to->from_meter = true;
}

static void count_in(struct gathered *to, int64_t time, int64_t sum, int64_t of, int64_t source)
{
    int64_t step = (time - to->series->from) / to->series->step_s;

    if (step != to->step)
        end_mean(to);
    to->step = step;
    to->sum += sum;
    to->of += of;
    to->from_meter &= of == 0 || source == STORE_METER;
}

static bool on_point(void *context, const struct store_row *row)
{
    struct gathered *to = context;
    count_in(to, row->column[0], row->column[1], 1, row->column[2]);
    return !to->failed;
}

static bool on_quarter(void *context, const struct store_row *row)
{
    struct gathered *to = context;
    count_in(to, row->column[0], row->column[1], row->column[3], row->column[2]);
    return !to->failed;
}

/* Whole quarters first, if the steps allow it, and what is left of the range by itself. */
static int gather_means(struct store_db *db, int64_t id, struct gathered *to)
{
    const struct reader_series *series = to->series;
    bool quarters = series->step_s % STORE_QUARTER_S == 0 && series->from % STORE_QUARTER_S == 0;
    int64_t whole = series->to - (series->to - series->from) % STORE_QUARTER_S;
    int64_t rest[] = {id, whole, series->to};
    int result = SQLITE_DONE;

    if (quarters) {
        int64_t range[] = {id, series->from, whole};
        result = store_db_each(db, STORE_QUARTERS_IN, range, 3, on_quarter, to);
    } else {
        rest[1] = series->from;
    }
    if (result == SQLITE_DONE)
        result = store_db_each(db, STORE_POINTS_IN, rest, 3, on_point, to);
    end_mean(to);
    return result;
}

/* Only the newest of a step is looked at, and steps without points are leapt over. */
static int gather_last(struct store_db *db, int64_t id, struct gathered *to)
{
    const struct reader_series *series = to->series;
    int64_t step = series->step_s;
    struct store_row row;
    int result = SQLITE_DONE;

    for (int64_t begin = series->from; begin < series->to && !to->failed;) {
        int64_t end = series->to - begin < step ? series->to : begin + step;
        int64_t range[] = {id, begin, end};
        result = store_db_run(db, STORE_LAST_IN, range, 3, &row);
        begin = end;
        if (result == SQLITE_ROW) {
            add(to, row.column[0], row.column[1], row.column[2] == STORE_METER);
            continue;
        }
        if (result == SQLITE_DONE) {
            int64_t rest[] = {id, end - 1};
            result = store_db_run(db, STORE_AFTER, rest, 2, &row);
        }
        if (result != SQLITE_ROW)
            break;
        begin = row.column[0] - (row.column[0] - series->from) % step;
    }
    return result == SQLITE_ROW ? SQLITE_DONE : result;
}

/* In one transaction: to begin one for each step would take longer than the step. */
static int gather(struct store_db *db, struct gathered *to)
{
    int64_t id = 0;
    int result = store_db_run(db, STORE_BEGIN_READ, NULL, 0, NULL);

    if (result == SQLITE_DONE)
        result = store_db_series(db, to->series->serial, to->series->name, false, &id);
    if (result == SQLITE_DONE && id != 0)
        result = to->kind == STORE_MEAN ? gather_means(db, id, to) : gather_last(db, id, to);
    store_db_run(db, STORE_ROLLBACK, NULL, 0, NULL);
    return result;
}

bool store_series(struct store *store, const struct reader_series *series, reader_point_fn *fn,
                  void *context)
{
    struct gathered gathered = {
        .series = series, .kind = store_kind(series->name), .from_meter = true};
    uint64_t deadline = uv_hrtime() + STORE_READ_MS * 1000000ull;

    if (series->step_s <= 0 || series->from < 0 || series->from >= series->to ||
        uv_mutex_trylock(&store->reading) != 0)
        return false;
    bool ok = have_reader(store);
    if (ok) {
        sqlite3_progress_handler(store->reader.sql, PROGRESS_STEPS, too_long, &deadline);
        ok = ended(store, gather(&store->reader, &gathered)) && !gathered.failed;
        if (store->reader.sql != NULL)
            sqlite3_progress_handler(store->reader.sql, 0, NULL, NULL);
    }
    uv_mutex_unlock(&store->reading);
    for (size_t i = 0; ok && i < gathered.count; i++)
        fn(context, &gathered.point[i]);
    free(gathered.point);
    return ok;
}

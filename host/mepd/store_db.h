/*
 * The database behind store.h: the file, its schema and its statements, for one
 * thread. Results are SQLite's.
 */
#ifndef MEPD_STORE_DB_H
#define MEPD_STORE_DB_H

#include "host/mepd/store.h"

#include <sqlite3.h>

enum {
    STORE_QUARTER_S = 900
};

/* How a value is added up. */
enum store_kind {
    STORE_MEAN,  /* power, voltage and such */
    STORE_LAST,  /* a register */
    STORE_RISING /* a register that only counts up */
};
enum store_kind store_kind(const char *name);

/* Columns `source` of points and quarters: the smaller one wins. */
enum store_source {
    STORE_METER,
    STORE_SAMPLE
};

enum store_statement {
    STORE_BEGIN,
    STORE_BEGIN_READ,
    STORE_COMMIT,
    STORE_ROLLBACK,
    STORE_ADD_SERIES,
    STORE_FIND_SERIES,
    STORE_NEXT_SERIES,
    STORE_SET_NEWEST,
    STORE_GET_NEWEST,
    STORE_AT,
    STORE_BEFORE,
    STORE_METER_BEFORE,
    STORE_AFTER,
    STORE_WRITE,
    STORE_MARK,
    STORE_REMOVE,
    STORE_ADD_QUARTER,
    STORE_TAKE_QUARTER,
    STORE_OLD_POINTS,
    STORE_REMOVE_QUARTERS,
    STORE_LAST_IN,
    STORE_POINTS_IN,
    STORE_QUARTERS_IN,
    STORE_STATEMENTS
};

struct store_db {
    sqlite3 *sql; /* NULL: not open */
    sqlite3_stmt *statement[STORE_STATEMENTS];
};

/* Opens the file for the one who writes, and makes it or its schema if there is none. Left closed
 * if that fails; SQLITE_MISMATCH: it is of a newer version or not a history at all. */
int store_db_open(struct store_db *db, const char *path);

/* Opens it for reading; statements that write are not prepared. */
int store_db_open_read(struct store_db *db, const char *path);

void store_db_close(struct store_db *db);

/* Whether a result means that the file is not to be used any more. */
bool store_db_damaged(int result);

/* Columns that a statement gives at most. */
enum {
    STORE_COLUMNS = 4
};
struct store_row {
    int64_t column[STORE_COLUMNS];
};

/* Binds integers in turn and runs it: SQLITE_ROW with the first row, SQLITE_DONE or an error. `row`
 * may be NULL. */
int store_db_run(struct store_db *db, enum store_statement which, const int64_t *values, int count,
                 struct store_row *row);

/* Gives every row while fn says true: SQLITE_DONE or an error. */
typedef bool store_row_fn(void *context, const struct store_row *row);
int store_db_each(struct store_db *db, enum store_statement which, const int64_t *values, int count,
                  store_row_fn *fn, void *context);

/* The id of a series; 0: there is none. With `add` it begins to exist. SQLITE_DONE or an error. */
int store_db_series(struct store_db *db, const char *serial, const char *name, bool add,
                    int64_t *id);

/* When the newest interval of load profile ended; READER_HISTORY_ALL if there is none. */
int store_db_set_newest(struct store_db *db, const char *serial, int64_t time);
int store_db_newest(struct store_db *db, const char *serial, int64_t *time);

/* ---- The rules (store_rules.c) ---- */

struct store_entry {
    int64_t id, time, value;
    enum store_kind kind;
    bool from_meter, restarted;
};

/* Stores a point as store.h says, within a transaction; *refused: not, since it contradicts
 * others. SQLITE_DONE or an error. */
int store_db_put(struct store_db *db, const struct store_entry *entry, bool *refused);

/*
 * Removes samples of series `id` before `limit`, some of them, in a transaction of
 * its own. *from is where it goes on; *more: there is more to do. SQLITE_DONE or
 * an error.
 */
int store_db_forget(struct store_db *db, int64_t id, int64_t limit, int64_t *from, bool *more,
                    unsigned *removed);

#endif

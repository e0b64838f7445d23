#include "host/mepd/store_db.h"

#include <string.h>

enum {
    VERSION = 1 /* user_version */
};

/* Points lie in the order in which they are asked for: a series, then time. A series is a value of
 * a meter. Quarters are what means over long ranges are made of. */
static const char schema[] =
    "CREATE TABLE series(id INTEGER PRIMARY KEY, serial TEXT NOT NULL, name TEXT NOT NULL,"
    " UNIQUE(serial, name));"
    "CREATE TABLE meters(serial TEXT PRIMARY KEY, newest INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE points(series INTEGER NOT NULL, time INTEGER NOT NULL, value INTEGER NOT NULL,"
    " source INTEGER NOT NULL, restarted INTEGER NOT NULL, PRIMARY KEY(series, time))"
    " WITHOUT ROWID;"
    "CREATE TABLE quarters(series INTEGER NOT NULL, time INTEGER NOT NULL,"
    " source INTEGER NOT NULL, sum INTEGER NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY(series, time, source)) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

#define POINT "SELECT time, value, source, restarted FROM points WHERE series = ?1 AND "

static const struct {
    const char *text;
    bool writes;
} statements[STORE_STATEMENTS] = {
    [STORE_BEGIN] = {"BEGIN IMMEDIATE", true},
    [STORE_BEGIN_READ] = {"BEGIN", false},
    [STORE_COMMIT] = {"COMMIT", true},
    [STORE_ROLLBACK] = {"ROLLBACK", false},
    [STORE_ADD_SERIES] = {"INSERT INTO series(serial, name) VALUES(?1, ?2)", true},
    [STORE_FIND_SERIES] = {"SELECT id FROM series WHERE serial = ?1 AND name = ?2", false},
    [STORE_NEXT_SERIES] = {"SELECT id FROM series WHERE id > ?1 ORDER BY id LIMIT 1", true},
    [STORE_SET_NEWEST] = {"INSERT INTO meters VALUES(?1, ?2) ON CONFLICT DO UPDATE"
                          " SET newest = max(newest, excluded.newest)",
                          true},
    [STORE_GET_NEWEST] = {"SELECT newest FROM meters WHERE serial = ?1", false},
    [STORE_AT] = {POINT "time = ?2", true},
    [STORE_BEFORE] = {POINT "time < ?2 ORDER BY time DESC LIMIT 1", true},
    [STORE_METER_BEFORE] = {POINT "time < ?2 AND source = 0 ORDER BY time DESC LIMIT 1", true},
    [STORE_AFTER] = {POINT "time > ?2 ORDER BY time LIMIT 1", false},
    [STORE_WRITE] = {"INSERT OR REPLACE INTO points VALUES(?1, ?2, ?3, ?4, ?5)", true},
    [STORE_MARK] = {"UPDATE points SET restarted = 1 WHERE series = ?1 AND time = ?2", true},
    [STORE_REMOVE] = {"DELETE FROM points WHERE series = ?1 AND time = ?2", true},
    [STORE_ADD_QUARTER] = {"INSERT INTO quarters VALUES(?1, ?2, ?3, ?4, 1) ON CONFLICT DO UPDATE"
                           " SET sum = sum + excluded.sum, count = count + 1",
                           true},
    [STORE_TAKE_QUARTER] = {"UPDATE quarters SET sum = sum - ?4, count = count - 1"
                            " WHERE series = ?1 AND time = ?2 AND source = ?3",
                            true},
    [STORE_OLD_POINTS] = {POINT "time >= ?2 AND time < ?3 ORDER BY time LIMIT ?4", true},
    [STORE_REMOVE_QUARTERS] = {"DELETE FROM quarters WHERE series = ?1 AND time < ?2"
                               " AND source = 1",
                               true},
    [STORE_LAST_IN] = {POINT "time >= ?2 AND time < ?3 ORDER BY time DESC LIMIT 1", false},
    [STORE_POINTS_IN] = {POINT "time >= ?2 AND time < ?3 ORDER BY time", false},
    [STORE_QUARTERS_IN] = {"SELECT time, sum, source, count FROM quarters WHERE series = ?1"
                           " AND time >= ?2 AND time < ?3 ORDER BY time",
                           false},
};

/* ---- Opening and closing ----------------------------------------------- */

static int prepare(struct store_db *db, bool writer)
{
    int result = SQLITE_OK;

    for (int i = 0; i < STORE_STATEMENTS && result == SQLITE_OK; i++) {
        if (writer || !statements[i].writes)
            result = sqlite3_prepare_v3(db->sql, statements[i].text, -1, SQLITE_PREPARE_PERSISTENT,
                                        &db->statement[i], NULL);
    }
    return result;
}

static int number(struct store_db *db, const char *text, int64_t *value)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db->sql, text, -1, &statement, NULL);

    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
        *value = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    }
    sqlite3_finalize(statement);
    return result == SQLITE_ROW ? SQLITE_OK : result;
}

static int run(struct store_db *db, const char *text)
{
    return sqlite3_exec(db->sql, text, NULL, NULL, NULL);
}

/* Makes the schema in an empty file; what holds anything else is left alone. */
static int have_schema(struct store_db *db)
{
    int64_t version = 0, objects = 0;
    int result = number(db, "PRAGMA user_version", &version);

    if (result == SQLITE_OK)
        result = number(db, "SELECT count(*) FROM sqlite_schema", &objects);
    if (result != SQLITE_OK || version == VERSION)
        return result;
    if (version != 0 || objects != 0)
        return SQLITE_MISMATCH;
    result = run(db, "BEGIN IMMEDIATE");
    if (result == SQLITE_OK)
        result = run(db, schema);
    if (result == SQLITE_OK)
        result = run(db, "COMMIT");
    return result;
}

static int open_file(struct store_db *db, const char *path, int flags)
{
    memset(db, 0, sizeof *db);
    int result = sqlite3_open_v2(path, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK)
        sqlite3_extended_result_codes(db->sql, 1);
    return result;
}

static int opened(struct store_db *db, int result)
{
    if (result != SQLITE_OK)
        store_db_close(db);
    return result;
}

int store_db_open(struct store_db *db, const char *path)
{
    int result = open_file(db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

    if (result == SQLITE_OK)
        result = run(db, "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL;"
                         "PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON;"
                         "PRAGMA cache_size = -1024; PRAGMA journal_size_limit = 4194304;");
    if (result == SQLITE_OK)
        result = have_schema(db);
    if (result == SQLITE_OK)
        result = prepare(db, true);
    return opened(db, result);
}

int store_db_open_read(struct store_db *db, const char *path)
{
    int result = open_file(db, path, SQLITE_OPEN_READONLY);

    if (result == SQLITE_OK)
        result = run(db, "PRAGMA busy_timeout = 100; PRAGMA cell_size_check = ON;"
                         "PRAGMA cache_size = -512;");
    if (result == SQLITE_OK)
        result = prepare(db, false);
    return opened(db, result);
}

void store_db_close(struct store_db *db)
{
    for (int i = 0; i < STORE_STATEMENTS; i++)
        sqlite3_finalize(db->statement[i]);
    sqlite3_close(db->sql);
    memset(db, 0, sizeof *db);
}

bool store_db_damaged(int result)
{
    return (result & 0xff) == SQLITE_CORRUPT || (result & 0xff) == SQLITE_NOTADB;
}

/* ---- Statements -------------------------------------------------------- */

/* Nothing stays begun: a statement that does would keep old pages from being used again. */
static int first_row(sqlite3_stmt *statement, struct store_row *row)
{
    int result = sqlite3_step(statement);

    if (result == SQLITE_ROW && row != NULL) {
        for (int i = 0; i < STORE_COLUMNS && i < sqlite3_data_count(statement); i++)
            row->column[i] = sqlite3_column_int64(statement, i);
    }
    sqlite3_reset(statement);
    return result;
}

static void bind(sqlite3_stmt *statement, const int64_t *values, int count)
{
    for (int i = 0; i < count; i++)
        sqlite3_bind_int64(statement, i + 1, values[i]);
}

int store_db_run(struct store_db *db, enum store_statement which, const int64_t *values, int count,
                 struct store_row *row)
{
    bind(db->statement[which], values, count);
    return first_row(db->statement[which], row);
}

int store_db_each(struct store_db *db, enum store_statement which, const int64_t *values, int count,
                  store_row_fn *fn, void *context)
{
    sqlite3_stmt *statement = db->statement[which];
    struct store_row row = {{0}};
    int result;
    bool more = true;

    bind(statement, values, count);
    while (more && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < STORE_COLUMNS && i < sqlite3_data_count(statement); i++)
            row.column[i] = sqlite3_column_int64(statement, i);
        more = fn(context, &row);
    }
    sqlite3_reset(statement);
    return more ? result : SQLITE_DONE;
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

int store_db_series(struct store_db *db, const char *serial, const char *name, bool add,
                    int64_t *id)
{
    struct store_row row = {{0}};

    bind_text(db->statement[STORE_FIND_SERIES], 1, serial);
    bind_text(db->statement[STORE_FIND_SERIES], 2, name);
    int result = first_row(db->statement[STORE_FIND_SERIES], &row);
    if (result == SQLITE_DONE && add) {
        bind_text(db->statement[STORE_ADD_SERIES], 1, serial);
        bind_text(db->statement[STORE_ADD_SERIES], 2, name);
        result = first_row(db->statement[STORE_ADD_SERIES], NULL);
        row.column[0] = sqlite3_last_insert_rowid(db->sql);
    }
    *id = row.column[0];
    return result == SQLITE_ROW ? SQLITE_DONE : result;
}

int store_db_set_newest(struct store_db *db, const char *serial, int64_t time)
{
    sqlite3_bind_int64(db->statement[STORE_SET_NEWEST], 2, time);
    bind_text(db->statement[STORE_SET_NEWEST], 1, serial);
    return first_row(db->statement[STORE_SET_NEWEST], NULL);
}

int store_db_newest(struct store_db *db, const char *serial, int64_t *time)
{
    struct store_row row = {{READER_HISTORY_ALL}};

    bind_text(db->statement[STORE_GET_NEWEST], 1, serial);
    int result = first_row(db->statement[STORE_GET_NEWEST], &row);
    *time = row.column[0];
    return result == SQLITE_ROW ? SQLITE_DONE : result;
}

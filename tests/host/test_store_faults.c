/* Damaged databases, full disks and disks that hang. */
#include "tests/host/store_house.h"

#include "tests/host/store_fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int count_files(struct state *s, const char *part)
{
    DIR *dir = opendir(s->folder);
    int count = 0;

    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += strstr(entry->d_name, part) != NULL;
    closedir(dir);
    return count;
}

static void overwrite(struct state *s, off_t offset, size_t count)
{
    char path[128], rubbish[4096];

    snprintf(path, sizeof path, "%s/history.db", s->folder);
    memset(rubbish, 0x5a, sizeof rubbish);
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    while (count != 0) {
        size_t piece = count < sizeof rubbish ? count : sizeof rubbish;
        assert_true(pwrite(file, rubbish, piece, offset) == (ssize_t)piece);
        offset += (off_t)piece;
        count -= piece;
    }
    close(file);
}

static bool not_ok(struct state *s)
{
    return !store_ok(s->store);
}

static void no_database_at_all(void **state)
{
    struct state *s = *state;

    put(s, IMPORT, T, 1000, false);
    store_close(s->store);
    overwrite(s, 0, 100);
    begin(s);
    assert_int_equal(s->says, 1);
    assert_non_null(strstr(s->said[0], "history.db.damaged-"));
    assert_int_equal(count_files(s, ".damaged-"), 1);
    assert_series(s, IMPORT, T, T + 60, 60, "");
    assert_true(store_ok(s->store));
    put(s, IMPORT, T, 5, false);
    commit(s);
    assert_series(s, IMPORT, T, T + 60, 60, "0:5");
}

static void put_many(struct state *s, int64_t from)
{
    for (int i = 0; i < 6000; i++)
        assert_true(put(s, POWER, from + i, i, false));
    commit(s);
}

static bool was_told(struct state *s)
{
    return s->says > 0;
}

static void damage_that_is_found_when_reading(void **state)
{
    struct state *s = *state;
    struct points points;

    put_many(s, T);
    store_close(s->store);
    overwrite(s, 5 * 4096, 30 * 4096);
    begin(s);
    assert_int_equal(s->says, 0);
    assert_false(get(s, POWER, T, T + 6000, 10, &points));
    assert_int_equal(points.count, 0);
    put(s, IMPORT, T, 1, false);
    wait_until(s, was_told);
    commit(s);
    assert_int_equal(count_files(s, ".damaged-"), 1);
    assert_series(s, POWER, T, T + 6000, 10, "");
    assert_series(s, IMPORT, T, T + 60, 60, "0:1");
    assert_int_equal(s->says, 1);
}

static void damage_that_is_found_when_writing(void **state)
{
    struct state *s = *state;

    put_many(s, T);
    store_close(s->store);
    overwrite(s, 5 * 4096, 30 * 4096);
    begin(s);
    for (int i = 0; i < 500; i++)
        put(s, POWER, T + i * 12, 0, false);
    commit(s);
    assert_int_equal(s->says, 1);
    assert_int_equal(count_files(s, ".damaged-"), 1);
    assert_series(s, POWER, T, T + 13, 1, "0:0 12:0");
    assert_true(store_ok(s->store));
}

static void a_newer_version_is_left_alone(void **state)
{
    struct state *s = *state;
    char path[128], why[STORE_WHY];
    sqlite3 *sql;

    store_close(s->store);
    s->store = NULL;
    snprintf(path, sizeof path, "%s/history.db", s->folder);
    assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sql, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sql);
    assert_null(open_store(s, why));
    assert_non_null(strstr(why, "not a history that this version knows"));
}

static void a_folder_that_cannot_be_made(void **state)
{
    struct state *s = *state;
    char why[STORE_WHY];
    struct store_config config = {.folder = "/proc/none", .say = say, .context = s};

    assert_null(store_open(&config, why));
    assert_non_null(strstr(why, "/proc/none"));
}

static void a_full_disk(void **state)
{
    struct state *s = *state;

    put(s, IMPORT, T, 1000, false);
    commit(s);
    store_fault_full(true);
    put(s, IMPORT, T + 60, 1001, false);
    wait_until(s, not_ok);
    assert_series(s, IMPORT, T, T + 300, 60, "0:1000");
    put(s, IMPORT, T + 120, 1002, false);
    usleep((STORE_RETRY_MS + 500) * 1000); /* so that it fails again; it may not say so */
    assert_int_equal(s->says, 1);
    store_fault_full(false);
    commit(s);
    assert_series(s, IMPORT, T, T + 300, 60, "0:1000 60:1001 120:1002");
    assert_true(store_ok(s->store));
    assert_int_equal(s->says, 2);
    assert_non_null(strstr(s->said[0], "full"));
    assert_non_null(strstr(s->said[1], "written again"));
}

static void a_disk_that_is_full_from_the_beginning(void **state)
{
    struct state *s = *state;
    struct points points;

    store_close(s->store);
    empty(s->folder);
    store_fault_full(true);
    begin(s);
    assert_false(store_ok(s->store));
    assert_false(get(s, IMPORT, T, T + 60, 60, &points));
    assert_true(store_newest(s->store, "SIM1") == READER_HISTORY_ALL);
    put(s, IMPORT, T, 1000, false);
    store_fault_full(false);
    commit(s);
    assert_series(s, IMPORT, T, T + 60, 60, "0:1000");
}

static void a_full_disk_at_the_end(void **state)
{
    struct state *s = *state;

    store_fault_full(true);
    put(s, IMPORT, T, 1000, false);
    reopen(s); /* comes back, without it */
    store_fault_full(false);
    assert_series(s, IMPORT, T, T + 60, 60, "");
}

static bool writes_wait(struct state *s)
{
    (void)s;
    return store_fault_waiting();
}

/* The disk takes for ever: what is handed over goes on, and so does reading, until there is no
 * room. If any of it waited for the disk, this would not end. */
static void a_disk_that_hangs(void **state)
{
    struct state *s = *state;

    put(s, IMPORT, T, 1000, false);
    commit(s);
    store_fault_stop(true);
    put(s, IMPORT, T + 1, 1000, false);
    wait_until(s, writes_wait);
    for (int i = 2; i < STORE_QUEUE - STORE_INTERVAL; i++) {
        assert_true(store_room(s->store));
        assert_true(put(s, IMPORT, T + i, 1000 + i, false));
    }
    int last = 0;
    for (int i = STORE_QUEUE - STORE_INTERVAL; i < STORE_QUEUE + 10; i++)
        last = put(s, IMPORT, T + i, 1000 + i, false) ? i : last;
    assert_false(store_room(s->store));
    assert_int_equal(last, STORE_QUEUE);
    assert_int_equal(counters(s).dropped, 9);
    assert_int_equal(s->says, 1);
    assert_non_null(strstr(s->said[0], "dropped"));
    assert_series(s, IMPORT, T, T + 2, 1, "0:1000");
    store_fault_stop(false);
    commit(s);
    assert_true(store_room(s->store));
    struct points points;
    assert_true(get(s, IMPORT, T, T + 2 * STORE_QUEUE, 2 * STORE_QUEUE, &points));
    assert_int_equal(points.point[0].value, 1000 + last);
}

int main(void)
{
    store_fault_install();
    const struct CMUnitTest tests[] = {
        TEST(no_database_at_all),
        TEST(damage_that_is_found_when_reading),
        TEST(damage_that_is_found_when_writing),
        TEST(a_newer_version_is_left_alone),
        TEST(a_folder_that_cannot_be_made),
        TEST(a_full_disk),
        TEST(a_disk_that_is_full_from_the_beginning),
        TEST(a_full_disk_at_the_end),
        TEST(a_disk_that_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

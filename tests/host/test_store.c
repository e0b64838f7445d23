#include "tests/cmocka_all.h"

#include "host/mepd/store.h"
#include "tests/host/store_fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IMPORT "energy_import_wh"
#define POWER  "power_import_w"

enum {
    T = 1700000100, /* a whole quarter of an hour: 900 divides it */
    WAIT_MS = 60000,
    POINTS = 4096
};

struct state {
    char folder[64];
    struct store *store;
    char said[8][STORE_WHY];
    int says; /* from two threads, one after the other: the tests wait in between */
    int32_t keep_days;
};

struct points {
    struct reader_point point[POINTS];
    size_t count;
};

static void say(void *context, bool problem, const char *line)
{
    struct state *s = context;

    (void)problem;
    if (s->says < 8)
        snprintf(s->said[s->says], STORE_WHY, "%s", line);
    s->says++;
}

static struct store *open_store(struct state *s, char why[STORE_WHY])
{
    struct store_config config = {
        .folder = s->folder, .keep_days = s->keep_days, .commit_ms = 50, .say = say, .context = s};
    return store_open(&config, why);
}

static void begin(struct state *s)
{
    char why[STORE_WHY] = "";
    s->store = open_store(s, why);
    if (s->store == NULL)
        fail_msg("%s", why);
}

static int set_up(void **state)
{
    struct state *s = calloc(1, sizeof *s);

    snprintf(s->folder, sizeof s->folder, "/tmp/store.XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    begin(s);
    *state = s;
    return 0;
}

static void empty(const char *folder)
{
    char path[512];
    DIR *dir = opendir(folder);

    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(folder);
}

static int tear_down(void **state)
{
    struct state *s = *state;

    store_fault_full(false);
    store_fault_stop(false);
    if (s->store != NULL)
        store_close(s->store);
    empty(s->folder);
    free(s);
    return 0;
}

static void reopen(struct state *s)
{
    store_close(s->store);
    begin(s);
}

static bool put(struct state *s, const char *name, int64_t time, int64_t value, bool from_meter)
{
    struct store_point point = {"SIM1", name, time, value, from_meter, false};
    return store_put(s->store, &point);
}

static struct store_counters counters(struct state *s)
{
    struct store_counters counters;
    store_counters(s->store, &counters);
    return counters;
}

static bool all_committed(struct state *s)
{
    struct store_counters now = counters(s);
    return now.put == now.committed;
}

static bool not_ok(struct state *s)
{
    return !store_ok(s->store);
}

static void wait_until(struct state *s, bool (*condition)(struct state *))
{
    for (int ms = 0; !condition(s); ms += 5) {
        if (ms > WAIT_MS)
            fail_msg("waited in vain");
        usleep(5000);
    }
}

static void commit(struct state *s)
{
    wait_until(s, all_committed);
}

static void on_point(void *context, const struct reader_point *point)
{
    struct points *points = context;
    assert_true(points->count < POINTS);
    points->point[points->count++] = *point;
}

static bool get(struct state *s, const char *name, int64_t from, int64_t to, int32_t step,
                struct points *points)
{
    struct reader_series series = {"SIM1", name, from, to, step};
    points->count = 0;
    return store_series(s->store, &series, on_point, points);
}

/* What a series is: "time:value" relative to T, with an m for the meter's. */
static void assert_series(struct state *s, const char *name, int64_t from, int64_t to, int32_t step,
                          const char *expected)
{
    struct points points;
    char text[1024] = "";
    size_t length = 0;

    assert_true(get(s, name, from, to, step, &points));
    for (size_t i = 0; i < points.count; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%d:%d%s", i == 0 ? "" : " ",
                             (int)(points.point[i].time - T), (int)points.point[i].value,
                             points.point[i].from_meter ? "m" : "");
    assert_string_equal(text, expected);
}

/* ---- What is given back ------------------------------------------------ */

static void totals_are_the_last_of_each_step(void **state)
{
    struct state *s = *state;

    for (int i = 0; i < 10; i++)
        put(s, IMPORT, T + i * 30, 1000 + i, false);
    put(s, IMPORT, T + 7200, 2000, false);
    commit(s);
    assert_series(s, IMPORT, T, T + 240, 60, "30:1001 90:1003 150:1005 210:1007");
    assert_series(s, IMPORT, T + 15, T + 7201, 3600, "270:1009 7200:2000");
    assert_series(s, IMPORT, T + 300, T + 7200, 60, "");
    assert_series(s, IMPORT, T, T + 10, 1, "0:1000");
}

static void others_are_the_mean_of_each_step(void **state)
{
    struct state *s = *state;
    static const int values[] = {1, 2, 4, -1, -2, -4, -1, -2};

    for (int i = 0; i < 8; i++)
        put(s, POWER, T + i * 20, values[i], false);
    commit(s);
    /* 7/3; -7/3; -3/2 away from zero */
    assert_series(s, POWER, T, T + 200, 60, "0:2 60:-2 120:-2");
    assert_series(s, POWER, T + 10, T + 20, 10, "");
}

static void the_meters_own_come_first(void **state)
{
    struct state *s = *state;

    put(s, IMPORT, T, 1000, false);
    put(s, IMPORT, T, 1001, true);
    put(s, IMPORT, T, 1002, false);
    put(s, POWER, T, 10, false);
    put(s, POWER, T, 30, true);
    put(s, POWER, T, 99, false);
    put(s, POWER, T + 60, 50, false);
    put(s, POWER, T + 1800, 50, false);
    put(s, POWER, T + 1860, 60, true);
    put(s, POWER, T + 2700, 70, true);
    put(s, "pulse_1", T, 5, false);
    put(s, "pulse_1", T, 4, true);
    put(s, "pulse_1", T, 5, false);
    commit(s);
    assert_series(s, IMPORT, T, T + 60, 60, "0:1001m");
    assert_series(s, POWER, T, T + 120, 60, "0:30m 60:50");
    assert_series(s, POWER, T, T + 3600, 900, "0:40 1800:55 2700:70m");
    assert_series(s, POWER, T + 1740, T + 1920, 180, "1740:55");
    assert_series(s, "pulse_1", T, T + 60, 60, "0:4m");
}

/* Steps of whole quarters come from a table of their own: both must agree with plain arithmetic. */
static void means_agree_however_they_are_made(void **state)
{
    struct state *s = *state;
    enum {
        COUNT = 2000,
        SPAN = 40000
    };
    static int64_t value[SPAN];
    static bool there[SPAN];
    unsigned random = 1;

    memset(there, 0, sizeof there);
    for (int i = 0; i < COUNT; i++) {
        random = random * 1103515245u + 12345u;
        int at = (int)(random >> 8) % SPAN;
        int64_t new_value = (int64_t)(random >> 16) - 30000;
        bool meter = i % 7 == 0;
        put(s, POWER, T + at, new_value, meter);
        if (!there[at] || meter)
            value[at] = new_value;
        there[at] = true;
    }
    commit(s);
    static const struct {
        int from, to, step;
    } asked[] = {{0, SPAN, 900},  {0, SPAN, 3600}, {900, 20000, 1800}, {7, 30000, 900},
                 {0, 12345, 600}, {0, 899, 900},   {1800, 1801, 900}};
    for (size_t a = 0; a < sizeof asked / sizeof *asked; a++) {
        struct points points;
        size_t found = 0;
        assert_true(get(s, POWER, T + asked[a].from, T + asked[a].to, asked[a].step, &points));
        for (int step = asked[a].from; step < asked[a].to; step += asked[a].step) {
            int64_t sum = 0, count = 0;
            for (int i = step; i < step + asked[a].step && i < asked[a].to; i++) {
                sum += there[i] ? value[i] : 0;
                count += there[i];
            }
            if (count == 0)
                continue;
            int64_t half = sum < 0 ? -(count / 2) : count / 2;
            assert_true(found < points.count);
            assert_int_equal(points.point[found].time, T + step);
            assert_int_equal(points.point[found].value, (sum + half) / count);
            found++;
        }
        assert_int_equal(found, points.count);
    }
}

static void meters_are_kept_apart(void **state)
{
    struct state *s = *state;
    struct store_point other = {"SIM2", IMPORT, T, 5, false, false};

    put(s, IMPORT, T, 1000, false);
    assert_true(store_put(s->store, &other));
    commit(s);
    assert_series(s, IMPORT, T, T + 60, 60, "0:1000");
    assert_series(s, "energy_export_wh", T, T + 60, 60, "");
}

static void nonsense_is_refused(void **state)
{
    struct state *s = *state;
    struct points points;

    assert_false(get(s, IMPORT, T, T, 60, &points));
    assert_false(get(s, IMPORT, T, T + 60, 0, &points));
    assert_false(get(s, IMPORT, T, T + 60, -1, &points));
    assert_false(get(s, IMPORT, INT64_MIN, T, 60, &points));
    assert_int_equal(points.count, 0);
}

/* ---- Energy never steps back ------------------------------------------- */

static void lower_samples_are_refused(void **state)
{
    struct state *s = *state;

    put(s, IMPORT, T, 1000, false);
    put(s, IMPORT, T + 60, 999, false);
    put(s, IMPORT, T + 120, 1000, false);
    put(s, IMPORT, T + 180, 1010, false);
    put(s, IMPORT, T + 150, 1011, false); /* the clock was set back */
    put(s, IMPORT, T + 155, 1005, false);
    put(s, "pulse_1", T, 1000, false);
    put(s, "pulse_1", T + 60, 900, false);
    commit(s);
    assert_series(s, IMPORT, T, T + 300, 1, "0:1000 120:1000 155:1005 180:1010");
    assert_series(s, "pulse_1", T, T + 300, 1, "0:1000 60:900");
    assert_int_equal(counters(s).refused, 2);
}

static void restarted_registers_go_on_from_there(void **state)
{
    struct state *s = *state;
    struct store_point again = {"SIM1", IMPORT, T + 60, 3, false, true};

    put(s, IMPORT, T, 1000, false);
    store_put(s->store, &again);
    put(s, IMPORT, T + 120, 4, false);
    put(s, IMPORT, T + 180, 3, false);
    put(s, IMPORT, T + 30, 1001, false); /* before the restart */
    commit(s);
    assert_series(s, IMPORT, T, T + 300, 1, "0:1000 30:1001 60:3 120:4");
    assert_int_equal(counters(s).refused, 1);
}

static void the_meters_record_wins(void **state)
{
    struct state *s = *state;

    /* Samples from a clock that was ahead: too high before the meter's point, too low after it. */
    put(s, IMPORT, T, 1000, true);
    put(s, IMPORT, T + 100, 1010, false);
    put(s, IMPORT, T + 200, 1020, false);
    put(s, IMPORT, T + 300, 1030, false);
    put(s, IMPORT, T + 1000, 1040, false);
    put(s, IMPORT, T + 900, 1015, true);
    commit(s);
    assert_series(s, IMPORT, T, T + 2000, 1, "0:1000m 100:1010 900:1015m 1000:1040");
    put(s, IMPORT, T + 950, 1050, true);
    commit(s);
    assert_series(s, IMPORT, T, T + 2000, 1, "0:1000m 100:1010 900:1015m 950:1050m");
}

static void the_meters_register_began_anew(void **state)
{
    struct state *s = *state;
    struct store_point again = {"SIM1", IMPORT, T + 200, 5, false, true};

    put(s, IMPORT, T, 1000, true);
    put(s, IMPORT, T + 100, 1010, false);
    store_put(s->store, &again);
    put(s, IMPORT, T + 300, 9, false);
    put(s, IMPORT, T + 900, 7, true);   /* the sample of 9 contradicts it */
    put(s, IMPORT, T + 1800, 2, true);  /* and once more */
    put(s, IMPORT, T + 1801, 1, false); /* but not so */
    put(s, IMPORT, T + 1900, 2, false);
    commit(s);
    assert_series(s, IMPORT, T, T + 3000, 1, "0:1000m 100:1010 200:5 300:9 900:7m 1800:2m 1900:2");
}

/* ---- Again and again --------------------------------------------------- */

static void it_is_there_afterwards(void **state)
{
    struct state *s = *state;

    put(s, IMPORT, T, 1000, true);
    store_interval(s->store, "SIM1", T);
    put(s, POWER, T, 7, false);
    reopen(s);
    assert_series(s, IMPORT, T, T + 60, 60, "0:1000m");
    assert_series(s, POWER, T, T + 900, 900, "0:7");
    assert_true(store_newest(s->store, "SIM1") == T);
    assert_true(store_newest(s->store, "SIM2") == READER_HISTORY_ALL);
    store_interval(s->store, "SIM1", T - 900);
    commit(s);
    assert_true(store_newest(s->store, "SIM1") == T);
    assert_int_equal(s->says, 0);
}

static void one_at_a_time(void **state)
{
    struct state *s = *state;
    char why[STORE_WHY];

    assert_null(open_store(s, why));
    assert_non_null(strstr(why, "another mepd"));
}

static bool removed_two(struct state *s)
{
    return counters(s).removed == 2;
}

static void old_samples_are_removed(void **state)
{
    struct state *s = *state;
    int64_t now = time(NULL), day = 86400, old = T;
    struct points points;

    put(s, IMPORT, old, 1000, true);
    put(s, IMPORT, old + 60, 1001, false);
    put(s, POWER, old, 50, false);
    put(s, IMPORT, now, 2000, false);
    commit(s);
    assert_int_equal(counters(s).removed, 0);
    store_keep(s->store, 30);
    wait_until(s, removed_two);
    assert_series(s, IMPORT, T, T + day, 1, "0:1000m");
    assert_series(s, POWER, T, T + day, 60, "");
    assert_series(s, POWER, T, T + day, 900, "");
    assert_true(get(s, IMPORT, now - day, now + 1, 86400, &points));
    assert_int_equal(points.count, 1);
    reopen(s);
    assert_series(s, IMPORT, T, T + day, 1, "0:1000m");
}

/* A sample that is dated before all others by a wrong clock must not make the limit leap. */
static void a_clock_that_leapt_removes_nothing(void **state)
{
    struct state *s = *state;

    put(s, POWER, T, 50, false);
    put(s, POWER, T + 60, 50, false);
    store_keep(s->store, 1); /* years ago by this machine's clock, new by the meter's */
    commit(s);
    store_keep(s->store, 1);
    put(s, POWER, T + 120, 50, false);
    commit(s);
    assert_int_equal(counters(s).removed, 0);
    assert_series(s, POWER, T, T + 180, 60, "0:50 60:50 120:50");
}

static long cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void nothing_to_do_costs_nothing(void **state)
{
    struct state *s = *state;
    long before = cpu_ms();

    usleep(500000);
    put(s, IMPORT, T, 1000, false);
    commit(s);
    usleep(500000);
    assert_true(cpu_ms() - before < 250);
}

/* ---- What goes wrong --------------------------------------------------- */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    store_fault_install();
    const struct CMUnitTest tests[] = {
        TEST(totals_are_the_last_of_each_step),
        TEST(others_are_the_mean_of_each_step),
        TEST(the_meters_own_come_first),
        TEST(means_agree_however_they_are_made),
        TEST(meters_are_kept_apart),
        TEST(nonsense_is_refused),
        TEST(lower_samples_are_refused),
        TEST(restarted_registers_go_on_from_there),
        TEST(the_meters_record_wins),
        TEST(the_meters_register_began_anew),
        TEST(it_is_there_afterwards),
        TEST(one_at_a_time),
        TEST(old_samples_are_removed),
        TEST(a_clock_that_leapt_removes_nothing),
        TEST(nothing_to_do_costs_nothing),
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

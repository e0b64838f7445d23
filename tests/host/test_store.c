/* What a store gives back of what it was given. */
#include "tests/host/store_house.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

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

int main(void)
{
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

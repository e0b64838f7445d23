/* The load profile read into RAM from a meter: what is looked at most comes first. */
#include "tests/reader/ring.h"

#include "firmware/logic/history.h"

#include <string.h>

enum {
    HOURS = 26, /* recorded; of these the fake meter still has hours 12 to 25 */
    OLDEST = 12,
    RECENT = 5,
    POINTS = 40
};

static struct fake f;
static struct fw_profile profile;
static uint32_t words[FW_PROFILE_WORDS(POINTS)];
static struct reader_point got[64];
static size_t count;

static int64_t end_of(int hour)
{
    return RING_EPOCH + (hour + 1) * RING_HOUR;
}

static int setup(void **state)
{
    (void)state;
    fake_init(&f);
    ring_hours = 0;
    memset(ring_skipped, 0, sizeof ring_skipped);
    fw_profile_init(&profile, words, POINTS);
    return 0;
}

static void run(mep_time for_us)
{
    unsigned tables = f.tables;

    for (mep_time end = f.now + for_us; f.now < end;) {
        fake_run(&f, 10 * MS);
        if (f.tables != tables)
            reader_history_event(&profile.history, &f.reader, &f.last_table);
        tables = f.tables;
        fw_profile_turn(&profile, &f.reader, f.now);
    }
}

static void begin(void)
{
    fw_profile_begin(&profile, RING_EPOCH + HOURS * RING_HOUR, 365 * 86400, RECENT * RING_HOUR);
}

static void take(void *context, const struct reader_point *point)
{
    (void)context;
    assert_true(count < sizeof got / sizeof *got);
    got[count++] = *point;
}

static void ask(int32_t step_s)
{
    struct reader_series series = {.serial = "",
                                   .name = "energy_import_wh",
                                   .from = RING_EPOCH,
                                   .to = INT64_MAX,
                                   .step_s = step_s};

    count = 0;
    fw_profile_series(&profile, &series, take, NULL);
}

/* Each hour once, in order, and with its own total. */
static void expect_hours(int from, int until)
{
    ask(60);
    assert_int_equal(count, until - from);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(got[i].time, end_of(from + (int)i));
        assert_int_equal(got[i].value, 1000 + from + (int)i);
        assert_true(got[i].from_meter);
    }
}

static void today_comes_first_and_then_all(void **state)
{
    (void)state;
    ring_build(&f, HOURS);
    begin();
    while (profile.catching_up && f.now < 60 * SECOND)
        run(100 * MS);
    expect_hours(HOURS - RECENT, HOURS);
    /* While the rest is read, there may be a hole, but never a point twice or out of order. */
    for (int i = 0; i < 600 && profile.history.state == READER_HISTORY_READING; i++) {
        run(100 * MS);
        ask(60);
        assert_in_range(count, RECENT, HOURS - OLDEST);
        for (size_t k = 1; k < count; k++)
            assert_true(got[k].time > got[k - 1].time);
    }
    assert_int_equal(profile.history.state, READER_HISTORY_CURRENT);
    expect_hours(OLDEST, HOURS);
    /* Steps that both parts have a share in are still one each. */
    ask(4 * RING_HOUR);
    for (size_t i = 1; i < count; i++)
        assert_true((got[i].time - RING_EPOCH) / (4 * RING_HOUR) >
                    (got[i - 1].time - RING_EPOCH) / (4 * RING_HOUR));
    assert_int_equal(got[count - 1].time, end_of(HOURS - 1));
}

static void what_ends_later_is_looked_for(void **state)
{
    (void)state;
    ring_build(&f, HOURS);
    begin();
    run(120 * SECOND);
    expect_hours(OLDEST, HOURS);
    ring_record(&f);
    ring_record(&f);
    run(330 * SECOND);
    ask(60);
    assert_int_equal(got[count - 1].time, end_of(HOURS + 1));
}

static void a_meter_without_one_is_left_alone(void **state)
{
    (void)state;
    begin();
    run(60 * SECOND);
    assert_int_equal(profile.history.state, READER_HISTORY_NONE);
    uint32_t before = profile.history.counters.requests;
    run(60 * SECOND);
    assert_int_equal(profile.history.counters.requests, before);
    ask(60);
    assert_int_equal(count, 0);
}

static void another_meter_begins_anew(void **state)
{
    (void)state;
    ring_build(&f, HOURS);
    begin();
    run(120 * SECOND);
    fw_profile_forget(&profile);
    ask(60);
    assert_int_equal(count, 0);
    begin();
    run(120 * SECOND);
    expect_hours(OLDEST, HOURS);
}

static void without_memory_there_is_none(void **state)
{
    (void)state;
    fw_profile_init(&profile, NULL, POINTS);
    ring_build(&f, HOURS);
    begin();
    run(60 * SECOND);
    ask(60);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(today_comes_first_and_then_all, setup),
        cmocka_unit_test_setup(what_ends_later_is_looked_for, setup),
        cmocka_unit_test_setup(a_meter_without_one_is_left_alone, setup),
        cmocka_unit_test_setup(another_meter_begins_anew, setup),
        cmocka_unit_test_setup(without_memory_there_is_none, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* History out of a small load profile, read while the meter goes on. */
#include "ring.h"

#include "reader/history.h"

#include <stdio.h>
#include <string.h>

enum {
    KEPT = RING_HOURS_MAX
};

static struct fake f;
static struct reader_history history;

/* What was handed out. */
static int64_t got_time[KEPT];
static int64_t got_import[KEPT], got_export[KEPT];
static uint32_t got_flags[KEPT];
static unsigned got;
static unsigned max_count; /* longest read of BT64 */
static mep_time asked_at, shortest_gap;
static void (*before_turn)(void);

static bool look_at_request(struct fake *fake, uint8_t *bytes, size_t count)
{
    (void)fake;
    if (count > 9 && bytes[2] == MEP_READ_PARTIAL && bytes[3] == 0 && bytes[4] == 64) {
        unsigned wanted = (unsigned)(bytes[8] << 8 | bytes[9]);
        max_count = wanted > max_count ? wanted : max_count;
        if (asked_at != 0 && f.now - asked_at < shortest_gap)
            shortest_gap = f.now - asked_at;
        asked_at = f.now;
    }
    return true;
}

static int setup(void **state)
{
    (void)state;
    fake_init(&f);
    f.to_meter = look_at_request;
    ring_hours = got = max_count = 0;
    asked_at = 0;
    shortest_gap = 3600 * SECOND;
    before_turn = NULL;
    memset(ring_skipped, 0, sizeof ring_skipped);
    reader_history_init(&history, 0, READER_HISTORY_ALL);
    return 0;
}

/* ---- The caller ---- */

static void on_value(void *context, const struct meter_value *value)
{
    (void)context;
    if (strcmp(value->name, "energy_import_wh") == 0)
        got_import[got] = value->integer;
    else if (strcmp(value->name, "energy_export_wh") == 0)
        got_export[got] = value->integer;
    else
        fail_msg("%s", value->name);
}

static void take(void)
{
    struct reader_interval interval;
    while (reader_history_next(&history, &f.reader, &interval)) {
        assert_true(got < KEPT);
        assert_int_equal(reader_history_values(&history, &f.reader, &interval, on_value, NULL), 2);
        got_time[got] = interval.time;
        got_flags[got++] = interval.flags;
    }
}

static void run(mep_time for_us)
{
    unsigned tables = f.tables;
    for (mep_time end = f.now + for_us; f.now < end && history.state == READER_HISTORY_READING;) {
        fake_run(&f, 10 * MS);
        if (f.tables != tables)
            reader_history_event(&history, &f.reader, &f.last_table);
        tables = f.tables;
        if (before_turn != NULL)
            before_turn();
        take();
        reader_history_turn(&history, &f.reader, f.now);
    }
}

/* Exactly the recorded hours from one on to before another, without those skipped. */
static void expect_hours(unsigned from, unsigned until)
{
    unsigned i = 0;
    for (unsigned hour = from; hour < until; hour++) {
        if (ring_skipped[hour])
            continue;
        assert_true(i < got);
        if (got_time[i] != RING_EPOCH + (hour + 1) * RING_HOUR)
            fail_msg("interval %u ends %lld hours after the epoch, not %u", i,
                     (long long)((got_time[i] - RING_EPOCH) / RING_HOUR), hour + 1);
        assert_int_equal(got_import[i], 1000 + hour);
        assert_int_equal(got_export[i], 5000 + 2 * hour);
        assert_int_equal(got_flags[i], hour % 5 == 0 ? METER_PROFILE_POWER_FAIL : 0);
        i++;
    }
    assert_int_equal(got, i);
}

static void all_there_is(void **state)
{
    (void)state;
    /* Partly filled, full to the last place, around once and more often. */
    for (unsigned recorded = 1; recorded < 40; recorded++) {
        setup(NULL);
        ring_build(&f, recorded);
        run(120 * SECOND);
        assert_int_equal(history.state, READER_HISTORY_CURRENT);
        unsigned blocks = (recorded + RING_INTERVALS - 1) / RING_INTERVALS, oldest = 0;
        if (blocks >= RING_BLOCKS)
            oldest = blocks - RING_BLOCKS;
        if (blocks >= RING_BLOCKS && recorded % RING_INTERVALS == 0)
            oldest++; /* the meter may be overwriting it already */
        expect_hours(oldest * RING_INTERVALS, recorded);
        assert_true(shortest_gap >= SECOND);
        assert_int_equal(history.counters.dropped, 0);
        assert_int_equal(history.counters.discarded, 0);
    }
}

static void from_every_known_interval_on(void **state)
{
    (void)state;
    for (unsigned known = 0; known <= 26; known++) {
        setup(NULL);
        ring_build(&f, 26); /* blocks 3 to 6, of which the last has two */
        reader_history_init(&history, 0, RING_EPOCH + known * RING_HOUR);
        run(120 * SECOND);
        assert_int_equal(history.state, READER_HISTORY_CURRENT);
        expect_hours(known > 12 ? known : 12, 26);
    }
    /* Nothing new costs BT61, BT62, BT63, ET21 and a header. */
    assert_int_equal(history.counters.requests, 5);
    /* A time between two ends. */
    setup(NULL);
    ring_build(&f, 26);
    reader_history_init(&history, 0, RING_EPOCH + 20 * RING_HOUR + 1800);
    run(120 * SECOND);
    expect_hours(20, 26);
}

static void what_came_since(void **state)
{
    (void)state;
    ring_build(&f, 17);
    run(60 * SECOND);
    for (unsigned more = 0; more < 20; more++) {
        assert_int_equal(history.state, READER_HISTORY_CURRENT);
        for (unsigned i = 0; i <= more % 3; i++)
            ring_record(&f);
        uint32_t before = history.counters.requests;
        reader_history_again(&history);
        run(60 * SECOND);
        assert_in_range(history.counters.requests - before, 5, 13);
    }
    expect_hours(4, ring_hours);
}

static void hours_without_power(void **state)
{
    static const uint64_t masks[] = {0x0000001, 0x0000010, 0x0000080, 0x0000060, 0x0003ff0,
                                     0xf00,     0x3fffff0, 0x1555555, 0x2aaaaaa, 0x1fffffe};
    (void)state;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        setup(NULL);
        for (unsigned hour = 0; hour < 14; hour++)
            ring_skipped[hour] = (masks[i] >> hour & 1) != 0;
        if (ring_skipped[0] && (masks[i] & 0x3fff) == 0x3fff)
            continue;
        ring_build(&f, 15);
        run(60 * SECOND);
        assert_int_equal(history.state, READER_HISTORY_CURRENT);
        expect_hours(0, 15);
    }
}

/* ---- While it is being read ---- */

static unsigned record_each, reads_before;

/* The meter records an hour after each so many reads of BT64. */
static void record_often(void)
{
    unsigned reads = ring_table(&f, &ring_bt64)->reads;
    if (reads != reads_before && reads % record_each == 0 && ring_hours < KEPT - 1)
        ring_record(&f);
    reads_before = reads;
}

static void new_intervals_and_blocks_meanwhile(void **state)
{
    unsigned discarded = 0;
    (void)state;
    for (record_each = 1; record_each < 4; record_each++) {
        for (unsigned recorded = 12; recorded < 24; recorded++) {
            setup(NULL);
            ring_build(&f, recorded);
            /* A line so slow in periods so short that a block takes several reads. */
            reads_before = 0;
            before_turn = record_often;
            for (unsigned pass = 0; pass < 6; pass++) {
                run(200 * SECOND);
                reader_history_again(&history);
            }
            assert_true(got > 0);
            discarded += history.counters.discarded;
            for (unsigned i = 0; i < got; i++) { /* whatever was handed out was so recorded */
                int64_t hour = (got_time[i] - RING_EPOCH) / RING_HOUR - 1;
                assert_in_range(hour, 0, ring_hours - 1);
                assert_int_equal(got_import[i], 1000 + hour);
                assert_int_equal(got_export[i], 5000 + 2 * hour);
                assert_true(i == 0 || got_time[i] > got_time[i - 1]);
            }
        }
    }
    assert_true(discarded > 0);
}

/* Blocks begun so fast that what was read is gone: nothing wrong comes out. */
static void storm(void)
{
    unsigned reads = ring_table(&f, &ring_bt64)->reads;
    if (reads != reads_before && ring_hours < 200)
        for (unsigned i = 0; i < 13; i++)
            ring_record(&f);
    reads_before = reads;
}

/* The same once, between a block's header and its intervals. */
static void storm_after_a_header(void)
{
    if (history.place.in_block && !history.found && ring_hours == 22)
        for (unsigned i = 0; i < 13; i++)
            ring_record(&f);
}

static void intervals_of_another_block_than_the_header(void **state)
{
    (void)state;
    ring_build(&f, 22);
    reader_history_init(&history, 0, RING_EPOCH + 9 * RING_HOUR);
    before_turn = storm_after_a_header;
    run(300 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_CURRENT);
    assert_int_equal(ring_hours, 35);
    expect_hours(20, 35);
    assert_int_equal(history.counters.discarded, 1);
}

static void overwritten_answers_are_discarded(void **state)
{
    (void)state;
    ring_build(&f, 22);
    reads_before = 0;
    before_turn = storm;
    run(300 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_CURRENT);
    assert_true(history.counters.discarded > 0);
    for (unsigned i = 0; i < got; i++)
        assert_int_equal(got_import[i], 1000 + (got_time[i] - RING_EPOCH) / RING_HOUR - 1);
    assert_true(got_time[got - 1] == RING_EPOCH + ring_hours * RING_HOUR);
}

/* ET21.91: the newest one waits for values from outside. */
static void the_interval_in_progress_waits(void **state)
{
    (void)state;
    ring_build(&f, 22);
    ring_table(&f, &meter_et21)->bytes[91] = 2; /* number 1 or 2: neither is taken */
    run(60 * SECOND);
    expect_hours(8, 21);
    ring_table(&f, &meter_et21)->bytes[91] = 0;
    reader_history_again(&history);
    run(60 * SECOND);
    expect_hours(8, 22);
}

/* ---- What is missing or wrong ---- */

static void without_a_load_profile(void **state)
{
    (void)state;
    run(60 * SECOND); /* no BT61, and ET42 says nothing of one */
    assert_int_equal(history.state, READER_HISTORY_NONE);
    assert_int_equal(history.problem, METER_PROFILE_ABSENT);
    assert_int_equal(got, 0);

    setup(NULL);
    ring_build(&f, 22);
    ring_table(&f, &meter_bt61)->bytes[7] = 0; /* no blocks, and there is no second data set */
    run(60 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_NONE);
    assert_int_equal(history.problem, METER_PROFILE_ABSENT);
    ring_table(&f, &meter_bt61)->bytes[7] = RING_BLOCKS; /* until it is configured */
    reader_history_again(&history);
    run(60 * SECOND);
    expect_hours(8, 22);

    setup(NULL);
    ring_build(&f, 22);
    ring_table(&f, &meter_bt63)->code = MEP_CODE_NO_PERMISSION;
    run(60 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_NONE);
    assert_int_equal(history.code, MEP_CODE_NO_PERMISSION);

    setup(NULL);
    ring_build(&f, 22);
    ring_table(&f, &ring_bt64)->size = 2 * RING_BLOCK; /* it ends early */
    run(60 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_NONE);
}

static void nothing_recorded_yet(void **state)
{
    (void)state;
    ring_build(&f, 1);
    ring_table(&f, &meter_bt63)->bytes[1] = 0;
    run(60 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_CURRENT);
    assert_int_equal(got, 0);
}

static void tables_that_others_stand_in_for(void **state)
{
    (void)state;
    ring_build(&f, 22);
    ring_table(&f, &meter_et21)->code = MEP_CODE_NOT_POSSIBLE;
    run(60 * SECOND);
    expect_hours(8, 22);

    for (unsigned which = 0; which < 2; which++) {
        setup(NULL);
        ring_build(&f, 22);
        ring_table(&f, which == 0 ? &meter_bt61 : &meter_bt62)->code = MEP_CODE_NOT_POSSIBLE;
        uint8_t *et42 = fake_table(&f, &meter_et42)->bytes;
        et42[2] = 41;
        et42[3] = 0;
        et42[27] = RING_BLOCKS;
        et42[29] = 2;
        et42[30] = 60;
        et42[33] = RING_INTERVALS;
        et42[41] = et42[42] = 0;
        et42[43] = 1, et42[44] = 0;
        run(60 * SECOND);
        assert_int_equal(history.state, READER_HISTORY_CURRENT);
        expect_hours(8, 22);
    }
}

static void the_newest_header_is_rubbish(void **state)
{
    (void)state;
    ring_build(&f, 22);
    uint8_t *header =
        ring_table(&f, &ring_bt64)->bytes + (5 + RING_FIRST_SEQUENCE) % RING_BLOCKS * RING_BLOCK;
    header[1] = 99;
    run(60 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_CURRENT);
    expect_hours(8, 20);
}

/* A block whose clock was wrong by years keeps nothing from coming after it. */
static void a_clock_that_was_wrong(void **state)
{
    (void)state;
    ring_build(&f, 22);
    uint8_t *header =
        ring_table(&f, &ring_bt64)->bytes + (3 + RING_FIRST_SEQUENCE) % RING_BLOCKS * RING_BLOCK;
    header[0] = 77;
    run(60 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_CURRENT);
    assert_int_equal(history.counters.dropped, RING_INTERVALS);
    assert_int_equal(got, 10);
    assert_true(got_time[4] == RING_EPOCH + 17 * RING_HOUR);
}

static void bad_line(void **state)
{
    (void)state;
    ring_build(&f, 22);
    f.damage_each = 3;
    run(600 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_CURRENT);
    expect_hours(8, 22);
}

/* The two channels change places, in what is recorded as well. */
static void reconfigure(void)
{
    uint8_t *sources = ring_table(&f, &meter_bt62)->bytes;
    uint8_t *bytes = ring_table(&f, &ring_bt64)->bytes, kept[4];
    for (unsigned i = 0; i < RING_BLOCKS * RING_INTERVALS; i++) {
        uint8_t *values = bytes + i / RING_INTERVALS * RING_BLOCK + RING_HEADER +
                          i % RING_INTERVALS * RING_RECORD + 2;
        memcpy(kept, values, 4);
        memcpy(values, values + 4, 4);
        memcpy(values + 4, kept, 4);
    }
    sources[1] = !sources[1];
    sources[4] = !sources[4];
    fake_set(&f, &meter_et04, "idt_version", 8);
    mep_server_configuration_changed(&f.server);
}

static void reconfigured_at_any_moment(void **state)
{
    unsigned in_time = 0, discarded = 0;
    (void)state;
    for (mep_time at = 2 * SECOND; at < 9 * SECOND; at += 70 * MS) {
        setup(NULL);
        ring_build(&f, 22);
        run(at);
        in_time += history.state == READER_HISTORY_READING;
        reconfigure();
        run(120 * SECOND);
        assert_int_equal(history.state, READER_HISTORY_CURRENT);
        expect_hours(8, 22);
        discarded += history.counters.discarded;
    }
    assert_true(in_time > 20 && discarded > 10);
}

/* The rounds go on once a second, and nobody else's reads are in the way. */
static void beside_the_rounds(void **state)
{
    uint8_t bytes[7];
    (void)state;
    ring_build(&f, 22);
    fake_run(&f, 5 * SECOND);
    unsigned readings = f.readings;
    assert_true(reader_read(&f.reader, meter_bt52.number, 0, sizeof bytes, bytes));
    mep_time begin = f.now;
    run(60 * SECOND);
    expect_hours(8, 22);
    assert_true(f.readings - readings >= (unsigned)((f.now - begin) / SECOND) - 1);
    assert_true(f.longest < 1500 * MS);
    assert_in_range(max_count, RING_HEADER, 300);
}

static void small_enough(void **state)
{
    (void)state;
    assert_true(sizeof(struct reader_history) <= 1100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_there_is, setup),
        cmocka_unit_test_setup(from_every_known_interval_on, setup),
        cmocka_unit_test_setup(what_came_since, setup),
        cmocka_unit_test_setup(hours_without_power, setup),
        cmocka_unit_test_setup(new_intervals_and_blocks_meanwhile, setup),
        cmocka_unit_test_setup(intervals_of_another_block_than_the_header, setup),
        cmocka_unit_test_setup(overwritten_answers_are_discarded, setup),
        cmocka_unit_test_setup(the_interval_in_progress_waits, setup),
        cmocka_unit_test_setup(without_a_load_profile, setup),
        cmocka_unit_test_setup(nothing_recorded_yet, setup),
        cmocka_unit_test_setup(tables_that_others_stand_in_for, setup),
        cmocka_unit_test_setup(the_newest_header_is_rubbish, setup),
        cmocka_unit_test_setup(a_clock_that_was_wrong, setup),
        cmocka_unit_test_setup(bad_line, setup),
        cmocka_unit_test_setup(reconfigured_at_any_moment, setup),
        cmocka_unit_test_setup(beside_the_rounds, setup),
        cmocka_unit_test(small_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The simulated past: believable, consistent with the registers, and read back as it was. */
#include "tests/cmocka_all.h"

#include "host/sim/meter.h"
#include "reader/history.h"
#include "tests/proofs/join.h"

#include <string.h>

static const mep_time SECOND = 1000000;

enum {
    HOUR = 3600,
    DAY = 86400
};

static struct sim sim;
static struct sim_config config;
static struct reader reader;
static struct reader_history history;
static mep_time now;

/* What was handed out. */
static int64_t got_time[2 * SIM_PROFILE_HOURS];
static int64_t got_value[2 * SIM_PROFILE_HOURS][SIM_PROFILE_CHANNELS];
static uint32_t got_flags[2 * SIM_PROFILE_HOURS];
static unsigned got;

/* What BT23 had at the ends of hours since the beginning. */
static int64_t seen_time[200], seen_value[200][SIM_PROFILE_CHANNELS];
static unsigned seen;

static void start(enum sim_model model, uint64_t seed, int64_t unix_start)
{
    struct reader_config usual;

    sim_config_init(&config);
    config.model = model;
    config.seed = seed;
    config.unix_start = unix_start;
    now = 1000;
    sim_init(&sim, &config, now);
    reader_config_init(&usual, &config.mbk);
    reader_init(&reader, &usual);
    reader_history_init(&history, 0, READER_HISTORY_ALL);
    got = seen = 0;
}

static void on_value(void *context, const struct meter_value *value)
{
    (void)context;
    assert_string_equal(value->name, value->place == 0 ? "energy_import_wh" : "energy_export_wh");
    got_value[got][value->place] = value->integer;
}

static void take(void)
{
    struct reader_interval interval;

    while (reader_history_next(&history, &reader, &interval)) {
        assert_true(got < sizeof got_time / sizeof *got_time);
        assert_int_equal(reader_history_values(&history, &reader, &interval, on_value, NULL),
                         SIM_PROFILE_CHANNELS);
        got_time[got] = interval.time;
        got_flags[got++] = interval.flags;
    }
}

/* Keeps what the registers are at the end of each hour. */
static void watch_registers(void)
{
    if (sim.meter.unix_now % HOUR != 0 || (seen != 0 && seen_time[seen - 1] == sim.meter.unix_now))
        return;
    assert_true(seen < sizeof seen_time / sizeof *seen_time);
    seen_time[seen] = sim.meter.unix_now;
    for (unsigned i = 0; i < SIM_PROFILE_CHANNELS; i++)
        assert_true(sim_meter_register(&sim.meter, i, 0, &seen_value[seen][i]));
    seen++;
}

static void read_history(mep_time for_us)
{
    for (mep_time end = now + for_us; now < end && history.state == READER_HISTORY_READING;) {
        struct reader_event event;
        mep_time next = join_turn(&reader, &sim, now);
        while (reader_event(&reader, &event))
            reader_history_event(&history, &reader, &event);
        take();
        reader_history_turn(&history, &reader, now);
        watch_registers();
        now = next < reader_history_wake(&history) ? next : reader_history_wake(&history);
        if (reader.wake_at < now)
            now = next;
    }
}

static void let_pass(int64_t seconds)
{
    for (int64_t s = 0; s < seconds; s++) {
        sim_advance(&sim, now += SECOND);
        watch_registers();
    }
}

static void expect_truth(unsigned first)
{
    int64_t unit = meter_dimension(&sim.meter.dims, METER_DIM_ENERGY_UNIT);

    for (unsigned i = first; i < got; i++) {
        struct sim_interval truth = sim_profile_interval(&sim.meter, got_time[i]);
        assert_true(truth.recorded);
        assert_int_equal(got_flags[i], truth.power_fail ? METER_PROFILE_POWER_FAIL : 0);
        for (unsigned c = 0; c < SIM_PROFILE_CHANNELS; c++)
            assert_int_equal(got_value[i][c], truth.value[c] * unit);
        /* Each interval that was recorded is there. */
        for (int64_t t = got_time[i] - HOUR; i != 0 && t > got_time[i - 1]; t -= HOUR)
            assert_false(sim_profile_interval(&sim.meter, t).recorded);
    }
}

static void expect_registers(void)
{
    unsigned compared = 0;

    for (unsigned s = 0; s < seen; s++)
        for (unsigned i = 0; i < got; i++) {
            if (got_time[i] != seen_time[s])
                continue;
            assert_int_equal(got_value[i][0], seen_value[s][0]);
            assert_int_equal(got_value[i][1], seen_value[s][1]);
            compared++;
        }
    assert_true(compared + 1 >= seen); /* the last may not be read yet */
}

/* Two months over the line at 9600 baud, for every model. */
static void test_months_read_back(void **state)
{
    (void)state;
    for (unsigned model = 0; model < SIM_MODELS; model++) {
        start(model, 40 + model, INT64_C(1767225600) + (50 + model) * DAY + 12345);
        read_history(900 * SECOND);
        assert_int_equal(history.state, READER_HISTORY_CURRENT);
        assert_in_range(got, SIM_PROFILE_HOURS - 200, SIM_PROFILE_HOURS);
        assert_true(got_time[got - 1] == sim_profile_end(&sim.meter));
        assert_true(got_time[0] <= got_time[got - 1] - 60 * DAY);
        assert_int_equal(history.counters.dropped, 0);
        expect_truth(0);
    }
}

/* From the registers back to the first interval: the differences add up, and are believable. */
static void test_differences_add_up(void **state)
{
    unsigned failed = 0, gaps = 0;
    (void)state;
    for (uint64_t seed = 1; seed < 40; seed++) {
        int64_t sum[SIM_PROFILE_CHANNELS] = {0}, registers[SIM_PROFILE_CHANNELS];
        start(SIM_REFERENCE, seed, INT64_C(1767225600) + (int64_t)seed * 4321);
        int64_t end = sim_profile_end(&sim.meter), from = end - 61 * DAY;
        struct sim_interval before = sim_profile_interval(&sim.meter, from), first = before;
        for (int64_t t = from + HOUR; t <= end; t += HOUR) {
            struct sim_interval interval = sim_profile_interval(&sim.meter, t);
            for (unsigned i = 0; i < SIM_PROFILE_CHANNELS; i++) {
                assert_in_range(interval.value[i] - before.value[i], 0, 12000);
                assert_true(interval.recorded || interval.value[i] == before.value[i]);
                sum[i] += interval.value[i] - before.value[i];
            }
            failed += interval.power_fail;
            gaps += !interval.recorded;
            before = interval;
        }
        for (unsigned i = 0; i < SIM_PROFILE_CHANNELS; i++) {
            assert_true(sim_meter_register(&sim.meter, i, 0, &registers[i]));
            assert_int_equal(sum[i], before.value[i] - first.value[i]);
            assert_in_range(registers[i] - before.value[i], 0, 12000);
        }
        assert_in_range(sum[0], 61 * 6000, 61 * 25000); /* Wh a day */
    }
    assert_in_range(failed, 40, 900);
    assert_in_range(gaps, 40, 900);
}

/* What is recorded while it runs is what BT23 had then; outages leave their mark. */
static void test_goes_on_as_time_passes(void **state)
{
    (void)state;
    start(SIM_REFERENCE, 7, INT64_C(1767225600) + 22 * HOUR + 1800);
    read_history(900 * SECOND);
    unsigned first = got;
    let_pass(3 * HOUR); /* over midnight: a new block */
    sim_cause(&sim, SIM_REBOOT);
    let_pass(2 * HOUR);
    /* And one at the very end of an hour. */
    let_pass(HOUR - 1 - sim.meter.unix_now % HOUR);
    sim_cause(&sim, SIM_REBOOT);
    let_pass(2 * HOUR);
    reader_history_again(&history);
    read_history(900 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_CURRENT);
    expect_truth(first);
    unsigned failed = 0;
    for (unsigned i = first; i < got; i++)
        failed += (got_flags[i] & METER_PROFILE_POWER_FAIL) != 0;
    assert_int_equal(failed, 2);
    /* All hours but the one that ended without power. */
    assert_int_equal(got - first, (got_time[got - 1] - got_time[first - 1]) / HOUR - 1);
    for (unsigned i = first; i < got; i++)
        for (unsigned s = 0; s < seen; s++)
            if (seen_time[s] == got_time[i])
                assert_int_equal(got_value[i][0], seen_value[s][0]);
}

/* An hour and a day end while months are being read, with faults on the line. */
static void test_new_block_during_reading(void **state)
{
    (void)state;
    for (int64_t before = 1; before < 240; before += 17) {
        start(SIM_REFERENCE, 9, INT64_C(1767225600) + DAY - before);
        read_history(1200 * SECOND);
        assert_int_equal(history.state, READER_HISTORY_CURRENT);
        reader_history_again(&history);
        read_history(600 * SECOND);
        assert_int_equal(history.state, READER_HISTORY_CURRENT);
        expect_truth(0);
        expect_registers();
        assert_true(got_time[got - 1] == sim_profile_end(&sim.meter));
    }
}

static void test_with_faults_on_the_line(void **state)
{
    (void)state;
    start(SIM_CT, 11, INT64_C(1767225600) + 5 * DAY);
    for (unsigned fault = 0; fault <= SIM_FOREIGN_SEQ; fault++)
        sim.faults.chance[fault] = UINT32_MAX / 40;
    sim.faults.chance[SIM_RECONFIGURE] = UINT32_MAX / 60;
    read_history(3600 * SECOND);
    assert_int_equal(history.state, READER_HISTORY_CURRENT);
    assert_in_range(got, SIM_PROFILE_HOURS - 200, SIM_PROFILE_HOURS);
    assert_true(history.counters.discarded > 0);
    expect_truth(0);
}

static void test_rollover(void **state)
{
    (void)state;
    start(SIM_REFERENCE, 3, INT64_C(1767225600));
    config.import_start_wh = 99999000;
    sim_init(&sim, &config, now);
    let_pass(6 * HOUR);
    int64_t now_wh;
    assert_true(sim_meter_register(&sim.meter, 0, 0, &now_wh));
    assert_true(now_wh < 50000);
    struct sim_interval old = sim_profile_interval(&sim.meter, config.unix_start);
    assert_int_equal(old.value[0], 99999000);
    for (unsigned s = 0; s < seen; s++)
        assert_int_equal(sim_profile_interval(&sim.meter, seen_time[s]).value[0], seen_value[s][0]);
    assert_true(seen >= 6);
}

/* A meter that was new less than two months ago had counted nothing before. */
static void test_never_below_zero(void **state)
{
    (void)state;
    start(SIM_REFERENCE, 3, INT64_C(1767225600));
    config.import_start_wh = 50000;
    sim_init(&sim, &config, now);
    int64_t end = sim_profile_end(&sim.meter);
    assert_int_equal(sim_profile_interval(&sim.meter, end).value[0], 50000);
    assert_int_equal(sim_profile_interval(&sim.meter, end - 60 * DAY).value[0], 0);
}

/* The same however it is cut, and the same for the same seed. */
static void test_any_part_of_the_table(void **state)
{
    static uint8_t whole[SIM_PROFILE_SIZE], part[700];
    (void)state;
    start(SIM_REFERENCE, 5, INT64_C(1767225600) + 777777);
    sim_profile_read(&sim.meter, 0, whole, sizeof whole);
    for (uint32_t offset = 0; offset < sizeof whole; offset += 97) {
        size_t count = offset % 700 < sizeof whole - offset ? offset % 700 : sizeof whole - offset;
        sim_profile_read(&sim.meter, offset, part, count);
        assert_memory_equal(part, whole + offset, count);
    }
}

static void test_few_kilobytes(void **state)
{
    (void)state;
    assert_true(sizeof(struct sim_profile) < 6500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_months_read_back),
        cmocka_unit_test(test_differences_add_up),
        cmocka_unit_test(test_goes_on_as_time_passes),
        cmocka_unit_test(test_new_block_during_reading),
        cmocka_unit_test(test_with_faults_on_the_line),
        cmocka_unit_test(test_rollover),
        cmocka_unit_test(test_never_below_zero),
        cmocka_unit_test(test_any_part_of_the_table),
        cmocka_unit_test(test_few_kilobytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

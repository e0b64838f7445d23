/* Faults happen as often as they are asked for, the same ones each time, and a client gets over
 * each without being told a wrong value. */
#include "tests/cmocka_all.h"

#include "tests/host/sim/drive.h"

#include <string.h>

enum {
    PRESENT_SIZE = 220,
    KEPT = 4 /* answers back that a late one may be from */
};

static const mep_time SECOND = 1000000;

static struct drive d;
static struct sim_config config;

static void start(void)
{
    drive_init(&d, &config);
}

static void no_faults(void)
{
    sim_config_init(&config);
    config.seed = 31;
}

/* Reads once a second for so long; gives how many reads came out well. */
static unsigned poll_for(mep_time seconds)
{
    uint8_t bytes[PRESENT_SIZE];
    unsigned well = 0;
    mep_time begin = d.now;

    for (mep_time s = 0; s < seconds; s++) {
        drive_until(&d, begin + s * SECOND);
        well += drive_read(&d, &meter_bt28, sizeof bytes, bytes) == MEP_OUTCOME_OK;
    }
    return well;
}

/* ---- How often --------------------------------------------------------- */

static void test_rates_of_exchanges(void **state)
{
    static const double rates[] = {0.05, 0.4};

    (void)state;
    for (unsigned fault = 0; fault < SIM_RECONFIGURE; fault++) {
        for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
            no_faults();
            config.rate[fault] = rates[i];
            if (fault == SIM_TRUNCATE)
                config.truncate_bytes = 10; /* shorter than any answer */
            start();
            poll_for(1500);
            double seen = d.sim.counters.faults[fault] / (double)d.sim.counters.exchanges;
            /* What should hit the answer does not when there is none. */
            if (seen < rates[i] * 0.85 - 0.01 || seen > rates[i] * 1.1 + 0.01)
                fail_msg("%s: rate %f, seen %f", sim_fault_name(fault), rates[i], seen);
            for (unsigned other = 0; other < SIM_FAULTS; other++)
                assert_true(other == fault || d.sim.counters.faults[other] == 0);
        }
    }
}

static void test_rates_per_hour(void **state)
{
    (void)state;
    for (unsigned fault = SIM_RECONFIGURE; fault < SIM_FAULTS; fault++) {
        no_faults();
        config.rate[fault] = 2;
        start();
        sim_advance(&d.sim, 300 * 3600 * SECOND);
        /* 600, standard deviation 25; those that would begin in another do not. */
        assert_in_range(d.sim.counters.faults[fault], 500, 680);
    }
}

static void test_rates_of_all_and_nothing(void **state)
{
    (void)state;
    no_faults();
    start();
    assert_int_equal(poll_for(1000), 1000);
    assert_int_equal(d.client.counters.attempts, 1001); /* the first number was wrong */
    no_faults();
    config.rate[SIM_LOSE] = 1;
    start();
    assert_int_equal(poll_for(10), 0);
    assert_int_equal(d.sim.counters.faults[SIM_LOSE], d.sim.counters.exchanges);
}

static void set_all(double each, double hourly)
{
    for (unsigned fault = 0; fault < SIM_FAULTS; fault++)
        config.rate[fault] = fault < SIM_RECONFIGURE ? each : hourly;
}

static void test_the_same_seed_is_the_same_trouble(void **state)
{
    struct sim_counters first;

    (void)state;
    no_faults();
    set_all(0.03, 6);
    start();
    poll_for(2000);
    first = d.sim.counters;
    start();
    poll_for(2000);
    assert_memory_equal(&first, &d.sim.counters, sizeof first);
    config.seed++;
    start();
    poll_for(2000);
    assert_memory_not_equal(&first, &d.sim.counters, sizeof first);
}

/* ---- What they do, and that it passes ---------------------------------- */

/* One attempt with this fault in store, and what came of it; then all is well again. */
static void cause_and_recover(enum sim_fault fault)
{
    uint8_t bytes[PRESENT_SIZE];

    sim_cause(&d.sim, fault);
    (void)drive_read(&d, &meter_bt28, sizeof bytes, bytes);
    assert_int_equal(d.sim.counters.faults[fault], 1);
    if (sim_disturbed_until(&d.sim) > d.now)
        drive_until(&d, sim_disturbed_until(&d.sim));
    drive_until(&d, d.now + 2 * SECOND);
    assert_int_equal(drive_read(&d, &meter_bt28, sizeof bytes, bytes), MEP_OUTCOME_OK);
}

static void test_a_client_gets_over_each(void **state)
{
    (void)state;
    for (unsigned fault = 0; fault < SIM_FAULTS; fault++) {
        for (uint64_t seed = 0; seed < 40; seed++) {
            no_faults();
            config.seed = seed;
            start();
            assert_int_equal(poll_for(2), 2);
            cause_and_recover(fault);
        }
    }
}

static void test_what_each_looks_like(void **state)
{
    const struct mep_client_counters *seen = &d.client.counters;

    (void)state;
    no_faults();
    start();
    poll_for(2);
    cause_and_recover(SIM_TRUNCATE);
    assert_int_equal(seen->outcomes[MEP_OUTCOME_SHORT], 1);
    cause_and_recover(SIM_LOSE);
    assert_int_equal(seen->outcomes[MEP_OUTCOME_SILENT], 1);
    cause_and_recover(SIM_ALERT);
    assert_int_equal(seen->outcomes[MEP_OUTCOME_SILENT], 1);
    cause_and_recover(SIM_FOREIGN_SEQ);
    assert_in_range(d.sequences, 1, 2); /* up to 7 ahead it goes unnoticed */
    unsigned sequences = d.sequences;
    cause_and_recover(SIM_RECONFIGURE);
    assert_int_equal(d.sequences, sequences + 1);
    cause_and_recover(SIM_REKEY);
    assert_true(seen->outcomes[MEP_OUTCOME_AUTH] >= 3);
    unsigned silent = seen->outcomes[MEP_OUTCOME_SILENT];
    cause_and_recover(SIM_OPTICAL);
    assert_true(seen->outcomes[MEP_OUTCOME_SILENT] >= silent + 3);
}

/* Optical, reboot and rekey are known as disturbances for as long as they last, others are not. */
static void test_disturbances_are_known(void **state)
{
    (void)state;
    for (unsigned fault = 0; fault < SIM_FAULTS; fault++) {
        no_faults();
        start();
        poll_for(1);
        sim_cause(&d.sim, fault);
        mep_time until = sim_disturbed_until(&d.sim);
        if (fault <= SIM_RECONFIGURE) {
            assert_true(until == INT64_MIN);
            assert_false(sim_disturbed(&d.sim, d.now));
        } else {
            assert_true(sim_disturbed(&d.sim, d.now));
            assert_true(sim_disturbed(&d.sim, until - 1));
            assert_false(sim_disturbed(&d.sim, until));
            assert_in_range(until - d.now, SECOND, 180 * SECOND);
        }
    }
}

/* ---- Nothing wrong gets through ---------------------------------------- */

/* The meter itself, as of each of the last answers. */
static struct {
    struct sim_meter meter[KEPT];
    unsigned served, faults;
} witness;

struct matching {
    const uint8_t *bytes;
    bool all;
};

static void match(void *context, const struct sim_truth_value *value)
{
    static const struct {
        const char *name;
        unsigned place;
    } names[] = {{"power_import_w", 0}, {"voltage_l1_mv", 7}, {"frequency_mhz", 11}};
    struct matching *matching = context;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, value->name) != 0)
            continue;
        const uint8_t *at = matching->bytes + 4 * names[i].place;
        int64_t decoded =
            (int32_t)(at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
        matching->all &= decoded == value->integer;
    }
}

static void on_served(void *context, const struct sim_meter *meter, const struct sim_served *served)
{
    (void)context;
    if (served->table == meter_bt28.number)
        witness.meter[witness.served++ % KEPT] = *meter;
}

static void on_fault(void *context, enum sim_fault fault, mep_time from, mep_time until)
{
    (void)context;
    (void)fault;
    assert_true(from <= until);
    witness.faults++;
}

static bool ever_true(const uint8_t *bytes)
{
    for (unsigned i = 0; i < KEPT && i < witness.served; i++) {
        struct matching matching = {bytes, true};
        sim_truth(&witness.meter[i], match, &matching);
        if (matching.all)
            return true;
    }
    return false;
}

static void test_nothing_wrong_gets_through(void **state)
{
    const struct sim_observer observer = {on_served, on_fault, NULL};
    uint8_t bytes[PRESENT_SIZE];
    unsigned well = 0, faults = 0;

    (void)state;
    no_faults();
    set_all(0.03, 3);
    config.rate[SIM_RECONFIGURE] = 0;
    start();
    memset(&witness, 0, sizeof witness);
    sim_observe(&d.sim, &observer);
    for (int s = 0; s < 6 * 3600; s++) {
        drive_until(&d, s * SECOND);
        /* In one part, so that it is of one moment. */
        assert_int_equal(mep_client_read_full(&d.client, meter_bt28.number, sizeof bytes, bytes),
                         MEP_OK);
        if (!drive_run(&d, 60 * SECOND) || d.done.outcome != MEP_OUTCOME_OK)
            continue;
        well++;
        assert_true(ever_true(bytes));
    }
    assert_true(well > 9 * 1800);
    for (unsigned fault = 0; fault < SIM_FAULTS; fault++)
        faults += d.sim.counters.faults[fault];
    assert_int_equal(witness.faults, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_of_exchanges),
        cmocka_unit_test(test_rates_per_hour),
        cmocka_unit_test(test_rates_of_all_and_nothing),
        cmocka_unit_test(test_the_same_seed_is_the_same_trouble),
        cmocka_unit_test(test_a_client_gets_over_each),
        cmocka_unit_test(test_what_each_looks_like),
        cmocka_unit_test(test_disturbances_are_known),
        cmocka_unit_test(test_nothing_wrong_gets_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

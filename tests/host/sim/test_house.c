/* Whether the house is one that could be, and the registers what it used. */
#include "tests/cmocka_all.h"

#include "host/sim/sim.h"

#include <inttypes.h>
#include <string.h>

enum {
    DAY_S = 86400
};

static const mep_time SECOND = 1000000;

static struct sim sim;

static void start(enum sim_model model, uint64_t seed)
{
    struct sim_config config;

    sim_config_init(&config);
    config.model = model;
    config.seed = seed;
    sim_init(&sim, &config, 0);
}

struct wanted {
    const char *name;
    int64_t value;
    bool found;
};

static void pick(void *context, const struct sim_truth_value *value)
{
    struct wanted *wanted = context;
    if (strcmp(value->name, wanted->name) == 0) {
        wanted->value = value->integer;
        wanted->found = true;
    }
}

static int64_t truth_of(const char *name)
{
    struct wanted wanted = {name, 0, false};
    sim_truth(&sim.meter, pick, &wanted);
    assert_true(wanted.found);
    return wanted.value;
}

static void assert_near(int64_t a, int64_t b, int64_t within)
{
    int64_t off = a > b ? a - b : b - a;
    if (off > within)
        fail_msg("%" PRId64 " and %" PRId64 " are more than %" PRId64 " apart", a, b, within);
}

/* Power in watts, export being negative, from what each phase says about itself. */
static void check_phase(unsigned phase)
{
    static const char *const names[3][5] = {
        {"voltage_l1_mv", "current_l1_ma", "power_factor_l1_permille", "power_import_l1_w",
         "power_export_l1_w"},
        {"voltage_l2_mv", "current_l2_ma", "power_factor_l2_permille", "power_import_l2_w",
         "power_export_l2_w"},
        {"voltage_l3_mv", "current_l3_ma", "power_factor_l3_permille", "power_import_l3_w",
         "power_export_l3_w"}};
    int64_t mv = truth_of(names[phase][0]), ma = truth_of(names[phase][1]);
    int64_t permille = truth_of(names[phase][2]);
    int64_t w = truth_of(names[phase][3]) - truth_of(names[phase][4]);
    int64_t va = mv * ma / 1000000;

    assert_in_range(mv, 207000, 253000);
    assert_in_range(ma, 1, 63000);
    assert_near(va * permille / 1000, w, 2 + va / 500);
}

static void test_phases_fit_together(void **state)
{
    (void)state;
    start(SIM_REFERENCE, 11);
    for (mep_time t = 0; t < DAY_S * SECOND; t += 61 * SECOND) {
        sim_advance(&sim, t);
        for (unsigned phase = 0; phase < 3; phase++)
            check_phase(phase);
        int64_t phases = truth_of("power_import_l1_w") + truth_of("power_import_l2_w") +
                         truth_of("power_import_l3_w") - truth_of("power_export_l1_w") -
                         truth_of("power_export_l2_w") - truth_of("power_export_l3_w");
        assert_near(truth_of("power_import_w") - truth_of("power_export_w"), phases, 2);
        assert_true(truth_of("power_import_w") == 0 || truth_of("power_export_w") == 0);
        assert_in_range(truth_of("frequency_mhz"), 49900, 50100);
    }
}

/* The registers grow by exactly the power of each second, in the tier of that second. */
static void test_energy_is_the_integral_of_power(void **state)
{
    int64_t before[SIM_TIERS_MAX][SIM_ENERGIES], grown[4] = {0, 0, 0, 0}, exported = 0;
    int64_t import_before, import_seen, export_before;

    (void)state;
    start(SIM_REFERENCE, 12);
    memcpy(before, sim.meter.energy_mws, sizeof before);
    import_seen = import_before = truth_of("energy_import_wh");
    export_before = truth_of("energy_export_wh");
    for (int s = 1; s <= DAY_S; s++) {
        int64_t mw = 0;
        for (unsigned phase = 0; phase < 3; phase++)
            mw += sim.meter.house.phase[phase].active_mw;
        if (mw >= 0)
            grown[sim.meter.tariff] += mw;
        else
            exported -= mw;
        sim_advance(&sim, s * SECOND);
        int64_t import = truth_of("energy_import_wh");
        assert_true(import >= import_seen);
        import_seen = import;
    }
    int64_t sum = 0, exported_mws = 0;
    for (unsigned tier = 0; tier < SIM_TIERS_MAX; tier++) {
        int64_t tier_grown = sim.meter.energy_mws[tier][0] - before[tier][0];
        exported_mws += sim.meter.energy_mws[tier][1] - before[tier][1];
        assert_int_equal(tier_grown, tier < 4 ? grown[tier] : 0);
        sum += tier_grown;
    }
    assert_int_equal(exported_mws, exported);
    assert_near(import_seen - import_before, sum / 3600000, 1);
    assert_near(truth_of("energy_export_wh") - export_before, exported / 3600000, 1);
}

/* What a household uses and gives, over a week: no flat line, nothing absurd. */
static void test_the_household_is_believable(void **state)
{
    unsigned tariffs = 0;
    int64_t most = 0, least = INT64_MAX;

    (void)state;
    start(SIM_REFERENCE, 13);
    int64_t import = truth_of("energy_import_wh"), export = truth_of("energy_export_wh");
    for (mep_time t = 0; t < 7 * DAY_S * SECOND; t += 60 * SECOND) {
        sim_advance(&sim, t);
        int64_t w = truth_of("power_import_w");
        most = w > most ? w : most;
        least = w < least ? w : least;
        tariffs |= 1u << truth_of("tariff");
    }
    assert_in_range(truth_of("energy_import_wh") - import, 7 * 8000, 7 * 60000);
    assert_in_range(truth_of("energy_export_wh") - export, 7 * 3000, 7 * 40000);
    assert_true(most > 5000 && most < 3 * 14500);
    assert_true(least < 300);
    assert_int_equal(tariffs, 0xf);
}

static void test_the_same_seed_is_the_same_house(void **state)
{
    struct sim_meter first;

    (void)state;
    start(SIM_REFERENCE, 14);
    sim_advance(&sim, 5000 * SECOND);
    first = sim.meter;
    start(SIM_REFERENCE, 14);
    for (mep_time t = 0; t <= 5000 * SECOND; t += 777777)
        sim_advance(&sim, t);
    sim_advance(&sim, 5000 * SECOND);
    assert_memory_equal(first.energy_mws, sim.meter.energy_mws, sizeof first.energy_mws);
    assert_memory_equal(first.house.phase, sim.meter.house.phase, sizeof first.house.phase);
    start(SIM_REFERENCE, 15);
    sim_advance(&sim, 5000 * SECOND);
    assert_memory_not_equal(first.energy_mws, sim.meter.energy_mws, sizeof first.energy_mws);
}

static void test_registers_roll_over(void **state)
{
    struct sim_config config;
    int64_t last = 0;
    bool fell = false;

    (void)state;
    sim_config_init(&config);
    config.import_start_wh = 99999900; /* of 8 digits */
    sim_init(&sim, &config, 0);
    assert_int_equal(truth_of("energy_import_wh"), 99999900);
    for (mep_time t = 0; t < DAY_S * SECOND && !fell; t += 60 * SECOND) {
        sim_advance(&sim, t);
        int64_t import = truth_of("energy_import_wh");
        fell = import < last;
        last = import;
    }
    assert_true(fell);
    assert_in_range(last, 0, 300);
}

/* Without power time goes on, but nothing is counted. */
static void test_an_outage_counts_as_one(void **state)
{
    (void)state;
    start(SIM_REFERENCE, 16);
    sim_advance(&sim, 100 * SECOND);
    int64_t outages = truth_of("power_outages"), seconds = truth_of("power_outage_s");
    int64_t import = sim.meter.energy_mws[0][0];
    sim_cause(&sim, SIM_REBOOT);
    mep_time end = sim_disturbed_until(&sim);
    assert_in_range(end, 101 * SECOND, 121 * SECOND);
    sim_advance(&sim, end);
    assert_int_equal(truth_of("power_outages"), outages + 1);
    assert_int_equal(truth_of("power_outage_s"), seconds + (end / SECOND - 100));
    assert_int_equal(sim.meter.energy_mws[0][0], import);
    assert_false(sim_disturbed(&sim, end));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phases_fit_together),
        cmocka_unit_test(test_energy_is_the_integral_of_power),
        cmocka_unit_test(test_the_household_is_believable),
        cmocka_unit_test(test_the_same_seed_is_the_same_house),
        cmocka_unit_test(test_registers_roll_over),
        cmocka_unit_test(test_an_outage_counts_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

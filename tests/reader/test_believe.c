/* What is believed: registers that fall, leap, roll over, and meters that are exchanged. */
#include "tests/reader/fake.h"

#include <string.h>

static struct fake fake, *const f = &fake;

/* 100 A x 230 V x 3, half as much again: 28.75 Wh in a second. */
enum {
    PLAUSIBLE_WH = 28,
    NOT_PLAUSIBLE_WH = 150
};

static int setup(void **state)
{
    (void)state;
    fake_init(f);
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->all_flags = 0;
    return 0;
}

static void set_energies(int64_t import, int64_t export)
{
    fake_set(f, &meter_bt23, "energy_import_wh", import);
    fake_set(f, &meter_bt23, "energy_export_wh", export);
    fake_set(f, &meter_bt23, "energy_sum_wh", import + export);
}

static void next_reading(void)
{
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
}

static bool flagged(unsigned flag)
{
    return (f->last.reading.flags & flag) != 0;
}

static void growth_within_limits_is_believed(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        fake_add(f, "energy_import_wh", PLAUSIBLE_WH);
        fake_add(f, "energy_sum_wh", PLAUSIBLE_WH);
        next_reading();
    }
    fake_expect(f, "energy_import_wh", 100000 + 20 * PLAUSIBLE_WH);
    assert_int_equal(reader_counters(&f->reader)->rejected, 0);
}

static const struct {
    const char *name;
    int64_t value;
} checked[] = {
    {"energy_import_wh", 100000}, {"energy_export_wh", 101000}, {"energy_sum_wh", 106000}};

static void growth_beyond_limits_is_rejected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
        fake_add(f, checked[i].name, NOT_PLAUSIBLE_WH);
        fake_set(f, &meter_bt28, "power_import_w", 777 + (int64_t)i);
        mep_time before = fake_find(f, "energy_import_wh")->value.verified_at;
        next_reading();
        assert_true(flagged(READER_FLAG_REJECTED));
        fake_expect(f, checked[i].name, checked[i].value); /* the older one */
        fake_expect(f, "energy_import_t1_wh", 200000);
        assert_int_equal(fake_find(f, "energy_import_wh")->value.verified_at, before);
        assert_int_equal(f->last.reading.verified_at, before);
        fake_expect(f, "power_import_w", 777 + (int64_t)i); /* all else goes on */
        fake_add(f, checked[i].name, -NOT_PLAUSIBLE_WH);
        next_reading();
        assert_false(flagged(READER_FLAG_REJECTED));
    }
    assert_int_equal(reader_counters(&f->reader)->rejected, sizeof checked / sizeof *checked);
    assert_int_equal(reader_counters(&f->reader)->restarted, 0);
}

static void a_rejected_round_takes_its_tiers_along(void **state)
{
    (void)state;
    fake_set(f, &meter_bt23, "energy_import_t1_wh", 5);
    fake_add(f, "energy_export_wh", -1);
    next_reading();
    fake_expect(f, "energy_import_t1_wh", 200000);
}

static void a_long_silence_allows_more_growth(void **state)
{
    (void)state;
    f->cut = true;
    fake_run(f, 600 * SECOND);
    f->cut = false;
    fake_add(f, "energy_import_wh", 599 * PLAUSIBLE_WH);
    fake_add(f, "energy_sum_wh", 599 * PLAUSIBLE_WH);
    next_reading();
    fake_expect(f, "energy_import_wh", 100000 + 599 * PLAUSIBLE_WH);
    assert_int_equal(reader_counters(&f->reader)->rejected, 0);
}

static void ratios_allow_more_growth(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_CT_RATIO, 40);
    fake_build(f);
    fake_start(f, NULL);
    f->readings = 0;
    next_reading();
    fake_add(f, "energy_import_wh", 39 * PLAUSIBLE_WH);
    next_reading();
    assert_false(flagged(READER_FLAG_REJECTED));
    fake_add(f, "energy_import_wh", 40 * NOT_PLAUSIBLE_WH);
    next_reading();
    assert_true(flagged(READER_FLAG_REJECTED));
}

static void unknown_ratings_have_a_generous_default(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_MAX_CURRENT_A, 0);
    meter_dimension_set(&f->dims, METER_DIM_RATED_VOLTAGE_V, 0);
    fake_build(f);
    fake_start(f, NULL);
    next_reading();
    fake_add(f, "energy_import_wh", 99); /* 200 A x 400 V x 3 x 1.5 in a second */
    next_reading();
    assert_false(flagged(READER_FLAG_REJECTED));
    fake_add(f, "energy_import_wh", 5 * 99);
    next_reading();
    assert_true(flagged(READER_FLAG_REJECTED));
}

/* ---- Falling ---- */

static int64_t lowest_seen;

static void look_at_import(struct fake *x)
{
    const struct fake_value *value = fake_find(x, "energy_import_wh");
    if (value != NULL && value->value.integer < lowest_seen)
        lowest_seen = value->value.integer;
}

static void lower_values_are_believed_the_third_time(void **state)
{
    (void)state;
    lowest_seen = INT64_MAX;
    f->on_reading = look_at_import;
    set_energies(5000, 101000);
    next_reading();
    assert_true(flagged(READER_FLAG_REJECTED));
    fake_add(f, "energy_import_wh", 2); /* the house goes on */
    next_reading();
    assert_true(flagged(READER_FLAG_REJECTED));
    assert_int_equal(lowest_seen, 100000);
    next_reading();
    assert_false(flagged(READER_FLAG_REJECTED));
    assert_true(flagged(READER_FLAG_RESTARTED));
    fake_expect(f, "energy_import_wh", 5002);
    next_reading();
    assert_int_equal(f->last.reading.flags & ~(unsigned)READER_FLAG_PHASES, 0);
    assert_int_equal(reader_counters(&f->reader)->rejected, 3);
    assert_int_equal(reader_counters(&f->reader)->restarted, 1);
}

static void lower_values_that_differ_are_not_believed(void **state)
{
    (void)state;
    for (int i = 0; i < 14; i++) {
        set_energies(i % 2 != 0 ? 5000 : 50000, 101000);
        next_reading();
        assert_true(flagged(READER_FLAG_REJECTED));
    }
    fake_expect(f, "energy_export_wh", 101000);
    assert_int_equal(reader_counters(&f->reader)->restarted, 0);
}

static void two_lower_values_and_the_truth_again(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        set_energies(5000, 101000);
        next_reading();
        next_reading();
        assert_true(flagged(READER_FLAG_REJECTED));
        set_energies(100000, 101000);
        fake_set(f, &meter_bt23, "energy_sum_wh", 106000);
        next_reading();
        assert_false(flagged(READER_FLAG_REJECTED));
    }
    assert_int_equal(reader_counters(&f->reader)->restarted, 0);
}

static void higher_values_are_believed_after_a_minute(void **state)
{
    (void)state;
    set_energies(600000, 101000);
    for (int i = 1; i < READER_HIGHER_ROUNDS; i++) {
        next_reading();
        assert_true(flagged(READER_FLAG_REJECTED));
        if (i == 5)
            fake_expect(f, "energy_import_wh", 100000);
    }
    fake_expect_none(f, "energy_import_wh"); /* stale by now */
    fake_expect(f, "power_import_w", 100000);
    next_reading();
    assert_true(flagged(READER_FLAG_RESTARTED));
    fake_expect(f, "energy_import_wh", 600000);
}

static void the_net_register_may_fall(void **state)
{
    (void)state;
    fake_set(f, &meter_bt23, "energy_net_wh", 0);
    fake_set(f, &meter_bt23, "pulse_1", 1);
    next_reading();
    fake_expect(f, "energy_net_wh", 0);
    fake_set(f, &meter_bt23, "energy_net_wh", 900000);
    next_reading();
    fake_expect(f, "energy_net_wh", 900000);
    assert_int_equal(reader_counters(&f->reader)->rejected, 0);
}

static void a_negative_energy_is_never_believed(void **state)
{
    (void)state;
    fake_set(f, &meter_bt23, "energy_export_wh", -1);
    for (int i = 0; i < 100; i++)
        next_reading();
    fake_expect_none(f, "energy_export_wh");
    assert_int_equal(reader_counters(&f->reader)->rejected, 100);
}

/* ---- Rollover ---- */

static void roll_over(int64_t modulus)
{
    fake_start(f, NULL);
    f->readings = 0;
    set_energies(modulus - 4, 0);
    next_reading();
    fake_expect(f, "energy_import_wh", modulus - 4);
    set_energies(5, 0);
    next_reading();
}

static void registers_begin_again_at_the_rollover(void **state)
{
    (void)state;
    roll_over(1000000);
    assert_true(flagged(READER_FLAG_ROLLOVER));
    assert_false(flagged(READER_FLAG_REJECTED));
    fake_expect(f, "energy_import_wh", 5);
    assert_int_equal(reader_counters(&f->reader)->rollovers, 1);
    next_reading();
    assert_false(flagged(READER_FLAG_ROLLOVER));
}

static void not_at_another_power_of_ten(void **state)
{
    (void)state;
    roll_over(100000);
    assert_true(flagged(READER_FLAG_REJECTED));
}

static void at_any_if_the_meter_does_not_say(void **state)
{
    (void)state;
    fake_table(f, &meter_et42)->code = MEP_CODE_NOT_POSSIBLE;
    roll_over(100000);
    assert_true(flagged(READER_FLAG_ROLLOVER));
    roll_over(1000000000);
    assert_true(flagged(READER_FLAG_ROLLOVER));
    roll_over(10000);
    assert_true(flagged(READER_FLAG_REJECTED));
}

static void not_beyond_what_can_have_grown(void **state)
{
    (void)state;
    set_energies(999996, 0);
    fake_start(f, NULL);
    next_reading();
    set_energies(400, 0);
    next_reading();
    assert_true(flagged(READER_FLAG_REJECTED));
}

static void units_put_the_rollover_off(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_CT_RATIO, 10);
    meter_dimension_set(&f->dims, METER_DIM_ENERGY_UNIT, 10);
    fake_build(f);
    fake_start(f, NULL);
    set_energies(9999990, 0);
    next_reading();
    fake_expect(f, "energy_import_wh", 9999990);
    set_energies(10, 0);
    next_reading();
    assert_true(flagged(READER_FLAG_ROLLOVER));
    fake_expect(f, "energy_import_wh", 10);
}

/* ---- Another meter ---- */

static void another_serial_number_begins_anew(void **state)
{
    (void)state;
    set_energies(7, 0);
    fake_set_text(f, &meter_et03, "serial", "ACME-0002");
    f->server.sequence += 1000; /* its own */
    next_reading();
    assert_int_equal(f->metered, 1);
    assert_int_equal(f->infos, 2);
    fake_expect(f, "energy_import_wh", 7);
    assert_string_equal(fake_find(f, "serial")->text, "ACME-0002");
    assert_int_equal(reader_counters(&f->reader)->rejected, 0);
    assert_int_equal(f->all_flags & READER_FLAG_RESTARTED, 0);
}

static void a_meter_exchanged_in_the_dark_is_noticed(void **state)
{
    (void)state;
    f->cut = true;
    fake_run(f, 30 * SECOND);
    f->cut = false;
    set_energies(7, 0);
    fake_set_text(f, &meter_et03, "serial", "ACME-0002");
    next_reading();
    assert_int_equal(f->metered, 1);
    fake_expect(f, "energy_import_wh", 7);
}

static void even_with_the_same_number_in_sequence(void **state)
{
    (void)state;
    fake_set_text(f, &meter_et03, "serial", "ACME-0002");
    fake_run(f, 65 * SECOND);
    assert_int_equal(f->metered, 1);
}

static void the_first_meter_is_no_other_one(void **state)
{
    (void)state;
    assert_int_equal(f->metered, 0);
    assert_int_equal(reader_counters(&f->reader)->meters, 1);
}

/* ---- Phases ---- */

static void set_powers(int64_t total, int64_t l1, int64_t l2, int64_t l3_export)
{
    static const char *const zero[] = {"power_export_w", "power_import_l3_w", "power_export_l1_w",
                                       "power_export_l2_w"};
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
        fake_set(f, &meter_bt28, zero[i], 0);
    fake_set(f, &meter_bt28, "power_import_w", total);
    fake_set(f, &meter_bt28, "power_import_l1_w", l1);
    fake_set(f, &meter_bt28, "power_import_l2_w", l2);
    fake_set(f, &meter_bt28, "power_export_l3_w", l3_export);
    next_reading();
}

static void phases_that_miss_the_total_are_flagged(void **state)
{
    (void)state;
    set_powers(1500, 1000, 800, 300);
    assert_false(flagged(READER_FLAG_PHASES));
    set_powers(1515, 1000, 800, 300); /* 1 % */
    assert_false(flagged(READER_FLAG_PHASES));
    set_powers(1516, 1000, 800, 300);
    assert_true(flagged(READER_FLAG_PHASES));
    fake_expect(f, "power_import_w", 1516); /* not blocked */
    set_powers(105, 100, 0, 0);             /* over 1 %, but 5 W */
    assert_false(flagged(READER_FLAG_PHASES));
    set_powers(106, 100, 0, 0);
    assert_true(flagged(READER_FLAG_PHASES));
    set_powers(94, 100, 0, 0);
    assert_true(flagged(READER_FLAG_PHASES));
}

static void phases_behind_transformers_belong_together(void **state)
{
    (void)state;
    set_powers(1500, 1000, 800, 300);
    meter_dimension_set(&f->dims, METER_DIM_CT_RATIO, 2);
    struct fake_table *t = fake_table(f, &meter_bt15);
    t->bytes[9] = 2;
    fake_set(f, &meter_bt28, "power_import_ct_w", 3000);
    fake_set(f, &meter_bt28, "power_export_ct_w", 0);
    for (char l = '1'; l <= '3'; l++) {
        char import[] = "power_import_l1_ct_w", export[] = "power_export_l1_ct_w";
        import[14] = export[14] = l;
        fake_set(f, &meter_bt28, import, 1000);
        fake_set(f, &meter_bt28, export, 0);
    }
    fake_start(f, NULL);
    next_reading();
    assert_false(flagged(READER_FLAG_PHASES));
    fake_set(f, &meter_bt28, "power_import_l2_ct_w", 900);
    next_reading();
    assert_true(flagged(READER_FLAG_PHASES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(growth_within_limits_is_believed, setup),
        cmocka_unit_test_setup(growth_beyond_limits_is_rejected, setup),
        cmocka_unit_test_setup(a_rejected_round_takes_its_tiers_along, setup),
        cmocka_unit_test_setup(a_long_silence_allows_more_growth, setup),
        cmocka_unit_test_setup(ratios_allow_more_growth, setup),
        cmocka_unit_test_setup(unknown_ratings_have_a_generous_default, setup),
        cmocka_unit_test_setup(lower_values_are_believed_the_third_time, setup),
        cmocka_unit_test_setup(lower_values_that_differ_are_not_believed, setup),
        cmocka_unit_test_setup(two_lower_values_and_the_truth_again, setup),
        cmocka_unit_test_setup(higher_values_are_believed_after_a_minute, setup),
        cmocka_unit_test_setup(the_net_register_may_fall, setup),
        cmocka_unit_test_setup(a_negative_energy_is_never_believed, setup),
        cmocka_unit_test_setup(registers_begin_again_at_the_rollover, setup),
        cmocka_unit_test_setup(not_at_another_power_of_ten, setup),
        cmocka_unit_test_setup(at_any_if_the_meter_does_not_say, setup),
        cmocka_unit_test_setup(not_beyond_what_can_have_grown, setup),
        cmocka_unit_test_setup(units_put_the_rollover_off, setup),
        cmocka_unit_test_setup(another_serial_number_begins_anew, setup),
        cmocka_unit_test_setup(a_meter_exchanged_in_the_dark_is_noticed, setup),
        cmocka_unit_test_setup(even_with_the_same_number_in_sequence, setup),
        cmocka_unit_test_setup(the_first_meter_is_no_other_one, setup),
        cmocka_unit_test_setup(phases_that_miss_the_total_are_flagged, setup),
        cmocka_unit_test_setup(phases_behind_transformers_belong_together, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

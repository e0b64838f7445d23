/* What is read when, and what a reading holds. */
#include "tests/reader/fake.h"

#include <string.h>

static struct fake fake, *const f = &fake;

static int setup(void **state)
{
    (void)state;
    fake_init(f);
    return 0;
}

static void first_reading_is_complete(void **state)
{
    (void)state;
    assert_int_equal(fake_list(f), 0);
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
    assert_string_equal(fake_find(f, "serial")->text, "ACME-0001");
    assert_string_equal(fake_find(f, "manufacturer")->text, "NES");
    assert_string_equal(fake_find(f, "model")->text, "83331-3I");
    assert_string_equal(fake_find(f, "firmware")->text, "3.80.03");
    fake_expect(f, "tariff", 2);
    fake_expect(f, "energy_import_wh", 100000);
    fake_expect(f, "energy_net_wh", 107000);
    fake_expect(f, "error_count", 110000);
    fake_expect(f, "energy_import_t1_wh", 200000);
    fake_expect(f, "reactive_energy_export_t4_varh", 503000);
    fake_expect(f, "power_import_w", 100000);
    fake_expect(f, "voltage_l3_mv", 109000);
    fake_expect(f, "power_export_average_l3_w", 154000);
    assert_non_null(fake_find(f, "meter_time"));
    fake_expect_none(f, "power_import_ct_w");
    fake_expect_none(f, "energy_import_t5_wh");
    assert_int_equal(fake_find(f, "energy_import_wh")->value.unit, METER_UNIT_WH);
    assert_true(fake_find(f, "age_ms")->value.integer < 400);
    assert_int_equal(f->last.reading.number, 1);
    assert_int_equal(f->last.reading.flags & ~(unsigned)READER_FLAG_PHASES, 0);
}

static void nothing_before_it_verifies(void **state)
{
    (void)state;
    fake_table(f, &meter_bt28)->code = MEP_CODE_SERVICE_STATE; /* no refusal, and no answer */
    fake_run(f, 20 * SECOND);
    assert_int_equal(f->readings, 0);
    assert_int_equal(fake_list(f), 0);
    fake_table(f, &meter_bt28)->code = 0;
    assert_true(fake_until_readings(f, 1, 3 * SECOND));
}

static void one_reading_a_second_and_one_read_a_table(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
    for (size_t i = 0; i < FAKE_TABLES; i++)
        f->table[i].reads = 0;
    mep_time began = f->now;
    fake_run(f, 3600 * SECOND);
    assert_in_range(f->readings, 3600, 3601);
    assert_in_range(f->shortest, 999 * MS, 1000 * MS);
    assert_in_range(f->longest, 1000 * MS, 1001 * MS);
    assert_in_range(fake_table(f, &meter_bt23)->reads, 3599, 3600);
    assert_in_range(fake_table(f, &meter_bt28)->reads, 3599, 3600);
    assert_in_range(fake_table(f, &meter_bt52)->reads, 320, 361);
    assert_in_range(fake_table(f, &meter_bt55)->reads, 320, 361);
    assert_in_range(fake_table(f, &meter_et13)->reads, 58, 61);
    assert_in_range(fake_table(f, &meter_et03)->reads, 58, 61);
    assert_in_range(fake_table(f, &meter_et04)->reads, 58, 61);
    assert_int_equal(fake_table(f, &meter_bt21)->reads, 0);
    assert_int_equal(reader_counters(&f->reader)->rounds_missed, 0);
    assert_int_equal(reader_counters(&f->reader)->rounds_failed, 0);
    assert_true(f->now >= began);
    assert_int_equal(f->reader.client.counters.outcomes[MEP_OUTCOME_SILENT], 0);
}

static int64_t time_off, time_before;

/* A whole second ends anywhere in a second: on average the time told is right. */
static void check_meter_time(struct fake *x)
{
    const struct fake_value *time = fake_find(x, "meter_time");
    assert_non_null(time);
    int64_t told = meter_time_unix(&time->value.time);
    int64_t off = (told - x->clock) * SECOND - x->now;
    assert_true(off > -900 * MS && off < 900 * MS);
    time_off += off;
    assert_true(x->now - time->value.verified_at < 13 * SECOND);
    assert_true(time->value.extrapolated);
    assert_true(time_before == 0 || told == time_before + 1);
    time_before = told;
}

static void meter_time_follows_the_meters_clock(void **state)
{
    (void)state;
    time_before = time_off = 0;
    f->on_reading = check_meter_time;
    fake_run(f, 300 * SECOND);
    assert_true(f->readings > 290);
    assert_true(time_off / (int64_t)f->readings > -600 * MS);
    assert_true(time_off / (int64_t)f->readings < 600 * MS);
}

static void no_clock_no_meter_time(void **state)
{
    (void)state;
    fake_table(f, &meter_bt52)->code = MEP_CODE_NOT_POSSIBLE;
    fake_table(f, &meter_bt55)->code = MEP_CODE_TABLE_NOT_POSSIBLE;
    assert_true(fake_until_readings(f, 3, 6 * SECOND));
    fake_expect_none(f, "meter_time");
    fake_expect_none(f, "tariff");
}

static void an_old_meter_lacks_some(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_FIRMWARE, 0x3018);
    meter_dimension_set(&f->dims, METER_DIM_PRESENT_VALUES, 18);
    fake_build(f);
    fake_table(f, &meter_bt20)->code = MEP_CODE_NOT_POSSIBLE;
    fake_table(f, &meter_bt27)->code = MEP_CODE_TABLE_NOT_POSSIBLE;
    fake_table(f, &meter_et42)->code = MEP_CODE_NO_PERMISSION;
    fake_table(f, &meter_et55)->code = MEP_CODE_NOT_POSSIBLE;
    fake_table(f, &meter_et11)->code = MEP_CODE_NOT_POSSIBLE;
    fake_table(f, &meter_et70)->code = MEP_CODE_NOT_POSSIBLE;
    assert_true(fake_until_readings(f, 10, 15 * SECOND));
    fake_expect(f, "power_import_w", 100000);
    fake_expect(f, "sin_phi_l3_permille", 117000);
    fake_expect(f, "energy_import_t4_wh", 500000);
    fake_expect_none(f, "reactive_q1_var");
    fake_expect_none(f, "power_import_l1_w");
    assert_int_equal(f->longest, f->shortest);
}

static void everything_but_the_registers_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAKE_TABLES; i++) {
        if (f->table[i].table != &meter_bt23 && f->table[i].table != &meter_bt28)
            f->table[i].code = MEP_CODE_NOT_POSSIBLE;
    }
    assert_true(fake_until_readings(f, 100, 105 * SECOND));
    fake_expect(f, "energy_import_wh", 100000);
    fake_expect(f, "power_import_w", 100000);
    fake_expect_none(f, "serial");
    assert_int_equal(reader_counters(&f->reader)->setups, 1);
}

static void bt20_stands_in_for_bt21(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 2);
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 9);
    fake_build(f);
    struct fake_table *bt20 = fake_table(f, &meter_bt20), *bt21 = fake_table(f, &meter_bt21);
    memcpy(bt20->bytes, bt21->bytes, bt21->size);
    bt21->code = MEP_CODE_NOT_POSSIBLE;
    fake_table(f, &meter_et42)->code = MEP_CODE_NOT_POSSIBLE;
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
    fake_expect(f, "energy_export_t2_wh", 301000);
    fake_expect_none(f, "energy_export_t3_wh");
    fake_expect_none(f, "pulse_2");
}

static void so_does_et42(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 2);
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 9);
    f->dims.summation_source[8] = 27; /* not where it stands by default */
    fake_build(f);
    fake_table(f, &meter_bt21)->code = MEP_CODE_NOT_POSSIBLE;
    fake_table(f, &meter_bt20)->code = MEP_CODE_NOT_POSSIBLE;
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
    fake_expect(f, "energy_export_t2_wh", 301000);
    fake_expect(f, "pulse_2", 108000);
    fake_expect_none(f, "energy_export_t3_wh");
    assert_int_equal(fake_table(f, &meter_bt22)->size, 9);
}

static void only_names_of_the_data_model(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_FIRMWARE, METER_FW_4_30);
    meter_dimension_set(&f->dims, METER_DIM_PRESENT_VALUES, 84);
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 12);
    f->dims.summation_source[11] = 99; /* nobody knows it */
    fake_build(f);
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
    fake_expect(f, "power_export_average_l3_w", 154000);
    fake_expect_none(f, "apparent_power_q1_va");
    fake_expect_none(f, "energy_sum_t1_wh");
    fake_expect_none(f, "source_99");
    /* identity, clock and tariff; totals; tiers; present values less those of CT meters; age */
    assert_int_equal(fake_list(f), 6 + 11 + 4 * 4 + (55 - 4 - 9) + 1);
}

static void bt28_alone_is_a_reading(void **state)
{
    (void)state;
    fake_table(f, &meter_bt23)->code = MEP_CODE_NO_PERMISSION;
    assert_true(fake_until_readings(f, 5, 10 * SECOND));
    fake_expect(f, "power_import_w", 100000);
    fake_expect_none(f, "energy_import_wh");
    assert_int_equal(f->last.reading.flags & READER_FLAG_NO_ENERGY, 0);
    fake_table(f, &meter_bt23)->code = 0; /* it was not for ever */
    fake_run(f, 70 * SECOND);
    fake_expect(f, "energy_import_wh", 100000);
}

static void refused_partial_reads_are_tried_whole(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_RESET_COUNTER, 1);
    fake_build(f);
    fake_table(f, &meter_bt23)->partial_code = MEP_CODE_NOT_POSSIBLE;
    assert_true(fake_until_readings(f, 10, 15 * SECOND));
    fake_expect(f, "energy_import_wh", 100000);
    fake_expect(f, "energy_export_t4_wh", 501000);
    assert_int_equal(f->last.reading.flags & ~(unsigned)READER_FLAG_PHASES, 0);
    assert_in_range(fake_table(f, &meter_bt23)->reads, 11, 11);
}

/* ---- A BT23 that exceeds a frame ---- */

static void make_large(void)
{
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 19);
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 8);
    meter_dimension_set(&f->dims, METER_DIM_TIERS_MAX, 8);
    fake_build(f);
    assert_int_equal(fake_table(f, &meter_bt23)->size, 684);
}

static unsigned stale_totals;
static mep_time oldest_tier;

static void look_at_ages(struct fake *x)
{
    const struct fake_value *total = fake_find(x, "energy_import_wh");
    assert_non_null(total);
    stale_totals += x->now - total->value.verified_at > SECOND;
    for (char tier = '1'; tier <= '8'; tier++) {
        char name[] = "energy_import_t1_wh";
        name[15] = tier;
        const struct fake_value *value = fake_find(x, name);
        if (value == NULL)
            fail_msg("no %s", name);
        assert_int_equal(value->value.integer, 100000 * (tier - '0' + 1));
        if (x->now - value->value.verified_at > oldest_tier)
            oldest_tier = x->now - value->value.verified_at;
    }
}

static void large_bt23_has_its_tiers_once_a_minute(void **state)
{
    (void)state;
    make_large();
    f->on_reading = look_at_ages;
    stale_totals = 0;
    oldest_tier = 0;
    assert_true(fake_until_readings(f, 1, 10 * SECOND));
    for (size_t i = 0; i < FAKE_TABLES; i++)
        f->table[i].reads = 0;
    unsigned before = f->readings;
    fake_run(f, 600 * SECOND);
    assert_in_range(f->readings - before, 599, 601);
    assert_in_range(fake_table(f, &meter_bt23)->reads, f->readings - before,
                    f->readings - before + 1); /* never beside a round */
    assert_true(f->longest < 1400 * MS);
    assert_in_range(oldest_tier, 59 * SECOND, 66 * SECOND);
    assert_in_range(stale_totals, 9, 40); /* a minute has a few rounds that read tiers instead */
    assert_int_equal(reader_counters(&f->reader)->rounds_missed, 0);
}

static void demands_between_the_blocks_do_not_confuse(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_RESET_COUNTER, 1);
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 15);
    meter_dimension_set(&f->dims, METER_DIM_DEMANDS, 2);
    meter_dimension_set(&f->dims, METER_DIM_OCCURRENCES, 1);
    meter_dimension_set(&f->dims, METER_DIM_CUMULATIVE, 1);
    fake_build(f);
    fake_run(f, 60 * SECOND);
    fake_expect(f, "energy_import_wh", 100000);
    fake_expect(f, "energy_import_t1_wh", 200000);
    fake_expect(f, "reactive_energy_export_t4_varh", 503000);
    fake_expect(f, "reactive_energy_q4_varh", 114000);
    fake_expect_none(f, "reactive_energy_q4_t4_varh"); /* the data model has none by tier */
}

/* ---- CT meters ---- */

static void a_ct_meter_says_what_is_behind_the_transformers(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_CT_RATIO, 40);
    meter_dimension_set(&f->dims, METER_DIM_ENERGY_UNIT, 10);
    fake_build(f);
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
    fake_expect(f, "power_import_w", 118000);
    fake_expect(f, "reactive_export_var", 121000);
    fake_expect(f, "power_import_l1_w", 132000);
    fake_expect(f, "power_export_l3_w", 137000);
    fake_expect(f, "current_l3_ma", 140000);
    fake_expect(f, "voltage_l1_mv", 107000);
    fake_expect(f, "energy_import_wh", 100000); /* the meter stores tenths */
    assert_false(fake_find(f, "power_import_w")->value.before_ratio);
    assert_false(fake_find(f, "voltage_l1_mv")->value.before_ratio);
    assert_true(fake_find(f, "power_import_average_w")->value.before_ratio);
}

static void et55_tells_the_unit_if_et42_does_not(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_CT_RATIO, 40);
    meter_dimension_set(&f->dims, METER_DIM_ENERGY_UNIT, 100);
    fake_build(f);
    fake_table(f, &meter_et42)->code = MEP_CODE_NOT_POSSIBLE;
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
    fake_expect(f, "energy_import_wh", 100000);
}

/* ---- Reconfiguration ---- */

static int64_t must_not_change;

static void look_at_export(struct fake *x)
{
    const struct fake_value *value = fake_find(x, "energy_export_wh");
    x->wrong += value == NULL || value->value.integer != must_not_change;
}

static void another_idt_version_means_other_dimensions(void **state)
{
    (void)state;
    must_not_change = 101000;
    f->on_reading = look_at_export;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    meter_dimension_set(&f->dims, METER_DIM_IDT_VERSION, 8);
    meter_dimension_set(&f->dims, METER_DIM_RESET_COUNTER, 1); /* shifts all registers */
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 12);
    fake_build(f);
    mep_server_configuration_changed(&f->server);
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    assert_int_equal(f->wrong, 0);
    assert_int_equal(f->infos, 2);
    assert_int_equal(f->metered, 0);
    fake_expect(f, "energy_export_t4_wh", 501000);
    assert_true(f->longest < 5 * SECOND);
}

static void reconfigure(void)
{
    static unsigned version = 7;
    fake_set(f, &meter_et04, "idt_version", version++ % 200 + 10);
    mep_server_configuration_changed(&f->server);
    for (size_t i = 0; i < FAKE_TABLES; i++)
        f->table[i].reads = 0;
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
}

static void the_same_program_keeps_what_only_firmware_changes(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    reconfigure();
    assert_int_equal(fake_table(f, &meter_bt01)->reads, 0);
    assert_int_equal(fake_table(f, &meter_et11)->reads, 0);
    assert_int_equal(fake_table(f, &meter_bt21)->reads, 1);
    assert_int_equal(fake_table(f, &meter_bt15)->reads, 1);
    assert_int_equal(fake_table(f, &meter_et42)->reads, 2);
    assert_string_equal(fake_find(f, "firmware")->text, "3.80.03");
    assert_non_null(fake_find(f, "meter_time"));
    assert_non_null(fake_find(f, "tariff"));
}

static void another_program_is_read_from_scratch(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    fake_table(f, &meter_et04)->bytes[15] = 0x77; /* within the program ID */
    fake_set_text(f, &meter_bt01, "firmware", "3.81.04");
    reconfigure();
    assert_int_equal(fake_table(f, &meter_bt01)->reads, 1);
    assert_int_equal(fake_table(f, &meter_et11)->reads, 1);
    assert_string_equal(fake_find(f, "firmware")->text, "3.81.04");
    assert_int_equal(reader_info(&f->reader)->program_id[1], 0x77);
}

static void the_same_idt_version_costs_no_reading(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->server.sequence += 100; /* another client */
    fake_run(f, 10 * SECOND);
    assert_int_equal(f->infos, 1);
    assert_true(f->longest < 1500 * MS);
    f->longest = 0;
    fake_run(f, 10 * SECOND);
    assert_int_equal(f->longest, SECOND);
}

static void a_change_nobody_announced_is_found(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    fake_set(f, &meter_et04, "idt_version", 9);
    fake_run(f, 65 * SECOND);
    assert_int_equal(f->infos, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(first_reading_is_complete, setup),
        cmocka_unit_test_setup(nothing_before_it_verifies, setup),
        cmocka_unit_test_setup(one_reading_a_second_and_one_read_a_table, setup),
        cmocka_unit_test_setup(meter_time_follows_the_meters_clock, setup),
        cmocka_unit_test_setup(no_clock_no_meter_time, setup),
        cmocka_unit_test_setup(an_old_meter_lacks_some, setup),
        cmocka_unit_test_setup(everything_but_the_registers_missing, setup),
        cmocka_unit_test_setup(bt20_stands_in_for_bt21, setup),
        cmocka_unit_test_setup(so_does_et42, setup),
        cmocka_unit_test_setup(only_names_of_the_data_model, setup),
        cmocka_unit_test_setup(bt28_alone_is_a_reading, setup),
        cmocka_unit_test_setup(refused_partial_reads_are_tried_whole, setup),
        cmocka_unit_test_setup(large_bt23_has_its_tiers_once_a_minute, setup),
        cmocka_unit_test_setup(demands_between_the_blocks_do_not_confuse, setup),
        cmocka_unit_test_setup(a_ct_meter_says_what_is_behind_the_transformers, setup),
        cmocka_unit_test_setup(et55_tells_the_unit_if_et42_does_not, setup),
        cmocka_unit_test_setup(another_idt_version_means_other_dimensions, setup),
        cmocka_unit_test_setup(the_same_program_keeps_what_only_firmware_changes, setup),
        cmocka_unit_test_setup(another_program_is_read_from_scratch, setup),
        cmocka_unit_test_setup(the_same_idt_version_costs_no_reading, setup),
        cmocka_unit_test_setup(a_change_nobody_announced_is_found, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is read beside the rounds, and rounds other than one a second. */
#include "tests/reader/fake.h"

static struct fake fake, *const f = &fake;

static int setup(void **state)
{
    (void)state;
    fake_init(f);
    return 0;
}

/* ---- Alerts ---- */

static void alerts_are_looked_into(void **state)
{
    (void)state;
    fake_set(f, &meter_et13, "device_config_4_alert_on_demand", 1);
    fake_run(f, 5 * SECOND);
    assert_int_equal(f->alerts, 1);
    assert_int_equal(reader_info(&f->reader)->alert_flags, 2);
    fake_set(f, &meter_et13, "device_config_4_alert_on_demand", 0);
    fake_set(f, &meter_et13, "device_config_4_alert_delta_data", 1);
    fake_run(f, 65 * SECOND); /* without an alert */
    assert_int_equal(f->alerts, 2);
    assert_int_equal(reader_info(&f->reader)->alert_flags, 16);
}

static void an_alert_hastens_that_but_not_each_second(void **state)
{
    (void)state;
    struct reader_config config = fake_config();
    config.period_us = 5 * SECOND; /* else it hardly ever gets to send one */
    fake_start(f, &config);
    fake_run(f, 20 * SECOND);
    unsigned before = fake_table(f, &meter_et13)->reads;
    mep_server_set_alert(&f->server, true);
    fake_run(f, 15 * SECOND);
    assert_in_range(fake_table(f, &meter_et13)->reads - before, 1, 2);
    fake_run(f, 100 * SECOND);
    assert_in_range(fake_table(f, &meter_et13)->reads - before, 8, 12);
    assert_true(f->server.counters.alerts > 40);
}

static void the_second_port_has_its_own_flags(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_FIRMWARE, METER_FW_4_0);
    meter_dimension_set(&f->dims, METER_DIM_DEVICES, 6);
    fake_build(f);
    fake_set(f, &meter_et70, "mep_port", 2);
    fake_set(f, &meter_et13, "device_config_4_alert_on_demand", 1);
    fake_set(f, &meter_et13, "device_config_5_alert_scheduled_read", 1);
    fake_run(f, 5 * SECOND);
    assert_int_equal(reader_info(&f->reader)->mep_port, 2);
    assert_int_equal(reader_info(&f->reader)->alert_flags, 1);
}

/* ---- The host's own reads ---- */

static void a_host_reads_beside_the_rounds(void **state)
{
    (void)state;
    uint8_t bytes[10];
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    assert_false(reader_read(&f->reader, 21, 0, 0, bytes));
    assert_true(reader_read(&f->reader, 21, 0, sizeof bytes, bytes));
    assert_false(reader_read(&f->reader, 22, 0, sizeof bytes, bytes));
    fake_run(f, SECOND);
    assert_int_equal(f->tables, 1);
    assert_int_equal(f->last_table.table.outcome, MEP_OUTCOME_OK);
    assert_memory_equal(bytes, fake_table(f, &meter_bt21)->bytes, sizeof bytes);
    assert_true(reader_read(&f->reader, 99, 0, sizeof bytes, bytes));
    fake_run(f, SECOND);
    assert_int_equal(f->last_table.table.code, MEP_CODE_NOT_POSSIBLE);
    assert_int_equal(f->longest, f->shortest); /* the rounds did not notice */
}

static void a_long_read_waits_and_then_goes_ahead(void **state)
{
    (void)state;
    static uint8_t bytes[MEP_READ_MAX];
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    assert_true(reader_read(&f->reader, 23, 0, 220, bytes));
    fake_run(f, 5 * SECOND);
    assert_int_equal(f->tables, 1);
    assert_true(f->longest < 1300 * MS);
}

/* ---- Other periods ---- */

static void ten_seconds(void **state)
{
    (void)state;
    struct reader_config config = fake_config();
    config.period_us = 10 * SECOND;
    fake_start(f, &config);
    assert_true(fake_until_readings(f, 1, 3 * SECOND));
    fake_run(f, 600 * SECOND);
    assert_in_range(f->readings, 60, 62);
    assert_in_range(f->shortest, 9990 * MS, 10000 * MS);
    assert_in_range(f->longest, 10000 * MS, 10010 * MS);
    assert_non_null(fake_find(f, "meter_time"));
}

static void a_slow_line_misses_rounds_and_still_reads_the_rest(void **state)
{
    (void)state;
    struct reader_config config = fake_config();
    config.client.baud = 2400;
    f->server.config.baud = 2400;
    fake_start(f, &config);
    fake_run(f, 200 * SECOND);
    assert_in_range(f->readings, 70, 90);
    assert_true(reader_counters(&f->reader)->rounds_missed > 80);
    assert_non_null(fake_find(f, "meter_time"));
    assert_true(fake_table(f, &meter_et13)->reads > 1);
    assert_true(fake_table(f, &meter_et03)->reads > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(alerts_are_looked_into, setup),
        cmocka_unit_test_setup(an_alert_hastens_that_but_not_each_second, setup),
        cmocka_unit_test_setup(the_second_port_has_its_own_flags, setup),
        cmocka_unit_test_setup(a_host_reads_beside_the_rounds, setup),
        cmocka_unit_test_setup(a_long_read_waits_and_then_goes_ahead, setup),
        cmocka_unit_test_setup(ten_seconds, setup),
        cmocka_unit_test_setup(a_slow_line_misses_rounds_and_still_reads_the_rest, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a person is told of the link, and that it recovers by itself. */
#include "tests/reader/fake.h"

#include <string.h>

static struct fake fake, *const f = &fake;

static int setup(void **state)
{
    (void)state;
    fake_init(f);
    return 0;
}

static void expect_link(enum reader_link link)
{
    assert_string_equal(reader_link_name(reader_link(&f->reader)), reader_link_name(link));
}

static void every_state_has_its_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < READER_LINKS; i++) {
        enum reader_link link = (enum reader_link)i;
        assert_true(strlen(reader_link_name(link)) > 1);
        assert_true(strlen(reader_link_text(link)) > 10);
        assert_null(strchr(reader_link_text(link), '\n'));
        assert_null(strchr(reader_link_causes(link), '\n'));
        bool well = link == READER_LINK_OK || link == READER_LINK_STARTING;
        assert_int_equal(*reader_link_causes(link) == 0, well);
    }
    assert_string_equal(reader_link_name(READER_LINKS), "unknown");
}

static void ok_from_the_first_answer(void **state)
{
    (void)state;
    expect_link(READER_LINK_STARTING);
    fake_run(f, 2 * SECOND);
    expect_link(READER_LINK_OK);
    assert_int_equal(f->links, 1);
}

static void silent_from_the_start_and_then_there(void **state)
{
    (void)state;
    f->cut = true;
    fake_run(f, 4 * SECOND);
    expect_link(READER_LINK_STARTING);
    fake_run(f, 4 * SECOND);
    expect_link(READER_LINK_NEVER_HEARD);
    fake_run(f, 3600 * SECOND);
    expect_link(READER_LINK_NEVER_HEARD);
    assert_int_equal(f->links, 1);
    f->cut = false;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    expect_link(READER_LINK_OK);
}

static void went_silent_and_back_within_ten_seconds(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    for (int i = 0; i < 20; i++) {
        f->cut = true;
        fake_run(f, (200 + 37 * i) * SECOND + 77 * i * MS);
        expect_link(READER_LINK_WENT_SILENT);
        assert_int_equal(fake_list(f), 0); /* stale */
        f->cut = false;
        assert_true(fake_until_readings(f, 1, 4 * SECOND));
        expect_link(READER_LINK_OK);
        assert_true(f->last.reading.verified_at > f->now - SECOND);
    }
    assert_int_equal(f->infos, 1); /* the same meter: nothing is read anew */
    assert_true(fake_until_readings(f, 2, 3 * SECOND));
    f->shortest = f->longest = 0;
    fake_run(f, 60 * SECOND);
    assert_in_range(f->longest, 999 * MS, 1001 * MS); /* whole periods again */
    assert_in_range(f->shortest, 999 * MS, 1001 * MS);
}

static void values_grow_old_and_vanish(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    mep_time verified = f->last.reading.verified_at;
    f->cut = true;
    fake_run(f, 10 * SECOND);
    const struct fake_value *age = fake_find(f, "age_ms");
    assert_int_equal(age->value.integer, (f->now - verified) / 1000);
    assert_true(fake_find(f, "energy_import_wh")->value.verified_at <= verified + SECOND);
    fake_run(f, 7 * SECOND);
    assert_int_equal(fake_list(f), 0);
}

static bool lose_bt23(struct fake *x, uint8_t *bytes, size_t count)
{
    (void)x, (void)count;
    return bytes[4] != 23;
}

static void one_table_may_grow_old_alone(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    f->to_meter = lose_bt23;
    fake_run(f, 60 * SECOND);
    f->to_meter = NULL;
    fake_table(f, &meter_bt23)->code = MEP_CODE_NOT_POSSIBLE;
    fake_run(f, 5 * SECOND);
    fake_expect_none(f, "energy_import_wh");
    fake_expect(f, "power_import_w", 100000);
    assert_true(fake_find(f, "age_ms")->value.integer < 2000);
}

/* ---- Keys ---- */

static void wrong_key(void)
{
    struct reader_config config = fake_config();
    config.client.key.bytes[0] ^= 1;
    fake_start(f, &config);
}

static void key_refused_after_five_and_not_before(void **state)
{
    (void)state;
    wrong_key();
    while (f->server.counters.auth_failures < 5 && f->now < 10 * SECOND) {
        assert_int_not_equal(reader_link(&f->reader), READER_LINK_KEY_REFUSED);
        fake_run(f, 10 * MS);
    }
    fake_run(f, 2 * SECOND);
    expect_link(READER_LINK_KEY_REFUSED);
    assert_int_equal(f->readings, 0);
    unsigned before = f->server.counters.frames;
    fake_run(f, 600 * SECOND);
    assert_in_range(f->server.counters.frames - before, 200, 400); /* now and then */
}

static void recovers_when_the_key_becomes_right(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->server.config.mbk.bytes[0] ^= 1;
    fake_run(f, 333 * SECOND);
    expect_link(READER_LINK_KEY_REFUSED);
    f->server.config.mbk.bytes[0] ^= 1;
    assert_true(fake_until_readings(f, 1, 10 * SECOND));
    expect_link(READER_LINK_OK);
}

static void takes_another_key(void **state)
{
    (void)state;
    struct reader_config right = fake_config();
    wrong_key();
    fake_run(f, 30 * SECOND);
    reader_set_key(&f->reader, f->now, &right.client.key);
    assert_true(fake_until_readings(f, 1, 4 * SECOND));
    expect_link(READER_LINK_OK);
}

static bool damage_four_of_five(struct fake *x, uint8_t *bytes, size_t count)
{
    if (x->hook_calls++ % 5 != 0)
        bytes[count / 2] ^= 1; /* earns a 0x0b */
    return true;
}

static void four_in_a_row_are_not_the_key(void **state)
{
    (void)state;
    f->to_meter = damage_four_of_five;
    fake_run(f, 600 * SECOND);
    assert_false(f->seen[READER_LINK_KEY_REFUSED]);
    assert_true(f->server.counters.auth_failures > 100);
}

/* ---- TLS ---- */

static void tls_likely(void **state)
{
    (void)state;
    f->server.config.tls_only = true;
    fake_run(f, 30 * SECOND);
    expect_link(READER_LINK_TLS_LIKELY);
    fake_run(f, 600 * SECOND);
    expect_link(READER_LINK_TLS_LIKELY);
    assert_int_equal(f->links, 2); /* never heard in between only */
    assert_int_equal(f->readings, 0);
    f->server.config.tls_only = false;
    assert_true(fake_until_readings(f, 1, 10 * SECOND));
    expect_link(READER_LINK_OK);
}

static unsigned hellos;

static bool count_hellos(struct fake *x, uint8_t *bytes, size_t count)
{
    (void)x, (void)count;
    hellos += bytes[2] == MEP_TLS_HANDSHAKE;
    return false;
}

static void hellos_once_a_minute(void **state)
{
    (void)state;
    hellos = 0;
    f->to_meter = count_hellos;
    fake_run(f, 600 * SECOND);
    assert_in_range(hellos, 9, 11);
    expect_link(READER_LINK_NEVER_HEARD);
}

static void no_hello_to_a_meter_that_was_heard(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    hellos = 0;
    f->to_meter = count_hellos;
    fake_run(f, 600 * SECOND);
    assert_int_equal(hellos, 0);
    expect_link(READER_LINK_WENT_SILENT);
}

/* ---- Damage ---- */

static void a_damaged_answer_now_and_then_is_no_state(void **state)
{
    (void)state;
    f->damage_each = 5;
    fake_run(f, 600 * SECOND);
    assert_false(f->seen[READER_LINK_DAMAGED]);
    assert_true(f->readings > 500);
}

static void many_damaged_answers_are(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->damage_each = 1;
    fake_run(f, 10 * SECOND);
    expect_link(READER_LINK_DAMAGED);
    assert_false(f->seen[READER_LINK_WENT_SILENT]);
    f->damage_each = 0;
    fake_run(f, 30 * SECOND);
    expect_link(READER_LINK_OK);
}

static void long_answers_cut_short_are_split(void **state)
{
    (void)state;
    f->truncate_to = 150;
    assert_true(fake_until_readings(f, 1, 20 * SECOND));
    fake_run(f, 60 * SECOND);
    assert_true(f->readings > 40);
    assert_true((f->all_flags & READER_FLAG_SPLIT) != 0);
    fake_expect(f, "energy_import_wh", 100000);
    fake_expect(f, "reactive_energy_export_t4_varh", 503000);
    fake_expect(f, "power_export_average_l3_w", 154000);
    f->truncate_to = 0;
    fake_run(f, 120 * SECOND);
    assert_int_equal(f->last.reading.flags & READER_FLAG_SPLIT, 0);
}

/* Registers that count up at each request, so that halves of two moments would show. */
static bool count_up(struct fake *x, uint8_t *bytes, size_t count)
{
    (void)bytes, (void)count;
    int64_t next =
        0xfffc + x->hook_calls++ % 16; /* over a boundary of two bytes, again and again */
    for (char tier = '1'; tier <= '4'; tier++) {
        char name[] = "energy_export_t1_wh";
        name[15] = tier;
        fake_set(x, &meter_bt23, name, next);
        fake_set(x, &meter_bt23, "power_outage_s", next);
    }
    return true;
}

static void look_for_torn_registers(struct fake *x)
{
    for (char tier = '1'; tier <= '4'; tier++) {
        char name[] = "energy_export_t1_wh";
        name[15] = tier;
        const struct fake_value *value = fake_find(x, name);
        x->wrong +=
            value != NULL && (value->value.integer < 0xfffc || value->value.integer > 0x1000b);
    }
}

static void no_register_is_made_of_two_moments(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_RESET_COUNTER, 1);
    fake_build(f);
    f->to_meter = count_up;
    f->on_reading = look_for_torn_registers;
    for (size_t limit = 150; limit > 40; limit -= 7) {
        f->truncate_to = limit;
        fake_run(f, 100 * SECOND);
    }
    assert_int_equal(f->wrong, 0);
    assert_true(f->readings > 300);
}

/* ---- Alerts, and the host's own reads ---- */

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
        cmocka_unit_test_setup(every_state_has_its_words, setup),
        cmocka_unit_test_setup(ok_from_the_first_answer, setup),
        cmocka_unit_test_setup(silent_from_the_start_and_then_there, setup),
        cmocka_unit_test_setup(went_silent_and_back_within_ten_seconds, setup),
        cmocka_unit_test_setup(values_grow_old_and_vanish, setup),
        cmocka_unit_test_setup(one_table_may_grow_old_alone, setup),
        cmocka_unit_test_setup(key_refused_after_five_and_not_before, setup),
        cmocka_unit_test_setup(recovers_when_the_key_becomes_right, setup),
        cmocka_unit_test_setup(takes_another_key, setup),
        cmocka_unit_test_setup(four_in_a_row_are_not_the_key, setup),
        cmocka_unit_test_setup(tls_likely, setup),
        cmocka_unit_test_setup(hellos_once_a_minute, setup),
        cmocka_unit_test_setup(no_hello_to_a_meter_that_was_heard, setup),
        cmocka_unit_test_setup(a_damaged_answer_now_and_then_is_no_state, setup),
        cmocka_unit_test_setup(many_damaged_answers_are, setup),
        cmocka_unit_test_setup(long_answers_cut_short_are_split, setup),
        cmocka_unit_test_setup(no_register_is_made_of_two_moments, setup),
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

/* Readings, links and what is known of a meter as JSON. */
#include "tests/reader/house.h"

#include "tests/reader/ring.h"

#include <stdio.h>
#include <string.h>

static struct house house;
static struct fake *const f = &house.fake;

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    return 0;
}

static bool write_reading(void)
{
    return reader_document_reading(&house.meter, f->now, house_out(&house));
}

static void write_link(void)
{
    reader_document_link(&house.meter, f->now, house_out(&house));
}

static void write_info(void)
{
    reader_document_info(&house.meter, house_out(&house));
}

/* ---- The checker itself: a test that cannot fail is none ---- */

static void the_checker_is_strict(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{}", "[]", " {\"a\" : [1, -2.5e-3, true, null, \"\\u00e6\\n\"]} ", "0", "\"\xc3\xa6\""};
    static const char *const bad[] = {
        "",
        "{",
        "{\"a\":1,}",
        "[1 2]",
        "01",
        "{a:1}",
        "{} {}",
        "\"\x01\"",
        "\"\xff\"",
        "+1",
        "1.",
        "\"\\x\"",
        "{\"a\":1,\"a\":2}",
        "{\"a\":-}",
        "nul",
        "[1,,2]",
        "\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        ".5",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!json_valid(good[i]))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (json_valid(bad[i]))
            fail_msg("%s", bad[i]);
    static const char text[] = "{\"a\":{\"b\":[1,{\"c\":\"x\"}]},\"ab\":2}";
    assert_string_equal(json_at(text, "a/b/0"), "1");
    assert_string_equal(json_at(text, "a/b/1/c"), "\"x\"");
    assert_string_equal(json_at(text, "ab"), "2");
    assert_null(json_at(text, "b"));
    assert_null(json_at(text, "a/b/2"));
    assert_int_equal(json_count(text, ""), 2);
    assert_int_equal(json_count(text, "a/b"), 2);
    assert_int_equal(json_count(text, "ab"), -1);
}

/* ---- Readings ---- */

static void nothing_before_the_first_reading(void **state)
{
    (void)state;
    assert_false(write_reading());
    assert_int_equal(house.out.total, 0);
}

static void a_reading_holds_every_value(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_true(write_reading());
    house_expect(&house, "serial", "\"ACME-0001\"");
    house_expect(&house, "firmware", "\"3.80.03\"");
    house_expect(&house, "tariff", "2");
    house_expect(&house, "energy_import_t4_wh", "500000");
    house_expect(&house, "power_import_w", "100000");
    assert_non_null(json_at(house.text, "meter_time"));
    assert_memory_equal(json_at(house.text, "meter_time"), "\"2024-03-28T17:20:1", 19);
    assert_int_equal((size_t)json_count(house.text, ""), fake_list(f));
}

static void zero_negative_and_large_values(void **state)
{
    (void)state;
    fake_set(f, &meter_bt28, "power_import_w", 0);
    fake_set(f, &meter_bt28, "power_export_w", INT32_MAX);
    fake_set(f, &meter_bt28, "power_factor_l1_permille", -987);
    fake_set(f, &meter_bt28, "reactive_import_var", INT32_MIN);
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_true(write_reading());
    house_expect(&house, "power_import_w", "0");
    house_expect(&house, "power_export_w", "2147483647");
    house_expect(&house, "power_factor_l1_permille", "-987");
    house_expect(&house, "reactive_import_var", "-2147483648");
}

static void odd_bytes_in_a_serial_number(void **state)
{
    (void)state;
    fake_set_text(f, &meter_et03, "serial", "A \"B\\\xc3\xa6\xff\x01  ");
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_true(write_reading());
    house_expect(&house, "serial", "\"A \\\"B\\\\\xc3\xa6\\ufffd\\u0001\"");
    write_info();
    house_expect(&house, "serial", "\"A \\\"B\\\\\xc3\xa6\\ufffd\\u0001\"");
}

static void stale_values_are_not_given(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    f->cut = true;
    fake_run(f, 20 * SECOND);
    assert_false(write_reading());
    assert_int_equal(house.out.total, 0);
}

/* ---- The link ---- */

static void the_link_in_words_and_counts(void **state)
{
    (void)state;
    write_link();
    house_expect(&house, "link", "\"starting\"");
    house_expect(&house, "age_ms", NULL);
    house_expect(&house, "quality_percent", NULL);
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    fake_run(f, 10 * MS);
    write_link();
    house_expect(&house, "link", "\"ok\"");
    house_expect(&house, "line", "\"\"");
    house_expect(&house, "causes", "\"\"");
    house_expect(&house, "quality_percent", "100");
    house_expect(&house, "retry_rule", "\"next\"");
    house_expect(&house, "read_limit", "465");
    house_expect(&house, "counters/readings", "3");
    house_expect(&house, "counters/silent", "0");
    assert_non_null(json_at(house.text, "age_ms"));
    assert_int_equal(json_count(house.text, "counters"), 28);
    f->cut = true;
    house.meter.line_problem = "cannot open it";
    fake_run(f, 30 * SECOND);
    write_link();
    house_expect(&house, "link", "\"went_silent\"");
    house_expect(&house, "line", "\"cannot open it\"");
}

/* ---- What is known of a meter ---- */

static bool lists(const char *name, const char *unit)
{
    char member[120];
    snprintf(member, sizeof member, "{\"name\":\"%s\",\"unit\":\"%s\"}", name, unit);
    return strstr(json_at(house.text, "values"), member) != NULL;
}

static void info_says_what_readings_hold(void **state)
{
    (void)state;
    write_info();
    house_expect(&house, "id", "\"house\"");
    house_expect(&house, "serial", NULL);
    house_expect(&house, "history", NULL);
    assert_int_equal(json_count(house.text, "values"), 0);
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    write_info();
    house_expect(&house, "serial", "\"ACME-0001\"");
    house_expect(&house, "program_id", "\"0000000000000000\"");
    house_expect(&house, "mep_port", NULL);
    house_expect(&house, "ct", "false");
    assert_true(lists("energy_import_wh", "Wh"));
    assert_true(lists("energy_export_t4_wh", "Wh"));
    assert_true(lists("power_export_average_l3_w", "W"));
    assert_true(lists("tariff", ""));
    assert_false(lists("energy_import_t5_wh", "Wh"));
    /* All but the texts, the meter's time and age_ms. */
    assert_int_equal((size_t)json_count(house.text, "values"), fake_list(f) - 6);
    fake_run(f, 5 * SECOND);
    write_info();
    house_expect(&house, "alert_flags", "0");
}

/* A value that grew stale is still one that this meter has. */
static void info_outlives_a_silent_meter(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    write_info();
    int count = json_count(house.text, "values");
    f->cut = true;
    fake_run(f, 60 * SECOND);
    write_info();
    assert_int_equal(json_count(house.text, "values"), count);
}

static void a_meter_without_much(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_FIRMWARE, 0x3000); /* 3.00 */
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 0);
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 2);
    meter_dimension_set(&f->dims, METER_DIM_PRESENT_VALUES, 12);
    fake_build(f);
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    write_info();
    assert_true(lists("energy_export_wh", "Wh"));
    assert_true(lists("frequency_mhz", "mHz"));
    assert_false(lists("energy_export_t1_wh", "Wh"));
    assert_int_equal(json_count(house.text, "values"), 1 + 2 + 12);
    assert_true(write_reading());
    house_expect(&house, "power_import_l1_w", NULL);
}

static void a_refused_table_is_not_listed(void **state)
{
    (void)state;
    fake_table(f, &meter_bt23)->code = MEP_CODE_NOT_POSSIBLE;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    write_info();
    assert_false(lists("energy_import_wh", "Wh"));
    assert_true(lists("power_import_w", "W"));
}

static void check_name(void *context, const struct reader_value *value)
{
    unsigned *count = context;
    (*count)++;
    assert_true(value->verified_at == MEP_NEVER);
    assert_null(strstr(value->name, "source_"));
    assert_null(strstr(value->name, "_ct_"));
}

static void every_name_there_is(void **state)
{
    (void)state;
    unsigned count = 0;
    size_t names = reader_value_names_of_all(check_name, &count);
    assert_int_equal(count, names);
    assert_int_equal(count, 1 + 15 + 4 * 8 + 42);
}

static void history_as_far_as_it_is_known(void **state)
{
    (void)state;
    static struct reader_history history;
    struct reader_interval interval;
    ring_build(f, 10);
    reader_history_init(&history, 0, READER_HISTORY_ALL);
    house.meter.history = &history;
    write_info();
    house_expect(&house, "history/state", "\"reading\"");
    house_expect(&house, "history/interval_s", NULL);
    for (unsigned i = 0; i < 3000 && history.state == READER_HISTORY_READING; i++) {
        unsigned tables = f->tables;
        fake_run(f, 10 * MS);
        if (f->tables != tables)
            reader_history_event(&history, &f->reader, &f->last_table);
        while (reader_history_next(&history, &f->reader, &interval))
            ;
        reader_history_turn(&history, &f->reader, f->now);
    }
    write_info();
    house_expect(&house, "history/state", "\"current\"");
    house_expect(&house, "history/interval_s", "3600");
    house_expect(&house, "history/intervals", "10");
    house_expect(&house, "history/problem", NULL);
    history.state = READER_HISTORY_NONE;
    history.problem = METER_PROFILE_ABSENT;
    write_info();
    house_expect(&house, "history/state", "\"none\"");
    assert_non_null(json_at(house.text, "history/problem"));
}

static void more_tiers_than_are_kept(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 1);
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 250);
    fake_build(f);
    assert_true(fake_until_readings(f, 3, 20 * SECOND)); /* both snapshots hold something */
    write_info();
    assert_true(lists("energy_import_t8_wh", "Wh"));
    assert_false(lists("energy_import_t9_wh", "Wh"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checker_is_strict),
        cmocka_unit_test_setup(nothing_before_the_first_reading, setup),
        cmocka_unit_test_setup(a_reading_holds_every_value, setup),
        cmocka_unit_test_setup(zero_negative_and_large_values, setup),
        cmocka_unit_test_setup(odd_bytes_in_a_serial_number, setup),
        cmocka_unit_test_setup(stale_values_are_not_given, setup),
        cmocka_unit_test_setup(the_link_in_words_and_counts, setup),
        cmocka_unit_test_setup(info_says_what_readings_hold, setup),
        cmocka_unit_test_setup(info_outlives_a_silent_meter, setup),
        cmocka_unit_test_setup(a_meter_without_much, setup),
        cmocka_unit_test_setup(more_tiers_than_are_kept, setup),
        cmocka_unit_test_setup(a_refused_table_is_not_listed, setup),
        cmocka_unit_test(every_name_there_is),
        cmocka_unit_test_setup(history_as_far_as_it_is_known, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What Home Assistant is told; tests/host/discovery.py judges it by Home Assistant's rules. */
#include "tests/reader/house.h"

#include "reader/bridge/discovery.h"

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

static void write_discovery(void)
{
    reader_discovery(&house.bridge, &house.meter, house_out(&house));
    assert_false(house.out.failed);
    if (!json_valid(house.text))
        fail_msg("%s", house.text);
}

static void announce(void)
{
    assert_true(fake_until_readings(f, 1, 10 * SECOND));
    write_discovery();
}

static void expect(const char *component, const char *member, const char *expected)
{
    char path[160];
    snprintf(path, sizeof path, "cmps/%s/%s", component, member);
    house_expect(&house, path, expected);
}

static bool has(const char *component)
{
    char path[160];
    snprintf(path, sizeof path, "cmps/%s/uniq_id", component);
    return json_at(house.text, path) != NULL;
}

static bool removes(const char *component)
{
    char path[160];
    snprintf(path, sizeof path, "cmps/%s", component);
    return json_count(house.text, path) == 1 &&
           strcmp(json_at(house.text, path), "{\"p\":\"sensor\"}") == 0;
}

/* ---- The device ---- */

static void the_device_and_where_it_comes_from(void **state)
{
    (void)state;
    announce();
    house_expect(&house, "dev/ids/0", "\"meplink_ACME-0001\"");
    house_expect(&house, "dev/name", "\"Meter house\"");
    house_expect(&house, "dev/mf", "\"NES\"");
    house_expect(&house, "dev/mdl", "\"83331-3I\"");
    house_expect(&house, "dev/sn", "\"ACME-0001\"");
    house_expect(&house, "dev/sw", "\"3.80.03\"");
    house_expect(&house, "dev/cu", NULL);
    house_expect(&house, "o/name", "\"MEPlink\"");
    house_expect(&house, "o/sw", "\"1.2.3\"");
    house_expect(&house, "avty_t", "\"meplink/status\"");
    house_expect(&house, "stat_t", "\"meplink/ACME-0001/state\"");
}

/* A URL that is none would make Home Assistant reject all of it. */
static void a_link_to_the_dashboard_only_if_there_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *listen, *host, *expected;
    } cases[] = {
        {"0.0.0.0:8080", "pi", "\"http://pi:8080/\""},
        {"[::]:80", "pi.local", "\"http://pi.local:80/\""},
        {"127.0.0.1:8080", "pi", NULL},
        {"localhost:8080", "pi", NULL},
        {"[::1]:8080", "pi", NULL},
        {"", "pi", NULL},
        {"0.0.0.0:0", "pi", NULL},
        {"0.0.0.0:8080", NULL, NULL},
        {"0.0.0.0:8080", "", NULL},
        {"0.0.0.0:8080", "my pi", NULL},
        {"0.0.0.0:8080", "a_b", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        strcpy(house.settings.http_listen, cases[i].listen);
        house.bridge.hostname = cases[i].host;
        write_discovery();
        house_expect(&house, "dev/cu", cases[i].expected);
    }
}

static void odd_serial_numbers(void **state)
{
    (void)state;
    fake_set_text(f, &meter_et03, "serial", "A\"\\ -b__\xc3\xa6\xff");
    announce();
    house_expect(&house, "dev/ids/0", "\"meplink_A___-b_____\"");
    house_expect(&house, "dev/sn", "\"A\\\"\\\\ -b__\xc3\xa6\\ufffd\"");
    expect("frequency_mhz", "uniq_id", "\"meplink_A___-b______frequency_mhz\"");
    expect("frequency_mhz", "default_entity_id", "\"sensor.meplink_a_b_frequency_mhz\"");
}

/* ---- Components ---- */

static void every_kind_of_value(void **state)
{
    (void)state;
    static const struct {
        const char *name, *title, *device_class, *state_class, *unit;
    } cases[] = {
        {"energy_import_wh", "Energy import", "energy", "total_increasing", "Wh"},
        {"energy_export_t4_wh", "Energy export T4", "energy", "total_increasing", "Wh"},
        {"energy_net_wh", "Energy net", "energy", "total", "Wh"},
        {"reactive_energy_import_varh", "Reactive energy import", "reactive_energy",
         "total_increasing", "varh"},
        {"power_import_l1_w", "Power import L1", "power", "measurement", "W"},
        {"reactive_q4_var", "Reactive Q4", "reactive_power", "measurement", "var"},
        {"apparent_power_va", "Apparent power", "apparent_power", "measurement", "VA"},
        {"current_l2_ma", "Current L2", "current", "measurement", "A"},
        {"voltage_l3_mv", "Voltage L3", "voltage", "measurement", "V"},
        {"frequency_mhz", "Frequency", "frequency", "measurement", "Hz"},
        {"power_factor_l1_permille", "Power factor L1", "power_factor", "measurement", NULL},
        {"sin_phi_l1_permille", "Sin phi L1", NULL, "measurement", NULL},
        {"power_outage_s", "Power outage duration", "duration", "total_increasing", "s"},
        {"power_outages", "Power outages", NULL, "total_increasing", NULL},
        {"pulse_1", "Pulse input 1", NULL, "total_increasing", NULL},
        {"error_count", "Error count", NULL, "total_increasing", NULL},
        {"tariff", "Tariff", NULL, NULL, NULL},
    };
    announce();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *texts[] = {cases[i].title, cases[i].device_class, cases[i].state_class,
                               cases[i].unit};
        static const char *const members[] = {"name", "device_class", "state_class",
                                              "unit_of_measurement"};
        for (size_t m = 0; m < 4; m++) {
            char quoted[80];
            snprintf(quoted, sizeof quoted, "\"%s\"", texts[m] != NULL ? texts[m] : "");
            expect(cases[i].name, members[m], texts[m] != NULL ? quoted : NULL);
        }
        expect(cases[i].name, "p", "\"sensor\"");
        expect(cases[i].name, "exp_aft", "180");
    }
    expect("energy_import_wh", "uniq_id", "\"meplink_ACME-0001_energy_import_wh\"");
    expect("energy_import_wh", "default_entity_id",
           "\"sensor.meplink_acme_0001_energy_import_wh\"");
    expect("energy_import_wh", "value_template",
           "\"{{ value_json.energy_import_wh | default(none) }}\"");
    expect("energy_import_wh", "suggested_display_precision", NULL);
    expect("voltage_l3_mv", "value_template",
           "\"{{ value_json.voltage_l3_mv / 1000 if value_json.voltage_l3_mv is defined else none "
           "}}\"");
    expect("voltage_l3_mv", "suggested_display_precision", "1");
}

static void every_value_of_a_reading_is_announced(void **state)
{
    (void)state;
    static const char *const elsewhere[] = {"serial", "manufacturer", "model", "firmware",
                                            "age_ms"};
    announce();
    fake_list(f);
    for (size_t i = 0; i < f->values; i++) {
        bool other = false;
        for (size_t k = 0; k < sizeof elsewhere / sizeof *elsewhere; k++)
            other |= strcmp(f->value[i].name, elsewhere[k]) == 0;
        if (!other && !has(f->value[i].name))
            fail_msg("%s", f->value[i].name);
    }
    assert_int_equal(reader_discovery_names(&house.meter), f->values - 6);
    print_message("[ NOTE     ] %zu bytes for %zu values\n", house.out.total, f->values);
    assert_true(house.out.total < 48 * 1024);
}

static void diagnostics(void **state)
{
    (void)state;
    announce();
    static const char *const names[] = {"link", "quality", "age", "meter_time"};
    for (size_t i = 0; i < 4; i++) {
        expect(names[i], "ent_cat", "\"diagnostic\"");
        expect(names[i], "exp_aft", "180");
    }
    expect("link", "device_class", "\"enum\"");
    expect("link", "options/1", "\"ok\"");
    expect("link", "state_class", NULL);
    expect("link", "stat_t", "\"meplink/ACME-0001/link\"");
    expect("quality", "unit_of_measurement", "\"%\"");
    expect("age", "device_class", "\"duration\"");
    expect("age", "stat_t", "\"meplink/ACME-0001/link\"");
    expect("meter_time", "device_class", "\"timestamp\"");
    expect("meter_time", "stat_t", NULL);
    expect("meter_time", "en", "false");
}

static void other_topics(void **state)
{
    (void)state;
    strcpy(house.settings.mqtt_topic, "home/power");
    house.settings.mqtt_expire_s = 77;
    announce();
    house_expect(&house, "avty_t", "\"home/power/status\"");
    house_expect(&house, "stat_t", "\"home/power/ACME-0001/state\"");
    expect("link", "stat_t", "\"home/power/ACME-0001/link\"");
    expect("frequency_mhz", "exp_aft", "77");
    expect("frequency_mhz", "uniq_id", "\"meplink_ACME-0001_frequency_mhz\""); /* as before */
}

/* ---- What a meter does not have ---- */

static void what_a_reconfigured_meter_lost_is_removed(void **state)
{
    (void)state;
    announce();
    assert_true(has("energy_import_t4_wh"));
    assert_true(has("power_export_average_l3_w"));
    assert_true(removes("energy_import_t5_wh"));
    assert_true(removes("reactive_energy_q1_varh"));
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 2);
    meter_dimension_set(&f->dims, METER_DIM_PRESENT_VALUES, 26);
    fake_build(f);
    fake_set(f, &meter_et04, "idt_version", 8);
    fake_run(f, 90 * SECOND);
    write_discovery();
    assert_true(has("energy_import_t2_wh"));
    assert_true(removes("energy_import_t3_wh"));
    assert_true(removes("energy_import_t4_wh"));
    assert_true(removes("power_import_l1_w"));
    assert_false(removes("power_import_w"));
    assert_true(has("tariff"));
}

/* A table that is refused now may come back: its entities are neither announced nor removed. */
static void what_was_never_seen_is_left_alone(void **state)
{
    (void)state;
    fake_table(f, &meter_bt23)->code = MEP_CODE_NOT_POSSIBLE;
    announce();
    assert_false(has("energy_import_wh"));
    assert_false(removes("energy_import_wh"));
    assert_true(has("power_import_w"));
    fake_table(f, &meter_bt23)->code = 0;
    fake_run(f, 90 * SECOND);
    write_discovery();
    assert_true(has("energy_import_wh"));
}

static void a_silent_meter_loses_nothing(void **state)
{
    (void)state;
    announce();
    int count = json_count(house.text, "cmps");
    size_t names = reader_discovery_names(&house.meter);
    f->cut = true;
    fake_run(f, 600 * SECOND);
    write_discovery();
    assert_int_equal(json_count(house.text, "cmps"), count);
    assert_int_equal(reader_discovery_names(&house.meter), names);
    assert_true(has("energy_import_wh"));
}

static void a_ct_meter_says_what_is_before_its_ratio(void **state)
{
    (void)state;
    meter_dimension_set(&f->dims, METER_DIM_CT_RATIO, 40);
    fake_build(f);
    announce();
    expect("power_import_w", "name", "\"Power import\"");
    expect("current_l1_ma", "name", "\"Current L1\"");
    expect("apparent_power_va", "name", "\"Apparent power before ratio\"");
    expect("power_import_average_w", "name", "\"Power import average before ratio\"");
    expect("voltage_l1_mv", "name", "\"Voltage L1\"");
    expect("energy_import_wh", "name", "\"Energy import\"");
}

static void without_tariff_and_clock(void **state)
{
    (void)state;
    fake_table(f, &meter_bt52)->code = MEP_CODE_NOT_POSSIBLE;
    fake_table(f, &meter_bt55)->code = MEP_CODE_NOT_POSSIBLE;
    announce();
    assert_false(has("meter_time"));
    assert_false(has("tariff"));
    assert_false(removes("tariff")); /* it may only not have been read yet */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_device_and_where_it_comes_from, setup),
        cmocka_unit_test_setup(a_link_to_the_dashboard_only_if_there_is_one, setup),
        cmocka_unit_test_setup(odd_serial_numbers, setup),
        cmocka_unit_test_setup(every_kind_of_value, setup),
        cmocka_unit_test_setup(every_value_of_a_reading_is_announced, setup),
        cmocka_unit_test_setup(diagnostics, setup),
        cmocka_unit_test_setup(other_topics, setup),
        cmocka_unit_test_setup(what_a_reconfigured_meter_lost_is_removed, setup),
        cmocka_unit_test_setup(what_was_never_seen_is_left_alone, setup),
        cmocka_unit_test_setup(without_tariff_and_clock, setup),
        cmocka_unit_test_setup(a_silent_meter_loses_nothing, setup),
        cmocka_unit_test_setup(a_ct_meter_says_what_is_before_its_ratio, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What real meters and the guide's examples say, and the names everyone shares. */
#include "collect.h"
#include "field_exchanges.h"

static struct meter_dimensions dims;

static int setup(void **state)
{
    (void)state;
    meter_dimensions_default(&dims);
    return 0;
}

struct expected {
    const char *name;
    int64_t integer;
};

static void bt23_of_a_real_meter(void **state)
{
    static const struct expected expected[] = {
        {"energy_import_wh", 65845343},
        {"energy_export_wh", 179},
        {"reactive_energy_import_varh", 4056958},
        {"reactive_energy_export_varh", 20491956},
        {"power_outage_s", 23315499},
        {"power_outages", 10},
        {"energy_sum_wh", 65845521},
        {"energy_net_wh", 65842809},
        {"pulse_1", 0},
        {"pulse_2", 0},
        {"error_count", 0},
        {"energy_import_t1_wh", 65845343},
        {"energy_export_t1_wh", 179},
        {"reactive_energy_import_t1_varh", 4056958},
        {"reactive_energy_export_t1_varh", 20491956},
        {"energy_sum_t1_wh", 65845521},
        {"energy_net_t1_wh", 65842809},
        {"energy_import_t4_wh", 0},
    };
    (void)state;
    const struct collected *got = decoded(&meter_bt23, &dims, 0, field_bt23, sizeof field_bt23);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        expect_integer(got, expected[i].name, expected[i].integer);
    /* 11 of the total block and, per tier, the 6 that the guide says are populated */
    assert_int_equal(got->count, 11 + 4 * 6);
    expect_none(got, "power_outage_t1_s");
    expect_none(got, "energy_import_t5_wh");
    assert_int_equal(meter_table_size(&meter_bt23, &dims), sizeof field_bt23);
}

static void bt28_of_a_real_meter(void **state)
{
    static const struct expected expected[] = {
        {"power_import_w", 431},
        {"power_export_w", 0},
        {"reactive_import_var", 0},
        {"reactive_export_var", 545},
        {"current_l1_ma", 1982},
        {"current_l2_ma", 782},
        {"current_l3_ma", 852},
        {"voltage_l1_mv", 228315},
        {"voltage_l2_mv", 226537},
        {"voltage_l3_mv", 228358},
        {"frequency_mhz", 50000},
        {"apparent_power_va", 822},
        {"power_factor_l1_permille", 709},
        {"power_factor_l2_permille", 334},
        {"power_factor_l3_permille", 268},
        {"sin_phi_l1_permille", -452},
        {"sin_phi_l3_permille", -924},
        {"power_import_l1_w", 321},
        {"power_import_l2_w", 59},
        {"power_import_l3_w", 52},
        {"current_l2_ct_ma", 771},
        {"voltage_average_l3_mv", 225961},
        {"power_import_average_l1_w", 321},
        {"power_export_average_l3_w", 0},
    };
    (void)state;
    const struct collected *got = decoded(&meter_bt28, &dims, 0, field_bt28, sizeof field_bt28);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        expect_integer(got, expected[i].name, expected[i].integer);
    assert_int_equal(got->count, 55);
    assert_int_equal(meter_table_size(&meter_bt28, &dims), sizeof field_bt28);
}

static void guide_examples(void **state)
{
    static const uint8_t bt52[] = {0x04, 0x02, 0x10, 0x0f, 0x3b, 0x37};
    static const uint8_t bt20[] = {0x3f, 0x0e, 0xfd, 0x0f, 0x08, 0x10, 0x01, 0x04, 0x08, 0x1a};
    static const uint8_t bt21[] = {0x3f, 0x0e, 0x0c, 0x0f, 0x08, 0x10, 0x01, 0x04, 0x08, 0x1a};
    static const uint8_t et11[] = {0x05, 0x42, 0x24, 0x05, 0x06, 0x05, 0x02, 0x01, 0x03, 0xf9};
    (void)state;
    expect_time(decoded(&meter_bt52, &dims, 0, bt52, sizeof bt52), "meter_time",
                "2004-02-16T15:59:55Z");
    const struct collected *got = decoded(&meter_et11, &dims, 0, et11, sizeof et11);
    expect_integer(got, "devices", 5);
    expect_integer(got, "device_config_bytes", 66);
    expect_integer(got, "device_data_bytes", 517);
    expect_integer(got, "transaction_request_bytes", 769);
    expect_none(got, "transaction_response_bytes"); /* only its first byte was read */
    assert_true(meter_dimensions_update(&dims, &meter_bt20, 0, bt20, sizeof bt20));
    assert_true(meter_dimensions_update(&dims, &meter_bt21, 0, bt21, sizeof bt21));
    assert_int_equal(meter_dimension(&dims, METER_DIM_TIERS_MAX), 4);
    assert_int_equal(meter_dimension(&dims, METER_DIM_SUMMATIONS), 15);
    assert_int_equal(meter_dimension(&dims, METER_DIM_DEMANDS), 8);
    assert_int_equal(meter_dimension(&dims, METER_DIM_PRESENT_VALUES), 26);
    assert_true(meter_dimension_known(&dims, METER_DIM_SUMMATIONS));
    assert_false(meter_dimension_known(&dims, METER_DIM_FIRMWARE));
    /* 1 + 5 x (15 x 4 + 8 x (5 + 4 + 4 + 4) + 16 x 4) */
    assert_int_equal(meter_table_size(&meter_bt23, &dims), 1 + 5 * 260);
}

/* The places of BT28 as the data model names them. */
static const char *const bt28_names[] = {
    "power_import_w",
    "power_export_w",
    "reactive_import_var",
    "reactive_export_var",
    "current_l1_ma",
    "current_l2_ma",
    "current_l3_ma",
    "voltage_l1_mv",
    "voltage_l2_mv",
    "voltage_l3_mv",
    "power_factor_l1_permille",
    "frequency_mhz",
    "apparent_power_va",
    "power_factor_l2_permille",
    "power_factor_l3_permille",
    "sin_phi_l1_permille",
    "sin_phi_l2_permille",
    "sin_phi_l3_permille",
    NULL,
    NULL,
    NULL,
    NULL,
    "reactive_q1_var",
    "reactive_q2_var",
    "reactive_q3_var",
    "reactive_q4_var",
    "power_import_l1_w",
    "power_import_l2_w",
    "power_import_l3_w",
    "power_export_l1_w",
    "power_export_l2_w",
    "power_export_l3_w",
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    "voltage_continuous_l1_mv",
    "voltage_continuous_l2_mv",
    "voltage_continuous_l3_mv",
    "voltage_average_l1_mv",
    "voltage_average_l2_mv",
    "voltage_average_l3_mv",
    "power_import_average_w",
    "power_export_average_w",
    "power_import_average_l1_w",
    "power_import_average_l2_w",
    "power_import_average_l3_w",
    "power_export_average_l1_w",
    "power_export_average_l2_w",
    "power_export_average_l3_w",
};

static void names_of_the_data_model(void **state)
{
    static const struct {
        uint8_t id;
        const char *name;
        const char *tier;
    } bt23[] = {
        {0, "energy_import_wh", "energy_import_t8_wh"},
        {1, "energy_export_wh", "energy_export_t8_wh"},
        {2, "reactive_energy_import_varh", "reactive_energy_import_t8_varh"},
        {3, "reactive_energy_export_varh", "reactive_energy_export_t8_varh"},
        {4, "power_outage_s", NULL},
        {5, "power_outages", NULL},
        {6, "energy_sum_wh", "energy_sum_t8_wh"},
        {7, "energy_net_wh", "energy_net_t8_wh"},
        {26, "pulse_1", NULL},
        {27, "pulse_2", NULL},
        {28, "error_count", NULL},
        {108, "reactive_energy_q1_varh", "reactive_energy_q1_t8_varh"},
        {111, "reactive_energy_q4_varh", "reactive_energy_q4_t8_varh"},
    };
    static struct collected listed;
    (void)state;
    meter_list(&meter_bt28, &dims, collect, &listed);
    assert_int_equal(listed.count, 55);
    for (size_t i = 0; i < listed.count; i++) {
        assert_int_equal(listed.value[i].place, i);
        assert_int_equal(listed.value[i].offset, 4 * i);
        if (bt28_names[i])
            assert_string_equal(listed.value[i].name, bt28_names[i]);
    }
    /* place 0 is ID 8, place 26 is ID 185 */
    assert_int_equal(listed.value[0].source, 8);
    assert_int_equal(listed.value[26].source, 185);
    assert_int_equal(listed.value[26].since, METER_FW_3_50);

    assert_true(meter_dimension_set(&dims, METER_DIM_SUMMATIONS, 15));
    assert_true(meter_dimension_set(&dims, METER_DIM_TIERS, 8));
    listed.count = 0;
    meter_list(&meter_bt23, &dims, collect, &listed);
    for (size_t i = 0; i < sizeof bt23 / sizeof bt23[0]; i++) {
        const struct meter_value *total = find(&listed, bt23[i].name);
        assert_non_null(total);
        assert_int_equal(total->source, bt23[i].id);
        assert_int_equal(total->tier, 0);
        if (bt23[i].tier) {
            const struct meter_value *tier = find(&listed, bt23[i].tier);
            assert_non_null(tier);
            assert_int_equal(tier->source, bt23[i].id);
            assert_int_equal(tier->tier, 8);
            assert_int_equal(tier->unit, total->unit);
        }
    }
}

static void places_after_54(void **state)
{
    static const struct {
        uint8_t place;
        uint8_t source;
        const char *name;
    } expected[] = {
        {55, 216, "apparent_power_q1_va"},
        {58, 219, "apparent_power_q4_va"},
        {59, 220, "apparent_power_q1_l1_va"},
        {65, 226, "apparent_power_q3_l2_va"},
        {70, 231, "apparent_power_q4_l3_va"},
        {71, 232, "current_neutral_ma"},
        {72, 233, "current_average_l1_ma"},
        {75, 236, "voltage_angle_l1_l2_cdeg"},
        {77, 238, "voltage_angle_l3_l1_cdeg"},
        {78, 239, "reactive_import_l1_var"},
        {83, 244, "reactive_export_l3_var"},
        {84, 0, "present_84"},
        {99, 0, "present_99"},
    };
    static struct collected listed;
    (void)state;
    assert_true(meter_dimension_set(&dims, METER_DIM_PRESENT_VALUES, 100));
    meter_list(&meter_bt28, &dims, collect, &listed);
    assert_int_equal(listed.count, 100);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct meter_value *value = &listed.value[expected[i].place];
        assert_string_equal(value->name, expected[i].name);
        assert_int_equal(value->source, expected[i].source);
        assert_int_equal(value->sourced, expected[i].place < 84);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bt23_of_a_real_meter, setup),
        cmocka_unit_test_setup(bt28_of_a_real_meter, setup),
        cmocka_unit_test_setup(guide_examples, setup),
        cmocka_unit_test_setup(names_of_the_data_model, setup),
        cmocka_unit_test_setup(places_after_54, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

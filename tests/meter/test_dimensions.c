/* What is learnt from one table for another, and what is not believed. */
#include "collect.h"
#include "field_exchanges.h"

static struct meter_dimensions dims;

static int setup(void **state)
{
    (void)state;
    meter_dimensions_default(&dims);
    return 0;
}

static void defaults(void **state)
{
    static const uint8_t sources[] = {0, 1, 2, 3, 4, 5, 6, 7, 26, 27, 28, 108, 109, 110, 111};
    (void)state;
    assert_int_equal(meter_dimension(&dims, METER_DIM_SUMMATIONS), 11);
    assert_int_equal(meter_dimension(&dims, METER_DIM_TIERS), 4);
    assert_int_equal(meter_dimension(&dims, METER_DIM_DEMANDS), 0);
    assert_int_equal(meter_dimension(&dims, METER_DIM_PRESENT_VALUES), 55);
    assert_int_equal(meter_dimension(&dims, METER_DIM_ENERGY_UNIT), 1);
    assert_int_equal(meter_dimension(&dims, METER_LITERAL + 20), 20);
    assert_memory_equal(dims.summation_source, sources, sizeof sources);
    assert_true(meter_rollover_wh(&dims) == 0);
    assert_false(meter_is_ct(&dims));
    assert_true(sizeof dims <= 300);
}

static void dimensions_of_mep_decode(void **state)
{
    /* what `mep decode --dimensions` takes: 6 summations, 2 tiers, 30 present values */
    static const uint8_t bt21[] = {0x03, 0x0c, 12, 6, 0, 0, 0, 2, 0, 30};
    (void)state;
    assert_true(meter_dimensions_update(&dims, &meter_bt21, 0, bt21, sizeof bt21));
    assert_false(meter_dimensions_update(&dims, &meter_bt21, 0, bt21, sizeof bt21));
    assert_int_equal(meter_table_size(&meter_bt23, &dims), 3 * 24);
    assert_int_equal(meter_table_size(&meter_bt28, &dims), 120);
    const struct collected *got = decoded(&meter_bt28, &dims, 0, field_bt28, sizeof field_bt28);
    assert_int_equal(got->count, 30);
    expect_none(got, "power_export_l2_w");
}

static void an_old_meter_has_less(void **state)
{
    /* firmware 3.00: no quadrants and no power per phase */
    static const uint8_t bt21[] = {0x03, 0x0c, 12, 11, 0, 0, 0, 4, 0, 22};
    (void)state;
    meter_dimensions_update(&dims, &meter_bt21, 0, bt21, sizeof bt21);
    const struct collected *got = decoded(&meter_bt28, &dims, 0, field_bt28, sizeof field_bt28);
    assert_int_equal(got->count, 22);
    expect_integer(got, "power_import_w", 431);
    expect_none(got, "reactive_q1_var");
    expect_none(got, "power_import_l1_w");
    /* and by the bytes alone, were the dimensions unknown */
    meter_dimensions_default(&dims);
    assert_int_equal(decoded(&meter_bt28, &dims, 0, field_bt28, 91)->count, 22);
}

static void firmware_decides_about_later_fields(void **state)
{
    static const uint8_t version_3_50[] = {0x36, 0x40};
    static const uint8_t module_1_31[] = {0x13, 0xe0};
    static const uint8_t one = 1;
    (void)state;
    expect_integer(decoded(&meter_et04, &dims, 121, &one, 1), "constant_phase_loss_alarm", 1);
    assert_true(meter_dimensions_update(&dims, &meter_bt01, 14, version_3_50, 2));
    expect_none(decoded(&meter_et04, &dims, 121, &one, 1), "constant_phase_loss_alarm");
    /* modules number their firmware otherwise */
    assert_true(meter_dimensions_update(&dims, &meter_bt01, 14, module_1_31, 2));
    expect_integer(decoded(&meter_et04, &dims, 121, &one, 1), "constant_phase_loss_alarm", 1);
}

static void another_order_of_summations(void **state)
{
    static const uint8_t bt22[] = {7, 108, 1, 0, 57, 57, 200};
    static const uint8_t bt21[] = {0x03, 0x0c, 12, 7, 0, 0, 0, 1, 0, 30};
    uint8_t bytes[2 * 7 * 4] = {0};
    (void)state;
    for (uint8_t i = 0; i < 14; i++)
        bytes[4 * i] = i;
    meter_dimensions_update(&dims, &meter_bt21, 0, bt21, sizeof bt21);
    assert_true(meter_dimensions_update(&dims, &meter_bt22, 0, bt22, sizeof bt22));
    const struct collected *got = decoded(&meter_bt23, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "energy_net_wh", 0);
    expect_integer(got, "reactive_energy_q1_varh", 1);
    expect_integer(got, "energy_import_wh", 3);
    expect_integer(got, "source_57", 4);
    expect_integer(got, "summation_5", 5); /* 57 a second time */
    expect_integer(got, "source_200", 6);
    expect_integer(got, "energy_import_t1_wh", 10);
    expect_integer(got, "source_57_t1", 11);
    /* a part of BT22, read from an offset */
    static const uint8_t part[] = {2};
    assert_true(meter_dimensions_update(&dims, &meter_bt22, 4, part, 1));
    expect_integer(decoded(&meter_bt23, &dims, 0, bytes, sizeof bytes),
                   "reactive_energy_import_varh", 4);
}

static void more_sources_than_are_kept(void **state)
{
    static uint8_t bytes[255 * 4];
    uint8_t sources[255];
    (void)state;
    for (unsigned i = 0; i < 255; i++)
        sources[i] = (uint8_t)i;
    assert_true(meter_dimension_set(&dims, METER_DIM_SUMMATIONS, 255));
    assert_true(meter_dimension_set(&dims, METER_DIM_PRESENT_VALUES, 255));
    meter_dimensions_update(&dims, &meter_bt22, 0, sources, sizeof sources);
    meter_dimensions_update(&dims, &meter_bt27, 0, sources, sizeof sources);
    const struct collected *got = decoded(&meter_bt23, &dims, 0, bytes, sizeof bytes);
    assert_int_equal(got->count, 255);
    expect_integer(got, "source_31", 0);
    expect_none(got, "source_32");
    expect_integer(got, "summation_32", 0);
    got = decoded(&meter_bt28, &dims, 0, bytes, sizeof bytes);
    assert_int_equal(find(got, "power_import_w")->place, 8);
    expect_integer(got, "present_96", 0);
}

static void energy_register_unit(void **state)
{
    static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0x7f, 0xfe, 0xff, 0xff, 0xff};
    (void)state;
    assert_true(meter_dimension_set(&dims, METER_DIM_ENERGY_UNIT, 100));
    const struct collected *got = decoded(&meter_bt23, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "energy_import_wh", INT64_C(214748364700));
    expect_integer(got, "energy_export_wh", -200);
    got = decoded(&meter_bt23, &dims, 0, field_bt23, sizeof field_bt23);
    expect_integer(got, "reactive_energy_import_varh", 405695800);
    expect_integer(got, "energy_net_wh", INT64_C(6584280900));
    expect_integer(got, "energy_export_t1_wh", 17900);
    expect_integer(got, "power_outage_s", 23315499); /* no energy */
    expect_integer(got, "power_outages", 10);
    assert_false(meter_dimension_set(&dims, METER_DIM_ENERGY_UNIT, 0));
    assert_false(meter_dimension_set(&dims, METER_DIM_ENERGY_UNIT, 1000));
    assert_int_equal(meter_dimension(&dims, METER_DIM_ENERGY_UNIT), 100);
}

static void rollover(void **state)
{
    (void)state;
    assert_false(meter_dimension_set(&dims, METER_DIM_ROLLOVER_DIGITS, 4));
    assert_false(meter_dimension_set(&dims, METER_DIM_ROLLOVER_DIGITS, 10));
    assert_true(meter_dimension_set(&dims, METER_DIM_ROLLOVER_DIGITS, 5));
    assert_true(meter_rollover_wh(&dims) == 100000);
    assert_true(meter_dimension_set(&dims, METER_DIM_ROLLOVER_DIGITS, 9));
    assert_true(meter_dimension_set(&dims, METER_DIM_ENERGY_UNIT, 100));
    assert_true(meter_rollover_wh(&dims) == INT64_C(100000000000));
}

static void set_ratios(uint8_t ct, uint8_t vt)
{
    uint8_t bt15[17] = {0};
    bt15[8] = 1;
    bt15[9] = ct;
    bt15[13] = vt;
    meter_dimensions_update(&dims, &meter_bt15, 0, bt15, sizeof bt15);
}

struct renamed {
    size_t kept;
    struct collected values;
};

static void rename_for_reading(void *context, const struct meter_value *value)
{
    struct renamed *renamed = context;
    struct meter_value copy = *value;
    if (meter_reading_name(&copy, &dims))
        collect(&renamed->values, &copy);
}

static void readings_of_ct_meters(void **state)
{
    static const char *const pairs[][2] = {
        {"power_import_ct_w", "power_import_w"},
        {"power_export_ct_w", "power_export_w"},
        {"reactive_import_ct_var", "reactive_import_var"},
        {"reactive_export_ct_var", "reactive_export_var"},
        {"power_import_l1_ct_w", "power_import_l1_w"},
        {"power_import_l3_ct_w", "power_import_l3_w"},
        {"power_export_l1_ct_w", "power_export_l1_w"},
        {"power_export_l3_ct_w", "power_export_l3_w"},
        {"current_l1_ct_ma", "current_l1_ma"},
        {"current_l3_ct_ma", "current_l3_ma"},
    };
    static struct renamed plain;
    static struct renamed ct;
    uint8_t bytes[220] = {0};
    (void)state;
    for (uint8_t i = 0; i < 55; i++)
        bytes[4 * i] = i;
    meter_decode(&meter_bt28, &dims, 0, bytes, sizeof bytes, rename_for_reading, &plain);
    set_ratios(20, 1);
    assert_true(meter_is_ct(&dims));
    meter_decode(&meter_bt28, &dims, 0, bytes, sizeof bytes, rename_for_reading, &ct);
    assert_int_equal(plain.values.count, 55 - 13);
    assert_int_equal(ct.values.count, 55 - 13);
    const struct collected *own = decoded(&meter_bt28, &dims, 0, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        expect_none(&plain.values, pairs[i][0]);
        expect_none(&ct.values, pairs[i][0]);
        expect_integer(&plain.values, pairs[i][1], find(own, pairs[i][1])->integer);
        expect_integer(&ct.values, pairs[i][1], find(own, pairs[i][0])->integer);
    }
    expect_integer(&ct.values, "voltage_l1_mv", 7);
    expect_integer(&ct.values, "power_import_average_w", 47);
    /* an old CT meter has no current after the ratio: then it has none in a reading */
    memset(&ct, 0, sizeof ct);
    meter_decode(&meter_bt28, &dims, 0, bytes, 22 * 4, rename_for_reading, &ct);
    expect_none(&ct.values, "current_l1_ma");
    expect_integer(&ct.values, "power_import_w", 18);
}

static void ratios_that_are_none(void **state)
{
    static const uint8_t minus[17] = {[9] = 0xff, [10] = 0xff, [11] = 0xff, [12] = 0xff};
    (void)state;
    set_ratios(0, 0);
    assert_false(meter_is_ct(&dims));
    meter_dimensions_update(&dims, &meter_bt15, 0, minus, sizeof minus);
    assert_int_equal(meter_dimension(&dims, METER_DIM_CT_RATIO), 1);
    set_ratios(1, 100);
    assert_true(meter_is_ct(&dims));
}

/* 41 fixed bytes, 2 logs, 1 demand, 2 coincidents, 3 channels, 1 data type, a second data set. */
static size_t put_et42(uint8_t *bytes, uint8_t unit, uint8_t digits)
{
    static const uint8_t variable[] = {10, 0x20, 0x01, 5,    8,    0, /* logs */
                                       8,                             /* demand */
                                       15, 16,                        /* coincidents */
                                       0,  0,    1,    0x40, 0x1c, 0, /* channels */
                                       1,  1,    2,    3,    4,       /* data types */
                                       1,  0,    1,    0,    0,    24, 0, 1, 60,
                                       10, 0,    24,   0,    0,    0,  8, 0};
    static const uint8_t required[] = {8, 0x11, 0, 3, 0x22, 0};
    size_t size = 41;
    memset(bytes, 0, 41);
    bytes[2] = 41;
    bytes[3] = 2;
    bytes[4] = 2;
    bytes[8] = 0x34;
    bytes[9] = 0x12;
    bytes[10] = 0x09;
    bytes[12] = 15;
    bytes[13] = 1;
    bytes[14] = 2;
    bytes[15] = 1;
    bytes[16] = 4;
    bytes[18] = 55;
    bytes[29] = 3;
    bytes[30] = 15;
    bytes[38] = 100;
    memcpy(bytes + size, variable, sizeof variable);
    size += sizeof variable;
    memcpy(bytes + size, required, sizeof required);
    size += sizeof required;
    bytes[size++] = unit;
    bytes[size++] = digits;
    bytes[0] = (uint8_t)size;
    return size;
}

static void et42(void **state)
{
    uint8_t bytes[200];
    size_t size = put_et42(bytes, 10, 8);
    (void)state;
    expect_none(decoded(&meter_et42, &dims, 0, bytes, size), "energy_register_unit");
    assert_true(meter_dimensions_update(&dims, &meter_et42, 0, bytes, size));
    assert_int_equal(meter_dimension(&dims, METER_DIM_ENERGY_UNIT), 10);
    assert_true(meter_rollover_wh(&dims) == 1000000000);
    assert_int_equal(meter_dimension(&dims, METER_DIM_SUMMATIONS), 15);
    assert_int_equal(meter_dimension(&dims, METER_DIM_RESET_COUNTER), 1);
    const struct collected *got = decoded(&meter_et42, &dims, 0, bytes, size);
    expect_integer(got, "table_bytes", (int64_t)size);
    expect_integer(got, "billing_format_2", 1);
    expect_integer(got, "billing_definition", 0x1234);
    expect_integer(got, "demand_configured", 1);
    expect_integer(got, "load_profile_channels", 3);
    expect_integer(got, "load_profile_interval_min", 15);
    expect_integer(got, "history_entries", 100);
    expect_integer(got, "log_1_entries", 10);
    expect_integer(got, "log_1_entry_bytes", 0x120);
    expect_integer(got, "log_2_entries", 5);
    expect_integer(got, "demand_source_1", 8);
    expect_integer(got, "coincident_source_2", 16);
    expect_integer(got, "load_profile_source_2", 0x4001);
    expect_integer(got, "mbus_data_types", 1);
    expect_integer(got, "required_bytes", 8);
    expect_integer(got, "et74_entries", 0x11);
    expect_integer(got, "et79_entries", 0x22);
    expect_integer(got, "energy_register_unit", 10);
    expect_integer(got, "rollover_digits", 8);
}

static void et42_in_parts(void **state)
{
    uint8_t bytes[200];
    size_t size = put_et42(bytes, 100, 7);
    (void)state;
    for (size_t at = 0; at < size; at += 41)
        meter_dimensions_update(&dims, &meter_et42, (uint32_t)at, bytes + at,
                                size - at < 41 ? size - at : 41);
    assert_int_equal(meter_dimension(&dims, METER_DIM_ENERGY_UNIT), 100);
    assert_int_equal(meter_dimension(&dims, METER_DIM_ROLLOVER_DIGITS), 7);
}

static void et42_not_understood(void **state)
{
    uint8_t bytes[200];
    size_t size = put_et42(bytes, 10, 8);
    (void)state;
    bytes[size - 8] = 10;
    meter_dimensions_update(&dims, &meter_et42, 0, bytes, size);
    assert_int_equal(meter_dimension(&dims, METER_DIM_ENERGY_UNIT), 1);
    bytes[size - 8] = 8;
    bytes[size - 2] = 77;
    bytes[size - 1] = 3;
    meter_dimensions_update(&dims, &meter_et42, 0, bytes, size);
    assert_int_equal(meter_dimension(&dims, METER_DIM_ENERGY_UNIT), 1);
    assert_true(meter_rollover_wh(&dims) == 0);
    bytes[0] = 30; /* shorter than its own fixed part */
    assert_int_equal(decoded(&meter_et42, &dims, 0, bytes, 0)->count, 0);
    meter_dimensions_update(&dims, &meter_et42, 0, bytes, size);
    assert_int_equal(meter_dimension(&dims, METER_DIM_REQUIRED_AT), 0);
}

/* ET55 needs the firmware for its first half and BT20's tiers for its second. */
static void et55(void **state)
{
    static const uint8_t bt20[] = {0x3f, 0x0e, 12, 15, 8, 16, 1, 8, 8, 55};
    uint8_t bytes[147 + 28 + 60] = {0};
    (void)state;
    bytes[3] = 0x20;
    bytes[93] = 5;
    bytes[94] = 1;
    bytes[146 + 28] = 2;
    bytes[146 + 28 + 39] = 10;
    bytes[147 + 28 + 39] = 100;
    bytes[147 + 28 + 40] = 2;
    const struct collected *got = decoded(&meter_et55, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "step_tariff_enabled", 1);
    expect_none(got, "transformer_secondary_a");
    expect_none(got, "energy_register_unit");

    assert_true(meter_dimension_set(&dims, METER_DIM_FIRMWARE, METER_FW_3_70));
    got = decoded(&meter_et55, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "transformer_secondary_a", 5);
    expect_none(got, "energy_register_unit");
    meter_dimensions_update(&dims, &meter_bt20, 0, bt20, sizeof bt20);
    got = decoded(&meter_et55, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "step_tariff_source", 2);
    expect_integer(got, "energy_register_unit", 10);
    expect_none(got, "house_icon_client");
    assert_true(meter_dimensions_update(&dims, &meter_et55, 0, bytes, sizeof bytes));
    assert_int_equal(meter_dimension(&dims, METER_DIM_ENERGY_UNIT), 10);

    assert_true(meter_dimension_set(&dims, METER_DIM_FIRMWARE, METER_FW_4_0));
    got = decoded(&meter_et55, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "transformer_secondary_a", 1);
    expect_integer(got, "energy_register_unit", 100);
    expect_integer(got, "house_icon_client", 2);

    assert_true(meter_dimension_set(&dims, METER_DIM_FIRMWARE, METER_FW_3_50));
    expect_none(decoded(&meter_et55, &dims, 0, bytes, sizeof bytes), "energy_register_unit");
}

static void demand_flags_fill_bytes(void **state)
{
    static const uint8_t bytes[] = {0, 0x12, 0x80};
    (void)state;
    assert_int_equal(meter_dimension(&dims, METER_DIM_DEMAND_FLAG_BYTES), 0);
    for (uint32_t demands = 1; demands <= 9; demands++) {
        assert_true(meter_dimension_set(&dims, METER_DIM_DEMANDS, demands));
        assert_int_equal(meter_dimension(&dims, METER_DIM_DEMAND_FLAG_BYTES), demands < 9 ? 1 : 2);
        expect_bytes(decoded(&meter_bt22, &dims, 11 + demands - 1, bytes, 3),
                     "demand_maximum_flags", bytes + 1, demands < 9 ? 1 : 2);
    }
}

static void ratings_and_version(void **state)
{
    static const uint8_t ratings[] = {80, 0, 0xe6, 0};
    static const uint8_t version = 200;
    (void)state;
    assert_int_equal(meter_dimension(&dims, METER_DIM_MAX_CURRENT_A), 0);
    meter_dimensions_update(&dims, &meter_et04, 58, ratings, sizeof ratings);
    assert_int_equal(meter_dimension(&dims, METER_DIM_MAX_CURRENT_A), 80);
    assert_int_equal(meter_dimension(&dims, METER_DIM_RATED_VOLTAGE_V), 230);
    assert_false(meter_dimension_known(&dims, METER_DIM_IDT_VERSION));
    assert_true(meter_dimensions_update(&dims, &meter_et04, 116, &version, 1));
    assert_int_equal(meter_dimension(&dims, METER_DIM_IDT_VERSION), 200);
    assert_true(meter_dimension_known(&dims, METER_DIM_IDT_VERSION));
}

static void entries_shorter_than_known(void **state)
{
    static const uint8_t et11[] = {5, 20};
    static const uint8_t none[] = {5, 0};
    static const uint8_t bytes[330] = {0};
    (void)state;
    meter_dimensions_update(&dims, &meter_et11, 0, et11, sizeof et11);
    const struct collected *got = decoded(&meter_et13, &dims, 0, bytes, sizeof bytes);
    expect_none(got, "device_config_0_customer_id"); /* 8 + 20 > 20 */
    assert_int_equal(find(got, "device_config_4_downlink_data")->length, 11);
    assert_int_equal(find(got, "device_config_4_alert_on_demand")->offset, 88);
    meter_dimensions_update(&dims, &meter_et11, 0, none, sizeof none);
    assert_int_equal(decoded(&meter_et13, &dims, 0, bytes, sizeof bytes)->count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(defaults, setup),
        cmocka_unit_test_setup(dimensions_of_mep_decode, setup),
        cmocka_unit_test_setup(an_old_meter_has_less, setup),
        cmocka_unit_test_setup(firmware_decides_about_later_fields, setup),
        cmocka_unit_test_setup(another_order_of_summations, setup),
        cmocka_unit_test_setup(more_sources_than_are_kept, setup),
        cmocka_unit_test_setup(energy_register_unit, setup),
        cmocka_unit_test_setup(rollover, setup),
        cmocka_unit_test_setup(readings_of_ct_meters, setup),
        cmocka_unit_test_setup(ratios_that_are_none, setup),
        cmocka_unit_test_setup(et42, setup),
        cmocka_unit_test_setup(et42_in_parts, setup),
        cmocka_unit_test_setup(et42_not_understood, setup),
        cmocka_unit_test_setup(et55, setup),
        cmocka_unit_test_setup(demand_flags_fill_bytes, setup),
        cmocka_unit_test_setup(ratings_and_version, setup),
        cmocka_unit_test_setup(entries_shorter_than_known, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

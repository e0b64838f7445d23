/* Each table against bytes worked out by hand from the guide. */
#include "collect.h"

static struct meter_dimensions dims;

static int setup(void **state)
{
    (void)state;
    meter_dimensions_default(&dims);
    return 0;
}

static void bt00(void **state)
{
    static const uint8_t bytes[] = {0x02, 0x2a, 0x88, 'N', 'E', 'S', ' ', 2, 0, 255,
                                    12,   1,    0,    10,  20,  2,   12,  9, 4};
    (void)state;
    const struct collected *got = decoded(&meter_bt00, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "data_order_msb_first", 0);
    expect_integer(got, "char_format", 1);
    expect_integer(got, "time_format", 2);
    expect_integer(got, "data_access_method", 1);
    expect_integer(got, "identification_bcd", 1);
    expect_integer(got, "integer_format", 0);
    expect_integer(got, "non_integer_format_1", 8);
    expect_integer(got, "non_integer_format_2", 8);
    expect_text(got, "manufacturer_id", "NES");
    expect_integer(got, "nameplate_type", 2);
    expect_integer(got, "parameter_length_bytes", 255);
    expect_integer(got, "response_length_bytes", 12);
    expect_integer(got, "basic_tables_bytes", 10);
    expect_integer(got, "extended_tables_bytes", 20);
    expect_integer(got, "manufacturer_status_bytes", 9);
    expect_integer(got, "pending_tables", 4);
}

static void bt01(void **state)
{
    static const uint8_t bytes[] = {'E', 'L', 'O', 'N', '8', '3', '3',  '3',
                                    '2', '-', '3', 0,   9,   9,   0x31, 0x55};
    static const uint8_t early[] = {0x30, 0x18};
    (void)state;
    const struct collected *got = decoded(&meter_bt01, &dims, 0, bytes, sizeof bytes);
    assert_int_equal(got->count, 3);
    expect_text(got, "manufacturer", "ELON");
    expect_text(got, "model", "83332-3");
    expect_text(got, "firmware", "3.10.21");
    expect_integer(got, "firmware", 0x3155);
    expect_text(decoded(&meter_bt01, &dims, 14, early, 2), "firmware", "3.00.24");
}

static void bt01_every_version(void **state)
{
    uint8_t bytes[2];
    char text[40];
    (void)state;
    for (unsigned version = 0; version <= 0xffff; version += 3) {
        bytes[0] = (uint8_t)(version >> 8);
        bytes[1] = (uint8_t)version;
        snprintf(text, sizeof text, "%u.%02u.%02u", version >> 12, version >> 5 & 127,
                 version & 31);
        expect_text(decoded(&meter_bt01, &dims, 14, bytes, 2), "firmware", text);
    }
}

static void bt15(void **state)
{
    static const uint8_t bytes[] = {1,    0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1,
                                    0x2c, 1, 0, 0, 2,    0,    0,    0};
    (void)state;
    const struct collected *got = decoded(&meter_bt15, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "multiplier", 1);
    expect_integer(got, "adjustment", -1);
    expect_integer(got, "ratios_applied", 1);
    expect_integer(got, "ct_ratio", 300);
    expect_integer(got, "vt_ratio", 2);
}

static void bt21(void **state)
{
    static const uint8_t bytes[] = {0x37, 0x1e, 12, 15, 2, 4, 1, 8, 2, 55};
    (void)state;
    const struct collected *got = decoded(&meter_bt21, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "season_field", 1);
    expect_integer(got, "date_time_field", 1);
    expect_integer(got, "demand_reset_counter", 1);
    expect_integer(got, "demand_reset_lock", 0);
    expect_integer(got, "cumulative_demand", 1);
    expect_integer(got, "continuous_demand", 1);
    expect_integer(got, "time_remaining", 0);
    expect_integer(got, "self_read_sequence", 1);
    expect_integer(got, "self_read_demand_reset", 1);
    expect_integer(got, "self_reads", 12);
    expect_integer(got, "summations", 15);
    expect_integer(got, "demands", 2);
    expect_integer(got, "coincidents", 4);
    expect_integer(got, "occurrences", 1);
    expect_integer(got, "tiers", 8);
    expect_integer(got, "present_demands", 2);
    expect_integer(got, "present_values", 55);
}

static void set_demands(void)
{
    static const uint8_t bytes[] = {0x77, 0x1e, 12, 3, 2, 4, 1, 1, 2, 3};
    assert_true(meter_dimensions_update(&dims, &meter_bt21, 0, bytes, sizeof bytes));
}

static void bt22(void **state)
{
    static const uint8_t bytes[] = {0, 1, 57, 8, 9, 0x02, 15, 16, 17, 19, 0, 0, 1, 1};
    (void)state;
    set_demands();
    const struct collected *got = decoded(&meter_bt22, &dims, 0, bytes, sizeof bytes);
    assert_int_equal(got->count, 14);
    expect_integer(got, "summation_source_2", 57);
    expect_integer(got, "demand_source_1", 8);
    expect_integer(got, "demand_source_2", 9);
    expect_bytes(got, "demand_maximum_flags", "\2", 1);
    expect_integer(got, "coincident_source_4", 19);
    expect_integer(got, "coincident_demand_1", 0);
    expect_integer(got, "coincident_demand_4", 1);
    assert_int_equal(meter_table_size(&meter_bt22, &dims), sizeof bytes);
}

/* One block: 3 summations, 2 records of time, cumulative, continuous and value, 4 coincidents. */
static size_t put_block(uint8_t *at, uint8_t tag)
{
    static const uint8_t record[] = {24, 3, 28, 17, 15, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0};
    uint8_t *start = at;
    for (unsigned i = 0; i < 3; i++, at += 4)
        at[0] = (uint8_t)(tag + i);
    for (unsigned i = 0; i < 2; i++, at += sizeof record) {
        memcpy(at, record, sizeof record);
        at[13] = (uint8_t)(tag + 10 + i);
    }
    for (unsigned i = 0; i < 4; i++, at += 4)
        at[0] = (uint8_t)(tag + 20 + i);
    return (size_t)(at - start);
}

static void bt23_with_demands(void **state)
{
    static const uint8_t sources[] = {0, 1, 57};
    uint8_t bytes[200] = {6};
    size_t size = 1;
    (void)state;
    set_demands();
    meter_dimensions_update(&dims, &meter_bt22, 0, sources, sizeof sources);
    size += put_block(bytes + size, 100);
    size += put_block(bytes + size, 200);
    assert_int_equal(meter_table_size(&meter_bt23, &dims), size);
    const struct collected *got = decoded(&meter_bt23, &dims, 0, bytes, size);
    expect_integer(got, "demand_resets", 6);
    expect_integer(got, "energy_import_wh", 100);
    expect_integer(got, "energy_export_wh", 101);
    expect_integer(got, "source_57", 102);
    expect_time(got, "demand_1_time_1", "2024-03-28T17:15:00Z");
    expect_integer(got, "demand_1_cumulative", 1);
    expect_integer(got, "demand_2_continuous", 2);
    expect_integer(got, "demand_1_value_1", 110);
    expect_integer(got, "demand_2_value_1", 111);
    expect_integer(got, "coincident_1_value_1", 120);
    expect_integer(got, "coincident_4_value_1", 123);
    expect_integer(got, "energy_import_t1_wh", 200);
    expect_integer(got, "source_57_t1", 202);
    expect_integer(got, "demand_2_value_1_t1", 211);
    expect_integer(got, "coincident_4_value_1_t1", 223);
    assert_int_equal(got->count, 1 + 2 * (3 + 8 + 4));
}

static void bt27_and_bt28_with_demands(void **state)
{
    static const uint8_t sources[] = {88, 89, 185, 8, 200};
    static const uint8_t bytes[] = {0, 7, 30, 0x39, 0x30, 0, 0, 0, 0, 59, 1, 0, 0,
                                    0, 5, 0,  0,    0,    6, 0, 0, 0, 7,  0, 0, 0};
    (void)state;
    set_demands();
    const struct collected *got = decoded(&meter_bt27, &dims, 0, sources, sizeof sources);
    expect_integer(got, "present_demand_source_1", 88);
    expect_integer(got, "present_demand_source_2", 89);
    expect_integer(got, "present_source_0", 185);
    expect_integer(got, "present_source_2", 200);
    assert_true(meter_dimensions_update(&dims, &meter_bt27, 0, sources, sizeof sources));
    got = decoded(&meter_bt28, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "present_demand_1_remaining_s", 7 * 60 + 30);
    expect_integer(got, "present_demand_1", 12345);
    expect_integer(got, "present_demand_2_remaining_s", 59);
    expect_integer(got, "present_demand_2", 1);
    expect_integer(got, "power_import_l1_w", 5);
    expect_integer(got, "power_import_w", 6);
    expect_integer(got, "present_2", 7);
    assert_int_equal(got->count, 7);
}

static void clocks(void **state)
{
    static const uint8_t bt52[] = {24, 2, 29, 23, 59, 58, 0x14};
    static const uint8_t bt55[] = {24, 3, 1, 0, 59, 0, 0x6d, 0x43, 0x21};
    static const uint8_t unset[] = {0, 0, 0, 0, 0, 0, 0x14};
    static const uint8_t impossible[] = {23, 2, 29, 0, 0, 0, 0x14};
    (void)state;
    const struct collected *got = decoded(&meter_bt52, &dims, 0, bt52, sizeof bt52);
    expect_time(got, "meter_time", "2024-02-29T23:59:58Z");
    expect_integer(got, "day_of_week", 4);
    expect_integer(got, "dst", 0);
    expect_integer(got, "greenwich", 1);
    got = decoded(&meter_bt55, &dims, 0, bt55, sizeof bt55);
    expect_time(got, "local_time", "2024-03-01T00:59:00Z");
    expect_integer(got, "day_of_week", 5);
    expect_integer(got, "dst", 1);
    expect_integer(got, "time_zone_applied", 1);
    expect_integer(got, "dst_applied", 1);
    expect_integer(got, "tariff", 3);
    expect_integer(got, "tariff_drive", 1);
    expect_integer(got, "special_schedule", 1);
    expect_integer(got, "season", 2);
    got = decoded(&meter_bt52, &dims, 0, unset, sizeof unset);
    expect_none(got, "meter_time");
    expect_integer(got, "day_of_week", 4);
    expect_none(decoded(&meter_bt52, &dims, 0, impossible, sizeof impossible), "meter_time");
}

static void et03(void **state)
{
    static const uint8_t full[30] = "123456789012345678901234567890";
    uint8_t bytes[143] = "7340012345  \0rubbish";
    (void)state;
    bytes[137] = 0x34;
    bytes[138] = 0x12;
    const struct collected *got = decoded(&meter_et03, &dims, 0, bytes, sizeof bytes);
    expect_text(got, "serial", "7340012345");
    expect_integer(got, "image_crc", 0x1234);
    expect_text(decoded(&meter_et03, &dims, 0, full, 30), "serial",
                "123456789012345678901234567890");
    assert_int_equal(meter_table_size(&meter_et03, &dims), 143);
}

static void et04(void **state)
{
    uint8_t bytes[140] = {0};
    (void)state;
    bytes[13] = 50;
    bytes[14] = 0x9f;
    bytes[58] = 100;
    bytes[60] = 230;
    bytes[62] = 0x06;
    bytes[63] = 0xc4;
    bytes[64] = 0xff;
    bytes[106] = 0x80;
    bytes[116] = 7;
    bytes[133] = 9;
    const struct collected *got = decoded(&meter_et04, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "rated_frequency_hz", 50);
    expect_bytes(got, "program_id", "\x9f\0\0\0\0\0\0\0", 8);
    expect_integer(got, "max_current_a", 100);
    expect_integer(got, "rated_voltage_v", 230);
    expect_integer(got, "voltage_inactive_l1", 0);
    expect_integer(got, "voltage_inactive_l2", 1);
    expect_integer(got, "voltage_inactive_l3", 1);
    expect_integer(got, "dst_off_delta_min", -60);
    expect_integer(got, "mep_sequence", 0x80000000);
    expect_integer(got, "idt_version", 7);
    expect_integer(got, "mep_client_2_sequence", 9);
}

static void et11(void **state)
{
    uint8_t bytes[39] = {6, 66, 36, 5, 6, 5, 2, 0x80, 3, 0xf9, 6};
    (void)state;
    bytes[22] = 20;
    bytes[34] = 2;
    bytes[38] = 3;
    const struct collected *got = decoded(&meter_et11, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "devices", 6);
    expect_integer(got, "transaction_request_bytes", 896);
    expect_integer(got, "transaction_response_bytes", 1785);
    expect_integer(got, "data_sources", 20);
    expect_integer(got, "mep_clients", 2);
    expect_integer(got, "error_screens", 3);
}

static void et13(void **state)
{
    uint8_t bytes[5 * 66] = {1, 2, 3, 4, 0x3c, 0, 4, 0xff, 'c', 'u', 's', 't'};
    (void)state;
    bytes[29] = 16;
    bytes[62] = 10;
    bytes[64] = 20;
    bytes[4 * 66 + 6] = 6;
    bytes[4 * 66 + 8] = 0x19;
    bytes[4 * 66 + 65] = 0x77;
    const struct collected *got = decoded(&meter_et13, &dims, 0, bytes, sizeof bytes);
    expect_integer(got, "device_config_0_read_day", 1);
    expect_integer(got, "device_config_0_read_minute", 3);
    expect_integer(got, "device_config_0_status_read_min", 60);
    expect_integer(got, "device_config_0_baud_rate", 4);
    expect_text(got, "device_config_0_customer_id", "cust");
    expect_integer(got, "device_config_0_security_key_bytes", 16);
    expect_none(got,
                "device_config_0_security_key"); /* another device's key is nobody's business */
    expect_integer(got, "device_config_0_turn_around_bits", 10);
    expect_integer(got, "device_config_0_turn_around_ms", 20);
    expect_none(got, "device_config_0_alert_scheduled_read");
    expect_none(got, "device_config_4_customer_id");
    expect_integer(got, "device_config_4_baud_rate", 6);
    expect_integer(got, "device_config_4_alert_scheduled_read", 1);
    expect_integer(got, "device_config_4_alert_on_demand", 0);
    expect_integer(got, "device_config_4_alert_mbus_change", 1);
    expect_integer(got, "device_config_4_alert_delta_data", 1);
    const struct meter_value *downlink = find(got, "device_config_4_downlink_data");
    assert_non_null(downlink);
    assert_int_equal(downlink->length, 57);
    assert_int_equal(downlink->bytes[56], 0x77);
    /* the alert flags alone, as a client reads them now and then */
    got = decoded(&meter_et13, &dims, 4 * 66 + 8, bytes + 4 * 66 + 8, 1);
    assert_int_equal(got->count, 4);
}

static void et50(void **state)
{
    uint8_t bytes[2 * 71] = {0x80, 'i', 'd'};
    (void)state;
    assert_true(meter_dimension_set(&dims, METER_DIM_MEP_CLIENTS, 2));
    bytes[30] = 0x05;
    bytes[31] = 32;
    bytes[31 + 12 + 20] = 0xff;
    bytes[31 + 36] = 0x02;
    bytes[71 + 30] = 0x02;
    const struct collected *got = decoded(&meter_et50, &dims, 0, bytes, sizeof bytes);
    assert_int_equal(meter_table_size(&meter_et50, &dims), sizeof bytes);
    expect_integer(got, "inbound_1_registered", 1);
    expect_integer(got, "inbound_1_et59_response", 0);
    expect_integer(got, "inbound_1_mbus_alerts", 1);
    expect_integer(got, "inbound_1_source_1_icons", 32);
    expect_integer(got, "inbound_1_source_6", 255);
    expect_integer(got, "inbound_1_house_icon", 2);
    expect_integer(got, "inbound_2_registered", 0);
    expect_integer(got, "inbound_2_et59_response", 1);
    assert_int_equal(find(got, "inbound_2_id")->offset, 71);
}

static void procedure_headers(void **state)
{
    static const uint8_t bt07[] = {0x11, 0x08, 0x07, 0x00, 0xf8, 0x03};
    static const uint8_t bt08[] = {0x11, 0x08, 0x07, 0x05};
    (void)state;
    const struct collected *got = decoded(&meter_bt07, &dims, 0, bt07, sizeof bt07);
    expect_integer(got, "procedure", 0x811);
    expect_integer(got, "response_handling", 0);
    expect_integer(got, "sequence", 7);
    expect_integer(decoded(&meter_bt08, &dims, 0, bt08, sizeof bt08), "result", 5);
    expect_integer(decoded(&meter_et59, &dims, 0, bt08, sizeof bt08), "procedure", 0x811);
}

static void et70(void **state)
{
    uint8_t port = 2;
    (void)state;
    expect_integer(decoded(&meter_et70, &dims, 142, &port, 1), "mep_port", 2);
    assert_true(meter_dimension_set(&dims, METER_DIM_FIRMWARE, 0x3155));
    assert_int_equal(decoded(&meter_et70, &dims, 142, &port, 1)->count, 0);
}

/* p.236-238, the second data set */
static void bt63(void **state)
{
    static const uint8_t bytes[] = {0x3a, 62, 0, 61, 0, 4, 3, 2, 1, 9, 1, 24, 0};
    (void)state;
    const struct collected *got = decoded(&meter_bt63, &dims, 13, bytes, sizeof bytes);
    assert_int_equal(got->count, 11);
    expect_integer(got, "set_2_descending_blocks", 0);
    expect_integer(got, "set_2_overflow", 1);
    expect_integer(got, "set_2_circular", 0);
    expect_integer(got, "set_2_inhibit_overflow", 1);
    expect_integer(got, "set_2_descending_intervals", 1);
    expect_integer(got, "set_2_active", 1);
    expect_integer(got, "set_2_valid_blocks", 62);
    expect_integer(got, "set_2_last_block", 61);
    expect_integer(got, "set_2_last_block_sequence", 0x01020304);
    expect_integer(got, "set_2_unread_blocks", 265);
    expect_integer(got, "set_2_valid_intervals", 24);
    /* Before firmware 3.50 there is one. */
    meter_dimension_set(&dims, METER_DIM_FIRMWARE, METER_FW_3_10);
    assert_int_equal(meter_table_size(&meter_bt63, &dims), 13);
    assert_int_equal(meter_table_size(&meter_bt61, &dims), 13);
    meter_dimension_set(&dims, METER_DIM_FIRMWARE, METER_FW_3_50);
    assert_int_equal(meter_table_size(&meter_bt63, &dims), 52);
    assert_int_equal(meter_table_size(&meter_bt61, &dims), 31);
    assert_int_equal(meter_table_size(&meter_et21, &dims), 4 * 111);
    meter_dimension_set(&dims, METER_DIM_FIRMWARE, METER_FW_3_60);
    assert_int_equal(meter_table_size(&meter_et21, &dims), 4 * 131);
}

/* p.95-98 */
static void et21(void **state)
{
    uint8_t bytes[131] = {0};
    static const uint8_t start[] = {26, 1, 2, 3, 4, 5, 6, 7};
    (void)state;
    memcpy(bytes + 83, start, sizeof start);
    memcpy(bytes + 94, start, 6);
    memcpy(bytes + 101, start, 6);
    bytes[37] = 7, bytes[70] = 8, bytes[107] = 9, bytes[111] = 1;
    memset(bytes + 38, 0xff, 4);
    const struct collected *got = decoded(&meter_et21, &dims, 0, bytes, sizeof bytes);
    expect_time(got, "set_1_block_start_time", "2026-01-02T03:04:05Z");
    expect_time(got, "set_1_interval_end_time", "2026-01-02T03:04:05Z");
    expect_time(got, "set_1_interval_end_local_time", "2026-01-02T03:04:05Z");
    expect_integer(got, "set_1_start_hour", 6);
    expect_integer(got, "set_1_start_minute", 7);
    expect_integer(got, "set_1_source_8", 7);
    expect_integer(got, "set_1_expansion_source_1", 8);
    expect_integer(got, "set_1_placeholder_1", -1);
    expect_integer(got, "set_1_max_memory_bytes", 9);
    expect_integer(got, "set_1_memory_failure", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bt00, setup),
        cmocka_unit_test_setup(bt01, setup),
        cmocka_unit_test_setup(bt01_every_version, setup),
        cmocka_unit_test_setup(bt15, setup),
        cmocka_unit_test_setup(bt21, setup),
        cmocka_unit_test_setup(bt22, setup),
        cmocka_unit_test_setup(bt23_with_demands, setup),
        cmocka_unit_test_setup(bt27_and_bt28_with_demands, setup),
        cmocka_unit_test_setup(clocks, setup),
        cmocka_unit_test_setup(et03, setup),
        cmocka_unit_test_setup(et04, setup),
        cmocka_unit_test_setup(et11, setup),
        cmocka_unit_test_setup(et13, setup),
        cmocka_unit_test_setup(et50, setup),
        cmocka_unit_test_setup(procedure_headers, setup),
        cmocka_unit_test_setup(et70, setup),
        cmocka_unit_test_setup(bt63, setup),
        cmocka_unit_test_setup(et21, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

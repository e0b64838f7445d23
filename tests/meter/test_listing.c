/* Tables by name, schema as text, writing by name, times. */
#include "collect.h"

static struct meter_dimensions dims;

static int setup(void **state)
{
    (void)state;
    meter_dimensions_default(&dims);
    return 0;
}

static void tables_by_name(void **state)
{
    static const char *const wrong[] = {
        "",     "BT",  "ET",    "BT99",        "ET23",   "XT23", "BT2x", "0x",  "0xzz",
        "bt-1", "23 ", "BT 23", "99999999999", "BTBT23", "2 3",  "2a",   "0x1g"};
    (void)state;
    assert_ptr_equal(meter_table_by_name("BT23"), &meter_bt23);
    assert_ptr_equal(meter_table_by_name("bt23"), &meter_bt23);
    assert_ptr_equal(meter_table_by_name("23"), &meter_bt23);
    assert_ptr_equal(meter_table_by_name("0x17"), &meter_bt23);
    assert_ptr_equal(meter_table_by_name("BT0"), &meter_bt00);
    assert_ptr_equal(meter_table_by_name("Et03"), &meter_et03);
    assert_ptr_equal(meter_table_by_name("ET3"), &meter_et03);
    assert_ptr_equal(meter_table_by_name("2051"), &meter_et03);
    assert_ptr_equal(meter_table_by_name("0x0803"), &meter_et03);
    assert_ptr_equal(meter_table_by_name("0X0846"), &meter_et70);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_null(meter_table_by_name(wrong[i]));
}

static void every_table_is_listed_once(void **state)
{
    (void)state;
    assert_int_equal(meter_table_count, 27);
    for (size_t i = 0; i < meter_table_count; i++) {
        const struct meter_table *table = meter_tables[i];
        assert_ptr_equal(meter_table_by_name(table->name), table);
        assert_ptr_equal(meter_table_by_number(table->number), table);
        assert_in_range(table->page, 40, 260);
        assert_true(strlen(table->title) > 0);
        if (i)
            assert_true(table->number > meter_tables[i - 1]->number);
        for (size_t f = 0; f < table->field_count; f++) {
            const struct meter_field *field = &table->fields[f];
            assert_true(field->type < METER_TYPES);
            assert_true(field->unit < METER_UNITS);
            assert_true((field->type == METER_TEXT || field->type == METER_BYTES ||
                         field->type == METER_SECRET) == (field->length != 0));
        }
    }
}

static const struct meter_field *field_of(const struct meter_table *table, const char *name)
{
    for (size_t i = 0; i < table->field_count; i++) {
        if (strcmp(table->fields[i].name, name) == 0)
            return &table->fields[i];
    }
    fail_msg("%s has no %s", table->name, name);
    return NULL;
}

static void expect_texts(const struct meter_table *table, const char *name, const char *type,
                         const char *offset)
{
    char text[80];
    const struct meter_field *field = field_of(table, name);
    assert_string_equal(meter_type_text(field, text, sizeof text), type);
    assert_string_equal(meter_offset_text(field, text, sizeof text), offset);
}

static void schema_as_text(void **state)
{
    char text[8];
    (void)state;
    expect_texts(&meter_bt01, "model", "ARRAY[8] of CHAR", "4");
    expect_texts(&meter_bt21, "time_remaining", "BOOL(6)", "0");
    expect_texts(&meter_bt07, "procedure", "UINT(0..11)", "0");
    expect_texts(&meter_bt15, "ct_ratio", "INT32", "9");
    expect_texts(&meter_bt22, "coincident_source_#", "ARRAY[BT21.5] of UINT8",
                 "BT21.3 + BT21.4 + (BT21.4+7)/8");
    expect_texts(&meter_bt28, "present_#", "ARRAY[BT21.9] of INT32", "(4+3*BT21.0.6)*BT21.8");
    expect_texts(&meter_et13, "device_config_#_baud_rate", "ARRAY[ET11.0] of UINT8",
                 "6 + ET11.1*i");
    expect_texts(&meter_bt23, "demand_#_cumulative@", "ARRAY[1+BT21.7] of ARRAY[BT21.4] of INT32",
                 "BT21.0.2 + 4*BT21.3 + 5*(BT21.6 if BT21.0.1) + block*i + DmdRcd*j");
    assert_string_equal(meter_type_text(field_of(&meter_bt01, "model"), text, sizeof text),
                        "ARRAY[8");
    assert_string_equal(meter_firmware_text(METER_FW_3_50, text, sizeof text), "3.50");
    assert_string_equal(meter_firmware_text(METER_FW_4_0, text, sizeof text), "4.0");
    assert_string_equal(meter_firmware_text(METER_FW_ANY, text, sizeof text), "");
    assert_string_equal(meter_unit_text(METER_UNIT_WH), "Wh");
    assert_string_equal(meter_unit_text(METER_UNIT_NONE), "");
    for (int result = METER_OK; result <= METER_E_RANGE + 1; result++)
        assert_true(strlen(meter_strerror((enum meter_result)result)) > 0);
}

static void every_field_has_a_text(void **state)
{
    char text[120];
    (void)state;
    for (size_t t = 0; t < meter_table_count; t++) {
        for (size_t f = 0; f < meter_tables[t]->field_count; f++) {
            const struct meter_field *field = &meter_tables[t]->fields[f];
            assert_true(strlen(meter_type_text(field, text, sizeof text)) > 3);
            assert_null(strstr(text, "[]"));
            assert_true(strlen(meter_offset_text(field, text, sizeof text)) > 0);
            assert_null(strstr(text, "+ +"));
            assert_true(text[strlen(text) - 1] != ' ');
        }
    }
}

static void writing_by_name(void **state)
{
    uint8_t bytes[9] = {0};
    uint8_t version[16] = {0};
    struct meter_value value = {.kind = METER_UNSIGNED, .integer = 3};
    (void)state;
    assert_int_equal(meter_encode(&meter_bt55, &dims, "tariff", &value, bytes, 9), METER_OK);
    assert_int_equal(bytes[7], 3);
    value.integer = 2;
    assert_int_equal(meter_encode(&meter_bt55, &dims, "tariff_drive", &value, bytes, 9), METER_OK);
    assert_int_equal(bytes[7], 0x83);
    value.integer = 8;
    assert_int_equal(meter_encode(&meter_bt55, &dims, "tariff", &value, bytes, 9), METER_E_RANGE);
    value.integer = -1;
    assert_int_equal(meter_encode(&meter_bt55, &dims, "tariff", &value, bytes, 9), METER_E_RANGE);
    assert_int_equal(bytes[7], 0x83);
    value.integer = 1;
    assert_int_equal(meter_encode(&meter_bt55, &dims, "tariff", &value, bytes, 9), METER_OK);
    assert_int_equal(bytes[7], 0x81);
    assert_int_equal(meter_encode(&meter_bt55, &dims, "tariff", &value, bytes, 7), METER_E_SIZE);
    assert_int_equal(meter_encode(&meter_bt55, &dims, "tarif", &value, bytes, 9), METER_E_FIELD);
    assert_int_equal(meter_encode(&meter_bt55, &dims, "local_time", &value, bytes, 9),
                     METER_E_KIND);
    value.kind = METER_TIME;
    assert_int_equal(meter_encode(&meter_bt55, &dims, "local_time", &value, bytes, 9),
                     METER_E_RANGE);
    value.time = (struct meter_time){2024, 3, 28, 17, 20, 11};
    assert_int_equal(meter_encode(&meter_bt55, &dims, "local_time", &value, bytes, 9), METER_OK);
    assert_memory_equal(bytes, "\x18\x03\x1c\x11\x14\x0b", 6);

    value.kind = METER_STRING;
    value.bytes = (const uint8_t *)"3.10.21";
    value.length = 7;
    assert_int_equal(meter_encode(&meter_bt01, &dims, "firmware", &value, version, 16), METER_OK);
    assert_memory_equal(version + 14, "\x31\x55", 2);
    value.kind = METER_UNSIGNED;
    value.integer = 0x4005;
    assert_int_equal(meter_encode(&meter_bt01, &dims, "firmware", &value, version, 16), METER_OK);
    assert_memory_equal(version + 14, "\x40\x05", 2);
    value.kind = METER_STRING;
    value.bytes = (const uint8_t *)"3.10.32";
    assert_int_equal(meter_encode(&meter_bt01, &dims, "firmware", &value, version, 16),
                     METER_E_RANGE);
    value.bytes = (const uint8_t *)"3.1o.21";
    assert_int_equal(meter_encode(&meter_bt01, &dims, "firmware", &value, version, 16),
                     METER_E_RANGE);
    value.length = 9;
    value.bytes = (const uint8_t *)"MTR 35009";
    assert_int_equal(meter_encode(&meter_bt01, &dims, "model", &value, version, 16), METER_E_RANGE);
}

static void where_a_value_lies(void **state)
{
    uint32_t offset = 12345;
    (void)state;
    assert_int_equal(meter_locate(&meter_et04, &dims, "idt_version", &offset), 1);
    assert_int_equal(offset, 116);
    assert_int_equal(meter_locate(&meter_bt23, &dims, "energy_export_t4_wh", &offset), 4);
    assert_int_equal(offset, 180);
    assert_int_equal(meter_locate(&meter_et13, &dims, "device_config_4_alert_on_demand", &offset),
                     1);
    assert_int_equal(offset, 272);
    assert_int_equal(meter_locate(&meter_bt23, &dims, "energy_export_t5_wh", &offset), 0);
    assert_int_equal(offset, 272);
}

static void energies_in_their_unit(void **state)
{
    uint8_t bytes[220] = {0};
    struct meter_value value = {.kind = METER_SIGNED, .integer = 1239};
    (void)state;
    assert_true(meter_dimension_set(&dims, METER_DIM_ENERGY_UNIT, 10));
    assert_int_equal(meter_encode(&meter_bt23, &dims, "energy_import_t2_wh", &value, bytes, 220),
                     METER_OK);
    assert_int_equal(bytes[88], 123);
    assert_int_equal(meter_encode(&meter_bt23, &dims, "power_outages", &value, bytes, 220),
                     METER_OK);
    assert_int_equal(bytes[20] | bytes[21] << 8, 1239);
    value.integer = -1;
    assert_int_equal(meter_encode(&meter_bt23, &dims, "energy_net_wh", &value, bytes, 220),
                     METER_OK);
    assert_memory_equal(bytes + 28, "\xff\xff\xff\xff", 4);
    value.integer = INT64_C(21474836480);
    assert_int_equal(meter_encode(&meter_bt23, &dims, "energy_net_wh", &value, bytes, 220),
                     METER_E_RANGE);
    assert_int_equal(meter_encode(&meter_bt23, &dims, "power_outage_t1_s", &value, bytes, 220),
                     METER_E_FIELD);
}

static void times(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } known[] = {
        {946684800, "2000-01-01T00:00:00Z"},  {951782399, "2000-02-28T23:59:59Z"},
        {951782400, "2000-02-29T00:00:00Z"},  {1076947195, "2004-02-16T15:59:55Z"},
        {1711646411, "2024-03-28T17:20:11Z"}, {1735689599, "2024-12-31T23:59:59Z"},
        {4102444799, "2099-12-31T23:59:59Z"},
    };
    char text[METER_TIME_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct meter_time time = meter_time_from_unix(known[i].seconds);
        assert_true(meter_time_valid(&time));
        assert_string_equal(meter_time_text(&time, text), known[i].text);
        assert_true(meter_time_unix(&time) == known[i].seconds);
    }
    for (int64_t day = 10957; day < 47482; day++) {
        struct meter_time time = meter_time_from_unix(day * 86400 + 1);
        assert_true(meter_time_valid(&time));
        assert_true(meter_time_unix(&time) == day * 86400 + 1);
    }
    struct meter_time beyond = meter_time_from_unix(INT64_MAX);
    assert_string_equal(meter_time_text(&beyond, text), "2099-12-31T23:59:59Z");
    beyond = meter_time_from_unix(INT64_MIN);
    assert_string_equal(meter_time_text(&beyond, text), "2000-01-01T00:00:00Z");
}

static void dates_that_are_none(void **state)
{
    static const struct meter_time valid = {2024, 2, 29, 23, 59, 59};
    static const struct meter_time none[] = {
        {1999, 12, 31, 0, 0, 0}, {2100, 1, 1, 0, 0, 0},   {2024, 0, 1, 0, 0, 0},
        {2024, 13, 1, 0, 0, 0},  {2024, 1, 0, 0, 0, 0},   {2024, 2, 30, 0, 0, 0},
        {2023, 2, 29, 0, 0, 0},  {2024, 4, 31, 0, 0, 0},  {2024, 1, 32, 0, 0, 0},
        {2024, 1, 1, 24, 0, 0},  {2024, 1, 1, 23, 60, 0}, {2024, 1, 1, 23, 59, 60},
    };
    (void)state;
    assert_true(meter_time_valid(&valid));
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(meter_time_valid(&none[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tables_by_name, setup),
        cmocka_unit_test_setup(every_table_is_listed_once, setup),
        cmocka_unit_test_setup(schema_as_text, setup),
        cmocka_unit_test_setup(every_field_has_a_text, setup),
        cmocka_unit_test_setup(writing_by_name, setup),
        cmocka_unit_test_setup(where_a_value_lies, setup),
        cmocka_unit_test_setup(energies_in_their_unit, setup),
        cmocka_unit_test_setup(times, setup),
        cmocka_unit_test_setup(dates_that_are_none, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

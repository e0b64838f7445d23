/* The shapes of the original firmware, and what the clients in homes demand of them. */
#include "tests/reader/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OLD_VALUES = 26 /* present values of firmware before 3.50, which has no power by phase */
};

static struct house house;
static struct fake *const f = &house.fake;

static void set(const char *name, int64_t value)
{
    fake_set(f, &meter_bt28, name, value);
}

/* A house that imports, with three phases of 230 V whose powers fit the total. */
static void fill(void)
{
    static const struct {
        const char *name;
        int64_t value;
    } values[] = {
        {"power_import_w", 600},
        {"power_export_w", 0},
        {"power_import_l1_w", 300},
        {"power_import_l2_w", 201},
        {"power_import_l3_w", 100},
        {"power_export_l1_w", 0},
        {"power_export_l2_w", 0},
        {"power_export_l3_w", 0},
        {"power_import_average_w", 590},
        {"power_export_average_w", 0},
        {"power_import_average_l1_w", 290},
        {"power_import_average_l2_w", 200},
        {"power_import_average_l3_w", 100},
        {"power_export_average_l1_w", 0},
        {"power_export_average_l2_w", 0},
        {"power_export_average_l3_w", 0},
        {"current_l1_ma", 1304},
        {"current_l2_ma", 875},
        {"current_l3_ma", 440},
        {"voltage_l1_mv", 230000},
        {"voltage_l2_mv", 231000},
        {"voltage_l3_mv", 229000},
        {"power_factor_l1_permille", 1000},
        {"power_factor_l2_permille", 995},
        {"power_factor_l3_permille", -990},
        {"frequency_mhz", 49987},
        {"reactive_import_var", 12},
        {"reactive_export_var", -3},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint32_t offset;
        if (meter_locate(&meter_bt28, &f->dims, values[i].name, &offset) != 0)
            set(values[i].name, values[i].value);
    }
}

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    fill();
    return 0;
}

/* Another meter than the usual one. */
static void rebuild(unsigned dimension, uint32_t value)
{
    assert_true(meter_dimension_set(&f->dims, dimension, value));
    fake_build(f);
    fill();
}

static bool write_dash(void)
{
    return reader_legacy_dash(&house.meter, f->now, "1.2.3", house_out(&house));
}

static bool write_topic(enum reader_legacy_topic topic)
{
    return reader_legacy_document(&house.meter, topic, f->now, house_out(&house));
}

static int64_t number(const char *name)
{
    const char *text = json_at(house.text, name);
    char *end;
    if (text == NULL)
        fail_msg("no %s", name);
    long long value = strtoll(text, &end, 10);
    if (*end != 0 || (text[0] != '-' && (text[0] < '0' || text[0] > '9')))
        fail_msg("%s is %s: no integer", name, text);
    return value;
}

/* The installed integration's rule. */
static void expect_phases_agree(void)
{
    int64_t total = number("Fwd_W") - number("Rev_W");
    int64_t phases = number("L1_Fwd_W") - number("L1_Rev_W") + number("L2_Fwd_W") -
                     number("L2_Rev_W") + number("L3_Fwd_W") - number("L3_Rev_W");
    if (llabs(total - phases) > 3)
        fail_msg("total %lld W, phases %lld W", (long long)total, (long long)phases);
}

static void read_one(void)
{
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_true(write_dash());
    assert_true(json_valid(house.text));
}

/* ---- Shape ---- */

static void nine_texts_and_twenty_five_numbers(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "ESP_SW",          "ESP_SW_By",        "ESP_SW_Version", "Meter_Manufacturer",
        "Meter_Model",     "Meter_SW_Version", "Utility_SN",     "CurrentDateTimeString",
        "CurrentDateTime",
    };
    static const char *const totals[] = {"Fwd_Act_Wh", "Rev_Act_Wh", "Fwd_W",   "Rev_W",
                                         "Fwd_Avg_W",  "Rev_Avg_W",  "Freq_mHz"};
    static const char *const phases[] = {"RMS_A", "RMS_V",     "Fwd_W",
                                         "Rev_W", "Fwd_Avg_W", "Rev_Avg_W"};
    read_one();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(json_at(house.text, texts[i])[0], '"');
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
        number(totals[i]);
    for (size_t i = 0; i < 3 * sizeof phases / sizeof *phases; i++) {
        char name[20];
        snprintf(name, sizeof name, "L%zu_%s", 1 + i % 3, phases[i / 3]);
        number(name);
    }
    assert_int_equal(json_count(house.text, ""), 9 + 25);
}

static void values_as_the_meter_has_them(void **state)
{
    (void)state;
    read_one();
    house_expect(&house, "ESP_SW_Version", "\"1.2.3\"");
    house_expect(&house, "Meter_Manufacturer", "\"NES\"");
    house_expect(&house, "Meter_Model", "\"83331-3I\"");
    house_expect(&house, "Meter_SW_Version", "\"3.80.03\"");
    house_expect(&house, "Utility_SN", "\"ACME-0001\"");
    house_expect(&house, "Fwd_Act_Wh", "100000");
    house_expect(&house, "Rev_Act_Wh", "101000");
    house_expect(&house, "Fwd_W", "600");
    house_expect(&house, "Fwd_Avg_W", "590");
    house_expect(&house, "Freq_mHz", "49987");
    house_expect(&house, "L1_RMS_A", "1304");
    house_expect(&house, "L2_RMS_V", "231000");
    house_expect(&house, "L2_Fwd_W", "201"); /* a watt off the total: as it was measured */
    house_expect(&house, "L3_Fwd_Avg_W", "100");
    expect_phases_agree();
}

static void times_are_the_meters(void **state)
{
    (void)state;
    read_one();
    const char *text = json_at(house.text, "CurrentDateTimeString");
    const char *rfc = json_at(house.text, "CurrentDateTime");
    char expected[60];
    assert_memory_equal(rfc, "\"2024-03-28T17:20:1", 19);
    assert_string_equal(rfc + 20, ".000Z\"");
    snprintf(expected, sizeof expected, "\"2024-03-28 (Thursday) @ %.8s\"", rfc + 12);
    assert_string_equal(text, expected);
    char before[60];
    strcpy(before, rfc);
    assert_true(fake_until_readings(f, 1, 2 * SECOND));
    assert_true(write_dash());
    assert_string_not_equal(json_at(house.text, "CurrentDateTime"), before);
    f->clock = 1709164800 - 20; /* just before 2024-02-29, a Thursday */
    fake_run(f, 40 * SECOND);
    assert_true(write_dash());
    assert_memory_equal(json_at(house.text, "CurrentDateTimeString"), "\"2024-02-29 (Thursday) @ ",
                        25);
}

static void a_meter_without_a_clock_still_moves(void **state)
{
    (void)state;
    char before[60];
    fake_table(f, &meter_bt52)->code = MEP_CODE_NOT_POSSIBLE;
    read_one();
    strcpy(before, json_at(house.text, "CurrentDateTime"));
    assert_memory_equal(before, "\"2000-01-01T", 12);
    fake_run(f, 5 * SECOND);
    assert_true(write_dash());
    assert_string_not_equal(json_at(house.text, "CurrentDateTime"), before);
}

static void the_serial_number_byte_by_byte(void **state)
{
    (void)state;
    fake_set_text(f, &meter_et03, "serial", " A \"1\" \xc3\x98   ");
    read_one();
    house_expect(&house, "Utility_SN", "\" A \\\"1\\\" \xc3\x98\"");
}

static void no_serial_number_is_an_empty_one(void **state)
{
    (void)state;
    fake_table(f, &meter_et03)->code = MEP_CODE_NOT_POSSIBLE;
    read_one();
    house_expect(&house, "Utility_SN", "\"\"");
}

/* ---- When there is nothing to serve ---- */

static void nothing_before_the_first_reading(void **state)
{
    (void)state;
    assert_false(write_dash());
    for (unsigned i = 0; i < READER_LEGACY_TOPICS; i++)
        assert_false(write_topic((enum reader_legacy_topic)i));
    assert_int_equal(house.out.total, 0);
}

static void nothing_when_stale(void **state)
{
    (void)state;
    read_one();
    f->cut = true;
    fake_run(f, 20 * SECOND);
    assert_false(write_dash());
    assert_int_equal(house.out.total, 0);
}

/* Powers alone would come with an energy of 0, which poisons what counts it. */
static void nothing_when_half_is_stale(void **state)
{
    (void)state;
    read_one();
    fake_table(f, &meter_bt23)->code = MEP_CODE_SERVICE_STATE;
    fake_run(f, 40 * SECOND);
    fake_expect_none(f, "energy_import_wh");
    fake_expect(f, "power_import_w", 600);
    assert_false(write_dash());
    assert_false(write_topic(READER_LEGACY_TOTAL));
    assert_int_equal(house.out.total, 0);
}

/* ---- Phases ---- */

static void phases_that_miss_the_total_share_what_is_missing(void **state)
{
    (void)state;
    set("power_import_w", 700);
    read_one();
    expect_phases_agree();
    house_expect(&house, "Fwd_W", "700");
    house_expect(&house, "L1_Fwd_W", "333");
    house_expect(&house, "L2_Fwd_W", "234");
    house_expect(&house, "L3_Fwd_W", "133");
}

static void a_phase_may_turn(void **state)
{
    (void)state;
    set("power_import_w", 0);
    set("power_export_w", 300);
    read_one();
    expect_phases_agree();
    house_expect(&house, "L1_Fwd_W", "0");
    house_expect(&house, "L1_Rev_W", "0");
    house_expect(&house, "L3_Fwd_W", "0");
    house_expect(&house, "L3_Rev_W", "201");
}

static void derived_phases_of_old_firmware(void **state)
{
    (void)state;
    rebuild(METER_DIM_PRESENT_VALUES, OLD_VALUES);
    set("power_factor_l3_permille", 990);
    read_one();
    fake_expect_none(f, "power_import_l1_w");
    expect_phases_agree();
    assert_in_range(number("L1_Fwd_W"), 298, 302); /* 299.9 + 201.1 + 99.8 W, scaled to 600 */
    assert_in_range(number("L2_Fwd_W"), 199, 203);
    assert_in_range(number("L3_Fwd_W"), 97, 102);
    house_expect(&house, "L1_Rev_W", "0");
    house_expect(&house, "Fwd_Avg_W", "600"); /* averages it has none of */
    assert_int_equal(number("L1_Fwd_Avg_W"), number("L1_Fwd_W"));
}

static void derived_phases_of_an_export(void **state)
{
    (void)state;
    rebuild(METER_DIM_PRESENT_VALUES, OLD_VALUES);
    set("power_factor_l3_permille", 990);
    set("power_import_w", 0);
    set("power_export_w", 1200);
    read_one();
    expect_phases_agree();
    house_expect(&house, "L1_Fwd_W", "0");
    assert_in_range(number("L1_Rev_W"), 596, 604);
    assert_in_range(number("Rev_Avg_W"), 1200, 1200);
}

static void derived_phases_in_both_directions(void **state)
{
    (void)state;
    rebuild(METER_DIM_PRESENT_VALUES, OLD_VALUES); /* L3 has a negative power factor */
    set("power_import_w", 100);
    read_one();
    expect_phases_agree();
    assert_in_range(number("L1_Fwd_W"), 197, 202); /* 299.9 + 201.1 - 99.8 W, a third of 301 less */
    assert_in_range(number("L2_Fwd_W"), 99, 103);
    assert_in_range(number("L3_Rev_W"), 198, 202);
}

static void single_phase(void **state)
{
    (void)state;
    static const char *const others[] = {"voltage_l2_mv", "voltage_l3_mv",     "current_l2_ma",
                                         "current_l3_ma", "power_import_l2_w", "power_import_l3_w"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        set(others[i], 0);
    set("power_import_l1_w", 599);
    read_one();
    house_expect(&house, "L1_Fwd_W", "600"); /* the total, exactly */
    house_expect(&house, "L2_Fwd_W", "0");
    house_expect(&house, "L3_RMS_V", "0");
    expect_phases_agree();
}

static void zeros_are_zeros(void **state)
{
    (void)state;
    f->table[0].reads = 0;
    struct fake_table *t = fake_table(f, &meter_bt28);
    memset(t->bytes, 0, t->size);
    t = fake_table(f, &meter_bt23);
    memset(t->bytes, 0, t->size);
    read_one();
    house_expect(&house, "Fwd_Act_Wh", "0");
    house_expect(&house, "Fwd_W", "0");
    house_expect(&house, "L1_Fwd_W", "0");
    expect_phases_agree();
}

static void a_ct_meter(void **state)
{
    (void)state;
    rebuild(METER_DIM_CT_RATIO, 40);
    set("power_import_ct_w", 24000);
    set("power_export_ct_w", 0);
    for (unsigned i = 1; i <= 3; i++) {
        char name[30];
        snprintf(name, sizeof name, "power_import_l%u_ct_w", i);
        set(name, 8000);
        snprintf(name, sizeof name, "power_export_l%u_ct_w", i);
        set(name, 0);
        snprintf(name, sizeof name, "current_l%u_ct_ma", i);
        set(name, 35000);
    }
    set("power_import_l1_ct_w", 9000);
    set("power_import_l2_ct_w", 7000);
    read_one();
    house_expect(&house, "Fwd_W", "24000");
    house_expect(&house, "Fwd_Avg_W", "24000"); /* not 590, which is before the ratio */
    house_expect(&house, "L1_Fwd_W", "9000");
    house_expect(&house, "L2_Fwd_Avg_W", "7000");
    house_expect(&house, "L3_RMS_A", "35000");
    house_expect(&house, "L1_RMS_V", "230000");
    expect_phases_agree();
}

static void limits(void **state)
{
    (void)state;
    set("power_import_w", INT32_MAX);
    set("power_export_w", INT32_MIN); /* no meter does; nothing may overflow */
    for (unsigned i = 1; i <= 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "power_import_l%u_w", i);
        set(name, INT32_MIN);
        snprintf(name, sizeof name, "power_export_l%u_w", i);
        set(name, INT32_MAX);
    }
    read_one();
    house_expect(&house, "Rev_W", "-2147483648");
    expect_phases_agree();
}

static int64_t anything(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    unsigned kind = *seed >> 16 & 7;
    *seed = *seed * 1103515245 + 12345;
    int32_t value = (int32_t)(*seed ^ *seed << 16);
    return kind == 0   ? 0
           : kind == 1 ? INT32_MAX
           : kind == 2 ? INT32_MIN
           : kind < 6  ? value >> 16
                       : value;
}

/* Whatever the meter says, with and without powers by phase, the rule holds. */
static void phases_agree_whatever_the_meter_says(void **state)
{
    (void)state;
    static const char *const names[] = {"power_import_w", "power_export_w"};
    static const char *const phases[] = {"current_l#_ma", "voltage_l#_mv", "power_import_l#_w",
                                         "power_export_l#_w", "power_factor_l#_permille"};
    unsigned seed = 1;
    for (unsigned round = 0; round < 400; round++) {
        if (round == 200) {
            rebuild(METER_DIM_PRESENT_VALUES, OLD_VALUES);
            fake_set(f, &meter_et04, "idt_version", 9);
        }
        for (size_t i = 0; i < 2; i++)
            set(names[i], anything(&seed));
        for (size_t i = 0; i < 15; i++) {
            char name[40];
            uint32_t offset;
            strcpy(name, phases[i / 3]);
            *strchr(name, '#') = (char)('1' + i % 3);
            if (meter_locate(&meter_bt28, &f->dims, name, &offset) != 0)
                set(name, anything(&seed));
        }
        assert_true(fake_until_readings(f, 2, 100 * SECOND));
        assert_true(write_dash());
        expect_phases_agree();
    }
}

/* ---- Topics ---- */

static void five_topics(void **state)
{
    (void)state;
    read_one();
    assert_string_equal(reader_legacy_topic_name(READER_LEGACY_SENSORS), "sensors");
    assert_string_equal(reader_legacy_topic_name(READER_LEGACY_TOTAL), "meterConsumptionTotal");
    assert_string_equal(reader_legacy_topic_name(READER_LEGACY_FORWARD), "meterConsumptionFwd");
    assert_string_equal(reader_legacy_topic_name(READER_LEGACY_REVERSE), "meterConsumptionRev");
    assert_string_equal(reader_legacy_topic_name(READER_LEGACY_FREQUENCY), "frequency");

    assert_true(write_topic(READER_LEGACY_SENSORS));
    house_expect(&house, "L2_RMS_A", "875");
    house_expect(&house, "L1_RMS_V", "230000");
    house_expect(&house, "L3_PF_Fac", "-990");
    house_expect(&house, "ExportReactive_VAr", "-3");
    house_expect(&house, "ImportReactive_VAr", "12");
    assert_int_equal(json_count(house.text, ""), 11);
    assert_true(write_topic(READER_LEGACY_TOTAL));
    house_expect(&house, "Fwd_Act_Wh", "100000");
    house_expect(&house, "Rev_Act_Wh", "101000");
    assert_int_equal(json_count(house.text, ""), 2);
    assert_true(write_topic(READER_LEGACY_FORWARD));
    house_expect(&house, "Fwd_W", "600");
    house_expect(&house, "Fwd_Avg_W", "590");
    house_expect(&house, "L1_Fwd_W", "300");
    house_expect(&house, "L1_Fwd_Avg_W", "290");
    assert_int_equal(json_count(house.text, ""), 8);
    assert_true(write_topic(READER_LEGACY_REVERSE));
    house_expect(&house, "Rev_W", "0");
    house_expect(&house, "L3_Rev_Avg_W", "0");
    assert_int_equal(json_count(house.text, ""), 8);
    assert_true(write_topic(READER_LEGACY_FREQUENCY));
    house_expect(&house, "Freq_mHz", "49987");
    assert_int_equal(json_count(house.text, ""), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nine_texts_and_twenty_five_numbers, setup),
        cmocka_unit_test_setup(values_as_the_meter_has_them, setup),
        cmocka_unit_test_setup(times_are_the_meters, setup),
        cmocka_unit_test_setup(a_meter_without_a_clock_still_moves, setup),
        cmocka_unit_test_setup(the_serial_number_byte_by_byte, setup),
        cmocka_unit_test_setup(no_serial_number_is_an_empty_one, setup),
        cmocka_unit_test_setup(nothing_before_the_first_reading, setup),
        cmocka_unit_test_setup(nothing_when_stale, setup),
        cmocka_unit_test_setup(nothing_when_half_is_stale, setup),
        cmocka_unit_test_setup(phases_that_miss_the_total_share_what_is_missing, setup),
        cmocka_unit_test_setup(a_phase_may_turn, setup),
        cmocka_unit_test_setup(derived_phases_of_old_firmware, setup),
        cmocka_unit_test_setup(derived_phases_of_an_export, setup),
        cmocka_unit_test_setup(derived_phases_in_both_directions, setup),
        cmocka_unit_test_setup(single_phase, setup),
        cmocka_unit_test_setup(zeros_are_zeros, setup),
        cmocka_unit_test_setup(a_ct_meter, setup),
        cmocka_unit_test_setup(limits, setup),
        cmocka_unit_test_setup(phases_agree_whatever_the_meter_says, setup),
        cmocka_unit_test_setup(five_topics, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

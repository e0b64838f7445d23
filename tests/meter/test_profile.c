/* The load profile against bytes and offsets worked out by hand from p.29-33 and 233-241. */
#include "collect.h"

#include "meter/profile.h"

static struct meter_dimensions dims;
static struct meter_profile profile;

static int setup(void **state)
{
    (void)state;
    meter_dimensions_default(&dims);
    meter_profile_init(&profile, 0);
    return 0;
}

/* An exact copy, so that a step outside is seen. */
static void learn(const struct meter_table *table, uint32_t offset, const uint8_t *bytes,
                  size_t count)
{
    uint8_t *copy = malloc(count ? count : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, count);
    meter_profile_learn(&profile, &dims, table, offset, copy, count);
    free(copy);
}

/* 62 blocks of 24 intervals of 4 channels, 60 minutes; set 2: 10 of 96, 3 channels, 15 minutes. */
static const uint8_t bt61[] = {0, 0, 1,  0, 0x00, 0x0c, 0x20, 62, 0, 24, 0, 4, 60, 10, 0, 96,
                               0, 3, 15, 0, 0,    0,    0,    0,  0, 0,  0, 0, 0,  0,  0};
/* Import, export, a mapped one, voltage L1; format; set 2: T1's import, export, 28; format. */
static const uint8_t bt62[] = {0,  0, 0,  0, 1, 0, 0, 113, 0,  0, 15, 0,
                               32, 0, 29, 0, 0, 1, 0, 0,   28, 0, 32};
static const uint8_t bt63[] = {0x24, 62, 0, 3, 0, 1, 2, 0, 0, 5, 0, 7,  0,
                               0x24, 10, 0, 0, 0, 9, 0, 0, 0, 0, 0, 96, 0};
static const uint8_t et66[] = {0, 0, 0x01, 0x42};

static void learn_all(unsigned set)
{
    meter_profile_init(&profile, set);
    learn(&meter_bt61, 0, bt61, sizeof bt61);
    learn(&meter_bt62, 0, bt62, sizeof bt62);
    learn(&meter_et66, 0, et66, sizeof et66);
    learn(&meter_bt63, 0, bt63, sizeof bt63);
    assert_int_equal(meter_profile_check(&profile), METER_PROFILE_OK);
}

/* p.31, steps 5 and 6, with the sizes of p.239. */
static void places_as_in_the_guide(void **state)
{
    (void)state;
    learn_all(0);
    assert_int_equal(profile.layout.header, 5 + 3);
    assert_int_equal(profile.layout.record, 4 / 2 + 1 + 4 * 4);
    assert_int_equal(profile.layout.block, 8 + 24 * 19);
    assert_int_equal(profile.layout.interval_s, 3600);
    assert_int_equal(meter_profile_table(&profile), 64);
    /* Offset = ((BT63.3 - 1) modulo BT61.7) * ET21.8 */
    assert_int_equal(meter_profile_block(&profile, 1), 2);
    assert_int_equal(meter_profile_at(&profile, 2, 0) - profile.layout.header, 2 * 464);
    /* Offset = BT63.3 * ET21.8 + ET21.12 + ET21.20 * ET21.25 */
    assert_int_equal(meter_profile_at(&profile, meter_profile_block(&profile, 0), 6),
                     3 * 464 + 8 + 6 * 19);
    assert_int_equal(meter_profile_at(&profile, 3, 24), 4 * 464);
    assert_int_equal(meter_profile_block(&profile, 4), 61); /* around */
    assert_int_equal(meter_profile_block(&profile, 61), 4);
    profile.last_block = 0;
    assert_int_equal(meter_profile_block(&profile, 1), 61);
}

static void the_second_data_set(void **state)
{
    (void)state;
    learn_all(1);
    assert_int_equal(meter_profile_table(&profile), 65);
    assert_int_equal(profile.blocks, 10);
    assert_int_equal(profile.intervals, 96);
    assert_int_equal(profile.layout.interval_s, 900);
    assert_int_equal(profile.layout.header, 5 + 12);
    assert_int_equal(profile.layout.record, 2 + 12);
    assert_int_equal(profile.source[0], 29);
    assert_int_equal(profile.source[2], 28);
    assert_int_equal(profile.valid_blocks, 10);
    assert_int_equal(profile.last_block, 0);
    assert_int_equal(profile.sequence, 9);
    assert_int_equal(profile.valid_intervals, 96);
    meter_profile_init(&profile, 2);
    learn(&meter_bt61, 0, bt61, sizeof bt61);
    assert_int_equal(meter_profile_check(&profile), METER_PROFILE_ABSENT);
}

static void end_readings_come_before_the_status(void **state)
{
    uint8_t bytes[sizeof bt61];
    (void)state;
    memcpy(bytes, bt61, sizeof bytes);
    bytes[4] = 1 << 4;
    learn(&meter_bt61, 0, bytes, sizeof bytes);
    assert_int_equal(meter_profile_check(&profile), METER_PROFILE_OK);
    assert_int_equal(profile.layout.status, 5 + 16);
    assert_int_equal(profile.layout.header, 5 + 16 + 3);
    assert_int_equal(profile.layout.block, 24 + 24 * 19);
}

/* ET21 of p.95-97 for set 1: a block of 500 bytes, header 10, status at 6, intervals of 20. */
static void et21_bytes(uint8_t *bytes)
{
    memset(bytes, 0, 94);
    bytes[8] = 500 & 255, bytes[9] = 500 >> 8;
    bytes[12] = 10;
    bytes[20] = 6;
    bytes[22] = 6;
    bytes[23] = 3;
    bytes[24] = 10;
    bytes[25] = 20;
    bytes[26] = 4;
    bytes[78] = 0x12, bytes[81] = 0x34;
    bytes[91] = 7;
    bytes[93] = 8;
}

static void sizes_of_et21_go_first(void **state)
{
    uint8_t bytes[94];
    (void)state;
    learn_all(0);
    et21_bytes(bytes);
    learn(&meter_et21, 0, bytes, sizeof bytes);
    assert_int_equal(meter_profile_check(&profile), METER_PROFILE_OK);
    assert_int_equal(profile.layout.block, 500);
    assert_int_equal(profile.layout.header, 10);
    assert_int_equal(profile.layout.status, 6);
    assert_int_equal(profile.layout.record, 20);
    assert_int_equal(profile.layout.values, 4);
    assert_int_equal(profile.last_interval, 6);
    assert_int_equal(profile.in_progress, 7);
    assert_int_equal(profile.configuration_id, 0x34000012);
    assert_true(profile.ansi);
    /* The second set's entry is 131 bytes on, 111 before firmware 3.60. */
    meter_profile_init(&profile, 1);
    learn(&meter_et21, 131, bytes, sizeof bytes);
    assert_int_equal(profile.block_bytes, 500);
    meter_profile_init(&profile, 1);
    meter_dimension_set(&dims, METER_DIM_FIRMWARE, METER_FW_3_50);
    learn(&meter_et21, 111, bytes, sizeof bytes);
    assert_int_equal(profile.block_bytes, 500);
}

static void sizes_of_et21_that_leave_no_room_do_not(void **state)
{
    static const struct {
        uint8_t at, value;
    } wrong[] = {{9, 0}, {12, 8}, {13, 2}, {22, 4}, {22, 8}, {25, 19}, {25, 21}, {26, 2}, {26, 5}};
    uint8_t bytes[94];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        learn_all(0);
        et21_bytes(bytes);
        bytes[wrong[i].at] = wrong[i].value;
        learn(&meter_et21, 0, bytes, sizeof bytes);
        assert_int_equal(meter_profile_check(&profile), METER_PROFILE_OK);
        assert_int_equal(profile.layout.block, 464);
    }
}

/* ET42 (p.113-116) in place of BT61 and BT62. */
static void et42_stands_in(void **state)
{
    uint8_t bytes[46] = {46, 0, 41, 0};
    (void)state;
    bytes[23] = 248;
    bytes[27] = 62;
    bytes[29] = 2;
    bytes[30] = 84;
    bytes[33] = 24;
    bytes[41] = 1;
    bytes[43] = 0x01, bytes[44] = 0x40;
    meter_dimensions_update(&dims, &meter_et42, 0, bytes, sizeof bytes);
    learn(&meter_et42, 0, bytes, sizeof bytes);
    assert_int_equal(meter_profile_check(&profile), METER_PROFILE_OK);
    assert_int_equal(profile.layout.block, 248);
    assert_int_equal(profile.layout.interval_s, 86400);
    assert_int_equal(profile.source[0], 1);
    assert_int_equal(profile.source[1], 0x4001);
    meter_profile_init(&profile, 1);
    learn(&meter_et42, 0, bytes, sizeof bytes);
    assert_int_equal(meter_profile_check(&profile), METER_PROFILE_UNKNOWN);
}

static void what_cannot_be_read_is_said(void **state)
{
    static const struct {
        uint8_t at, value;
        enum meter_profile_problem problem;
    } wrong[] = {{7, 0, METER_PROFILE_ABSENT},       {9, 0, METER_PROFILE_ABSENT},
                 {11, 0, METER_PROFILE_ABSENT},      {11, 17, METER_PROFILE_IMPLAUSIBLE},
                 {10, 6, METER_PROFILE_IMPLAUSIBLE}, {8, 0xff, METER_PROFILE_IMPLAUSIBLE},
                 {12, 0, METER_PROFILE_UNSUPPORTED}, {12, 61, METER_PROFILE_UNSUPPORTED},
                 {12, 84, METER_PROFILE_OK},         {12, 1, METER_PROFILE_OK}};
    uint8_t bytes[sizeof bt61], control[sizeof bt62], status[sizeof bt63];
    (void)state;
    assert_int_equal(meter_profile_check(&profile), METER_PROFILE_UNKNOWN);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        meter_profile_init(&profile, 0);
        memcpy(bytes, bt61, sizeof bytes);
        bytes[wrong[i].at] = wrong[i].value;
        learn(&meter_bt61, 0, bytes, sizeof bytes);
        assert_int_equal(meter_profile_check(&profile), wrong[i].problem);
        assert_true(strlen(meter_profile_strerror(wrong[i].problem)) > 10);
    }
    learn_all(0);
    memcpy(control, bt62, sizeof control);
    control[12] = 16; /* INT16 */
    learn(&meter_bt62, 0, control, sizeof control);
    assert_int_equal(meter_profile_check(&profile), METER_PROFILE_UNSUPPORTED);
    for (unsigned bit = 0; bit <= 4; bit += 4) {
        learn_all(0);
        memcpy(status, bt63, sizeof status);
        status[0] |= (uint8_t)(1u << bit);
        learn(&meter_bt63, 0, status, sizeof status);
        assert_int_equal(meter_profile_check(&profile), METER_PROFILE_UNSUPPORTED);
        learn(&meter_bt63, 0, bt63, sizeof bt63);
        assert_int_equal(meter_profile_check(&profile), METER_PROFILE_OK);
    }
}

/* ---- Headers ---- */

static void header_of_a_block(void **state)
{
    struct meter_profile_block block;
    const struct meter_time end = {2026, 3, 1, 7, 0, 0};
    uint8_t header[] = {26, 3, 1, 7, 0, 0x4f, 0x00, 0x00}; /* 0-3 and 6 of 24 */
    (void)state;
    learn_all(0);
    assert_true(meter_profile_header(&profile, header, &block));
    assert_int_equal(block.last, 6);
    assert_int_equal(block.number, 5);
    assert_true(block.end == meter_time_unix(&end));
    assert_true(meter_profile_time(&profile, &block, 6) == block.end);
    assert_true(meter_profile_time(&profile, &block, 0) == block.end - 6 * 3600);
    assert_true(meter_profile_time(&profile, &block, 7) == block.end + 3600);
    assert_true(meter_profile_processed(&profile, header, 3));
    assert_false(meter_profile_processed(&profile, header, 4));
    assert_false(meter_profile_processed(&profile, header, 24));
    header[7] = 0x80; /* the last one: the block is complete */
    assert_true(meter_profile_header(&profile, header, &block));
    assert_int_equal(block.last, 23);
    header[1] = 13;
    assert_false(meter_profile_header(&profile, header, &block));
    header[1] = 3;
    header[5] = header[7] = 0;
    assert_false(meter_profile_header(&profile, header, &block));
}

static void how_far_back(void **state)
{
    const int64_t midnight = 20000 * INT64_C(86400), end = midnight + 7 * 3600;
    (void)state;
    learn_all(0); /* days; the last one has 7 intervals */
    assert_int_equal(meter_profile_back(&profile, end, 6, end), 0);
    assert_int_equal(meter_profile_back(&profile, end, 6, midnight + 3600), 0);
    assert_int_equal(meter_profile_back(&profile, end, 6, midnight), 1);
    assert_int_equal(meter_profile_back(&profile, end, 6, midnight - 1), 1);
    assert_int_equal(meter_profile_back(&profile, end, 6, midnight - 86400 + 3600), 1);
    assert_int_equal(meter_profile_back(&profile, end, 6, midnight - 86400), 2);
    assert_int_equal(meter_profile_back(&profile, end, 6, 0), 61);
    assert_int_equal(meter_profile_back(&profile, end, 6, INT64_MIN), 61);
    assert_int_equal(meter_profile_back(&profile, end, 6, INT64_MAX - 3600), 0);
    profile.valid_blocks = 5;
    assert_int_equal(meter_profile_back(&profile, end, 6, 0), 4);
    profile.valid_blocks = 0;
    assert_int_equal(meter_profile_back(&profile, end, 6, 0), 0);
}

/* ---- Intervals ---- */

static struct collected collected;

static const struct collected *values_of(const uint8_t *record)
{
    uint8_t *copy = malloc(profile.layout.record);
    assert_non_null(copy);
    memcpy(copy, record, profile.layout.record);
    collected.count = 0;
    size_t values = meter_profile_values(&profile, &dims, copy, collect, &collected);
    assert_int_equal(values, collected.count);
    free(copy);
    return &collected;
}

static void values_and_status(void **state)
{
    /* common: power fail and clock back; channels 1 to 4: 0, 4, 2, 9 */
    static const uint8_t record[] = {0xa0, 0x42, 0x90, 0x39, 0x30, 0,    0,    0, 0, 0,
                                     0,    0xff, 0xff, 0xff, 0xff, 0x60, 0x7d, 3, 0};
    (void)state;
    learn_all(0);
    meter_dimension_set(&dims, METER_DIM_ENERGY_UNIT, 10);
    const struct collected *got = values_of(record);
    assert_int_equal(got->count, 3); /* the second was skipped */
    expect_integer(got, "energy_import_wh", 123450);
    expect_none(got, "energy_export_wh");
    expect_integer(got, "mbus_2_type_1", -1);
    expect_integer(got, "voltage_l1_mv", 228704);
    assert_int_equal(find(got, "voltage_l1_mv")->unit, METER_UNIT_MV);
    assert_int_equal(find(got, "voltage_l1_mv")->place, 3);
    assert_int_equal(meter_profile_channel_status(&profile, record, 1), 4);
    assert_int_equal(meter_profile_channel_status(&profile, record, 3), 9);
    assert_int_equal(meter_profile_channel_status(&profile, record, 4), 0);
    assert_int_equal(meter_profile_flags(&profile, record),
                     METER_PROFILE_POWER_FAIL | METER_PROFILE_CLOCK_BACK |
                         METER_PROFILE_STATUS << 4 | METER_PROFILE_STATUS << 2 |
                         METER_PROFILE_STATUS << 9);
}

static void every_status(void **state)
{
    static const bool empty[16] = {[4] = true, [8] = true, [10] = true, [12] = true, [15] = true};
    uint8_t record[19] = {0};
    (void)state;
    learn_all(0);
    for (unsigned status = 0; status < 16; status++) {
        record[0] = (uint8_t)status;
        assert_int_equal(values_of(record)->count, empty[status] ? 3 : 4);
        record[0] = (uint8_t)(status << 4);
        assert_int_equal(values_of(record)->count, 4);
        assert_int_equal(meter_profile_flags(&profile, record), status);
    }
    for (unsigned bit = 0; bit < METER_PROFILE_FLAGS; bit++)
        assert_true((meter_profile_flag_name(bit) == NULL) == (bit == 4));
    assert_null(meter_profile_flag_name(METER_PROFILE_FLAGS));
    assert_string_equal(meter_profile_flag_name(1), "power_fail");
    assert_string_equal(meter_profile_flag_name(4 + 4), "skipped");
    assert_string_equal(meter_profile_flag_name(4 + 15), "placeholder");
}

static void expect_name(uint16_t source, const char *name)
{
    struct meter_value value;
    profile.source[0] = source;
    assert_true(meter_profile_channel(&profile, &dims, 0, &value));
    assert_string_equal(value.name, name);
}

static void names(void **state)
{
    struct meter_value value;
    (void)state;
    learn_all(0);
    expect_name(2, "reactive_energy_import_varh");
    expect_name(4, "power_outage_s");
    expect_name(29, "energy_import_t1_wh");
    expect_name(31, "reactive_energy_import_t1_varh");
    expect_name(33, "source_33"); /* minutes, and of no name in the data model */
    expect_name(41, "energy_export_t2_wh");
    expect_name(58, "energy_net_t3_wh");
    expect_name(68, "energy_sum_t4_wh");
    expect_name(72, "source_72");
    expect_name(73, "source_73");
    expect_name(81, "source_81"); /* after a ratio that this meter has not */
    expect_name(8, "power_import_w");
    expect_name(111, "reactive_energy_q4_varh");
    expect_name(112, "source_112"); /* ET66 was not told of it */
    expect_name(164, "source_164");
    expect_name(235, "current_average_l3_ma");
    expect_name(245, "extended_245"); /* stands for something else in BT23 */
    expect_name(0x4301, "mbus_3_type_1");
    expect_name(0x3001, "extended_12289");
    expect_name(METER_PROFILE_NO_SOURCE, "channel_1");
    meter_dimension_set(&dims, METER_DIM_CT_RATIO, 40);
    expect_name(81, "power_import_w");
    expect_name(8, "source_8");
    expect_name(1, "energy_export_wh"); /* as the second, which therefore has another name */
    assert_true(meter_profile_channel(&profile, &dims, 1, &value));
    assert_string_equal(value.name, "channel_2");
    assert_int_equal(value.unit, METER_UNIT_NONE);
    assert_false(meter_profile_channel(&profile, &dims, 4, &value));
    assert_false(meter_profile_channel(&profile, &dims, 99, &value));
    profile.scaled_sets = 1;
    expect_name(1, "channel_1");
    profile.scaled_sets = 2; /* another set, and after this one */
    expect_name(1, "energy_export_wh");
    for (unsigned source = 0; source <= 0xffff; source++) {
        profile.source[0] = (uint16_t)source;
        assert_true(meter_profile_channel(&profile, &dims, 0, &value));
        assert_in_range(strlen(value.name), 5, METER_NAME_SIZE - 1);
    }
}

static void mapped_sources_are_told_of(void **state)
{
    (void)state;
    meter_profile_init(&profile, 0);
    learn(&meter_bt61, 0, bt61, sizeof bt61);
    assert_false(meter_profile_is_mapped(&profile));
    learn(&meter_bt62, 0, bt62, sizeof bt62);
    assert_true(meter_profile_is_mapped(&profile));
    learn(&meter_et66, 0, et66, sizeof et66);
    assert_false(meter_profile_is_mapped(&profile));
    assert_int_equal(profile.source[2], 0x4201);
}

/* ---- Whatever comes ---- */

/* Everything that can be done with what was learnt, in bytes of exactly the size they must have. */
static void use(uint32_t *random)
{
    struct meter_profile_block block;
    const struct meter_profile_layout *layout = &profile.layout;

    if (meter_profile_check(&profile) != METER_PROFILE_OK)
        return;
    assert_in_range(layout->header, 6, METER_PROFILE_HEADER_MAX);
    assert_true(layout->record >= 5 && layout->values < layout->record);
    assert_true(layout->header + (uint32_t)layout->record * profile.intervals <= layout->block);
    uint8_t *bytes = malloc((size_t)layout->header + layout->record);
    assert_non_null(bytes);
    for (unsigned i = 0; i < (unsigned)layout->header + layout->record; i++)
        bytes[i] = (uint8_t)next_random(random);
    uint8_t *record = bytes + layout->header;
    if (meter_profile_header(&profile, bytes, &block)) {
        assert_in_range(block.last, 0, profile.intervals - 1);
        uint16_t back = meter_profile_back(&profile, block.end, block.last, next_random(random));
        assert_true(back < profile.blocks);
        uint16_t at = meter_profile_block(&profile, back);
        assert_true(at < profile.blocks);
        assert_true(meter_profile_at(&profile, at, profile.intervals) <= 0x1000000);
    }
    (void)meter_profile_flags(&profile, record);
    collected.count = 0;
    meter_profile_values(&profile, &dims, record, collect, &collected);
    assert_in_range(collected.count, 0, METER_PROFILE_CHANNELS_MAX);
    free(bytes);
}

static void every_truncation(void **state)
{
    uint8_t bytes[94];
    uint32_t random = 5;
    static const struct {
        const struct meter_table *table;
        const uint8_t *bytes;
        size_t size;
    } tables[] = {{&meter_bt61, bt61, sizeof bt61},
                  {&meter_bt62, bt62, sizeof bt62},
                  {&meter_bt63, bt63, sizeof bt63},
                  {&meter_et66, et66, sizeof et66}};
    (void)state;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (size_t count = 0; count <= tables[t].size; count++) {
            meter_profile_init(&profile, 1);
            if (t != 0)
                learn(&meter_bt61, 0, bt61, sizeof bt61);
            learn(tables[t].table, 0, tables[t].bytes, count);
            use(&random);
            if (t == 0) /* set 2's blocks, intervals, channels and interval are its last bytes */
                assert_int_equal(meter_profile_check(&profile),
                                 count >= 19   ? METER_PROFILE_OK
                                 : count >= 18 ? METER_PROFILE_UNSUPPORTED
                                 : count >= 15 ? METER_PROFILE_ABSENT
                                               : METER_PROFILE_UNKNOWN);
        }
    }
    et21_bytes(bytes);
    for (size_t count = 0; count <= sizeof bytes; count++) {
        learn_all(0);
        learn(&meter_et21, 0, bytes, count);
        use(&random);
        assert_int_equal(profile.layout.block, count > 26 ? 500 : 464);
    }
}

static void hostile_bytes(void **state)
{
    static const struct meter_table *const tables[] = {&meter_bt61, &meter_bt62, &meter_bt63,
                                                       &meter_et21, &meter_et42, &meter_et66};
    uint8_t bytes[131];
    uint32_t random = 1;
    unsigned usable = 0;
    (void)state;
    for (unsigned i = 0; i < 6000; i++) {
        learn_all(i % 2);
        for (unsigned t = 0; t < sizeof tables / sizeof *tables; t++) {
            if (next_random(&random) % 3 == 0)
                continue;
            for (size_t b = 0; b < sizeof bytes; b++)
                bytes[b] = (uint8_t)(next_random(&random) >> (next_random(&random) % 3) * 8);
            /* Half of them only a little wrong. */
            if (tables[t] == &meter_bt61 && i % 4 < 2) {
                uint8_t wrong = bytes[0], at = (uint8_t)(bytes[1] % sizeof bt61);
                memcpy(bytes, bt61, sizeof bt61);
                bytes[at] = wrong;
            }
            learn(tables[t], 0, bytes, next_random(&random) % (sizeof bytes + 1));
        }
        usable += meter_profile_check(&profile) == METER_PROFILE_OK;
        use(&random);
    }
    assert_true(usable > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(places_as_in_the_guide, setup),
        cmocka_unit_test_setup(the_second_data_set, setup),
        cmocka_unit_test_setup(end_readings_come_before_the_status, setup),
        cmocka_unit_test_setup(sizes_of_et21_go_first, setup),
        cmocka_unit_test_setup(sizes_of_et21_that_leave_no_room_do_not, setup),
        cmocka_unit_test_setup(et42_stands_in, setup),
        cmocka_unit_test_setup(what_cannot_be_read_is_said, setup),
        cmocka_unit_test_setup(header_of_a_block, setup),
        cmocka_unit_test_setup(how_far_back, setup),
        cmocka_unit_test_setup(values_and_status, setup),
        cmocka_unit_test_setup(every_status, setup),
        cmocka_unit_test_setup(names, setup),
        cmocka_unit_test_setup(mapped_sources_are_told_of, setup),
        cmocka_unit_test_setup(every_truncation, setup),
        cmocka_unit_test_setup(hostile_bytes, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

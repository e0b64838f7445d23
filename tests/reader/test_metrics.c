/* Prometheus' text format, read back line by line. */
#include "tests/reader/house.h"

#include "reader/bridge/titles.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAMILIES = 200
};

static struct house house;
static struct fake *const f = &house.fake;

/* What the lines said. */
static char family[FAMILIES][80], type[FAMILIES][16];
static unsigned samples[FAMILIES], families;

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    return 0;
}

static void parse_type(const char *line)
{
    char name[80], word[16];
    assert_int_equal(sscanf(line, "# TYPE %79s %15s", name, word), 2);
    for (unsigned i = 0; i < families; i++)
        if (strcmp(family[i], name) == 0)
            fail_msg("two families %s", name);
    assert_true(families < FAMILIES);
    strcpy(family[families], name);
    strcpy(type[families], word);
    samples[families++] = 0;
}

/* NAME{LABEL="VALUE",...} NUMBER, with \\ and \" in values. */
static void parse_sample(const char *line)
{
    size_t length = strcspn(line, "{ ");
    assert_true(families != 0);
    if (strncmp(line, family[families - 1], length) != 0 || family[families - 1][length] != 0)
        fail_msg("%s in family %s", line, family[families - 1]);
    samples[families - 1]++;
    line += length;
    if (*line == '{') {
        do {
            line++;
            assert_true(islower((unsigned char)*line));
            line += strspn(line, "abcdefghijklmnopqrstuvwxyz_");
            assert_memory_equal(line, "=\"", 2);
            for (line += 2; *line != '"'; line += *line == '\\' ? 2 : 1)
                assert_true(*line != 0 && (*line != '\\' || strchr("\\\"n", line[1]) != NULL));
            line++;
        } while (*line == ',');
        assert_int_equal(*line, '}');
        line++;
    }
    assert_int_equal(*line, ' ');
    char *end;
    strtod(line + 1, &end);
    assert_true(end != line + 1 && *end == 0);
}

static void write_metrics(void)
{
    static char copy[HOUSE_TEXT];
    reader_metrics(&house.bridge, f->now, house_out(&house));
    assert_false(house.out.failed);
    families = 0;
    memcpy(copy, house.text, house.buffer.length + 1);
    assert_int_equal(copy[house.buffer.length - 1], '\n');
    for (char *line = copy, *end; *line != 0; line = end + 1) {
        end = strchr(line, '\n');
        *end = 0;
        if (strncmp(line, "# TYPE ", 7) == 0)
            parse_type(line);
        else if (strncmp(line, "# HELP ", 7) != 0)
            parse_sample(line);
    }
    for (unsigned i = 0; i < families; i++)
        assert_true(samples[i] != 0);
}

static void expect_line(const char *line)
{
    if (strstr(house.text, line) == NULL)
        fail_msg("no %s", line);
}

static const char *type_of(const char *name)
{
    for (unsigned i = 0; i < families; i++)
        if (strcmp(family[i], name) == 0)
            return type[i];
    return "";
}

/* ---- Titles ---- */

static void titles_for_people(void **state)
{
    (void)state;
    static const struct {
        const char *name, *title;
        enum meter_unit unit;
    } cases[] = {
        {"energy_import_wh", "Energy import", METER_UNIT_WH},
        {"energy_import_t1_wh", "Energy import T1", METER_UNIT_WH},
        {"reactive_energy_q3_varh", "Reactive energy Q3", METER_UNIT_VARH},
        {"power_export_average_l2_w", "Power export average L2", METER_UNIT_W},
        {"sin_phi_l1_permille", "Sin phi L1", METER_UNIT_PERMILLE},
        {"frequency_mhz", "Frequency", METER_UNIT_MHZ},
        {"power_outage_s", "Power outage duration", METER_UNIT_S},
        {"power_outages", "Power outages", METER_UNIT_NONE},
        {"tariff", "Tariff", METER_UNIT_NONE},
        {"pulse_2", "Pulse input 2", METER_UNIT_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char title[READER_TITLE_SIZE];
        assert_string_equal(reader_title(cases[i].name, cases[i].unit, title), cases[i].title);
    }
    char title[READER_TITLE_SIZE], longest[100];
    memset(longest, 'a', sizeof longest);
    longest[99] = 0;
    assert_int_equal(strlen(reader_title(longest, METER_UNIT_NONE, title)), READER_TITLE_SIZE - 1);
}

static void collect(void *context, const struct reader_value *value)
{
    static char seen[100][READER_TITLE_SIZE];
    unsigned *count = context;
    char title[READER_TITLE_SIZE];
    reader_title(value->name, value->unit, title);
    assert_true(title[0] >= 'A' && title[0] <= 'Z');
    for (unsigned i = 0; i < *count; i++)
        assert_string_not_equal(seen[i], title);
    strcpy(seen[(*count)++], title);
}

static void titles_differ(void **state)
{
    (void)state;
    unsigned count = 0;
    reader_value_names_of_all(collect, &count);
    assert_true(count > 80);
}

/* ---- Metrics ---- */

static void before_the_first_reading(void **state)
{
    (void)state;
    write_metrics();
    expect_line("meplink_build_info{software=\"mepd\",version=\"1.2.3\"} 1\n");
    expect_line("meplink_link_ok{meter=\"\",id=\"house\"} 0\n");
    assert_string_equal(type_of("meplink_age_seconds"), "");
    assert_string_equal(type_of("meplink_quality_ratio"), "");
    assert_string_equal(type_of("meplink_energy_import_wh"), "");
}

static void all_values_and_counts(void **state)
{
    (void)state;
    fake_set(f, &meter_bt28, "power_factor_l1_permille", -1000);
    fake_set(f, &meter_bt28, "power_export_w", 0);
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    fake_run(f, 10 * MS);
    write_metrics();
    expect_line("# HELP meplink_energy_import_t2_wh Energy import T2, Wh\n"
                "# TYPE meplink_energy_import_t2_wh counter\n"
                "meplink_energy_import_t2_wh{meter=\"ACME-0001\",id=\"house\"} 300000\n");
    expect_line("meplink_power_factor_l1_permille{meter=\"ACME-0001\",id=\"house\"} -1000\n");
    expect_line("meplink_power_export_w{meter=\"ACME-0001\",id=\"house\"} 0\n");
    expect_line("meplink_tariff{meter=\"ACME-0001\",id=\"house\"} 2\n");
    expect_line("meplink_link_ok{meter=\"ACME-0001\",id=\"house\"} 1\n");
    expect_line("meplink_quality_ratio{meter=\"ACME-0001\",id=\"house\"} 1\n");
    expect_line("meplink_readings_total{meter=\"ACME-0001\",id=\"house\"} 3\n");
    expect_line("meplink_meter_time_seconds{meter=\"ACME-0001\",id=\"house\"} 171164641");
    expect_line("meplink_exchanges_total{meter=\"ACME-0001\",id=\"house\",outcome=\"silent\"} 0\n");
    expect_line("model=\"83331-3I\",firmware=\"3.80.03\"} 1\n");
    assert_string_equal(type_of("meplink_power_import_w"), "gauge");
    assert_string_equal(type_of("meplink_energy_net_wh"), "gauge"); /* it may fall */
    assert_string_equal(type_of("meplink_energy_sum_wh"), "counter");
    assert_string_equal(type_of("meplink_power_outage_s"), "counter");
    assert_string_equal(type_of("meplink_pulse_1"), "counter");
    /* Every value of a reading but texts, time and age, which have families of their own. */
    unsigned values = 0;
    for (unsigned i = 0; i < families; i++) {
        char title[90];
        snprintf(title, sizeof title, "%s", family[i] + strlen("meplink_"));
        values += fake_find(f, title) != NULL;
    }
    assert_int_equal(values, fake_list(f) - 6);
}

static void nothing_stale(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->cut = true;
    fake_run(f, 60 * SECOND);
    write_metrics();
    assert_string_equal(type_of("meplink_energy_import_wh"), "");
    assert_string_equal(type_of("meplink_power_import_w"), "");
    assert_string_equal(type_of("meplink_meter_time_seconds"), "");
    assert_string_equal(type_of("meplink_tariff"), "");
    assert_string_equal(type_of("meplink_age_seconds"), "gauge");
    expect_line("meplink_link_ok{meter=\"ACME-0001\",id=\"house\"} 0\n");
}

static void odd_labels(void **state)
{
    (void)state;
    fake_set_text(f, &meter_et03, "serial", "a\"b\\c\xff\nd");
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    write_metrics();
    assert_null(strstr(house.text, "\xff"));
    const char *line = strstr(house.text, "meplink_power_import_w{meter=\"a\\\"b\\\\c");
    assert_non_null(line);
}

static void one_family_of_many_meters(void **state)
{
    (void)state;
    static struct house other;
    house_init(&other);
    strcpy(other.section.name, "garage");
    fake_set_text(&other.fake, &meter_et03, "serial", "ACME-0002");
    meter_dimension_set(&other.fake.dims, METER_DIM_PRESENT_VALUES, 10);
    meter_dimension_set(&other.fake.dims, METER_DIM_TIERS, 8);
    fake_build(&other.fake);
    fake_set_text(&other.fake, &meter_et03, "serial", "ACME-0002");
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_true(fake_until_readings(&other.fake, 1, 8 * SECOND));
    other.fake.now = f->now = f->now > other.fake.now ? f->now : other.fake.now;
    house.list[1] = &other.meter;
    reader_bridge_set_meters(&house.bridge, house.list, 2);
    write_metrics();
    expect_line("meplink_energy_import_wh{meter=\"ACME-0001\",id=\"house\"} 100000\n"
                "meplink_energy_import_wh{meter=\"ACME-0002\",id=\"garage\"} 100000\n");
    expect_line("meplink_frequency_mhz{meter=\"ACME-0001\"");
    assert_null(strstr(house.text, "meplink_frequency_mhz{meter=\"ACME-0002\""));
    expect_line("meplink_energy_import_t8_wh{meter=\"ACME-0002\"");
    assert_null(strstr(house.text, "meplink_energy_import_t8_wh{meter=\"ACME-0001\""));
}

static void no_meters(void **state)
{
    (void)state;
    reader_bridge_set_meters(&house.bridge, house.list, 0);
    write_metrics();
    assert_int_equal(families, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(titles_for_people),
        cmocka_unit_test(titles_differ),
        cmocka_unit_test_setup(before_the_first_reading, setup),
        cmocka_unit_test_setup(all_values_and_counts, setup),
        cmocka_unit_test_setup(nothing_stale, setup),
        cmocka_unit_test_setup(odd_labels, setup),
        cmocka_unit_test_setup(one_family_of_many_meters, setup),
        cmocka_unit_test_setup(no_meters, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

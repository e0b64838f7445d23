/* HTTP: series of values, tables read while a request waits, and events. */
#include "tests/reader/visitor.h"

#include <stdio.h>
#include <string.h>

static struct visitor v;
static struct fake *const f = &v.house.fake;

static int setup(void **state)
{
    (void)state;
    visitor_init(&v);
    assert_true(fake_until_readings(f, 2, 8 * SECOND));
    fake_run(f, 50 * MS);
    return 0;
}

static void expect(const char *path, const char *expected)
{
    visitor_expect_value(&v, path, expected);
}

/* ---- History ---- */

static void store(const char *name, size_t points)
{
    v.point_name = name;
    v.points = points;
    for (size_t i = 0; i < points; i++)
        v.point[i] = (struct reader_point){1000000 + 900 * (int64_t)i, 5000 + (int64_t)i, i % 2};
}

static void a_range(void **state)
{
    (void)state;
    store("energy_import_wh", 8);
    visitor_get(&v, "/api/v1/history?name=energy_import_wh%2Cpower_import_w&from=1000000&to=1003600"
                    "&resolution=900&meter=house");
    visitor_expect(&v, 200, NULL);
    expect("meter", "\"house\"");
    expect("resolution", "900");
    expect("series/0/name", "\"energy_import_wh\"");
    expect("series/0/unit", "\"Wh\"");
    expect("series/0/kind", "\"total\"");
    assert_int_equal(json_count(v.house.text, "series/0/points"), 4);
    expect("series/0/points/0", "[1000000,5000,\"sample\"]");
    expect("series/0/points/3", "[1002700,5003,\"meter\"]");
    expect("series/1/name", "\"power_import_w\"");
    expect("series/1/kind", "\"mean\"");
    expect("series/1/points", "[]");
    assert_int_equal(v.last_series.step_s, 900);
    assert_int_equal(v.last_series.from, 1000000);
    assert_int_equal(v.last_series.to, 1003600);
}

static void without_a_range_the_last_day(void **state)
{
    (void)state;
    visitor_get(&v, "/api/v1/history?name=energy_import_wh");
    visitor_expect(&v, 200, NULL);
    expect("resolution", "900");
    assert_int_equal(v.last_series.to, f->clock);
    assert_int_equal(v.last_series.from, f->clock - 86400);
}

static void as_much_as_may_be_asked(void **state)
{
    (void)state;
    store("energy_import_wh", 3000);
    visitor_get(&v, "/api/v1/history?name=energy_import_wh,energy_export_wh,pulse_1,frequency_mhz&"
                    "from=1000000&to=3700000&resolution=900");
    visitor_expect(&v, 200, NULL);
    assert_int_equal(json_count(v.house.text, "series"), 4);
    assert_int_equal(json_count(v.house.text, "series/0/points"), 3000);
    expect("series/2/kind", "\"total\"");
    expect("series/2/unit", "\"\"");
}

static void registers_at_times(void **state)
{
    (void)state;
    char target[1200] = "/api/v1/history?name=energy_import_wh&resolution=3600&at=";
    store("energy_import_wh", 8);
    visitor_get(&v, "/api/v1/history?name=energy_import_wh&at=1000000,999999,1004499,1009901"
                    "&resolution=3600");
    visitor_expect(&v, 200, NULL);
    expect("series/0/points", "[[1000000,5000,\"sample\"],null,[1003600,5004,\"sample\"],null]");
    assert_int_equal(v.last_series.from, 1009901 - 3599);
    assert_int_equal(v.last_series.to, 1009902);
    for (unsigned i = 0; i < 64; i++)
        sprintf(target + strlen(target), "%s1000000", i != 0 ? "," : "");
    visitor_get(&v, target);
    visitor_expect(&v, 200, NULL);
    assert_int_equal(json_count(v.house.text, "series/0/points"), 64);
    strcat(target, ",1");
    visitor_get(&v, target);
    visitor_expect(&v, 400, "invalid");
}

static void what_cannot_be_asked(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "",
        "name=",
        "name=nothing",
        "name=energy_import_wh,",
        "name=energy_import_wh,,power_import_w",
        "name=serial",
        "name=meter_time",
        "name=ENERGY_IMPORT_WH",
        "name=pulse_1,pulse_2,tariff,power_import_w,frequency_mhz",
        "name=pulse_1&resolution=59",
        "name=pulse_1&resolution=2678401",
        "name=pulse_1&resolution=-900",
        "name=pulse_1&resolution=9e2",
        "name=pulse_1&resolution=900s",
        "name=pulse_1&resolution=99999999999999999999",
        "name=pulse_1&from=2&to=1",
        "name=pulse_1&from=1&to=1",
        "name=pulse_1&from=-1&to=1",
        "name=pulse_1&from=x&to=1",
        "name=pulse_1&from=1&to=9999999999999",
        "name=pulse_1&from=0&to=2700001&resolution=900",
        "name=power_import_w&at=1000",
        "name=pulse_1&at=1000&resolution=86401",
        "name=pulse_1&at=x",
        "name=pulse_1&at=1;2",
        "name=pulse_1&at=1,x",
        "name=pulse_1&at=,",
    };
    char target[200];
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        snprintf(target, sizeof target, "/api/v1/history?%s", queries[i]);
        if (visitor_get(&v, target) != 400 && strcmp(queries[i], "name=energy_import_wh,") != 0)
            fail_msg("%s: %s", queries[i], v.house.text);
    }
    assert_int_equal(v.series_asked, 1); /* an open comma at the end is overlooked */
}

static void a_store_that_fails(void **state)
{
    (void)state;
    static const char target[] = "/api/v1/history?name=energy_import_wh,energy_export_wh";
    v.series_fail_at = 1;
    visitor_get(&v, target);
    visitor_expect(&v, 503, "store_failed");
    v.series_asked = 0;
    v.series_fail_at = 2; /* when some of the answer is written: it is broken off */
    v.request.target = target;
    v.response.out = *house_out(&v.house);
    assert_int_equal(
        reader_http(&v.house.bridge, f->now, f->clock, &v.request, &v.stream, &v.response),
        READER_HTTP_DONE);
    assert_true(v.response.out.failed);
    v.host.store_ok = NULL;
    visitor_get(&v, target);
    visitor_expect(&v, 404, "no_store");
}

static void a_meter_of_unknown_serial_number(void **state)
{
    (void)state;
    visitor_add_meter(&v);
    visitor_get(&v, "/api/v1/history?name=energy_import_wh&meter=garage");
    visitor_expect(&v, 503, "unknown_serial");
}

/* ---- Tables ---- */

static void the_list_of_tables(void **state)
{
    (void)state;
    visitor_get(&v, "/api/v1/tables");
    visitor_expect(&v, 200, NULL);
    assert_int_equal(json_count(v.house.text, "tables"), meter_table_count);
    expect("tables/0/table", "\"BT00\"");
    expect("tables/0/number", "0");
    assert_non_null(json_at(v.house.text, "tables/0/title"));
    assert_non_null(json_at(v.house.text, "tables/0/page"));
}

static void a_table(void **state)
{
    (void)state;
    visitor_get(&v, "/api/v1/tables/BT28");
    visitor_expect(&v, 200, NULL);
    expect("table", "\"BT28\"");
    expect("number", "28");
    expect("bytes", "220");
    expect("size", "220");
    expect("values/0/name", "\"power_import_w\"");
    expect("values/0/value", "100000");
    expect("values/0/unit", "\"W\"");
    expect("values/0/offset", "0");
    assert_int_equal(v.house.meter.table.state, READER_JOB_NONE);
    visitor_get(&v, "/api/v1/tables/et03?meter=house");
    visitor_expect(&v, 200, NULL);
    expect("number", "2051");
    visitor_get(&v, "/api/v1/tables/23");
    expect("table", "\"BT23\"");
}

/* Nor does an exchange of that table show them to who has logged in. */
static void secrets_of_a_table(void **state)
{
    (void)state;
    visitor_log_in(&v);
    visitor_get(&v, "/api/v1/tables/ET13");
    visitor_expect(&v, 200, NULL);
    assert_non_null(
        strstr(v.house.text, "{\"name\":\"device_config_0_security_key\",\"secret\":true,"));
    visitor_get(&v, "/api/v1/exchanges");
    visitor_expect(&v, 200, NULL);
    assert_in_range(json_count(v.house.text, "exchanges"), 5, 16);
    assert_non_null(strstr(v.house.text, "\"table\":\"ET13\""));
    v.house.meter.log = NULL;
    visitor_get(&v, "/api/v1/exchanges");
    visitor_expect(&v, 404, "no_exchanges");
}

static void every_table(void **state)
{
    (void)state;
    char target[40];
    for (size_t i = 0; i < meter_table_count; i++) {
        snprintf(target, sizeof target, "/api/v1/tables/%s", meter_tables[i]->name);
        int status = visitor_get(&v, target);
        assert_true(status == 200 || status == 502);
    }
}

static void tables_that_cannot_be_had(void **state)
{
    (void)state;
    static const char *const names[] = {"BT99", "XX", "BT23x", "BT2300000000000", "BT%32", "BT23/"};
    char target[60];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(target, sizeof target, "/api/v1/tables/%s", names[i]);
        visitor_get(&v, target);
        visitor_expect(&v, 404, "unknown_table");
    }
    fake_table(f, &meter_bt15)->code = MEP_CODE_NO_PERMISSION;
    visitor_get(&v, "/api/v1/tables/BT15");
    visitor_expect(&v, 502, "refused");
    expect("code", "3");
    f->cut = true;
    visitor_get(&v, "/api/v1/tables/BT15");
    visitor_expect(&v, 504, "no_answer");
    assert_int_equal(v.house.meter.table.state, READER_JOB_NONE);
}

static enum reader_http_result go_on(struct reader_http_request *request)
{
    v.response.out = *house_out(&v.house);
    return reader_http(&v.house.bridge, f->now, 0, request, &v.stream, &v.response);
}

static void several_want_the_same_table(void **state)
{
    (void)state;
    struct reader_http_request request[3];
    unsigned reads = fake_table(f, &meter_bt20)->reads;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(visitor_ask(&v, "GET", "/api/v1/tables/BT20", NULL), READER_HTTP_WAIT);
        request[i] = v.request;
    }
    assert_int_equal(v.house.meter.table.waiting, 3);
    reader_http_cancel(&v.house.bridge, &request[0]);
    fake_run(f, 3 * SECOND);
    for (unsigned i = 1; i < 3; i++) {
        assert_int_equal(v.house.meter.table.state, READER_JOB_DONE);
        assert_int_equal(go_on(&request[i]), READER_HTTP_DONE);
        visitor_expect(&v, 200, NULL);
        expect("table", "\"BT20\"");
    }
    assert_int_equal(v.house.meter.table.state, READER_JOB_NONE);
    assert_int_equal(fake_table(f, &meter_bt20)->reads, reads + 1);
}

static void another_table_waits_its_turn(void **state)
{
    (void)state;
    struct reader_http_request first;
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/tables/BT20", NULL), READER_HTTP_WAIT);
    first = v.request;
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/tables/BT21", NULL), READER_HTTP_WAIT);
    fake_run(f, 3 * SECOND);
    assert_int_equal(go_on(&v.request), READER_HTTP_WAIT);
    assert_int_equal(go_on(&first), READER_HTTP_DONE);
    visitor_expect(&v, 200, NULL);
    for (unsigned i = 0; i < 30 && go_on(&v.request) == READER_HTTP_WAIT; i++)
        fake_run(f, 100 * MS);
    visitor_expect(&v, 200, NULL);
    expect("table", "\"BT21\"");
}

static void who_waits_for_too_long_is_told(void **state)
{
    (void)state;
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/tables/BT20", NULL), READER_HTTP_WAIT);
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/tables/BT21", NULL), READER_HTTP_WAIT);
    f->now += 20 * SECOND;
    assert_int_equal(go_on(&v.request), READER_HTTP_DONE);
    visitor_expect(&v, 503, "busy");
    assert_int_not_equal(v.response.retry_after_s, 0);
}

static void who_went_leaves_no_job(void **state)
{
    (void)state;
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/tables/BT20", NULL), READER_HTTP_WAIT);
    reader_http_cancel(&v.house.bridge, &v.request);
    assert_int_equal(v.house.meter.table.state, READER_JOB_NONE);
    reader_http_cancel(&v.house.bridge, &v.request);
    /* Gone without a word: the result is let go of after a while. */
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/tables/BT20", NULL), READER_HTTP_WAIT);
    fake_run(f, 12 * SECOND);
    assert_int_equal(v.house.meter.table.state, READER_JOB_NONE);
    assert_int_equal(visitor_get(&v, "/api/v1/tables/BT21"), 200);
}

/* The meter was taken out, or its line configured anew, while somebody waited. */
static void a_meter_that_goes_away(void **state)
{
    (void)state;
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/tables/BT20", NULL), READER_HTTP_WAIT);
    reader_bridge_set_meters(&v.house.bridge, NULL, 0);
    assert_int_equal(go_on(&v.request), READER_HTTP_DONE);
    visitor_expect(&v, 404, "no_meter");
    reader_http_cancel(&v.house.bridge, &v.request);
}

/* ---- Events ---- */

static unsigned count(const char *text, const char *part)
{
    unsigned found = 0;

    for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part))
        found++;
    return found;
}

static void a_stream_of_events(void **state)
{
    (void)state;
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/events", NULL), READER_HTTP_STREAM);
    visitor_expect(&v, 200, NULL);
    assert_string_equal(v.response.content_type, "text/event-stream");
    assert_memory_equal(v.house.text, "event: link\ndata: {\"link\":\"ok\"", 30);
    assert_int_equal(count(v.house.text, "event: "), 2);
    assert_non_null(strstr(v.house.text, "}\n\nevent: reading\ndata: {\"serial\":"));
    assert_string_equal(v.house.text + strlen(v.house.text) - 3, "}\n\n");
    assert_string_equal(visitor_stream(&v), "");
    assert_true(fake_until_readings(f, 1, 3 * SECOND));
    assert_memory_equal(visitor_stream(&v), "event: reading\ndata: {", 22);
    assert_int_equal(count(v.house.text, "event: "), 1);
    assert_int_equal(count(v.house.text, "\n"), 3); /* nothing in the data breaks a line */
    assert_string_equal(visitor_stream(&v), "");
}

static void a_stream_of_a_meter_that_goes_silent(void **state)
{
    (void)state;
    visitor_ask(&v, "GET", "/api/v1/events?meter=house", NULL);
    f->cut = true;
    fake_run(f, 14 * SECOND);
    assert_non_null(strstr(visitor_stream(&v), "event: link\ndata: {\"link\":\"went_silent\""));
    assert_int_equal(count(v.house.text, "event: "), 1);
    f->now += 14999 * MS;
    assert_string_equal(visitor_stream(&v), "");
    f->now += MS;
    assert_string_equal(visitor_stream(&v), ":\n\n");
    assert_string_equal(visitor_stream(&v), "");
    visitor_ask(&v, "GET", "/api/v1/events?meter=house", NULL);
    assert_int_equal(count(v.house.text, "event: "), 1); /* no reading is fresh */
}

static void a_stream_from_the_start(void **state)
{
    (void)state;
    visitor_init(&v);
    visitor_ask(&v, "GET", "/api/v1/events", NULL);
    assert_int_equal(count(v.house.text, "event: "), 1);
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    visitor_stream(&v);
    assert_memory_equal(v.house.text, "event: info\ndata: {}\n\nevent: link\n", 34);
    assert_int_equal(count(v.house.text, "event: reading\n"), 1);
}

static void a_stream_that_may_not_be_seen_any_more(void **state)
{
    (void)state;
    v.house.settings.http_public = false;
    visitor_log_in(&v);
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/events", NULL), READER_HTTP_STREAM);
    struct reader_http_stream stream = v.stream;
    visitor_stream(&v);
    assert_false(v.response.out.failed);
    visitor_ask(&v, "DELETE", "/api/v1/session", NULL);
    v.stream = stream;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_string_equal(visitor_stream(&v), "");
    assert_true(v.response.out.failed);
    v.house.settings.http_public = true;
    visitor_ask(&v, "GET", "/api/v1/events", NULL);
    v.house.settings.http_public = false;
    visitor_stream(&v);
    assert_true(v.response.out.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_range, setup),
        cmocka_unit_test_setup(without_a_range_the_last_day, setup),
        cmocka_unit_test_setup(as_much_as_may_be_asked, setup),
        cmocka_unit_test_setup(registers_at_times, setup),
        cmocka_unit_test_setup(what_cannot_be_asked, setup),
        cmocka_unit_test_setup(a_store_that_fails, setup),
        cmocka_unit_test_setup(a_meter_of_unknown_serial_number, setup),
        cmocka_unit_test_setup(the_list_of_tables, setup),
        cmocka_unit_test_setup(a_table, setup),
        cmocka_unit_test_setup(secrets_of_a_table, setup),
        cmocka_unit_test_setup(every_table, setup),
        cmocka_unit_test_setup(tables_that_cannot_be_had, setup),
        cmocka_unit_test_setup(several_want_the_same_table, setup),
        cmocka_unit_test_setup(another_table_waits_its_turn, setup),
        cmocka_unit_test_setup(who_waits_for_too_long_is_told, setup),
        cmocka_unit_test_setup(who_went_leaves_no_job, setup),
        cmocka_unit_test_setup(a_meter_that_goes_away, setup),
        cmocka_unit_test_setup(a_stream_of_events, setup),
        cmocka_unit_test_setup(a_stream_of_a_meter_that_goes_silent, setup),
        cmocka_unit_test_setup(a_stream_from_the_start, setup),
        cmocka_unit_test_setup(a_stream_that_may_not_be_seen_any_more, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* HTTP: settings seen and changed, keys tried. */
#include "tests/reader/visitor.h"

#include <stdio.h>
#include <string.h>

static struct visitor v;
static struct fake *const f = &v.house.fake;

static int setup(void **state)
{
    (void)state;
    visitor_init(&v);
    visitor_log_in(&v);
    return 0;
}

static int setup_with_reading(void **state)
{
    setup(state);
    assert_true(fake_until_readings(f, 2, 8 * SECOND));
    return 0;
}

static int patch(const char *body)
{
    return visitor_await(&v, "PATCH", "/api/v1/config", body);
}

/* The index of a key in the answer; -1: it is not there. */
static int place_of(const char *key)
{
    char path[40], quoted[READER_SETTING_NAME + 2];

    snprintf(quoted, sizeof quoted, "\"%s\"", key);
    for (int i = 0; i < json_count(v.house.text, "settings"); i++) {
        snprintf(path, sizeof path, "settings/%d/key", i);
        if (strcmp(json_at(v.house.text, path), quoted) == 0)
            return i;
    }
    return -1;
}

static void expect(const char *key, const char *member, const char *expected)
{
    char path[60];

    assert_int_not_equal(place_of(key), -1);
    snprintf(path, sizeof path, "settings/%d/%s", place_of(key), member);
    visitor_expect_value(&v, path, expected);
}

/* ---- Seen ---- */

static void every_setting_with_its_declaration(void **state)
{
    (void)state;
    assert_null(reader_settings_set(&v.house.settings, "cost.import", "-2.4501"));
    assert_null(reader_settings_set(&v.house.settings, "mqtt.user", "a\"b\\"));
    assert_int_equal(visitor_get(&v, "/api/v1/config"), 200);
    assert_int_equal(json_count(v.house.text, "settings"), reader_settings_count);
    expect("http.listen", "type", "\"string\"");
    expect("http.listen", "value", "\"127.0.0.1:8080\"");
    expect("http.listen", "default", "\"127.0.0.1:8080\"");
    expect("http.listen", "restart", NULL);
    expect("data", "restart", "true");
    expect("http.public", "value", "true");
    expect("http.public", "default", "true");
    expect("history.sample_s", "type", "\"integer\"");
    expect("history.sample_s", "value", "60");
    expect("history.sample_s", "default", "60");
    expect("history.sample_s", "min", "10");
    expect("history.sample_s", "max", "3600");
    expect("history.sample_s", "restart", NULL);
    expect("cost.import", "type", "\"decimal\"");
    expect("cost.import", "value", "-2.4501");
    expect("cost.import", "min", "-10000");
    expect("language", "choices", "[\"auto\",\"en\",\"da\",\"de\"]");
    expect("language", "value", "\"auto\"");
    expect("mqtt.user", "value", "\"a\\\"b\\\\\"");
    expect("meter.house.uri", "value", "\"/dev/ttyUSB0\"");
    expect("meter.house.period_s", "value", "1");
    assert_int_equal(place_of("uri"), -1);
    visitor_add_meter(&v);
    visitor_get(&v, "/api/v1/config");
    expect("meter.garage.uri", "value", "\"/dev/ttyUSB1\"");
}

static void secrets_are_not_seen(void **state)
{
    (void)state;
    static const char *const keys[] = {"http.password", "mqtt.password", "meter.house.key"};
    visitor_get(&v, "/api/v1/config");
    for (size_t i = 0; i < 3; i++) {
        expect(keys[i], "secret", "true");
        expect(keys[i], "set", "true");
        expect(keys[i], "value", NULL);
        expect(keys[i], "default", NULL);
    }
    expect("http.password", "type", "\"password\"");
    assert_int_equal(patch("{\"mqtt.password\":null,\"meter.house.key\":\"\"}"), 200);
    visitor_get(&v, "/api/v1/config");
    expect("mqtt.password", "set", "false");
    expect("meter.house.key", "set", "false");
}

static void what_the_command_line_fixed(void **state)
{
    (void)state;
    v.fixed = "mqtt.url";
    visitor_get(&v, "/api/v1/config");
    expect("mqtt.url", "fixed", "true");
    expect("mqtt.user", "fixed", NULL);
    assert_int_equal(patch("{\"mqtt.user\":\"me\",\"mqtt.url\":\"mqtt://other\"}"), 400);
    visitor_expect_value(&v, "key", "\"mqtt.url\"");
    assert_int_equal(v.changed, 0);
}

static void keys_of_other_devices(void **state)
{
    (void)state;
    v.host.lacks = READER_SETTING_HOST;
    visitor_get(&v, "/api/v1/config");
    assert_int_equal(place_of("http.listen"), -1);
    assert_int_not_equal(place_of("http.public"), -1);
    assert_int_equal(patch("{\"http.listen\":\"0.0.0.0:1\"}"), 400);
    visitor_expect_value(&v, "key", "\"http.listen\"");
}

/* ---- Changed ---- */

static void changes_of_all_kinds(void **state)
{
    (void)state;
    const struct reader_settings *s = &v.house.settings;
    assert_int_equal(patch("{\"mqtt.url\":\"mqtt://br\\u00f6ker.example\"}"), 400);
    assert_int_equal(patch("{\"mqtt.url\":\"mqtt://broker\", \"mqtt.discovery\":false,"
                           "\"history.sample_s\":30,\"cost.import\":2.45,\"language\":\"da\","
                           "\"cost.currency\":\"\\u20ac\",\"meter.garage.uri\":\"/dev/ttyUSB1\"}"),
                     200);
    visitor_expect_value(&v, "saved", "true");
    visitor_expect_value(&v, "restart", "false");
    assert_string_equal(s->mqtt_url, "mqtt://broker");
    assert_false(s->mqtt_discovery);
    assert_int_equal(s->history_sample_s, 30);
    assert_int_equal(s->cost_import, 24500);
    assert_int_equal(s->language, 2);
    assert_string_equal(s->cost_currency, "\xe2\x82\xac");
    assert_int_equal(s->meters, 2);
    assert_int_equal(patch("{\"mqtt.url\":null,\"meter.garage\":null,\"data\":\"/tmp\"}"), 200);
    visitor_expect_value(&v, "restart", "true");
    assert_string_equal(s->mqtt_url, "");
    assert_int_equal(s->meters, 1);
}

static void changes_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body, *key;
    } cases[] = {
        {"{\"language\":\"fr\"}", "\"language\""},
        {"{\"language\":1}", "\"language\""},
        {"{\"mqtt.discovery\":\"yes\"}", "\"mqtt.discovery\""},
        {"{\"mqtt.discovery\":1}", "\"mqtt.discovery\""},
        {"{\"history.sample_s\":\"30\"}", "\"history.sample_s\""},
        {"{\"history.sample_s\":9}", "\"history.sample_s\""},
        {"{\"history.sample_s\":30.5}", "\"history.sample_s\""},
        {"{\"cost.import\":true}", "\"cost.import\""},
        {"{\"cost.import\":0.00001}", "\"cost.import\""},
        {"{\"mqtt.url\":\"http://x\"}", "\"mqtt.url\""},
        {"{\"nothing\":\"x\"}", "\"nothing\""},
        {"{\"nothing\":1}", "\"nothing\""},
        {"{\"meter.house\":\"x\"}", "\"meter.house\""},
        {"{\"meter.a b.uri\":\"x\"}", "\"meter.a b.uri\""},
        {"{\"meter.house.key\":\"too short\"}", "\"meter.house.key\""},
        {"{\"language\":\"da\",\"mqtt.user\":\"x\",\"language\":\"de\"}", "\"language\""},
        {"{\"language\":\"da\",\"meter.x.uri\":\"a\",\"meter.y.uri\":\"b\"}", "\"meter.y.uri\""},
        {"{\"language\":\"da\",\"mqtt.topic\":\"a#\"}", "\"mqtt.topic\""},
        {"{\"http.password\":\"seven77\"}", "\"http.password\""},
        {"{\"http.password\":\"\"}", "\"http.password\""},
        {"{\"http.password\":\"\\u00e6\\u00f8\\u00e5\\u00e6\\u00f8\\u00e5\\u00e6\"}",
         "\"http.password\""},
        {"{}", NULL},
        {"", NULL},
        {"[]", NULL},
        {"{\"language\":\"da\"", NULL},
        {"{\"language\":{}}", NULL},
        {"{\"language\":\"da\"} x", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (patch(cases[i].body) != 400)
            fail_msg("%s", cases[i].body);
        visitor_expect(&v, 400, "invalid");
        visitor_expect_value(&v, "key", cases[i].key);
    }
    assert_int_equal(v.changed, 0);
    assert_int_equal(v.house.settings.language, 0);
}

static void so_many_at_once(void **state)
{
    (void)state;
    char body[2000] = "{";
    for (unsigned i = 0; i < 32; i++)
        sprintf(body + strlen(body), "%s\"%s\":null", i != 0 ? "," : "",
                reader_settings_keys[i].key);
    assert_true(reader_settings_count > 32);
    strcat(body, "}");
    if (strstr(body, "\"uri\"") == NULL)
        assert_int_equal(patch(body), 200);
    body[strlen(body) - 1] = 0;
    strcat(body, ",\"meter.house.period_s\":2}");
    assert_int_equal(patch(body), 400);
    visitor_expect_value(&v, "key", "\"meter.house.period_s\"");
}

static void what_fits_a_body_fits_the_scratch(void **state)
{
    (void)state;
    static char body[READER_HTTP_BODY_MAX + 1];
    strcpy(body, "{");
    for (unsigned i = 0; strlen(body) < READER_HTTP_BODY_MAX - 400; i++)
        sprintf(body + strlen(body), "%s\"x%u\":\"%0255u\"", i != 0 ? "," : "", i, i);
    strcat(body, "}");
    assert_int_equal(patch(body), 400);
    visitor_expect_value(&v, "key", "\"x0\"");
}

static void a_host_that_cannot_save(void **state)
{
    (void)state;
    v.change_problem = "/etc/mepd.conf: No space left on device";
    assert_int_equal(patch("{\"language\":\"da\"}"), 500);
    visitor_expect(&v, 500, "not_saved");
    visitor_expect_value(&v, "message", "\"/etc/mepd.conf: No space left on device\"");
    v.change_problem = "mqtt.power_max_s: is less than mqtt.power_min_s";
    assert_int_equal(patch("{\"mqtt.power_min_s\":3600}"), 400);
    visitor_expect_value(&v, "key", "\"mqtt.power_max_s\"");
    visitor_expect_value(&v, "message", "\"is less than mqtt.power_min_s\"");
}

/* ---- The password ---- */

static void a_new_password(void **state)
{
    (void)state;
    char cookie[80], csrf[READER_SESSION_ID + 1];
    strcpy(cookie, v.cookie);
    strcpy(csrf, v.csrf);
    v.cookie[0] = 0;
    visitor_log_in(&v); /* another one */
    v.secret[2] = "\xc3\xa6ldgammel";
    assert_int_equal(patch("{\"mqtt.user\":\"me\",\"http.password\":\"\xc3\xa6ldgammel\"}"), 200);
    assert_string_equal(v.house.settings.mqtt_user, "me");
    assert_int_equal(v.iterations, READER_KDF_ITERATIONS);
    assert_memory_equal(v.house.settings.http_password, "pbkdf2-sha256$600000$", 21);
    assert_int_equal(visitor_get(&v, "/api/v1/config"), 200); /* who changed it is still in */
    strcpy(v.cookie, cookie);
    strcpy(v.csrf, csrf);
    assert_int_equal(visitor_get(&v, "/api/v1/config"), 401); /* others are not */
    v.cookie[0] = 0;
    assert_int_equal(
        visitor_await(&v, "POST", "/api/v1/session", "{\"password\":\"\\u00e6ldgammel\"}"), 200);
    assert_int_equal(
        visitor_await(&v, "POST", "/api/v1/session", "{\"password\":\"hunter2-and-more\"}"), 401);
}

static void salts_differ(void **state)
{
    (void)state;
    char first[160];
    assert_int_equal(patch("{\"http.password\":\"the-same-again\"}"), 200);
    strcpy(first, v.house.settings.http_password);
    assert_int_equal(patch("{\"http.password\":\"the-same-again\"}"), 200);
    assert_string_not_equal(first, v.house.settings.http_password);
}

static void without_a_password(void **state)
{
    (void)state;
    assert_int_equal(patch("{\"http.password\":null}"), 200);
    assert_string_equal(v.house.settings.http_password, "");
    assert_int_equal(visitor_get(&v, "/api/v1/config"), 200);
    visitor_get(&v, "/api/v1/session");
    visitor_expect_value(&v, "password_set", "false");
}

static void a_password_that_is_refused_with_others(void **state)
{
    (void)state;
    char before[160];
    strcpy(before, v.house.settings.http_password);
    assert_int_equal(patch("{\"http.password\":\"another-one\",\"mqtt.topic\":\"#\"}"), 400);
    assert_string_equal(v.house.settings.http_password, before);
    v.derive_fails = true;
    assert_int_equal(patch("{\"http.password\":\"another-one\"}"), 500);
    assert_string_equal(v.house.settings.http_password, before);
    assert_int_equal(visitor_get(&v, "/api/v1/config"), 200);
}

/* ---- Keys ---- */

static int try_key(const char *body)
{
    return visitor_await(&v, "POST", "/api/v1/key-test", body);
}

static void a_key_that_the_meter_takes(void **state)
{
    (void)state;
    assert_int_equal(try_key("{\"meter\":\"house\",\"key\":\"0123456789abcdef\"}"), 200);
    visitor_expect_value(&v, "result", "\"ok\"");
    assert_non_null(json_at(v.house.text, "form"));
    assert_int_equal(try_key("{\"meter\":\"ACME-0001\"}"), 200); /* the one that is used */
    visitor_expect_value(&v, "result", "\"ok\"");
    assert_int_equal(try_key("{}"), 200);
    visitor_expect_value(&v, "result", "\"ok\"");
    assert_int_equal(v.house.meter.key.state, READER_JOB_NONE);
}

static void a_key_that_the_meter_refuses(void **state)
{
    (void)state;
    v.secret[2] = "wr0ng-wr0ng-wr0n";
    assert_int_equal(try_key("{\"key\":\"wr0ng-wr0ng-wr0ng-wr\"}"), 200);
    visitor_expect_value(&v, "result", "\"refused\"");
    assert_true(fake_until_readings(f, 2, 5 * SECOND)); /* the right one goes on */
    f->cut = true;
    assert_int_equal(try_key("{\"key\":\"wr0ng-wr0ng-wr0ng-wr\"}"), 200);
    visitor_expect_value(&v, "result", "\"no_answer\"");
}

/* As a board is at first: the meter's answer decides which key is set. */
static void a_key_where_none_is_set(void **state)
{
    (void)state;
    f->reader.config.no_key = true;
    assert_int_equal(try_key("{}"), 400);
    visitor_expect(&v, 400, "invalid");
    visitor_expect_value(&v, "key", "\"key\"");
    assert_int_equal(try_key("{\"key\":\"wr0ng-wr0ng-wr0ng-wr\"}"), 200);
    visitor_expect_value(&v, "result", "\"refused\"");
    assert_int_equal(try_key("{\"key\":\"0123456789abcdef\"}"), 200);
    visitor_expect_value(&v, "result", "\"ok\"");
}

static void what_is_no_key(void **state)
{
    (void)state;
    static const struct {
        const char *body, *key;
    } cases[] = {
        {"{\"key\":\"sh0rt\"}", "\"key\""},
        {"{\"key\":1234567890123456}", "\"key\""},
        {"{\"key\":null}", "\"key\""},
        {"{\"meter\":1}", "\"meter\""},
        {"{\"other\":\"x\"}", "\"other\""},
        {"{\"key\":", NULL},
        {"", NULL},
    };
    v.secret[2] = "sh0rt";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (try_key(cases[i].body) != 400)
            fail_msg("%s", cases[i].body);
        visitor_expect(&v, 400, "invalid");
        visitor_expect_value(&v, "key", cases[i].key);
    }
    assert_int_equal(try_key("{\"meter\":\"barn\"}"), 404);
    visitor_expect(&v, 404, "unknown_meter");
    assert_int_equal(v.house.meter.key.state, READER_JOB_NONE);
}

static void who_tries_two_at_once(void **state)
{
    (void)state;
    struct reader_http_request first;
    static const char body[] = "{\"key\":\"0123456789abcdef\"}";
    assert_int_equal(visitor_ask(&v, "POST", "/api/v1/key-test", body), READER_HTTP_WAIT);
    first = v.request;
    assert_int_equal(visitor_ask(&v, "POST", "/api/v1/key-test", body), READER_HTTP_WAIT);
    assert_int_equal(v.request.ticket, 0);
    fake_run(f, 3 * SECOND);
    v.response.out = *house_out(&v.house);
    assert_int_equal(reader_http(&v.house.bridge, f->now, 0, &first, &v.stream, &v.response),
                     READER_HTTP_DONE);
    visitor_expect_value(&v, "result", "\"ok\"");
    assert_int_equal(reader_http(&v.house.bridge, f->now, 0, &v.request, &v.stream, &v.response),
                     READER_HTTP_WAIT);
    assert_int_not_equal(v.request.ticket, 0);
    reader_http_cancel(&v.house.bridge, &v.request);
    assert_int_equal(v.house.meter.key.state, READER_JOB_NONE);
}

/* Who comes back too late does not get the answer that somebody else waits for. */
static void who_was_away_for_too_long(void **state)
{
    (void)state;
    struct reader_http_request late, table;
    assert_int_equal(visitor_ask(&v, "POST", "/api/v1/key-test", "{\"key\":\"0123456789abcdef\"}"),
                     READER_HTTP_WAIT);
    late = v.request;
    fake_run(f, 12 * SECOND);
    assert_int_equal(v.house.meter.key.state, READER_JOB_NONE);
    assert_int_equal(visitor_ask(&v, "GET", "/api/v1/tables/BT52", NULL), READER_HTTP_WAIT);
    table = v.request;
    assert_int_equal(visitor_ask(&v, "POST", "/api/v1/key-test", "{\"key\":\"wr0ng-wr0ng-wr0n\"}"),
                     READER_HTTP_WAIT);
    reader_http_cancel(&v.house.bridge, &table);
    assert_int_equal(v.house.meter.key.state, READER_JOB_WANTED);
    fake_run(f, 3 * SECOND);
    v.response.out = *house_out(&v.house);
    assert_int_equal(reader_http(&v.house.bridge, f->now, 0, &late, &v.stream, &v.response),
                     READER_HTTP_WAIT);
    assert_int_equal(reader_http(&v.house.bridge, f->now, 0, &v.request, &v.stream, &v.response),
                     READER_HTTP_DONE);
    visitor_expect_value(&v, "result", "\"refused\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_setting_with_its_declaration, setup),
        cmocka_unit_test_setup(secrets_are_not_seen, setup),
        cmocka_unit_test_setup(what_the_command_line_fixed, setup),
        cmocka_unit_test_setup(keys_of_other_devices, setup),
        cmocka_unit_test_setup(changes_of_all_kinds, setup),
        cmocka_unit_test_setup(changes_that_are_refused, setup),
        cmocka_unit_test_setup(so_many_at_once, setup),
        cmocka_unit_test_setup(what_fits_a_body_fits_the_scratch, setup),
        cmocka_unit_test_setup(a_host_that_cannot_save, setup),
        cmocka_unit_test_setup(a_new_password, setup),
        cmocka_unit_test_setup(salts_differ, setup),
        cmocka_unit_test_setup(without_a_password, setup),
        cmocka_unit_test_setup(a_password_that_is_refused_with_others, setup),
        cmocka_unit_test_setup(a_key_that_the_meter_takes, setup_with_reading),
        cmocka_unit_test_setup(a_key_that_the_meter_refuses, setup_with_reading),
        cmocka_unit_test_setup(a_key_where_none_is_set, setup_with_reading),
        cmocka_unit_test_setup(what_is_no_key, setup_with_reading),
        cmocka_unit_test_setup(who_tries_two_at_once, setup_with_reading),
        cmocka_unit_test_setup(who_was_away_for_too_long, setup_with_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

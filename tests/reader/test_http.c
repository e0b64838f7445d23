/* HTTP: paths, methods, hosts, origins, assets, and the documents of a meter. */
#include "tests/reader/visitor.h"

#include <stdio.h>
#include <string.h>

static struct visitor v;
static struct fake *const f = &v.house.fake;

static int setup(void **state)
{
    (void)state;
    visitor_init(&v);
    return 0;
}

static int setup_with_reading(void **state)
{
    setup(state);
    assert_true(fake_until_readings(f, 2, 8 * SECOND));
    fake_run(f, 50 * MS);
    return 0;
}

/* ---- Paths and methods ---- */

static void paths_that_are_not_there(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/nothing",        "/api",           "/api/v1/",           "/api/v1/latest/",
        "/api/v1/tables/", "/api/v1/Latest", "/%2e%2e/etc/passwd", "//",
        "/api/v1/healthy"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        visitor_get(&v, paths[i]);
        visitor_expect(&v, 404, "not_found");
    }
}

static void methods_a_path_does_not_take(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *allow;
    } cases[] = {
        {"POST", "/api/v1/latest", "GET, HEAD"},
        {"OPTIONS", "/api/v1/latest", "GET, HEAD"},
        {"get", "/api/v1/latest", "GET, HEAD"},
        {"HEAD", "/api/v1/events", "GET"},
        {"PUT", "/api/v1/config", "GET, HEAD, PATCH"},
        {"PATCH", "/api/v1/session", "GET, HEAD, POST, DELETE"},
        {"GET", "/api/v1/key-test", "POST"},
        {"HEAD", "/api/v1/key-test", "POST"},
        {"DELETE", "/", "GET, HEAD"},
        {"POST", "/metrics", "GET, HEAD"},
        {"", "/api/v1/tables/BT23", "GET, HEAD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        visitor_ask(&v, cases[i].method, cases[i].path, NULL);
        visitor_expect(&v, 405, "wrong_method");
        assert_string_equal(v.response.allow, cases[i].allow);
    }
}

static void head_is_answered_like_get(void **state)
{
    (void)state;
    visitor_get(&v, "/api/v1/link");
    size_t total = v.response.out.total;
    assert_int_equal(visitor_ask(&v, "HEAD", "/api/v1/link", NULL), READER_HTTP_DONE);
    visitor_expect(&v, 200, NULL);
    assert_int_equal(v.response.out.total, total);
}

static void what_is_too_long_or_malformed(void **state)
{
    (void)state;
    static char target[READER_HTTP_TARGET_MAX + 10], body[READER_HTTP_BODY_MAX + 10];
    memset(target, 'a', sizeof target - 1);
    target[0] = '/';
    visitor_get(&v, target);
    visitor_expect(&v, 414, "too_long");
    target[READER_HTTP_TARGET_MAX] = 0;
    visitor_get(&v, target);
    visitor_expect(&v, 404, "not_found");
    memset(body, ' ', READER_HTTP_BODY_MAX + 1);
    visitor_ask(&v, "POST", "/api/v1/session", body);
    visitor_expect(&v, 413, "too_large");
    visitor_get(&v, "http://elsewhere/");
    visitor_expect(&v, 400, "malformed");
    visitor_get(&v, "");
    visitor_expect(&v, 400, "malformed");
}

static void queries(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "/api/v1/latest?meter=%",     "/api/v1/latest?meter=%4", "/api/v1/latest?meter=%zz",
        "/api/v1/latest?meter=a%00b", "/api/v1/latest?metre=a",  "/api/v1/latest?meter=a&meter=b",
        "/api/v1/health?meter=house", "/api/v1/latest?x",
    };
    static const char *const good[] = {
        "/api/v1/link?meter=house", "/api/v1/link?meter=h%6Fus%65", "/api/v1/link?",
        "/api/v1/link?meter=",      "/api/v1/link?meter",           "/api/v1/link?&meter=house&",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        visitor_get(&v, bad[i]);
        visitor_expect(&v, 400, "invalid");
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        visitor_get(&v, good[i]);
        visitor_expect(&v, 200, NULL);
    }
}

/* ---- Whom it answers ---- */

static void hosts_it_answers_to(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1",  "192.168.1.20:8080", "[::1]:80",
                                       "[fe80::1]",  "localhost:8080",    "LocalHost",
                                       "pi",         "pi.local",          "PI.Local:80",
                                       "meter.home", "Proxy.example:443", "pi-2.local"};
    static const char *const bad[] = {"evil.example",
                                      "pi.evil.example",
                                      "pilocal",
                                      "pi-.local",
                                      "pi-2",
                                      "pi-2a.local",
                                      "pi2.local",
                                      "127.0.0.1.evil.example",
                                      "127.0.0",
                                      "127.0.0.256",
                                      "127.0.0.1.1",
                                      "localhost.",
                                      "localhost:",
                                      "localhost:123456",
                                      "localhost:80a",
                                      "[::1",
                                      "[]",
                                      "[::1]x",
                                      "",
                                      ":80",
                                      "meter.home2",
                                      ".local",
                                      "local",
                                      "1270.0.0.1",
                                      "127.0.0.1@evil",
                                      "127..0.1",
                                      "[evil]",
                                      "0x7f.0.0.1"};
    assert_null(reader_settings_set(&v.house.settings, "http.hosts", "meter.home, proxy.example"));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        v.request.host = good[i];
        if (visitor_get(&v, "/api/v1/link") != 200)
            fail_msg("%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static const char *const targets[] = {"/api/v1/link", "/", "/getDashDataWS", "/nothing"};
        v.request.host = bad[i];
        for (size_t j = 0; j < 4; j++)
            if (visitor_get(&v, targets[j]) != 403)
                fail_msg("%s", bad[i]);
        visitor_expect(&v, 403, "wrong_host");
    }
    v.request.host = NULL;
    visitor_get(&v, "/api/v1/link");
    visitor_expect(&v, 400, "malformed");
    v.house.bridge.hostname = NULL;
    v.request.host = "pi";
    visitor_get(&v, "/api/v1/link");
    visitor_expect(&v, 403, "wrong_host");
    v.house.bridge.hostname = "";
    v.request.host = ".local";
    visitor_get(&v, "/api/v1/link");
    visitor_expect(&v, 403, "wrong_host");
}

static void origins_it_answers_to(void **state)
{
    (void)state;
    static const char *const good[] = {"http://192.168.1.20:8080", "https://192.168.1.20:8080"};
    static const char *const bad[] = {"null",
                                      "",
                                      "http://192.168.1.20",
                                      "http://192.168.1.20:8081",
                                      "http://evil.example",
                                      "http://192.168.1.20:8080.evil.example",
                                      "ftp://192.168.1.20:8080",
                                      "192.168.1.20:8080",
                                      "http://192.168.1.20:8080/"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        v.request.origin = good[i];
        if (visitor_get(&v, "/api/v1/link") != 200)
            fail_msg("%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        v.request.origin = bad[i];
        visitor_get(&v, "/api/v1/link");
        visitor_expect(&v, 403, "wrong_origin");
        visitor_ask(&v, "POST", "/api/v1/session", "{\"password\":\"x\"}");
        visitor_expect(&v, 403, "wrong_origin");
    }
}

/* ---- Assets ---- */

static void the_page_and_its_parts(void **state)
{
    (void)state;
    v.request.accept_encoding = "deflate, gzip;q=0.8";
    visitor_get(&v, "/");
    visitor_expect(&v, 200, NULL);
    assert_string_equal(v.house.text, "page");
    assert_string_equal(v.response.content_type, "text/html; charset=utf-8");
    assert_string_equal(v.response.encoding, "gzip");
    assert_string_equal(v.response.cache_control, "no-cache");
    assert_string_equal(v.response.etag, "\"p1\"");
    assert_true(v.response.page);
    visitor_get(&v, "/setup");
    visitor_expect(&v, 200, NULL);
    assert_false(v.response.page); /* it has rules of its own, and the others would stop it */
    visitor_get(&v, "/assets/a-1.js?x=1");
    visitor_expect(&v, 200, NULL);
    assert_non_null(strstr(v.response.cache_control, "immutable"));
    visitor_get(&v, "/api/v1/openapi.json");
    visitor_expect(&v, 200, NULL);
    v.request.if_none_match = "\"x\", W/\"p1\"";
    visitor_get(&v, "/");
    visitor_expect(&v, 304, NULL);
    assert_string_equal(v.response.etag, "\"p1\"");
    visitor_get(&v, "/assets/a-1.js");
    visitor_expect(&v, 200, NULL);
}

static void assets_are_compressed_or_not_at_all(void **state)
{
    (void)state;
    static const char *const good[] = {"gzip", "*", "br,gzip", "gzip;q=0.001", "deflate;q=0, * "};
    static const char *const bad[] = {
        NULL, "", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "gzipped", "identity, br;q=1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        v.request.accept_encoding = good[i];
        visitor_get(&v, "/");
        visitor_expect(&v, 200, NULL);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        v.request.accept_encoding = bad[i];
        visitor_get(&v, "/");
        visitor_expect(&v, 406, "not_acceptable");
    }
}

static bool has_header(const char *const *headers, const char *name, const char *part)
{
    for (; *headers != NULL; headers += 2)
        if (strcmp(headers[0], name) == 0)
            return strstr(headers[1], part) != NULL;
    return false;
}

static void headers_of_pages(void **state)
{
    (void)state;
    assert_true(has_header(reader_http_headers, "X-Content-Type-Options", "nosniff"));
    assert_true(has_header(reader_http_headers, "Referrer-Policy", "no-referrer"));
    assert_true(
        has_header(reader_http_page_headers, "Content-Security-Policy", "default-src 'self'"));
    assert_true(
        has_header(reader_http_page_headers, "Content-Security-Policy", "frame-ancestors 'none'"));
    assert_false(has_header(reader_http_page_headers, "Content-Security-Policy", "unsafe"));
}

/* ---- Documents ---- */

static void before_the_first_reading(void **state)
{
    (void)state;
    visitor_get(&v, "/api/v1/latest");
    visitor_expect(&v, 503, "no_reading");
    visitor_expect_value(&v, "link", "\"starting\"");
    visitor_get(&v, "/getDashDataWS");
    visitor_expect(&v, 503, "no_reading");
    visitor_get(&v, "/api/v1/health");
    visitor_expect(&v, 503, NULL);
    visitor_expect_value(&v, "status", "\"starting\"");
    visitor_expect_value(&v, "meters/0/age_ms", NULL);
    visitor_get(&v, "/api/v1/meters");
    visitor_expect_value(&v, "meters/0/id", "\"house\"");
    visitor_expect_value(&v, "meters/0/serial", NULL);
}

static void documents_of_a_meter(void **state)
{
    (void)state;
    visitor_get(&v, "/api/v1/latest?meter=ACME-0001");
    visitor_expect(&v, 200, NULL);
    visitor_expect_value(&v, "power_import_w", "100000");
    assert_string_equal(v.response.content_type, "application/json");
    assert_string_equal(v.response.cache_control, "no-store");
    visitor_get(&v, "/getDashDataWS?meter=ACME-0001&_=12");
    visitor_expect(&v, 200, NULL);
    visitor_expect_value(&v, "Utility_SN", "\"ACME-0001\"");
    visitor_get(&v, "/api/v1/info");
    visitor_expect_value(&v, "serial", "\"ACME-0001\"");
    visitor_get(&v, "/api/v1/link");
    visitor_expect_value(&v, "link", "\"ok\"");
    visitor_get(&v, "/api/v1/meters");
    visitor_expect_value(&v, "meters/0/serial", "\"ACME-0001\"");
    visitor_expect_value(&v, "meters/0/link", "\"ok\"");
    visitor_get(&v, "/metrics");
    visitor_expect(&v, 200, NULL);
    assert_memory_equal(v.response.content_type, "text/plain", 10);
    assert_non_null(strstr(v.house.text, "house"));
    visitor_get(&v, "/api/v1/ui");
    visitor_expect_value(&v, "software", "\"mepd\"");
    visitor_expect_value(&v, "language", "\"auto\"");
    visitor_expect_value(&v, "cost_import", "0");
    visitor_expect_value(&v, "public", "true");
}

static void meters_that_are_not_there(void **state)
{
    (void)state;
    static const char *const paths[] = {"/api/v1/latest?meter=x",      "/api/v1/events?meter=x",
                                        "/api/v1/info?meter=x",        "/api/v1/link?meter=x",
                                        "/api/v1/tables/BT23?meter=x", "/getDashDataWS?meter=x",
                                        "/api/v1/history?meter=x"};
    char target[200] = "/api/v1/latest?meter=";
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        visitor_get(&v, paths[i]);
        visitor_expect(&v, 404, "unknown_meter");
    }
    memset(target + strlen(target), 'h', 100);
    visitor_get(&v, target);
    visitor_expect(&v, 404, "unknown_meter");
    reader_bridge_set_meters(&v.house.bridge, NULL, 0);
    visitor_get(&v, "/api/v1/latest");
    visitor_expect(&v, 404, "no_meter");
    visitor_get(&v, "/api/v1/meters");
    visitor_expect(&v, 200, NULL);
    assert_int_equal(json_count(v.house.text, "meters"), 0);
    visitor_get(&v, "/api/v1/health");
    visitor_expect(&v, 503, NULL);
}

static void stale_is_not_given(void **state)
{
    (void)state;
    f->cut = true;
    fake_run(f, 30 * SECOND);
    visitor_get(&v, "/api/v1/latest");
    visitor_expect(&v, 503, "no_reading");
    visitor_expect_value(&v, "link", "\"went_silent\"");
    visitor_get(&v, "/getDashDataWS");
    visitor_expect(&v, 503, "no_reading");
    visitor_get(&v, "/api/v1/health");
    visitor_expect(&v, 503, NULL);
    visitor_expect_value(&v, "status", "\"degraded\"");
}

static void a_link_that_is_well_without_readings_is_not(void **state)
{
    (void)state;
    f->now += 60 * SECOND; /* nothing was heard of since, and nothing missed yet */
    visitor_get(&v, "/api/v1/health");
    visitor_expect_value(&v, "meters/0/link", "\"ok\"");
    visitor_expect_value(&v, "status", "\"degraded\"");
}

static void serial_numbers_with_spaces(void **state)
{
    (void)state;
    static const char *const good[] = {"A+1", "A%201", "A 1"};
    fake_set_text(f, &meter_et03, "serial", "A 1");
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    for (size_t i = 0; i < 3; i++) {
        char target[60];
        snprintf(target, sizeof target, "/api/v1/link?meter=%s", good[i]);
        visitor_get(&v, target);
        visitor_expect(&v, 200, NULL);
    }
}

static void health_of_all_parts(void **state)
{
    (void)state;
    visitor_get(&v, "/api/v1/health");
    visitor_expect(&v, 200, NULL);
    visitor_expect_value(&v, "status", "\"ok\"");
    visitor_expect_value(&v, "mqtt", "\"off\"");
    visitor_expect_value(&v, "store", "\"ok\"");
    visitor_expect_value(&v, "mqtt_problem", NULL);
    v.mqtt = READER_MQTT_CONNECTING;
    visitor_get(&v, "/api/v1/health");
    visitor_expect_value(&v, "status", "\"starting\"");
    v.mqtt = READER_MQTT_REFUSED;
    v.mqtt_why = "wrong user name or password";
    visitor_get(&v, "/api/v1/health");
    visitor_expect(&v, 503, NULL);
    visitor_expect_value(&v, "status", "\"degraded\"");
    visitor_expect_value(&v, "mqtt", "\"refused\"");
    visitor_expect_value(&v, "mqtt_problem", "\"wrong user name or password\"");
    v.mqtt = READER_MQTT_CONNECTED;
    visitor_get(&v, "/api/v1/health");
    visitor_expect(&v, 200, NULL);
    v.store_fails = true;
    visitor_get(&v, "/api/v1/health");
    visitor_expect(&v, 503, NULL);
    visitor_expect_value(&v, "store", "\"failed\"");
    v.host.store_ok = NULL;
    visitor_get(&v, "/api/v1/health");
    visitor_expect(&v, 200, NULL);
    visitor_expect_value(&v, "store", "\"off\"");
    v.house.meter.line_problem = "/dev/ttyUSB0: No such file or directory";
    visitor_get(&v, "/api/v1/health");
    visitor_expect(&v, 503, NULL);
    v.house.meter.line_problem = NULL;
    visitor_add_meter(&v);
    visitor_get(&v, "/api/v1/health");
    visitor_expect_value(&v, "status", "\"starting\"");
    visitor_expect_value(&v, "meters/1/id", "\"garage\"");
}

/* ---- Paths of the host's own ---- */

static void expect_refusal(const char *method, bool login, int status)
{
    int got = 0;

    v.request.method = method;
    const char *why = reader_http_refusal(&v.house.bridge, f->now, &v.request, login, &got);
    assert_int_equal(why != NULL, status != 0);
    if (status != 0)
        assert_int_equal(got, status);
}

static void the_hosts_own_paths_ask_the_same(void **state)
{
    (void)state;
    visitor_get(&v, "/");
    expect_refusal("GET", false, 0);
    expect_refusal("GET", true, 401);
    visitor_log_in(&v);
    visitor_get(&v, "/");
    expect_refusal("GET", true, 0);
    expect_refusal("POST", true, 0);
    v.request.csrf = "00000000000000000000000000000000";
    expect_refusal("GET", true, 0);
    expect_refusal("POST", true, 403);
    v.request.csrf = NULL;
    expect_refusal("DELETE", true, 403);
    v.request.origin = "http://elsewhere.example";
    expect_refusal("GET", false, 403);
    v.request.origin = NULL;
    v.request.host = "elsewhere.example";
    expect_refusal("GET", false, 403);
    v.request.host = NULL;
    expect_refusal("GET", true, 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(paths_that_are_not_there, setup),
        cmocka_unit_test_setup(methods_a_path_does_not_take, setup),
        cmocka_unit_test_setup(head_is_answered_like_get, setup),
        cmocka_unit_test_setup(what_is_too_long_or_malformed, setup),
        cmocka_unit_test_setup(queries, setup),
        cmocka_unit_test_setup(hosts_it_answers_to, setup),
        cmocka_unit_test_setup(origins_it_answers_to, setup),
        cmocka_unit_test_setup(the_page_and_its_parts, setup),
        cmocka_unit_test_setup(assets_are_compressed_or_not_at_all, setup),
        cmocka_unit_test(headers_of_pages),
        cmocka_unit_test_setup(before_the_first_reading, setup),
        cmocka_unit_test_setup(documents_of_a_meter, setup_with_reading),
        cmocka_unit_test_setup(meters_that_are_not_there, setup_with_reading),
        cmocka_unit_test_setup(stale_is_not_given, setup_with_reading),
        cmocka_unit_test_setup(a_link_that_is_well_without_readings_is_not, setup_with_reading),
        cmocka_unit_test_setup(serial_numbers_with_spaces, setup),
        cmocka_unit_test_setup(health_of_all_parts, setup_with_reading),
        cmocka_unit_test_setup(the_hosts_own_paths_ask_the_same, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

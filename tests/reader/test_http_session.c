/* HTTP: who may see and change what; logging in and out. */
#include "tests/reader/visitor.h"

#include <stdio.h>
#include <string.h>

static struct visitor v;
static struct fake *const f = &v.house.fake;

static const char *const wrong = "{\"password\":\"hunter3-and-more\"}";

static int setup(void **state)
{
    (void)state;
    visitor_init(&v);
    return 0;
}

static const char *right(void)
{
    static char body[80];
    snprintf(body, sizeof body, "{\"password\":\"%s\"}", VISITOR_PASSWORD);
    return body;
}

static bool logged_in(void)
{
    assert_int_equal(visitor_get(&v, "/api/v1/session"), 200);
    return strcmp(json_at(v.house.text, "login"), "true") == 0;
}

/* ---- In and out ---- */

static void logging_in_and_out(void **state)
{
    (void)state;
    assert_false(logged_in());
    visitor_expect_value(&v, "password_set", "true");
    visitor_expect_value(&v, "public", "true");
    visitor_expect_value(&v, "csrf", NULL);
    visitor_log_in(&v);
    visitor_expect_value(&v, "login", "true");
    assert_int_equal(v.derived, 1);
    assert_non_null(strstr(v.response.set_cookie, "; HttpOnly; SameSite=Strict; Path=/"));
    assert_null(strstr(v.response.set_cookie, "Secure"));
    assert_true(logged_in());
    assert_int_equal(visitor_get(&v, "/api/v1/config"), 200);
    visitor_ask(&v, "DELETE", "/api/v1/session", NULL);
    visitor_expect(&v, 200, NULL);
    visitor_expect_value(&v, "login", "false");
    assert_memory_equal(v.response.set_cookie, "meplink=;", 9);
    assert_non_null(strstr(v.response.set_cookie, "Max-Age=0"));
    assert_false(logged_in());
    assert_int_equal(visitor_get(&v, "/api/v1/config"), 401);
    visitor_ask(&v, "DELETE", "/api/v1/session", NULL);
    visitor_expect(&v, 200, NULL);
}

static void cookies_that_came_by_tls_stay_there(void **state)
{
    (void)state;
    v.request.secure = true;
    visitor_log_in(&v);
    assert_non_null(strstr(v.response.set_cookie, "; Secure"));
}

static void a_new_login_ends_the_old_one(void **state)
{
    (void)state;
    char old[80];
    visitor_log_in(&v);
    strcpy(old, v.cookie);
    visitor_log_in(&v);
    assert_string_not_equal(old, v.cookie);
    assert_true(logged_in());
    strcpy(v.cookie, old);
    assert_false(logged_in());
}

static void wrong_passwords(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"password\":12345678}",
        "{\"password\":null}",
        "{\"password\":\"hunter2-and-more\"",
        "{\"password\":\"hunter2-and-more\",\"more\":1}",
        "{\"Password\":\"hunter2-and-more\"}",
        "password=hunter2-and-more",
    };
    assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", wrong), 401);
    visitor_expect(&v, 401, "wrong_password");
    assert_string_equal(v.response.set_cookie, "");
    assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", "{\"password\":\"\"}"), 401);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        visitor_await(&v, "POST", "/api/v1/session", bad[i]);
        visitor_expect(&v, 400, "invalid");
    }
    assert_int_equal(v.derived, 2);
    assert_false(logged_in());
}

static void all_of_the_hash_counts(void **state)
{
    (void)state;
    char *hash = v.house.settings.http_password;
    size_t first = strlen(hash) - (size_t)READER_HASH_SIZE * 2, last = strlen(hash) - 1;
    for (size_t i = first; i <= last; i += i == first ? READER_HASH_SIZE : READER_HASH_SIZE - 1) {
        char was = hash[i];
        hash[i] = was == '0' ? '1' : '0';
        assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", right()), 401);
        hash[i] = was;
    }
    assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", right()), 200);
}

static void forms_of_other_pages(void **state)
{
    (void)state;
    static const char *const types[] = {"text/plain", "application/x-www-form-urlencoded",
                                        "application/jsonp", "multipart/form-data", ""};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        v.request.content_type = types[i];
        visitor_await(&v, "POST", "/api/v1/session", right());
        visitor_expect(&v, 415, "wrong_type");
    }
    v.request.content_type = "Application/JSON; charset=utf-8";
    assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", right()), 200);
}

static void without_a_password_nobody(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "pbkdf2-sha256$1$ab$cd"};
    for (size_t i = 0; i < 2; i++) {
        assert_null(reader_settings_set(&v.house.settings, "http.password", texts[i]));
        visitor_await(&v, "POST", "/api/v1/session", "{\"password\":\"\"}");
        visitor_expect(&v, 403, "no_password");
    }
    assert_null(reader_settings_set(&v.house.settings, "http.password", NULL));
    visitor_get(&v, "/api/v1/session");
    visitor_expect_value(&v, "password_set", "false");
}

/* ---- Who guesses ---- */

static void guessing_becomes_slow(void **state)
{
    (void)state;
    static const unsigned waits[] = {2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", wrong), 401);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        unsigned derived = v.derived;
        visitor_await(&v, "POST", "/api/v1/session", right());
        visitor_expect(&v, 429, "too_many");
        assert_int_equal(v.response.retry_after_s, waits[i]);
        assert_int_equal(v.derived, derived);
        f->now += waits[i] * SECOND - 1;
        visitor_await(&v, "POST", "/api/v1/session", right());
        visitor_expect(&v, 429, "too_many");
        assert_int_equal(v.response.retry_after_s, 1);
        f->now += 1;
        assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", wrong), 401);
    }
    f->now += 300 * SECOND;
    visitor_log_in(&v);
    assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", wrong), 401);
    assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", wrong), 401);
}

static void guessing_does_not_disturb_who_is_in(void **state)
{
    (void)state;
    visitor_log_in(&v);
    for (unsigned i = 0; i < 6; i++)
        visitor_await(&v, "POST", "/api/v1/session", wrong);
    visitor_expect(&v, 429, "too_many");
    assert_true(logged_in());
    assert_int_equal(visitor_get(&v, "/api/v1/config"), 200);
}

/* ---- Sessions ---- */

static void sessions_end(void **state)
{
    (void)state;
    visitor_log_in(&v);
    f->now += 3599 * SECOND;
    assert_true(logged_in());
    f->now += 3600 * SECOND;
    assert_false(logged_in());
    visitor_log_in(&v);
    for (unsigned i = 0; i < 24; i++) {
        assert_true(logged_in());
        f->now += 3599 * SECOND;
    }
    assert_true(logged_in());
    f->now += 25 * SECOND;
    assert_false(logged_in());
}

static void there_are_eight(void **state)
{
    (void)state;
    char cookies[READER_SESSIONS][80];
    for (unsigned i = 0; i < READER_SESSIONS; i++) {
        v.cookie[0] = 0;
        visitor_log_in(&v);
        strcpy(cookies[i], v.cookie);
        f->now += SECOND;
    }
    strcpy(v.cookie, cookies[0]);
    assert_true(logged_in()); /* so that the second one is idle for longest */
    v.cookie[0] = 0;
    visitor_log_in(&v);
    for (unsigned i = 0; i < READER_SESSIONS; i++) {
        strcpy(v.cookie, cookies[i]);
        assert_int_equal(logged_in(), i != 1);
    }
}

static void cookies_that_are_none(void **state)
{
    (void)state;
    char good[80], other[200];
    visitor_log_in(&v);
    strcpy(good, v.cookie);
    snprintf(other, sizeof other, "a=b; %.60s; c=d", good);
    v.request.cookie = other;
    snprintf(v.cookie, sizeof v.cookie, "a=b; %.60s; c=d", good);
    assert_true(logged_in());
    static const char *const formats[] = {
        "x%.60s",  "%.60s0", "meplink=; %.60s",
        "meplink", "=",      "meplink=00000000000000000000000000000000",
        ";;; ;",   "%.39s"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
        snprintf(v.cookie, sizeof v.cookie, formats[i], good);
#pragma GCC diagnostic pop
        if (logged_in())
            fail_msg("%s", v.cookie);
    }
    strcpy(v.cookie, good);
    v.cookie[20] = v.cookie[20] == '0' ? '1' : '0';
    assert_false(logged_in());
}

/* A session of zeros, as unused ones have, is none. */
static void sessions_that_were_never_there(void **state)
{
    (void)state;
    strcpy(v.cookie, "meplink=");
    assert_false(logged_in());
    memset(v.cookie + 8, 0, sizeof v.cookie - 8);
    assert_false(logged_in());
}

static void another_password_in_the_file_ends_them(void **state)
{
    (void)state;
    visitor_log_in(&v);
    assert_null(reader_settings_set(&v.house.settings, "http.password", ""));
    assert_false(logged_in());
}

/* ---- What needs what ---- */

static void what_is_only_for_who_has_logged_in(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *body;
    } cases[] = {{"GET", "/api/v1/config", NULL},
                 {"HEAD", "/api/v1/config", NULL},
                 {"PATCH", "/api/v1/config", "{\"language\":\"da\"}"},
                 {"POST", "/api/v1/key-test", "{}"},
                 {"GET", "/api/v1/exchanges", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        visitor_ask(&v, cases[i].method, cases[i].path, cases[i].body);
        visitor_expect(&v, 401, "login");
    }
    assert_int_equal(v.changed, 0);
}

static void what_is_public_and_what_need_not_be(void **state)
{
    (void)state;
    static const char *const readers[] = {
        "/api/v1/meters", "/api/v1/latest", "/api/v1/events",      "/api/v1/history?name=x",
        "/api/v1/info",   "/api/v1/tables", "/api/v1/tables/BT52", "/api/v1/link",
        "/api/v1/ui",     "/metrics",       "/getDashDataWS",
    };
    static const char *const all[] = {"/api/v1/session", "/", "/api/v1/openapi.json"};
    v.request.accept_encoding = "gzip";
    v.house.settings.http_public = false;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        visitor_ask(&v, "GET", readers[i], NULL);
        visitor_expect(&v, 401, "login");
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(visitor_get(&v, all[i]), 200);
    assert_int_equal(visitor_get(&v, "/api/v1/health"), 503);
    visitor_log_in(&v);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        visitor_ask(&v, "GET", readers[i], NULL);
        assert_int_not_equal(v.response.status, 401);
        reader_http_cancel(&v.house.bridge, &v.request);
    }
}

static void changes_want_the_token(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "00000000000000000000000000000000", "x"};
    char good[READER_SESSION_ID + 1];
    visitor_log_in(&v);
    strcpy(good, v.csrf);
    for (size_t i = 0; i < 4; i++) {
        strcpy(v.csrf, i < 3 ? bad[i] : good);
        if (i == 3)
            v.csrf[READER_SESSION_ID - 1] ^= 1;
        visitor_ask(&v, "PATCH", "/api/v1/config", "{\"language\":\"da\"}");
        visitor_expect(&v, 403, "csrf");
        visitor_ask(&v, "POST", "/api/v1/key-test", "{}");
        visitor_expect(&v, 403, "csrf");
        visitor_ask(&v, "DELETE", "/api/v1/session", NULL);
        visitor_expect(&v, 403, "csrf");
    }
    strcpy(v.csrf, good);
    assert_true(logged_in());
    assert_int_equal(v.changed, 0);
}

/* ---- The host's slow work ---- */

static void passwords_are_checked_one_at_a_time(void **state)
{
    (void)state;
    struct reader_http_request first;
    f->now += SECOND;
    assert_int_equal(visitor_ask(&v, "POST", "/api/v1/session", wrong), READER_HTTP_WAIT);
    first = v.request;
    assert_int_equal(visitor_ask(&v, "POST", "/api/v1/session", right()), READER_HTTP_WAIT);
    assert_string_equal(v.deriving, "hunter3-and-more");
    f->now += 19 * SECOND;
    assert_int_equal(reader_http(&v.house.bridge, f->now, 0, &v.request, &v.stream, &v.response),
                     READER_HTTP_WAIT);
    f->now += 2 * SECOND;
    v.response.out = *house_out(&v.house);
    assert_int_equal(reader_http(&v.house.bridge, f->now, 0, &v.request, &v.stream, &v.response),
                     READER_HTTP_DONE);
    visitor_expect(&v, 503, "busy");
    assert_int_not_equal(v.response.retry_after_s, 0);
    visitor_derived(&v);
    v.response.out = *house_out(&v.house);
    assert_int_equal(reader_http(&v.house.bridge, f->now, 0, &first, &v.stream, &v.response),
                     READER_HTTP_DONE);
    visitor_expect(&v, 401, "wrong_password");
}

static void who_waited_and_went_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(visitor_ask(&v, "POST", "/api/v1/session", right()), READER_HTTP_WAIT);
    reader_http_cancel(&v.house.bridge, &v.request);
    visitor_derived(&v);
    assert_int_equal(v.house.bridge.derive.state, READER_JOB_NONE);
    assert_int_equal(visitor_ask(&v, "POST", "/api/v1/session", right()), READER_HTTP_WAIT);
    visitor_derived(&v);
    reader_http_cancel(&v.house.bridge, &v.request);
    assert_int_equal(v.house.bridge.derive.state, READER_JOB_NONE);
    /* Gone without a word: others have it after a while. */
    assert_int_equal(visitor_ask(&v, "POST", "/api/v1/session", right()), READER_HTTP_WAIT);
    visitor_derived(&v);
    visitor_log_in(&v);
}

static void a_host_that_cannot(void **state)
{
    (void)state;
    v.derive_refuses = true;
    assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", right()), 503);
    visitor_expect(&v, 503, "busy");
    v.derive_refuses = false;
    v.derive_fails = true;
    assert_int_equal(visitor_await(&v, "POST", "/api/v1/session", right()), 500);
    v.derive_fails = false;
    visitor_log_in(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(logging_in_and_out, setup),
        cmocka_unit_test_setup(cookies_that_came_by_tls_stay_there, setup),
        cmocka_unit_test_setup(a_new_login_ends_the_old_one, setup),
        cmocka_unit_test_setup(wrong_passwords, setup),
        cmocka_unit_test_setup(all_of_the_hash_counts, setup),
        cmocka_unit_test_setup(forms_of_other_pages, setup),
        cmocka_unit_test_setup(without_a_password_nobody, setup),
        cmocka_unit_test_setup(guessing_becomes_slow, setup),
        cmocka_unit_test_setup(guessing_does_not_disturb_who_is_in, setup),
        cmocka_unit_test_setup(sessions_end, setup),
        cmocka_unit_test_setup(there_are_eight, setup),
        cmocka_unit_test_setup(cookies_that_are_none, setup),
        cmocka_unit_test_setup(sessions_that_were_never_there, setup),
        cmocka_unit_test_setup(another_password_in_the_file_ends_them, setup),
        cmocka_unit_test_setup(what_is_only_for_who_has_logged_in, setup),
        cmocka_unit_test_setup(what_is_public_and_what_need_not_be, setup),
        cmocka_unit_test_setup(changes_want_the_token, setup),
        cmocka_unit_test_setup(passwords_are_checked_one_at_a_time, setup),
        cmocka_unit_test_setup(who_waited_and_went_leaves_nothing, setup),
        cmocka_unit_test_setup(a_host_that_cannot, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

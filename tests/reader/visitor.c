#include "tests/reader/visitor.h"

#include "reader/bridge/password.h"

#include <stdio.h>
#include <string.h>

const char *const VISITOR_PASSWORD = "hunter2-and-more";
const char *const VISITOR_METER_SECRET = "m-bus-secret-m-bus-secret-m-bus-";
const char *const VISITOR_KEY = "K3y-0f-th3-m3t3r";

static const struct reader_asset assets[] = {
    {"/", "text/html; charset=utf-8", (const uint8_t *)"page", 4, "\"p1\"", false, false},
    {"/setup", "text/html", (const uint8_t *)"whole", 5, "\"w1\"", false, true},
    {"/assets/a-1.js", "text/javascript", (const uint8_t *)"script", 6, "\"s1\"", true, false},
    {"/api/v1/openapi.json", "application/json", (const uint8_t *)"api", 3, "\"o1\"", false, false},
};

/* ---- The host ---- */

static void random_bytes(void *context, uint8_t *bytes, size_t count)
{
    struct visitor *v = context;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(v->next_random += 7);
}

/* Stands for a slow hash: each byte depends on all of the input. */
static void make_hash(const char *text, const uint8_t *salt, uint32_t iterations, uint8_t *hash)
{
    uint32_t sum = iterations;

    for (size_t i = 0; i < READER_HASH_SIZE; i++) {
        for (const char *at = text; *at != 0; at++)
            sum = sum * 31 + (unsigned char)*at;
        for (size_t j = 0; j < READER_SALT_SIZE; j++)
            sum = sum * 31 + salt[j];
        hash[i] = (uint8_t)(sum >> 24);
    }
}

static bool derive(void *context, const char *password, const uint8_t salt[READER_SALT_SIZE],
                   uint32_t iterations)
{
    struct visitor *v = context;

    assert_false(v->derives); /* one at a time */
    assert_true(strlen(password) < sizeof v->deriving);
    if (v->derive_refuses)
        return false;
    v->derives = true;
    strcpy(v->deriving, password);
    memcpy(v->salt, salt, sizeof v->salt);
    v->iterations = iterations;
    return true;
}

void visitor_derived(struct visitor *v)
{
    uint8_t hash[READER_HASH_SIZE];

    if (!v->derives)
        return;
    v->derives = false;
    make_hash(v->deriving, v->salt, v->iterations, hash);
    v->derived++;
    reader_bridge_derived(&v->house.bridge, hash, !v->derive_fails);
}

static bool series(void *context, const struct reader_series *wanted, reader_point_fn *fn,
                   void *fn_context)
{
    struct visitor *v = context;

    v->last_series = *wanted;
    if (++v->series_asked == v->series_fail_at)
        return false;
    assert_string_equal(wanted->serial, "ACME-0001");
    assert_true(wanted->from < wanted->to);
    for (size_t i = 0; i < v->points && strcmp(wanted->name, v->point_name) == 0; i++)
        if (v->point[i].time >= wanted->from && v->point[i].time < wanted->to)
            fn(fn_context, &v->point[i]);
    return true;
}

static const char *change(void *context, const char *const *names, const char *const *values,
                          size_t count)
{
    static char problem[READER_SETTING_NAME + READER_SETTING_PROBLEM];
    static struct reader_meter_settings section[VISITOR_METERS];
    struct visitor *v = context;
    struct reader_settings settings = v->house.settings;

    if (v->change_problem != NULL)
        return v->change_problem;
    memcpy(section, v->section, sizeof section);
    settings.meter = section;
    for (size_t i = 0; i < count; i++) {
        const char *wrong = reader_settings_set(&settings, names[i], values[i]);
        if (wrong != NULL) {
            snprintf(problem, sizeof problem, "%s: %s", names[i], wrong);
            return problem;
        }
    }
    memcpy(v->section, section, sizeof section);
    settings.meter = v->section;
    v->house.settings = settings;
    v->changed++;
    return NULL;
}

static bool is_fixed(void *context, const char *name)
{
    const struct visitor *v = context;
    return v->fixed != NULL && strcmp(v->fixed, name) == 0;
}

static const struct reader_asset *asset(void *context, const char *path)
{
    size_t size = strcspn(path, "?");

    (void)context;
    for (size_t i = 0; i < sizeof assets / sizeof *assets; i++)
        if (strlen(assets[i].path) == size && memcmp(assets[i].path, path, size) == 0)
            return &assets[i];
    return NULL;
}

static enum reader_mqtt_state mqtt(void *context, const char **why)
{
    const struct visitor *v = context;
    *why = v->mqtt_why;
    return v->mqtt;
}

static bool store_ok(void *context)
{
    const struct visitor *v = context;
    return !v->store_fails;
}

/* ---- Beginning ---- */

static void must(const char *problem)
{
    if (problem != NULL)
        fail_msg("%s", problem);
}

static void set_password(struct visitor *v)
{
    struct reader_password password = {.iterations = 1000, .salt = {1, 2, 3}};
    struct reader_settings *settings = &v->house.settings;
    struct reader_buffer buffer;
    struct reader_out out;
    char text[160];

    make_hash(VISITOR_PASSWORD, password.salt, password.iterations, password.hash);
    reader_out_buffer(&out, &buffer, text, sizeof text);
    reader_password_write(&password, &out);
    must(reader_settings_set(settings, "http.password", text));
}

static void set_meter_secret(struct fake *f)
{
    struct fake_table *table = fake_table(f, &meter_et13);
    uint32_t offset;

    size_t size = meter_locate(&meter_et13, &f->dims, "device_config_0_security_key", &offset);
    assert_int_equal(size, strlen(VISITOR_METER_SECRET));
    memcpy(table->bytes + offset, VISITOR_METER_SECRET, size);
}

void visitor_init(struct visitor *v)
{
    struct reader_settings *settings;

    memset(v, 0, sizeof *v);
    house_init(&v->house);
    v->host = (struct reader_host){.context = v,
                                   .random = random_bytes,
                                   .derive = derive,
                                   .series = series,
                                   .change = change,
                                   .is_fixed = is_fixed,
                                   .asset = asset,
                                   .mqtt = mqtt,
                                   .store_ok = store_ok};
    settings = &v->house.settings;
    reader_settings_init(settings, v->section, VISITOR_METERS);
    must(reader_settings_set(settings, "meter.house.uri", "/dev/ttyUSB0"));
    must(reader_settings_set(settings, "meter.house.key", VISITOR_KEY));
    must(reader_settings_set(settings, "mqtt.password", "br0ker-p4ss"));
    set_password(v);
    v->house.meter.settings = &v->section[0];
    v->house.meter.log = v->house.fake.log = &v->log;
    v->house.bridge.host = &v->host;
    v->house.bridge.hostname = "pi";
    set_meter_secret(&v->house.fake);
    v->secret[0] = "br0ker-p4ss";
    v->secret[1] = "pbkdf2";
    v->request.host = "192.168.1.20:8080";
}

void visitor_add_meter(struct visitor *v)
{
    static struct reader_meter meter;
    static struct fake silent;

    must(reader_settings_set(&v->house.settings, "meter.garage.uri", "/dev/ttyUSB1"));
    fake_init(&silent);
    reader_meter_init(&meter, &v->section[1], &silent.reader, NULL, NULL);
    v->house.list[1] = &meter;
    reader_bridge_set_meters(&v->house.bridge, v->house.list, 2);
}

/* ---- Asking ---- */

static void must_not_show(const char *text, const char *secret)
{
    if (secret != NULL && secret[0] != 0 && strstr(text, secret) != NULL)
        fail_msg("%s is in: %s", secret, text);
}

static void hex_of(const char *text, char hex[100])
{
    for (size_t i = 0; text[i] != 0; i++)
        sprintf(hex + 2 * i, "%02x", (unsigned char)text[i]);
}

static void check_secrets(const struct visitor *v)
{
    const char *const secrets[] = {VISITOR_PASSWORD,     VISITOR_KEY,  FAKE_MBK,
                                   VISITOR_METER_SECRET, v->secret[0], v->secret[1],
                                   v->secret[2]};
    const char *body = v->house.text;
    char hex[100];

    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        if (secrets[i] == NULL)
            continue;
        must_not_show(body, secrets[i]);
        hex_of(secrets[i], hex);
        must_not_show(body, hex);
    }
    for (size_t i = 0; i < READER_SESSIONS; i++)
        must_not_show(body, v->house.bridge.session[i].id);
}

/* What holds of every answer. */
static void check(const struct visitor *v, enum reader_http_result result)
{
    const struct reader_http_response *r = &v->response;

    check_secrets(v);
    assert_false(r->out.failed);
    if (result == READER_HTTP_WAIT) {
        assert_int_equal(r->out.total, 0);
        return;
    }
    assert_in_range(r->status, 200, 599);
    assert_non_null(r->cache_control);
    assert_int_equal(r->content_type == NULL, r->status == 304);
    if (r->content_type == NULL)
        assert_int_equal(r->out.total, 0);
    else if (strcmp(r->content_type, "application/json") == 0 && r->encoding == NULL &&
             !json_valid(v->house.text))
        fail_msg("not JSON: %s", v->house.text);
    if (r->status >= 400 && json_at(v->house.text, "status") == NULL) {
        assert_non_null(json_at(v->house.text, "error"));
        assert_non_null(json_at(v->house.text, "message"));
    }
    assert_int_equal(r->allow != NULL, r->status == 405);
    assert_int_equal(v->house.bridge.scratch.password[0], 0);
}

/* Neither is there any in what the next request finds. */
static void check_scratch(const struct visitor *v)
{
    const struct reader_scratch *scratch = &v->house.bridge.scratch;

    must_not_show(scratch->text, VISITOR_PASSWORD);
    must_not_show(scratch->member.text, VISITOR_PASSWORD);
    for (size_t i = 0; i < sizeof v->secret / sizeof *v->secret; i++) {
        must_not_show(scratch->text, v->secret[i]);
        must_not_show(scratch->member.text, v->secret[i]);
    }
}

static enum reader_http_result ask_again(struct visitor *v)
{
    v->response.out = *house_out(&v->house);
    enum reader_http_result result =
        reader_http(&v->house.bridge, v->house.fake.now, v->house.fake.clock, &v->request,
                    &v->stream, &v->response);
    check(v, result);
    check_scratch(v);
    return result;
}

enum reader_http_result visitor_ask(struct visitor *v, const char *method, const char *target,
                                    const char *body)
{
    v->request.method = method;
    v->request.target = target;
    v->request.body = body;
    v->request.body_size = body != NULL ? strlen(body) : 0;
    v->request.cookie = v->cookie[0] != 0 ? v->cookie : NULL;
    v->request.csrf = v->csrf[0] != 0 ? v->csrf : NULL;
    v->request.ticket = 0;
    v->request.since = 0;
    if (body != NULL && v->request.content_type == NULL)
        v->request.content_type = "application/json";
    memset(&v->stream, 0, sizeof v->stream);
    return ask_again(v);
}

int visitor_await(struct visitor *v, const char *method, const char *target, const char *body)
{
    enum reader_http_result result = visitor_ask(v, method, target, body);

    for (unsigned i = 0; i < 1000 && result == READER_HTTP_WAIT; i++) {
        visitor_derived(v);
        fake_run(&v->house.fake, 100 * MS);
        result = ask_again(v);
    }
    assert_int_not_equal(result, READER_HTTP_WAIT);
    return v->response.status;
}

int visitor_get(struct visitor *v, const char *target)
{
    return visitor_await(v, "GET", target, NULL);
}

void visitor_log_in(struct visitor *v)
{
    char body[80];

    snprintf(body, sizeof body, "{\"password\":\"%s\"}", VISITOR_PASSWORD);
    assert_int_equal(visitor_await(v, "POST", "/api/v1/session", body), 200);
    size_t size = strcspn(v->response.set_cookie, ";");
    assert_true(size < sizeof v->cookie);
    memcpy(v->cookie, v->response.set_cookie, size);
    v->cookie[size] = 0;
    const char *csrf = json_at(v->house.text, "csrf");
    assert_non_null(csrf);
    assert_int_equal(strlen(csrf), READER_SESSION_ID + 2);
    memcpy(v->csrf, csrf + 1, READER_SESSION_ID);
    v->csrf[READER_SESSION_ID] = 0;
}

void visitor_expect(const struct visitor *v, int status, const char *error)
{
    char quoted[40];

    if (v->response.status != status)
        fail_msg("%d, not %d: %s", v->response.status, status, v->house.text);
    if (error == NULL)
        return;
    snprintf(quoted, sizeof quoted, "\"%s\"", error);
    house_expect(&v->house, "error", quoted);
}

void visitor_expect_value(const struct visitor *v, const char *path, const char *expected)
{
    house_expect(&v->house, path, expected);
}

const char *visitor_stream(struct visitor *v)
{
    struct reader_out *out = house_out(&v->house);

    v->house.text[0] = 0;
    reader_http_stream(&v->house.bridge, v->house.fake.now, &v->stream, out);
    v->response.out.failed = out->failed;
    check_secrets(v);
    return v->house.text;
}

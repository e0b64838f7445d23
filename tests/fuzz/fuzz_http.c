/*
 * Requests over HTTP to a bridge with one meter: method, target, headers and body
 * come from the input, from somebody who has logged in or has not. Whatever is
 * asked, the answer has a status that there is, is whole JSON where it says so,
 * shows no secret, and comes in time.
 *
 * Input: a byte of flags, then lines: method, target, Host, Origin, Cookie,
 * X-CSRF-Token, Content-Type, Accept-Encoding, If-None-Match; the rest is the body.
 * An empty line is what a browser would send, "-" is no such header.
 */
#define _GNU_SOURCE /* memmem */
#include "mep/server.h"
#include "reader/bridge/http.h"
#include "tests/reader/json.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOGGED_IN = 1 << 0,
    NOT_PUBLIC = 1 << 1,
    NO_READING = 1 << 2,
    CANCELLED = 1 << 3, /* after the first call */
    STORE_FAILS = 1 << 4,
    ANSWER_MAX = 1 << 20,
    METERS = 3
};

static const mep_time TENTH = 100000;
static const char *const secrets[] = {"s3cret-m3ter-k3y", "br0ker-p4ss", "c0rrect-h0rse", "pbkdf2",
                                      "7333637265742d6d337465722d6b3379"};

/* Everything that a request may change. */
struct world {
    struct reader reader;
    struct mep_server server;
    struct reader_exchanges log;
    struct reader_settings settings;
    struct reader_meter_settings section[METERS];
    struct reader_meter meter;
    struct reader_bridge bridge;
    mep_time now;
    uint8_t next_random;
    bool deriving, store_fails;
};
static struct world world, fresh, empty;
static struct reader_meter *const meters[] = {&world.meter};
static char cookie[80], csrf[READER_SESSION_ID + 1];
static char answer[ANSWER_MAX];

#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* ---- The meter ---- */

static uint8_t read_table(void *context, uint16_t table, uint32_t offset, uint16_t count,
                          uint8_t *into, uint16_t *got)
{
    const struct meter_table *known = meter_table_by_number(table);

    (void)context;
    /* Without those that dimension others the defaults hold. */
    if (known == NULL || known == &meter_bt20 || known == &meter_bt21 || known == &meter_bt22 ||
        known == &meter_bt27 || known == &meter_et42)
        return MEP_CODE_TABLE_NOT_POSSIBLE;
    *got = count;
    for (uint16_t i = 0; i < count; i++)
        into[i] = (uint8_t)(table == 2051 ? 'A' + (offset + i) % 26 : 0);
    return MEP_CODE_OK;
}

static void turn(void)
{
    uint8_t bytes[MEP_WIRE_MAX];
    struct reader_event event;
    size_t count;

    world.now += TENTH;
    while ((count = mep_server_output(&world.server, world.now, bytes, sizeof bytes)) != 0) {
        reader_exchanges_received(&world.log, world.now, bytes, count);
        reader_input(&world.reader, world.now, bytes, count);
        reader_exchanges_judge(&world.log, &world.reader);
    }
    while (reader_event(&world.reader, &event))
        reader_meter_event(&world.meter, world.now, &event);
    reader_meter_turn(&world.meter, world.now);
    while ((count = reader_output(&world.reader, world.now, bytes, sizeof bytes)) != 0) {
        reader_exchanges_sent(&world.log, world.now, bytes, count);
        mep_server_input(&world.server, world.now, bytes, count);
    }
}

/* ---- The host ---- */

static void random_bytes(void *context, uint8_t *bytes, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        bytes[i] = world.next_random++;
}

static bool derive(void *context, const char *password, const uint8_t salt[READER_SALT_SIZE],
                   uint32_t iterations)
{
    (void)context, (void)salt;
    NEED(strlen(password) < READER_JSON_TEXT_SIZE && iterations != 0);
    return world.deriving = !world.deriving;
}

static bool series(void *context, const struct reader_series *wanted, reader_point_fn *fn,
                   void *fn_context)
{
    (void)context;
    NEED(wanted->from < wanted->to && wanted->step_s >= 60);
    NEED((wanted->to - wanted->from - 1) / wanted->step_s < 3000);
    if (world.store_fails)
        return false;
    for (int64_t time = wanted->from; time < wanted->to && time < wanted->from + 5;
         time += wanted->step_s)
        fn(fn_context, &(struct reader_point){.time = time, .value = -1});
    return true;
}

static const char *change(void *context, const char *const *names, const char *const *values,
                          size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        if (reader_settings_set(&world.settings, names[i], values[i]) != NULL)
            return "mqtt.url: is wrong";
    return NULL;
}

static const struct reader_asset *asset(void *context, const char *path)
{
    static const struct reader_asset page = {
        .path = "/", .type = "text/html", .gzip = (const uint8_t *)"x", .size = 1, .etag = "\"1\""};
    (void)context;
    return strcmp(path, "/") == 0 ? &page : NULL;
}

static bool store_ok(void *context)
{
    (void)context;
    return !world.store_fails;
}

/* ---- Asking ---- */

static const char *take(char **input, const char *fallback)
{
    char *line = *input, *end = strchr(line, '\n');

    *input = end != NULL ? end + 1 : line + strlen(line);
    if (end != NULL)
        *end = 0;
    return line[0] == 0 ? fallback : strcmp(line, "-") == 0 ? NULL : line;
}

static bool is_status(int status)
{
    static const int statuses[] = {200, 304, 400, 401, 403, 404, 405, 406,
                                   413, 414, 415, 429, 500, 502, 503, 504};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (status == statuses[i])
            return true;
    return false;
}

/* Unless who asks says it: names of settings come back. */
static void need_hidden(const char *secret, const uint8_t *data, size_t size)
{
    NEED(strstr(answer, secret) == NULL || memmem(data, size, secret, strlen(secret)) != NULL);
}

static void check(const struct reader_http_response *response, const uint8_t *data, size_t size)
{
    const char *type = response->content_type;

    NEED(is_status(response->status));
    NEED(strpbrk(response->set_cookie, "\r\n") == NULL);
    NEED(response->cache_control != NULL);
    NEED((type == NULL) == (response->status == 304));
    if (type != NULL && strcmp(type, "application/json") == 0 && !response->out.failed)
        NEED(json_valid(answer));
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        need_hidden(secrets[i], data, size);
    for (size_t i = 0; i < READER_SESSIONS; i++)
        if (world.bridge.session[i].used)
            need_hidden(world.bridge.session[i].id, data, size);
}

static enum reader_http_result ask(struct reader_http_request *request,
                                   struct reader_http_stream *stream,
                                   struct reader_http_response *response)
{
    static struct reader_buffer buffer; /* a stream goes on with it */

    answer[0] = 0;
    reader_out_buffer(&response->out, &buffer, answer, sizeof answer);
    return reader_http(&world.bridge, world.now, 1700000000, request, stream, response);
}

static void end_derivation(void)
{
    static const uint8_t hash[READER_HASH_SIZE] = {0};

    if (world.deriving)
        reader_bridge_derived(&world.bridge, hash, true);
    world.deriving = false;
}

static void serve(struct reader_http_request *request, const uint8_t *data, size_t size)
{
    struct reader_http_stream stream = {0};
    struct reader_http_response response;
    enum reader_http_result result = ask(request, &stream, &response);

    for (unsigned i = 0; result == READER_HTTP_WAIT; i++) {
        NEED(response.out.total == 0 && i < 500);
        if ((data[0] & CANCELLED) != 0) {
            reader_http_cancel(&world.bridge, request);
            return;
        }
        turn();
        if (i > 2)
            end_derivation();
        result = ask(request, &stream, &response);
    }
    check(&response, data, size);
    for (unsigned i = 0; i < 20 && result == READER_HTTP_STREAM && !response.out.failed; i++) {
        turn();
        reader_http_stream(&world.bridge, world.now, &stream, &response.out);
    }
}

/* ---- The world ---- */

static void set(const char *name, const char *text)
{
    NEED(reader_settings_set(&world.settings, name, text) == NULL);
}

static void log_in(void)
{
    static char body[] = "{\"password\":\"c0rrect-h0rse\"}";
    struct reader_http_request request = {.method = "POST",
                                          .target = "/api/v1/session",
                                          .host = "[::1]",
                                          .content_type = "application/json",
                                          .body = body,
                                          .body_size = sizeof body - 1};
    serve(&request, (const uint8_t *)"", 1);
    memcpy(cookie, "meplink=", 8);
    memcpy(cookie + 8, world.bridge.session[0].id, READER_SESSION_ID);
    memcpy(csrf, world.bridge.session[0].csrf, READER_SESSION_ID);
    NEED(world.bridge.session[0].used);
}

static void make_world(void)
{
    static const struct mep_server_ops ops = {read_table, NULL, NULL};
    static const struct reader_host host = {.random = random_bytes,
                                            .derive = derive,
                                            .series = series,
                                            .change = change,
                                            .asset = asset,
                                            .store_ok = store_ok};
    struct mep_key key = {.bytes = "s3cret-m3ter-k3y"};
    struct reader_config config;
    struct mep_server_config server;

    mep_server_config_init(&server, &key, &key);
    server.baud = 0;
    mep_server_init(&world.server, &server, &ops, NULL);
    reader_config_init(&config, &key);
    config.client.baud = 0;
    reader_init(&world.reader, &config);
    reader_exchanges_init(&world.log);
    reader_settings_init(&world.settings, world.section, METERS);
    set("meter.house.uri", "/dev/ttyUSB0");
    set("meter.house.key", "s3cret-m3ter-k3y");
    set("mqtt.password", "br0ker-p4ss");
    set("http.password", "pbkdf2-sha256$9$000102030405060708090a0b0c0d0e0f$"
                         "0000000000000000000000000000000000000000000000000000000000000000");
    reader_meter_init(&world.meter, &world.section[0], &world.reader, NULL, &world.log);
    reader_bridge_init(&world.bridge, &host, &world.settings, "mepd", "1", 0);
    reader_bridge_set_meters(&world.bridge, meters, 1);
    world.now = 1000000;
    log_in();
    empty = world;
    for (unsigned i = 0; i < 200 && !world.meter.has_reading; i++)
        turn();
    NEED(world.meter.has_reading);
    fresh = world;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char input[16384];
    char *rest = input;

    if (fresh.now == 0)
        make_world();
    if (size == 0 || size >= sizeof input)
        return 0;
    bool in = (data[0] & LOGGED_IN) != 0;
    world = (data[0] & NO_READING) != 0 ? empty : fresh;
    world.settings.http_public = (data[0] & NOT_PUBLIC) == 0;
    world.store_fails = (data[0] & STORE_FAILS) != 0;
    memcpy(input, data + 1, size - 1);
    input[size - 1] = 0;

    struct reader_http_request request = {0};
    const char *method = take(&rest, "GET"), *target = take(&rest, "/");
    request.method = method != NULL ? method : "";
    request.target = target != NULL ? target : "";
    request.host = take(&rest, "192.168.1.2:8080");
    request.origin = take(&rest, NULL);
    request.cookie = take(&rest, in ? cookie : NULL);
    request.csrf = take(&rest, in ? csrf : NULL);
    request.content_type = take(&rest, "application/json");
    request.accept_encoding = take(&rest, "gzip");
    request.if_none_match = take(&rest, NULL);
    request.body = rest;
    request.body_size = (size_t)(input + size - 1 - rest);
    serve(&request, data, size);
    return 0;
}

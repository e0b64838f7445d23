#include "firmware/logic/api.h"

/* What answers to HTTP have in common is there, and not twice. */
#include "reader/bridge/call.h"
#include "reader/bridge/password.h"

#include <string.h>

enum access {
    ALL,
    LOGIN,
    IN_HAND /* or LOGIN */
};

struct board_call {
    struct http_call http; /* first */
    struct fw_api *api;
    enum fw_visit visit;
};

typedef enum reader_http_result board_handler(struct board_call *call);

/* ---- Answers ---- */

static enum reader_http_result done(struct board_call *call)
{
    struct reader_out *out = http_json(&call->http, 200);

    reader_json_begin(out, NULL);
    reader_json_bool(out, "done", true);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

static enum reader_http_result done_unless(struct board_call *call, const char *problem)
{
    return problem == NULL ? done(call) : http_error(&call->http, 400, "invalid", problem);
}

static struct reader_out *text(struct board_call *call, const char *type)
{
    http_json(&call->http, 200);
    call->http.response->content_type = type;
    return call->http.out;
}

static bool said_yes(const char *query, const char *name)
{
    char value[8];

    return http_parameter(query, name, value, sizeof value) && strcmp(value, "yes") == 0;
}

/* ---- What was sent ---- */

struct member {
    const char *name;
    char *text;
    size_t size;
};

/* Takes texts from a JSON object; those that are not there become "". */
static const char *take_members(struct board_call *call, const struct member *members, size_t count)
{
    const struct reader_http_request *request = call->http.request;
    struct reader_json_member *member = &call->http.bridge->scratch.member;
    struct reader_json_in in;

    for (size_t i = 0; i < count; i++)
        members[i].text[0] = 0;
    reader_json_in_init(&in, request->body != NULL ? request->body : "", request->body_size);
    while (reader_json_in_next(&in, member)) {
        size_t i = 0, length = strlen(member->text);
        while (i < count && strcmp(members[i].name, member->name) != 0)
            i++;
        if (i == count)
            return "the object has a member that is not known here";
        if (length >= members[i].size)
            return "a text is too long";
        memcpy(members[i].text, member->text, length + 1);
    }
    memset(member, 0, sizeof *member); /* it may hold a password */
    return in.problem;
}

/* ---- Handlers ---- */

static void write_meter_link(const struct fw_api *api, struct reader_out *out)
{
    reader_json_begin(out, "meter_link");
    reader_json_bool(out, "transceiver", api->ladder->transceiver);
    reader_json_bool(out, "enable", api->ladder->enable);
    reader_json_integer(out, "enable_cycles", api->ladder->enable_cycles);
    reader_json_integer(out, "supply_cycles", api->ladder->supply_cycles);
    reader_json_bool(out, "bridged", fw_echo_bridged(api->echo));
    reader_json_integer(out, "bridge_bytes", api->echo->bytes);
    reader_json_integer(out, "bridge_wrong", api->echo->wrong);
    reader_json_end(out);
}

/* Named like mepd's settings for the same. */
static const char *const pem_names[FW_PEMS] = {"mqtt.ca", "mqtt.cert", "mqtt.key"};

static void write_pems(const struct fw_api *api, struct reader_out *out)
{
    reader_json_begin(out, "certificates");
    for (int i = 0; i < FW_PEMS; i++)
        reader_json_bool(out, pem_names[i], api->host->has_pem((enum fw_pem)i));
    reader_json_end(out);
}

static void write_tasks(const struct fw_status *status, struct reader_out *out)
{
    reader_json_begin(out, "stack_left");
    for (size_t i = 0; i < status->tasks; i++)
        reader_json_integer(out, status->task[i].name, status->task[i].left);
    reader_json_end(out);
}

static void write_starts(const struct fw_status *s, struct reader_out *out)
{
    reader_json_begin(out, "starts");
    reader_json_integer(out, "all", fw_resets_all(s->resets));
    reader_json_string(out, "last", fw_reset_name(s->last_reset));
    for (unsigned i = 0; i < FW_RESETS; i++)
        if (s->resets[i] != 0 || i == FW_RESET_BROWN_OUT)
            reader_json_integer(out, fw_reset_name(i), s->resets[i]);
    reader_json_end(out);
}

static void write_status(struct board_call *call, struct reader_out *out)
{
    struct fw_status s = {0};

    call->api->host->status(&s);
    reader_json_string(out, "idf", s.idf);
    reader_json_string(out, "chip", s.chip);
    reader_json_string(out, "slot", s.slot);
    reader_json_bool(out, "probation", s.probation);
    reader_json_integer(out, "uptime_s", s.uptime_s);
    reader_json_integer(out, "time", s.time);
    reader_json_string(out, "hostname", call->http.bridge->settings->board.hostname);
    reader_json_string(out, "address", s.address);
    reader_json_integer(out, "rssi", s.rssi);
    reader_json_bool(out, "core_dump", s.core_dump);
    reader_json_begin(out, "heap");
    reader_json_integer(out, "free", (int64_t)s.heap_free);
    reader_json_integer(out, "least", (int64_t)s.heap_least);
    reader_json_integer(out, "largest", (int64_t)s.heap_largest);
    reader_json_end(out);
    write_tasks(&s, out);
    write_starts(&s, out);
    reader_json_begin(out, "update");
    reader_json_bool(out, "busy", s.update_busy);
    reader_json_integer(out, "bytes", (int64_t)s.update_bytes);
    reader_json_string(out, "problem", s.update_problem != NULL ? s.update_problem : "");
    reader_json_bool(out, "done", s.update_done);
    reader_json_end(out);
}

static enum reader_http_result get_board(struct board_call *call)
{
    static const char *const states[] = {"setup", "joining", "online", "waiting"};
    static const char *const trials[] = {"none", "running", "ok", "failed"};
    const struct fw_network *n = call->api->network;
    struct reader_out *out = http_json(&call->http, 200);

    reader_json_begin(out, NULL);
    reader_json_string(out, "version", call->http.bridge->version);
    reader_json_bool(out, "password_set", call->http.bridge->settings->http_password[0] != 0);
    reader_json_bool(out, "key_set", call->http.bridge->meter[0]->settings->key[0] != 0);
    reader_json_bool(out, "in_hand", call->visit != FW_VISIT_NETWORK);
    reader_json_begin(out, "network");
    reader_json_string(out, "state", states[n->state]);
    reader_json_string(out, "trial", trials[n->trial]);
    reader_json_string(out, "trial_problem",
                       n->trial == FW_TRIAL_FAILED ? fw_network_failure_text(n->refusal) : "");
    reader_json_string(out, "problem", fw_network_failure_text(n->failure));
    reader_json_bool(out, "access_point", n->access_point);
    reader_json_bool(out, "radio", call->api->host->networks != NULL);
    reader_json_integer(out, "joined", n->joined);
    reader_json_integer(out, "lost", n->lost);
    reader_json_end(out);
    write_meter_link(call->api, out);
    write_pems(call->api, out);
    write_status(call, out);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

static enum reader_http_result get_networks(struct board_call *call)
{
    const struct fw_api_host *host = call->api->host;
    const struct fw_seen *seen = NULL;
    bool look = said_yes(call->http.query, "look");
    size_t count = host->networks != NULL ? host->networks(look, &seen) : 0;
    struct reader_out *out = http_json(&call->http, 200);

    reader_json_begin(out, NULL);
    reader_json_begin_array(out, "networks");
    for (size_t i = 0; i < count; i++) {
        reader_json_begin(out, NULL);
        reader_json_bytes(out, "ssid", (const uint8_t *)seen[i].ssid, strlen(seen[i].ssid));
        reader_json_integer(out, "rssi", seen[i].rssi);
        reader_json_bool(out, "open", seen[i].open);
        reader_json_end(out);
    }
    reader_json_end_array(out);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

static enum reader_http_result post_join(struct board_call *call)
{
    const struct fw_api_host *host = call->api->host;
    char ssid[33], password[65];
    const struct member members[] = {{"ssid", ssid, sizeof ssid},
                                     {"password", password, sizeof password}};
    const struct reader_setting *rule = reader_setting_find("wifi.password");
    const char *problem = take_members(call, members, 2);
    enum reader_http_result result;

    if (host->networks == NULL)
        problem = "this build has no radio";
    if (problem == NULL && ssid[0] == 0)
        problem = "ssid: is empty; the name of a network is accepted";
    if (problem == NULL)
        problem = rule->check(password);
    if (problem != NULL)
        result = http_error(&call->http, 400, "invalid", problem);
    else if (!host->join(ssid, password))
        result = http_error(&call->http, 503, "busy", "another network is being tried");
    else
        result = done(call);
    memset(password, 0, sizeof password);
    return result;
}

/* The first one, or another after login; all sessions end with the old one. */
static enum reader_http_result post_password(struct board_call *call)
{
    const struct fw_api_host *host = call->api->host;
    struct reader_scratch *scratch = &call->http.bridge->scratch;
    const struct member members[] = {{"password", scratch->text, 128}};
    struct reader_password password;
    struct reader_buffer buffer;
    struct reader_out out;
    const char *problem = take_members(call, members, 1);

    if (problem == NULL && strlen(scratch->text) < 8)
        problem = "password: is too short; 8 to 127 characters are accepted";
    if (problem != NULL)
        return http_error(&call->http, 400, "invalid", problem);
    enum http_derived derived = http_derive(&call->http, scratch->text, &password, true);
    memset(scratch->text, 0, 128);
    if (derived == HTTP_DERIVE_WAIT)
        return READER_HTTP_WAIT;
    if (derived == HTTP_DERIVE_BUSY)
        return READER_HTTP_DONE;
    if (derived == HTTP_DERIVE_FAILED)
        return http_error(&call->http, 503, "busy", "the password could not be hashed now");
    reader_out_buffer(&out, &buffer, scratch->password, sizeof scratch->password);
    reader_password_write(&password, &out);
    const char *const name = "http.password", *const value = scratch->password;
    return done_unless(call, host->change(&name, &value, 1));
}

static enum reader_http_result get_backup(struct board_call *call)
{
    const struct fw_api_host *host = call->api->host;
    size_t size = 0;
    const char *backup = host->backup(said_yes(call->http.query, "secrets"), &size);

    reader_out_bytes(text(call, "text/plain; charset=utf-8"), backup, size);
    return READER_HTTP_DONE;
}

static enum reader_http_result post_restore(struct board_call *call)
{
    const struct fw_api_host *host = call->api->host;
    const struct reader_http_request *request = call->http.request;
    unsigned line = 0;
    const char *problem =
        host->restore(request->body != NULL ? request->body : "", request->body_size, &line);

    if (problem == NULL)
        return done(call);
    struct reader_out *out = http_json(&call->http, 400);
    reader_json_begin(out, NULL);
    reader_json_string(out, "error", "invalid");
    if (line != 0)
        reader_json_integer(out, "line", line);
    reader_json_string(out, "message", problem);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

static enum reader_http_result post_certificate(struct board_call *call)
{
    const struct reader_http_request *request = call->http.request;
    char name[16] = "";
    int which = 0;

    http_parameter(call->http.query, "name", name, sizeof name);
    while (which < FW_PEMS && strcmp(pem_names[which], name) != 0)
        which++;
    if (which == FW_PEMS)
        return http_error(&call->http, 400, "invalid",
                          "name: mqtt.ca, mqtt.cert and mqtt.key are accepted");
    return done_unless(call, call->api->host->set_pem((enum fw_pem)which,
                                                      request->body != NULL ? request->body : "",
                                                      request->body_size));
}

static enum reader_http_result post_fetch(struct board_call *call)
{
    const struct fw_api_host *host = call->api->host;
    char url[256], older[8];
    const struct member members[] = {{"url", url, sizeof url}, {"older", older, sizeof older}};
    const char *problem = take_members(call, members, 2);

    if (problem == NULL)
        problem = host->fetch(url, strcmp(older, "true") == 0);
    return done_unless(call, problem);
}

static enum reader_http_result get_log(struct board_call *call)
{
    call->api->host->log(text(call, "text/plain; charset=utf-8"));
    return READER_HTTP_DONE;
}

static enum reader_http_result get_core(struct board_call *call)
{
    struct reader_out *out = text(call, "application/octet-stream");

    if (call->api->host->core(out))
        return READER_HTTP_DONE;
    return http_error(&call->http, 404, "not_found", "there was no crash since the last was taken");
}

static enum reader_http_result delete_core(struct board_call *call)
{
    call->api->host->core(NULL);
    return done(call);
}

static enum reader_http_result post_restart(struct board_call *call)
{
    call->api->host->restart();
    return done(call);
}

static enum reader_http_result post_forget(struct board_call *call)
{
    call->api->host->forget();
    return done(call);
}

/* ---- Paths ---- */

static const char upload[] = "/api/v1/board/update";

static const struct {
    const char *method, *path;
    enum access access;
    board_handler *handler;
} routes[] = {
    {"GET", "/api/v1/board", ALL, get_board},
    {"GET", "/api/v1/board/networks", IN_HAND, get_networks},
    {"POST", "/api/v1/board/join", IN_HAND, post_join},
    {"POST", "/api/v1/board/password", IN_HAND, post_password},
    {"GET", "/api/v1/board/backup", LOGIN, get_backup},
    {"POST", "/api/v1/board/restore", LOGIN, post_restore},
    {"POST", "/api/v1/board/certificate", LOGIN, post_certificate},
    {"POST", "/api/v1/board/fetch", LOGIN, post_fetch},
    {"GET", "/api/v1/board/log", LOGIN, get_log},
    {"GET", "/api/v1/board/core", LOGIN, get_core},
    {"DELETE", "/api/v1/board/core", LOGIN, delete_core},
    {"POST", "/api/v1/board/restart", LOGIN, post_restart},
    {"POST", "/api/v1/board/forget", LOGIN, post_forget},
};
enum {
    ROUTES = sizeof routes / sizeof *routes
};

static bool is_path(const struct reader_http_request *request, const char *path)
{
    size_t size = strcspn(request->target, "?");

    return strlen(path) == size && memcmp(path, request->target, size) == 0;
}

static bool has_password(const struct fw_api *api)
{
    return api->bridge->settings->http_password[0] != 0;
}

/* NULL, or where somebody is sent who looks for something else. */
static const char *elsewhere(const struct fw_api *api, enum fw_visit visit,
                             const struct reader_http_request *request)
{
    const char *host = request->host != NULL ? request->host : "";

    if (visit == FW_VISIT_ACCESS_POINT && strspn(host, "0123456789.:") != strlen(host))
        return "http://192.168.4.1/setup";
    return !has_password(api) && is_path(request, "/") ? "/setup" : NULL;
}

/* In hand is enough as long as no password is set; from then on only login is. */
static const char *refusal(struct fw_api *api, mep_time now, enum fw_visit visit,
                           enum access access, const struct reader_http_request *request,
                           int *status)
{
    bool login =
        access == LOGIN || (access == IN_HAND && (has_password(api) || visit == FW_VISIT_NETWORK));

    return reader_http_refusal(api->bridge, now, request, login, status);
}

static int find(const struct reader_http_request *request)
{
    int found = -1;

    for (int i = 0; i < ROUTES; i++) {
        if (!is_path(request, routes[i].path))
            continue;
        found = i;
        if (strcmp(routes[i].method, request->method) == 0)
            break;
    }
    return found;
}

enum reader_http_result fw_api(struct fw_api *api, mep_time now, enum fw_visit visit,
                               struct reader_http_request *request,
                               struct reader_http_response *response, bool *handled)
{
    struct reader_out out = response->out;
    struct board_call call = {.http = {.bridge = api->bridge,
                                       .now = now,
                                       .request = request,
                                       .response = response,
                                       .out = &response->out},
                              .api = api,
                              .visit = visit};
    const char *to = elsewhere(api, visit, request);
    int route = find(request), status = 0;

    *handled = to != NULL || route >= 0;
    if (!*handled)
        return READER_HTTP_DONE;
    memset(response, 0, sizeof *response);
    response->out = out;
    if (to != NULL) {
        response->status = 302;
        response->allow = to;
        return READER_HTTP_DONE;
    }
    size_t path = strcspn(request->target, "?");
    call.http.query = request->target + path + (request->target[path] == '?');
    if (strcmp(routes[route].method, request->method) != 0) {
        response->allow = routes[route].method;
        return http_error(&call.http, 405, "wrong_method",
                          "this path does not take that method; the header Allow says which");
    }
    const char *why = refusal(api, now, visit, routes[route].access, request, &status);
    if (why != NULL)
        return http_error(&call.http, status, status == 401 ? "login" : "refused", why);
    return routes[route].handler(&call);
}

bool fw_api_is_upload(const struct reader_http_request *request, bool *allow_older)
{
    size_t path = strcspn(request->target, "?");
    const char *query = request->target + path + (request->target[path] == '?');

    *allow_older = said_yes(query, "older");
    return strcmp(request->method, "POST") == 0 && is_path(request, upload);
}

const char *fw_api_refusal(struct fw_api *api, mep_time now,
                           const struct reader_http_request *request, int *status)
{
    return reader_http_refusal(api->bridge, now, request, true, status);
}

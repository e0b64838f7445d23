/* Which path is answered by what, and what every request has to fulfil before. */
#include "reader/bridge/call.h"

#include <string.h>

enum access {
    ALL,
    READER, /* everybody while http.public is on */
    LOGIN
};
enum {
    METER = 1 << 0,   /* is about one */
    CSRF = 1 << 1,    /* changes something */
    BODY = 1 << 2,    /* wants JSON */
    BEGINS = 1 << 3,  /* stands for all paths that begin so */
    NO_HEAD = 1 << 4, /* GET alone */
    LENIENT = 1 << 5  /* unknown parameters are overlooked */
};

struct route {
    const char *method, *path;
    const char *parameters; /* that it knows */
    enum access access;
    unsigned flags;
    http_handler *handler;
};

/* Those of one path stand together. */
static const struct route routes[] = {
    {"GET", "/api/v1/health", "", ALL, 0, http_get_health},
    {"GET", "/api/v1/meters", "", READER, 0, http_get_meters},
    {"GET", "/api/v1/latest", "meter", READER, METER, http_get_latest},
    {"GET", "/api/v1/events", "meter", READER, METER | NO_HEAD, http_get_events},
    {"GET", "/api/v1/history", "meter name from to resolution at", READER, METER, http_get_history},
    {"GET", "/api/v1/info", "meter", READER, METER, http_get_info},
    {"GET", "/api/v1/tables", "", READER, 0, http_get_tables},
    {"GET", "/api/v1/tables/", "meter", READER, METER | BEGINS, http_get_table},
    {"GET", "/api/v1/link", "meter", READER, METER, http_get_link},
    {"GET", "/api/v1/exchanges", "meter", LOGIN, METER, http_get_exchanges},
    {"GET", "/api/v1/ui", "", READER, 0, http_get_ui},
    {"GET", "/api/v1/config", "", LOGIN, 0, http_get_config},
    {"PATCH", "/api/v1/config", "", LOGIN, CSRF | BODY, http_patch_config},
    {"POST", "/api/v1/key-test", "", LOGIN, CSRF | BODY, http_post_key_test},
    {"GET", "/api/v1/session", "", ALL, 0, http_get_session},
    {"POST", "/api/v1/session", "", ALL, BODY, http_post_session},
    {"DELETE", "/api/v1/session", "", ALL, 0, http_delete_session},
    {"GET", "/metrics", "", READER, LENIENT, http_get_metrics},
    {"GET", "/getDashDataWS", "meter", READER, METER | LENIENT, http_get_dash},
};
enum {
    ROUTES = sizeof routes / sizeof *routes
};

const char *const reader_http_headers[] = {
    "X-Content-Type-Options",
    "nosniff",
    "Referrer-Policy",
    "no-referrer",
    "Cross-Origin-Resource-Policy",
    "same-origin",
    NULL,
};
static const char content_policy[] =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";
const char *const reader_http_page_headers[] = {
    "Content-Security-Policy",
    content_policy,
    "X-Frame-Options",
    "DENY",
    "Permissions-Policy",
    "camera=(), geolocation=(), microphone=()",
    NULL,
};

static const char no_login[] = "this is only for who has logged in";
static const char no_csrf[] = "the header X-CSRF-Token is missing or not that of this session; "
                              "/api/v1/session tells it";

/* ---- Answers ---- */

struct reader_out *http_json(struct http_call *call, int status)
{
    call->response->status = status;
    call->response->content_type = "application/json";
    call->response->cache_control = "no-store";
    return call->out;
}

static enum reader_http_result error_about(struct http_call *call, int status, const char *word,
                                           const char *key, const char *message)
{
    struct reader_out *out = http_json(call, status);

    reader_json_begin(out, NULL);
    reader_json_string(out, "error", word);
    if (key != NULL)
        reader_json_string(out, "key", key);
    reader_json_string(out, "message", message);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

enum reader_http_result http_error(struct http_call *call, int status, const char *word,
                                   const char *message)
{
    return error_about(call, status, word, NULL, message);
}

enum reader_http_result http_invalid(struct http_call *call, const char *key, const char *message)
{
    return error_about(call, 400, "invalid", key, message);
}

enum reader_http_result http_wait(struct http_call *call, const char *for_what)
{
    if (call->request->since == 0)
        call->request->since = call->now;
    if (call->now - call->request->since < HTTP_WAIT_LIMIT_US)
        return READER_HTTP_WAIT;
    call->response->retry_after_s = 5;
    return http_error(call, 503, "busy", for_what);
}

static enum reader_http_result wrong_method(struct http_call *call, const char *allow)
{
    call->response->allow = allow;
    return http_error(call, 405, "wrong_method",
                      "this path does not take that method; the header Allow says which it takes");
}

/* ---- Meters ---- */

bool http_find_meter(struct http_call *call, const char *id)
{
    call->meter = reader_bridge_find(call->bridge, id);
    if (call->meter != NULL)
        return true;
    if (call->bridge->meters == 0)
        http_error(call, 404, "no_meter", "no meter is configured");
    else
        http_error(call, 404, "unknown_meter",
                   "there is no such meter; names and serial numbers that /api/v1/meters lists are "
                   "accepted");
    return false;
}

/* ---- Routes ---- */

static bool fits(const struct route *route, const struct http_call *call)
{
    size_t size = strlen(route->path);

    if ((route->flags & BEGINS) != 0 ? call->path_size <= size : call->path_size != size)
        return false;
    return memcmp(route->path, call->path, size) == 0;
}

static bool takes(const struct route *route, const char *method)
{
    if (strcmp(method, "HEAD") == 0 && (route->flags & NO_HEAD) == 0)
        method = "GET";
    return strcmp(route->method, method) == 0;
}

static const char *allowed(const struct route *first)
{
    if (strcmp(first->path, "/api/v1/config") == 0)
        return "GET, HEAD, PATCH";
    if (strcmp(first->path, "/api/v1/session") == 0)
        return "GET, HEAD, POST, DELETE";
    if (strcmp(first->method, "POST") == 0)
        return "POST";
    return (first->flags & NO_HEAD) != 0 ? "GET" : "GET, HEAD";
}

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";

    if (content_type == NULL || strlen(content_type) < sizeof json - 1)
        return false;
    for (size_t i = 0; i < sizeof json - 1; i++) {
        char c = content_type[i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != json[i])
            return false;
    }
    char after = content_type[sizeof json - 1];
    return after == 0 || after == ';' || after == ' ';
}

/* Answers what a route refuses; false: nothing, go on. */
static bool refused(struct http_call *call, const struct route *route)
{
    const struct reader_http_request *request = call->request;

    if (call->session == NULL && (route->access == LOGIN || (route->access == READER &&
                                                             !call->bridge->settings->http_public)))
        http_error(call, 401, "login", no_login);
    else if ((route->flags & CSRF) != 0 && !http_same(request->csrf, call->session->csrf))
        http_error(call, 403, "csrf", no_csrf);
    else if ((route->flags & BODY) != 0 && !is_json(request->content_type))
        http_error(call, 415, "wrong_type",
                   "the body is not marked as JSON; Content-Type: application/json is accepted");
    else
        return false;
    return true;
}

static enum reader_http_result handle(struct http_call *call, const struct route *route)
{
    const char *known = (route->flags & LENIENT) != 0 ? NULL : route->parameters;
    const char *problem = http_query_problem(call->query, known);

    if (refused(call, route))
        return READER_HTTP_DONE;
    if (problem != NULL)
        return http_error(call, 400, "invalid", problem);
    if ((route->flags & METER) != 0) {
        char id[HTTP_ID_SIZE];
        bool whole = http_parameter(call->query, "meter", id, sizeof id);
        if (!http_find_meter(call, whole ? id : " "))
            return READER_HTTP_DONE;
    }
    if ((route->flags & BEGINS) != 0) {
        call->rest = call->path + strlen(route->path);
        call->rest_size = call->path_size - strlen(route->path);
    }
    return route->handler(call);
}

static enum reader_http_result route_asset(struct http_call *call)
{
    const struct reader_host *host = call->bridge->host;
    const struct reader_asset *asset =
        host->asset != NULL ? host->asset(host->context, call->request->target) : NULL;
    const char *method = call->request->method;

    if (asset == NULL)
        return http_error(
            call, 404, "not_found",
            "there is nothing at this path; /api/v1/openapi.json lists what there is");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return wrong_method(call, "GET, HEAD");
    return http_get_asset(call, asset);
}

static enum reader_http_result route(struct http_call *call)
{
    const struct route *first = NULL;

    for (size_t i = 0; i < ROUTES; i++) {
        if (!fits(&routes[i], call))
            continue;
        if (takes(&routes[i], call->request->method))
            return handle(call, &routes[i]);
        if (first == NULL)
            first = &routes[i];
    }
    return first != NULL ? wrong_method(call, allowed(first)) : route_asset(call);
}

/* ---- What every request has to fulfil ---- */

const char *reader_http_refusal(struct reader_bridge *bridge, mep_time now,
                                const struct reader_http_request *request, bool login, int *status)
{
    const char *wrong = request->host == NULL ? "the header Host is missing"
                                              : http_wrong_host(bridge, request->host);

    *status = 403;
    if (wrong == NULL)
        wrong = http_wrong_origin(request->host, request->origin);
    if (wrong != NULL || !login)
        return wrong;
    const struct reader_session *session = http_session_find(bridge, now, request->cookie);
    if (session == NULL) {
        *status = 401;
        return no_login;
    }
    bool reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    return reads || http_same(request->csrf, session->csrf) ? NULL : no_csrf;
}

static bool malformed(struct http_call *call)
{
    const struct reader_http_request *request = call->request;
    const char *wrong;

    if (request->target[0] != '/')
        http_error(call, 400, "malformed", "the path does not begin with /");
    else if (strlen(request->target) > READER_HTTP_TARGET_MAX)
        http_error(call, 414, "too_long", "the path and query are longer than 2048 bytes");
    else if (request->body_size > READER_HTTP_BODY_MAX)
        http_error(call, 413, "too_large", "the body is longer than 8192 bytes");
    else if (request->host == NULL)
        http_error(call, 400, "malformed", "the header Host is missing");
    else if ((wrong = http_wrong_host(call->bridge, request->host)) != NULL)
        http_error(call, 403, "wrong_host", wrong);
    else if ((wrong = http_wrong_origin(request->host, request->origin)) != NULL)
        http_error(call, 403, "wrong_origin", wrong);
    else
        return false;
    return true;
}

enum reader_http_result reader_http(struct reader_bridge *bridge, mep_time now, int64_t calendar_s,
                                    struct reader_http_request *request,
                                    struct reader_http_stream *stream,
                                    struct reader_http_response *response)
{
    struct reader_out out = response->out;
    struct http_call call = {.bridge = bridge,
                             .now = now,
                             .calendar_s = calendar_s,
                             .request = request,
                             .stream = stream,
                             .response = response,
                             .out = &response->out};

    memset(response, 0, sizeof *response);
    response->out = out;
    if (malformed(&call))
        return READER_HTTP_DONE;
    call.path = request->target;
    call.path_size = strcspn(call.path, "?");
    call.query = call.path + call.path_size + (call.path[call.path_size] == '?');
    call.session = http_session_find(bridge, now, request->cookie);
    enum reader_http_result result = route(&call);
    if (result != READER_HTTP_WAIT)
        reader_http_cancel(bridge, request);
    return result;
}

/* ---- A request that ends early ---- */

static void let_go(struct reader_meter *meter, uint32_t ticket)
{
    struct reader_table_job *table = &meter->table;
    struct reader_key_job *key = &meter->key;

    if (table->state != READER_JOB_NONE && table->ticket == ticket && table->waiting != 0 &&
        --table->waiting == 0)
        table->state = READER_JOB_NONE;
    if (key->state != READER_JOB_NONE && key->ticket == ticket) {
        key->state = READER_JOB_NONE;
        mep_key_wipe(&key->key);
    }
}

void reader_http_cancel(struct reader_bridge *bridge, struct reader_http_request *request)
{
    uint32_t ticket = request->ticket;

    request->ticket = 0;
    if (ticket == 0)
        return;
    for (size_t i = 0; i < bridge->meters; i++)
        let_go(bridge->meter[i], ticket);
    if (bridge->derive.ticket == ticket) {
        bridge->derive.ticket = 0; /* what is being made, nobody wants any more */
        if (bridge->derive.state == READER_JOB_DONE)
            bridge->derive.state = READER_JOB_NONE;
    }
}

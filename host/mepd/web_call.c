/* A request: taken in, answered by the bridge, and sent. */
#include "host/link.h"
#include "host/mepd/web_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAM_UNSENT_MAX = 65536,                   /* a reading, a link, and room */
    BODY_DROPPED_MAX = 16 * READER_HTTP_BODY_MAX /* of a body too long; then the connection ends */
};

/* ---- Answers of our own ------------------------------------------------ */

static const char *const common_headers[] = {"X-Content-Type-Options", "nosniff", "Cache-Control",
                                             "no-store", NULL};

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *word,
                              const char *message)
{
    char body[256];
    int size = snprintf(body, sizeof body, "{\"error\":\"%s\",\"message\":\"%s\"}", word, message);
    struct MHD_Response *response =
        MHD_create_response_from_buffer((size_t)size, body, MHD_RESPMEM_MUST_COPY);

    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    for (const char *const *h = common_headers; *h != NULL; h += 2)
        MHD_add_response_header(response, h[0], h[1]);
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "5");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- The answer of the bridge ------------------------------------------ */

static void add(struct MHD_Response *to, const char *name, const char *value)
{
    if (value != NULL && value[0] != 0)
        MHD_add_response_header(to, name, value);
}

static void add_pairs(struct MHD_Response *to, const char *const *pairs)
{
    for (; pairs[0] != NULL; pairs += 2)
        add(to, pairs[0], pairs[1]);
}

static void add_headers(struct MHD_Response *to, const struct reader_http_response *from)
{
    add(to, MHD_HTTP_HEADER_CONTENT_TYPE, from->content_type);
    add(to, MHD_HTTP_HEADER_CONTENT_ENCODING, from->encoding);
    add(to, MHD_HTTP_HEADER_CACHE_CONTROL, from->cache_control);
    add(to, MHD_HTTP_HEADER_ETAG, from->etag);
    add(to, MHD_HTTP_HEADER_ALLOW, from->allow);
    add(to, MHD_HTTP_HEADER_SET_COOKIE, from->set_cookie);
    if (from->retry_after_s != 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%u", from->retry_after_s);
        add(to, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    add_pairs(to, reader_http_headers);
    if (from->page)
        add_pairs(to, reader_http_page_headers);
}

/* Memory that answers hold is counted as long as they do. */
static void count_answer(struct call *call)
{
    call->web->answers += call->answer.room;
    call->web->answers -= call->counted;
    call->counted = call->answer.room;
}

/* What a stream has not sent yet, or nothing more for now. */
static ssize_t give(void *context, uint64_t at, char *bytes, size_t most)
{
    struct call *call = context;
    size_t left = call->answer.count - call->given;

    (void)at;
    if (left == 0 && call->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (left == 0) {
        call->answer.count = call->given = 0;
        call->suspended = true;
        MHD_suspend_connection(call->connection);
        return 0;
    }
    size_t count = left < most ? left : most;
    memcpy(bytes, call->answer.bytes + call->given, count);
    call->given += count;
    return (ssize_t)count;
}

static struct MHD_Response *make_response(struct call *call)
{
    enum {
        BLOCK = 4096
    };
    if (call->state == CALL_STREAMING)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, give, call, NULL);
    /* The bytes stay with the call, which ends after the last of them was sent. */
    return MHD_create_response_from_buffer(call->answer.count,
                                           call->answer.bytes == NULL ? "" : call->answer.bytes,
                                           MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_answer(struct call *call)
{
    if (call->response.out.failed || call->web->answers > WEB_ANSWERS_MAX)
        return refuse(call->connection, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
                      "the answer is too long for the memory there is now");
    if (call->events && call->web->streams >= WEB_STREAMS_MAX)
        return refuse(call->connection, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
                      "too many streams of events are open");
    call->state = call->events ? CALL_STREAMING : CALL_SENDING;
    struct MHD_Response *response = make_response(call);
    if (response == NULL)
        return MHD_NO;
    call->web->streams += call->events;
    add_headers(response, &call->response);
    enum MHD_Result result =
        MHD_queue_response(call->connection, (unsigned)call->response.status, response);
    MHD_destroy_response(response);
    return result;
}

static enum reader_http_result ask(struct call *call)
{
    call->answer.count = 0;
    growing_out(&call->answer, &call->response.out);
    enum reader_http_result result =
        reader_http(call->web->bridge, link_now(), link_calendar_us() / 1000000, &call->request,
                    &call->stream, &call->response);
    call->events = result == READER_HTTP_STREAM;
    count_answer(call);
    return result;
}

static enum MHD_Result answer(struct call *call)
{
    if (call->state == CALL_READY || ask(call) != READER_HTTP_WAIT)
        return send_answer(call);
    call->state = CALL_WAITING;
    call->web->waiting++;
    call->suspended = true;
    MHD_suspend_connection(call->connection);
    return MHD_YES;
}

/* ---- The request ------------------------------------------------------- */

static struct visitor *visitor_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

void *call_begin(void *context, const char *target, struct MHD_Connection *connection)
{
    struct web *web = context;
    struct visitor *visitor = visitor_of(connection);
    struct call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    call->web = web;
    call->connection = connection;
    if (strlen(target) <= READER_HTTP_TARGET_MAX)
        call->target = strdup(target);
    growing_init(&call->answer, WEB_ANSWER_MAX);
    call->next = web->calls;
    if (web->calls != NULL)
        web->calls->previous = call;
    web->calls = call;
    if (visitor != NULL)
        visitor->call = call;
    return call;
}

static const char *header(const struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

/* The head is there: the texts stay where they are until the request is over. */
static enum MHD_Result take_head(struct call *call, const char *method)
{
    const char *length = header(call, MHD_HTTP_HEADER_CONTENT_LENGTH);

    call->begun = true;
    call->request.method = method;
    call->request.target = call->target;
    call->request.host = header(call, MHD_HTTP_HEADER_HOST);
    call->request.origin = header(call, MHD_HTTP_HEADER_ORIGIN);
    call->request.cookie = header(call, MHD_HTTP_HEADER_COOKIE);
    call->request.csrf = header(call, "X-CSRF-Token");
    call->request.content_type = header(call, MHD_HTTP_HEADER_CONTENT_TYPE);
    call->request.accept_encoding = header(call, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    call->request.if_none_match = header(call, MHD_HTTP_HEADER_IF_NONE_MATCH);
    if (call->target == NULL)
        return refuse(call->connection, MHD_HTTP_URI_TOO_LONG, "too_long",
                      "the path and query are longer than 2048 bytes");
    if (length != NULL && strtoull(length, NULL, 10) > READER_HTTP_BODY_MAX)
        return refuse(call->connection, MHD_HTTP_CONTENT_TOO_LARGE, "too_large",
                      "the body is longer than 8192 bytes");
    return MHD_YES;
}

/* What is too long is dropped, since only its end can be answered; without end, not even that. */
static enum MHD_Result take_body(struct call *call, const char *data, size_t size)
{
    size_t total = call->request.body_size + size;

    if (total > BODY_DROPPED_MAX)
        return MHD_NO;
    if (total <= READER_HTTP_BODY_MAX && total + 1 > call->body_room) {
        size_t room = total + 1 > 1024 ? READER_HTTP_BODY_MAX + 1 : 1024;
        char *body = realloc(call->body, room);
        if (body == NULL)
            return MHD_NO;
        call->body = body;
        call->body_room = room;
    }
    if (total <= READER_HTTP_BODY_MAX) {
        memcpy(call->body + call->request.body_size, data, size);
        call->body[total] = 0;
    }
    call->request.body_size = total;
    call->request.body = call->body;
    return MHD_YES;
}

enum MHD_Result call_go_on(void *context, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *data, size_t *size,
                           void **held)
{
    struct call *call = *held;

    (void)context;
    (void)url;
    (void)version;
    if (call == NULL)
        return MHD_NO;
    if (!call->begun)
        return take_head(call, method);
    if (*size != 0) {
        enum MHD_Result result = take_body(call, data, *size);
        *size = 0;
        return result;
    }
    if (call->request.body_size > READER_HTTP_BODY_MAX)
        return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "too_large",
                      "the body is longer than 8192 bytes");
    return answer(call);
}

void call_end(void *context, struct MHD_Connection *connection, void **held,
              enum MHD_RequestTerminationCode how)
{
    struct web *web = context;
    struct visitor *visitor = visitor_of(connection);
    struct call *call = *held;

    (void)how;
    if (visitor != NULL) {
        visitor->call = NULL;
        visitor->since = link_now();
    }
    if (call == NULL)
        return;
    *held = NULL;
    if (call->state == CALL_WAITING) {
        web->waiting--;
        reader_http_cancel(web->bridge, &call->request);
    }
    web->streams -= call->state == CALL_STREAMING;
    web->answers -= call->counted;
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        web->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    if (call->body != NULL)
        explicit_bzero(call->body, call->body_room); /* it may hold a password */
    free(call->body);
    free(call->target);
    growing_free(&call->answer);
    free(call);
}

/* ---- Later ------------------------------------------------------------- */

static bool stream_turn(struct call *call)
{
    struct reader_out out;

    if (!call->suspended)
        return false; /* it still has something to take */
    if (!call->ended) {
        growing_out(&call->answer, &out);
        reader_http_stream(call->web->bridge, link_now(), &call->stream, &out);
        call->ended |= out.failed || call->answer.count > STREAM_UNSENT_MAX;
        count_answer(call);
    }
    return call->answer.count != 0 || call->ended;
}

bool call_turn(struct call *call)
{
    if (call->state == CALL_STREAMING)
        return stream_turn(call);
    if (call->state != CALL_WAITING)
        return false;
    if (ask(call) == READER_HTTP_WAIT)
        return false;
    call->state = CALL_READY;
    call->web->waiting--;
    return true;
}

void call_stop(struct call *call)
{
    call->ended = true;
    if (call->state == CALL_WAITING) {
        reader_http_cancel(call->web->bridge, &call->request);
        call->state = CALL_READY;
        call->web->waiting--;
        call->response.status = MHD_HTTP_SERVICE_UNAVAILABLE;
    }
}

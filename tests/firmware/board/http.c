#include "tests/firmware/board/http.h"

#include "firmware/logic/answer.h"
#include "host/link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 5000,
    AGAIN_US = 100000
};

/* ---- Sockets ---- */

static bool send_all(void *context, const char *bytes, size_t count)
{
    while (count != 0) {
        ssize_t sent = send(*(int *)context, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

/* The page and the dashboard stand in memory for ever here too, but copies are tried as well. */
static bool lasts(const void *bytes)
{
    (void)bytes;
    return false;
}

static int to;
static char buffer[8192];
static struct fw_answer answer = {
    .send = send_all, .lasts = lasts, .context = &to, .bytes = buffer, .size = sizeof buffer};

/* -1: it broke, or nothing came in time. */
static ssize_t receive(int fd, char *bytes, size_t size)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    return poll(&wanted, 1, PATIENCE_MS) == 1 ? recv(fd, bytes, size, 0) : -1;
}

/* ---- Answers ---- */

static void let_go(struct http *http, struct http_connection *c)
{
    if (c->call == NULL)
        return;
    if (c->call->state == FW_CALL_WAITING)
        reader_http_cancel(http->api->bridge, &c->call->request);
    fw_call_end(c->call);
    c->call = NULL;
}

static void hang_up(struct http *http, struct http_connection *c)
{
    let_go(http, c);
    close(c->fd);
    c->fd = -1;
}

static void refuse(struct http_connection *c, int status, const char *word, const char *message)
{
    static struct reader_http_response response;

    memset(&response, 0, sizeof response);
    to = c->fd;
    fw_answer_begin(&answer, &response, false);
    response.status = status;
    response.content_type = "application/json";
    reader_json_begin(&response.out, NULL);
    if (word != NULL)
        reader_json_string(&response.out, "error", word);
    reader_json_string(&response.out, "message", message);
    reader_json_end(&response.out);
    fw_answer_end(&answer, false);
}

static void ask(struct http *http, struct http_connection *c)
{
    struct fw_call *call = c->call;
    bool handled = false, whole = true;

    to = c->fd;
    fw_answer_begin(&answer, &http->response, strcmp(call->request.method, "HEAD") == 0);
    enum reader_http_result result =
        fw_api(http->api, link_now(), http->visit, &call->request, &http->response, &handled);
    if (!handled)
        result = reader_http(http->api->bridge, link_now(), link_calendar_us() / 1000000,
                             &call->request, &call->stream, &http->response);
    call->state = result == READER_HTTP_WAIT ? FW_CALL_WAITING : FW_CALL_ANSWERING;
    if (result == READER_HTTP_WAIT)
        return;
    if (result == READER_HTTP_STREAM && !fw_call_stream(&http->calls, call))
        refuse(c, 503, "busy", "too many streams of events are open");
    else
        whole = fw_answer_end(&answer, result == READER_HTTP_STREAM);
    if (!whole)
        hang_up(http, c);
    else if (call->state != FW_CALL_STREAMING)
        let_go(http, c);
}

static void go_on(struct http *http, struct http_connection *c)
{
    struct reader_out out;

    if (c->call->state == FW_CALL_WAITING)
        ask(http, c);
    if (c->call == NULL || c->call->state != FW_CALL_STREAMING)
        return;
    to = c->fd;
    fw_answer_chunk(&answer, &out);
    reader_http_stream(http->api->bridge, link_now(), &c->call->stream, &out);
    if (!fw_answer_chunk_end(&answer) || out.failed)
        hang_up(http, c);
}

/* ---- Requests ---- */

/* The value of a header in a head whose lines were ended by NULs; NULL: none. */
static const char *header(const char *head, const char *end, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = head; line < end; line += strlen(line) + 2)
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
    return NULL;
}

static void upload(struct http *http, struct http_connection *c, const char *body, size_t here,
                   size_t length)
{
    char piece[2048];
    int status = 0;
    size_t left = length;

    const char *problem = fw_api_refusal(http->api, link_now(), &c->call->request, &status);
    if (problem == NULL) {
        status = 503;
        problem = http->image->begin(length, c->call->allow_older);
    }
    if (problem == NULL) {
        if (here > left)
            here = left;
        http->image->bytes((const uint8_t *)body, here);
        left -= here;
        while (left != 0) {
            ssize_t got = receive(c->fd, piece, left < sizeof piece ? left : sizeof piece);
            if (got <= 0)
                break;
            http->image->bytes((const uint8_t *)piece, (size_t)got);
            left -= (size_t)got;
        }
        problem = http->image->end(left == 0);
        status = problem == NULL ? 200 : 400;
    }
    refuse(c, status, problem == NULL ? NULL : "invalid",
           problem == NULL ? "the new version starts now" : problem);
    c->got = 0;
    if (problem != NULL)
        hang_up(http, c);
    else
        let_go(http, c);
}

static const char *keep(struct fw_call *call, const char *text)
{
    char *room = text != NULL ? fw_call_room(call, strlen(text)) : NULL;

    return room != NULL ? strcpy(room, text) : NULL;
}

static void take_head(struct fw_call *call, const char *method, const char *target,
                      const char *lines, const char *end)
{
    struct reader_http_request *r = &call->request;

    r->target = keep(call, target);
    r->method = keep(call, method);
    r->host = keep(call, header(lines, end, "Host"));
    r->origin = keep(call, header(lines, end, "Origin"));
    r->csrf = keep(call, header(lines, end, "X-CSRF-Token"));
    r->content_type = keep(call, header(lines, end, "Content-Type"));
    r->accept_encoding = keep(call, header(lines, end, "Accept-Encoding"));
    r->if_none_match = keep(call, header(lines, end, "If-None-Match"));
    r->cookie = keep(call, header(lines, end, "Cookie"));
}

/* False: hang up. */
static bool take_body(struct http_connection *c, char *body, size_t length)
{
    size_t at = (size_t)(body - c->in);

    if (length > HTTP_BODY_MAX) {
        refuse(c, 413, "too_large", "the body is longer than 4096 bytes");
        return false;
    }
    while (c->got < at + length) {
        ssize_t got = receive(c->fd, c->in + c->got, at + length - c->got);
        if (got <= 0)
            return false;
        c->got += (size_t)got;
    }
    c->call->request.body = length != 0 ? body : NULL;
    c->call->request.body_size = length;
    return true;
}

static void take(struct http *http, struct http_connection *c)
{
    ssize_t got = recv(c->fd, c->in + c->got, HTTP_HEAD_MAX - c->got, 0);

    if (got <= 0 || c->call != NULL) { /* no browser sends another request before the answer */
        hang_up(http, c);
        return;
    }
    c->got += (size_t)got;
    c->in[c->got] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (end == NULL && c->got < HTTP_HEAD_MAX)
        return;
    char *lines = strstr(c->in, "\r\n"), *rest = NULL;
    char *method = strtok_r(c->in, " ", &rest), *target = strtok_r(NULL, " ", &rest);
    c->call = fw_calls_take(&http->calls, c->fd);
    if (end == NULL || target == NULL || c->call == NULL) {
        refuse(c, 503, "busy", "too many requests are waiting, or this is none");
        hang_up(http, c);
        return;
    }
    for (char *at = lines; at < end; at++)
        if (*at == '\r' || *at == '\n')
            *at = 0;
    *end = 0;
    take_head(c->call, method, target, lines + 2, end);
    const char *size = header(lines + 2, end, "Content-Length");
    size_t length = size != NULL ? strtoul(size, NULL, 10) : 0;
    char *body = end + 4;
    if (fw_api_is_upload(&c->call->request, &c->call->allow_older)) {
        upload(http, c, body, c->got - (size_t)(body - c->in), length);
    } else if (!take_body(c, body, length)) {
        hang_up(http, c);
    } else {
        ask(http, c);
        c->got = 0;
    }
}

/* ---- Life ---- */

bool http_open(struct http *http, unsigned port, struct fw_api *api,
               const struct http_image_host *image)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;

    memset(http, 0, sizeof *http);
    http->api = api;
    http->image = image;
    for (size_t i = 0; i < HTTP_CONNECTIONS; i++)
        http->connection[i].fd = -1;
    http->listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(http->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return bind(http->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
           listen(http->listener, 16) == 0;
}

static void take_connection(struct http *http)
{
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    int fd = accept(http->listener, NULL, NULL);

    for (size_t i = 0; fd >= 0 && i < HTTP_CONNECTIONS; i++) {
        if (http->connection[i].fd >= 0)
            continue;
        memset(&http->connection[i], 0, sizeof http->connection[i]);
        http->connection[i].fd = fd;
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        return;
    }
    if (fd >= 0)
        close(fd);
}

void http_turn(struct http *http)
{
    static mep_time again;
    struct pollfd wanted[HTTP_CONNECTIONS + 1];

    for (size_t i = 0; i < HTTP_CONNECTIONS; i++)
        wanted[i] = (struct pollfd){.fd = http->connection[i].fd, .events = POLLIN};
    wanted[HTTP_CONNECTIONS] = (struct pollfd){.fd = http->listener, .events = POLLIN};
    poll(wanted, HTTP_CONNECTIONS + 1, 10);
    if (wanted[HTTP_CONNECTIONS].revents != 0)
        take_connection(http);
    for (size_t i = 0; i < HTTP_CONNECTIONS; i++)
        if (http->connection[i].fd >= 0 && wanted[i].revents != 0)
            take(http, &http->connection[i]);
    if (link_now() < again)
        return;
    again = link_now() + AGAIN_US;
    for (size_t i = 0; i < HTTP_CONNECTIONS; i++)
        if (http->connection[i].fd >= 0 && http->connection[i].call != NULL)
            go_on(http, &http->connection[i]);
}

void http_drop_all(struct http *http)
{
    for (size_t i = 0; i < HTTP_CONNECTIONS; i++)
        if (http->connection[i].fd >= 0)
            hang_up(http, &http->connection[i]);
}

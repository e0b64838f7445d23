/*
 * HTTP by esp_http_server: it reads requests, the bridge answers them. A request
 * that must wait for the meter keeps its socket and is asked for again by a task
 * of ours, as are streams of events.
 */
#include "web.h"

#include "esp_log.h"
#include "lwip/sockets.h"

#include <string.h>
#include <time.h>

static const char tag[] = "web";

enum {
    SOCKETS = 8, /* of LWIP_MAX_SOCKETS; the server's own 3, MQTT's 2, names, syslog, an update */
    BODY = 4096, /* more than all settings */
    AGAIN_MS = 100
};
static const mep_time ARRIVES = 10000000, UPLOADED = 900000000; /* a request, however it drips */

httpd_handle_t web_server;

static SemaphoreHandle_t lock; /* before app.lock, if both */
static struct fw_calls *calls;
static struct reader_http_response response;
static char *body; /* one at a time */
static struct fw_call *body_owner;
static mep_time arrives_until; /* 0: none has begun; the server's task only */

static void let_go(struct fw_call *call)
{
    if (call->state == FW_CALL_WAITING) {
        app_lock();
        reader_http_cancel(&app.bridge, &call->request);
        app_unlock();
    }
    if (body_owner == call) {
        memset(body, 0, BODY + 1); /* it may hold a password */
        body_owner = NULL;
    }
    fw_call_end(call);
}

/* ---- Answers ---- */

static enum reader_http_result ask(struct fw_call *call)
{
    bool handled = false;

    web_answer_begin(&response, call->socket, strcmp(call->request.method, "HEAD") == 0);
    app_lock();
    enum reader_http_result result = web_board(call, &response, &handled);
    if (!handled)
        result = reader_http(&app.bridge, app_now(), time(NULL), &call->request, &call->stream,
                             &response);
    app_unlock();
    vTaskDelay(pdMS_TO_TICKS(5)); /* or requests alone would keep less urgent tasks from the lock */
    return result;
}

/* Asks and sends; what waits or streams stays. */
static void answer(struct fw_call *call)
{
    enum reader_http_result result = ask(call);
    bool whole;

    call->state = result == READER_HTTP_WAIT ? FW_CALL_WAITING : FW_CALL_ANSWERING;
    if (result == READER_HTTP_WAIT)
        return;
    if (result == READER_HTTP_STREAM && !fw_call_stream(calls, call))
        whole = web_refuse(call->socket, 503, "busy", "too many streams of events are open");
    else
        whole = web_answer_end(result == READER_HTTP_STREAM);
    if (!whole)
        httpd_sess_trigger_close(web_server, call->socket);
    if (!whole || call->state != FW_CALL_STREAMING)
        let_go(call);
}

static void go_on(struct fw_call *call)
{
    struct reader_out out;

    if (call->state == FW_CALL_WAITING) {
        call->state = FW_CALL_ANSWERING;
        answer(call);
    }
    if (call->state != FW_CALL_STREAMING)
        return;
    web_chunk_begin(&out, call->socket);
    app_lock();
    reader_http_stream(&app.bridge, app_now(), &call->stream, &out);
    app_unlock();
    bool alive = web_chunk_end() && !out.failed;
    if (alive && out.total != 0)
        httpd_sess_update_lru_counter(web_server, call->socket);
    if (!alive) {
        httpd_sess_trigger_close(web_server, call->socket);
        let_go(call);
    }
}

static void run(void *context)
{
    for (;;) {
        vTaskDelay(pdMS_TO_TICKS(AGAIN_MS));
        xSemaphoreTake(lock, portMAX_DELAY);
        for (size_t i = 0; i < FW_CALLS; i++)
            go_on(&calls->call[i]);
        xSemaphoreGive(lock);
    }
}

/* ---- Requests ---- */

/* A header; NULL: it is not there, or too long to be of use. */
static const char *header(struct fw_call *call, httpd_req_t *req, const char *name)
{
    size_t size = httpd_req_get_hdr_value_len(req, name);
    char *text = size != 0 ? fw_call_room(call, size) : NULL;

    return text != NULL && httpd_req_get_hdr_value_str(req, name, text, size + 1) == ESP_OK ? text
                                                                                            : NULL;
}

static void take_head(struct fw_call *call, httpd_req_t *req)
{
    struct reader_http_request *r = &call->request;

    r->target = strcpy(fw_call_room(call, strlen(req->uri)), req->uri); /* the first one fits */
    r->method = http_method_str((enum http_method)req->method);
    r->host = header(call, req, "Host");
    r->origin = header(call, req, "Origin");
    r->csrf = header(call, req, "X-CSRF-Token");
    r->content_type = header(call, req, "Content-Type");
    r->accept_encoding = header(call, req, "Accept-Encoding");
    r->if_none_match = header(call, req, "If-None-Match");
    r->cookie = header(call, req, "Cookie");
}

/* False: what came is not whole, or there is no room for it, which was answered. */
static bool take_body(struct fw_call *call, httpd_req_t *req)
{
    size_t got = 0;

    if (req->content_len == 0)
        return true;
    if (req->content_len > BODY)
        web_refuse(call->socket, 413, "too_large", "the body is longer than 4096 bytes");
    else if (body_owner != NULL)
        web_refuse(call->socket, 503, "busy", "another request is being worked on");
    else
        body_owner = call;
    if (body_owner != call)
        return false;
    while (got < req->content_len) {
        int count = httpd_req_recv(req, body + got, req->content_len - got);
        if (count <= 0)
            return false;
        got += (size_t)count;
    }
    body[got] = 0;
    call->request.body = body;
    call->request.body_size = got;
    return true;
}

static esp_err_t handle(httpd_req_t *req)
{
    int socket = httpd_req_to_sockfd(req);
    esp_err_t result = ESP_OK;

    xSemaphoreTake(lock, portMAX_DELAY);
    struct fw_call *call = fw_calls_take(calls, socket);
    if (call == NULL) {
        web_refuse(socket, 503, "busy", "too many requests are waiting");
        xSemaphoreGive(lock);
        return ESP_FAIL;
    }
    take_head(call, req);
    if (web_is_upload(call)) {
        const char *problem = NULL;
        arrives_until = app_now() + UPLOADED;
        /* It takes a while: nobody else is kept waiting for the lock. */
        xSemaphoreGive(lock);
        int status = web_upload(call, req, &problem);
        xSemaphoreTake(lock, portMAX_DELAY);
        web_refuse(socket, status, problem == NULL ? NULL : "invalid",
                   problem == NULL ? "the new version starts now" : problem);
        let_go(call);
        result = problem == NULL ? ESP_OK : ESP_FAIL;
    } else if (!take_body(call, req)) {
        let_go(call);
        result = ESP_FAIL; /* closes: what is left of the body is not read */
    } else {
        answer(call);
    }
    xSemaphoreGive(lock);
    arrives_until = 0;
    return result;
}

/* One client that sends a byte now and then would keep all others out. */
static int receive(httpd_handle_t server, int socket, char *bytes, size_t size, int flags)
{
    if (arrives_until == 0)
        arrives_until = app_now() + ARRIVES;
    int count = app_now() < arrives_until ? recv(socket, bytes, size, flags) : -1;
    return count < 0 ? HTTPD_SOCK_ERR_FAIL : count;
}

static esp_err_t opened(httpd_handle_t server, int socket)
{
    return httpd_sess_set_recv_override(server, socket, receive);
}

/* The server closes a connection: what waits for it does not any more. */
static void closed(httpd_handle_t server, int socket)
{
    xSemaphoreTake(lock, portMAX_DELAY);
    for (size_t i = 0; i < FW_CALLS; i++)
        if (calls->call[i].state != FW_CALL_FREE && calls->call[i].socket == socket)
            let_go(&calls->call[i]);
    xSemaphoreGive(lock);
    arrives_until = 0;
    close(socket);
}

void web_start(void)
{
    static const httpd_method_t methods[] = {HTTP_GET,   HTTP_HEAD, HTTP_POST,
                                             HTTP_PATCH, HTTP_PUT,  HTTP_DELETE};
    httpd_config_t config = HTTPD_DEFAULT_CONFIG();

    lock = xSemaphoreCreateMutex();
    calls = app_room(sizeof *calls);
    body = app_room(BODY + 1);
    web_board_start();
    config.stack_size = 5120;
    config.max_open_sockets = SOCKETS;
    config.lru_purge_enable = true;
    config.uri_match_fn = httpd_uri_match_wildcard;
    config.recv_wait_timeout = 5;
    config.send_wait_timeout = 3;
    config.open_fn = opened;
    config.close_fn = closed;
    config.keep_alive_enable = true;
    ESP_ERROR_CHECK(httpd_start(&web_server, &config));
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const httpd_uri_t all = {.uri = "/*", .method = methods[i], .handler = handle};
        ESP_ERROR_CHECK(httpd_register_uri_handler(web_server, &all));
    }
    app_task(run, "web", 4096, 5);
    ESP_LOGI(tag, "serving on port 80");
}

/* Where answers go: a socket, and whoever is slow loses it while the meter waits. */
#include "web.h"

#include "firmware/logic/answer.h"

#include "esp_memory_utils.h"

#include <string.h>

static const mep_time WHILE_MADE = 3000000, ONCE_MADE = 8000000;

static int socket;
static mep_time until;

static bool send_all(void *context, const char *bytes, size_t count)
{
    while (count != 0) {
        int sent = app_now() < until ? httpd_socket_send(web_server, socket, bytes, count, 0) : -1;
        if (sent <= 0)
            return false;
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

static bool lasts(const void *bytes)
{
    return esp_ptr_in_drom(bytes);
}

static char buffer[8192];
static struct fw_answer answer = {
    .send = send_all, .lasts = lasts, .bytes = buffer, .size = sizeof buffer};

void web_answer_begin(struct reader_http_response *response, int to, bool head_only)
{
    socket = to;
    until = app_now() + WHILE_MADE;
    fw_answer_begin(&answer, response, head_only);
}

bool web_answer_end(bool is_stream)
{
    until = app_now() + ONCE_MADE;
    return fw_answer_end(&answer, is_stream);
}

void web_chunk_begin(struct reader_out *out, int to)
{
    socket = to;
    until = app_now() + WHILE_MADE;
    fw_answer_chunk(&answer, out);
}

bool web_chunk_end(void)
{
    return fw_answer_chunk_end(&answer);
}

bool web_refuse(int to, int status, const char *word, const char *message)
{
    static struct reader_http_response response;

    memset(&response, 0, sizeof response);
    web_answer_begin(&response, to, false);
    response.status = status;
    response.content_type = "application/json";
    response.cache_control = "no-store";
    response.retry_after_s = status == 503 ? 5 : 0;
    reader_json_begin(&response.out, NULL);
    if (word != NULL)
        reader_json_string(&response.out, "error", word);
    reader_json_string(&response.out, "message", message);
    reader_json_end(&response.out);
    return web_answer_end(false);
}

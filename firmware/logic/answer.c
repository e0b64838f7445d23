#include "firmware/logic/answer.h"

#include <string.h>

/* ---- The head ---- */

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {200, "OK"},
        {302, "Found"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].status == status)
            return reasons[i].text;
    }
    return "Other";
}

static void add(struct reader_out *out, const char *name, const char *value)
{
    if (value == NULL || value[0] == 0)
        return;
    reader_out_text(out, name);
    reader_out_text(out, ": ");
    reader_out_text(out, value);
    reader_out_text(out, "\r\n");
}

static void add_number(struct reader_out *out, const char *name, size_t value)
{
    reader_out_text(out, name);
    reader_out_text(out, ": ");
    reader_out_integer(out, (int64_t)value);
    reader_out_text(out, "\r\n");
}

static void add_pairs(struct reader_out *out, const char *const *pairs)
{
    for (; pairs[0] != NULL; pairs += 2)
        add(out, pairs[0], pairs[1]);
}

static void send_bytes(struct fw_answer *a, const char *bytes, size_t count)
{
    if (count != 0 && !a->broken)
        a->broken = !a->send(a->context, bytes, count);
}

static void send_head(struct fw_answer *a)
{
    const struct reader_http_response *r = a->response;
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, a->head, sizeof a->head);
    reader_out_text(&out, "HTTP/1.1 ");
    reader_out_integer(&out, r->status);
    reader_out_text(&out, " ");
    reader_out_text(&out, reason(r->status));
    reader_out_text(&out, "\r\n");
    add(&out, "Content-Type", r->content_type);
    add(&out, "Content-Encoding", r->encoding);
    add(&out, "Cache-Control", r->cache_control);
    add(&out, "ETag", r->etag);
    add(&out, r->status == 302 ? "Location" : "Allow", r->allow);
    add(&out, "Set-Cookie", r->set_cookie);
    if (r->retry_after_s != 0)
        add_number(&out, "Retry-After", r->retry_after_s);
    add_pairs(&out, reader_http_headers);
    if (r->page)
        add_pairs(&out, reader_http_page_headers);
    else
        add(&out, "X-Frame-Options",
            "DENY"); /* the board's own page brings its other rules along */
    if (a->chunked)
        add(&out, "Transfer-Encoding", "chunked");
    else if (r->status != 304)
        add_number(&out, "Content-Length", a->count + a->lasting_size);
    reader_out_text(&out, "\r\n");
    a->broken |= out.failed;
    send_bytes(a, a->head, buffer.length);
}

/* ---- The body ---- */

static void send_chunk(struct fw_answer *a, const char *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    char size[sizeof count * 2 + 2];
    size_t at = sizeof size;

    if (count == 0)
        return;
    size[--at] = '\n';
    size[--at] = '\r';
    for (size_t rest = count; rest != 0; rest /= 16)
        size[--at] = digits[rest % 16];
    send_bytes(a, size + at, sizeof size - at);
    send_bytes(a, bytes, count);
    send_bytes(a, "\r\n", 2);
}

/* What there is goes, in chunks. */
static void flush(struct fw_answer *a)
{
    if (!a->chunked) {
        a->chunked = true;
        send_head(a);
    }
    if (!a->head_only) {
        send_chunk(a, a->bytes, a->count);
        send_chunk(a, a->lasting, a->lasting_size);
    }
    a->count = a->lasting_size = 0;
}

static bool take(void *context, const char *bytes, size_t count)
{
    struct fw_answer *a = context;

    if (count >= FW_ANSWER_LASTING && a->lasting_size == 0 && a->lasts(bytes)) {
        a->lasting = bytes;
        a->lasting_size = count;
        return !a->broken;
    }
    while (count != 0 && !a->broken) {
        if (a->lasting_size != 0 || a->count == a->size)
            flush(a);
        size_t some = a->size - a->count;
        some = count < some ? count : some;
        memcpy(a->bytes + a->count, bytes, some);
        a->count += some;
        bytes += some;
        count -= some;
    }
    return !a->broken;
}

static void begin(struct fw_answer *a, struct reader_http_response *response)
{
    a->response = response;
    a->count = a->lasting_size = 0;
    a->lasting = NULL;
    a->head_only = a->chunked = a->broken = false;
}

void fw_answer_begin(struct fw_answer *a, struct reader_http_response *response, bool head_only)
{
    begin(a, response);
    a->head_only = head_only;
    reader_out_init(&response->out, take, a);
}

bool fw_answer_end(struct fw_answer *a, bool is_stream)
{
    if (a->chunked || is_stream) {
        flush(a);
        if (!is_stream && !a->head_only)
            send_bytes(a, "0\r\n\r\n", 5);
        return !a->broken && !a->response->out.failed;
    }
    send_head(a);
    if (!a->head_only) {
        send_bytes(a, a->bytes, a->count);
        send_bytes(a, a->lasting, a->lasting_size);
    }
    return !a->broken;
}

void fw_answer_chunk(struct fw_answer *a, struct reader_out *out)
{
    begin(a, NULL);
    a->chunked = true;
    reader_out_init(out, take, a);
}

bool fw_answer_chunk_end(struct fw_answer *a)
{
    flush(a);
    return !a->broken;
}

#include "host/line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SIM_BAUD = 9600,
    SERIAL_GAP_US = 100000,
    TCP_GAP_US = 500000 /* a network may hold a segment back for longer than a UART does */
};

void line_init(struct line *line, uv_loop_t *loop, const struct uri *uri,
               const struct line_events *events, void *context)
{
    static const struct line_ops *const kinds[] = {
        [URI_SERIAL] = &line_serial_ops,
        [URI_TCP] = &line_tcp_ops,
        [URI_SIM] = &line_sim_ops,
    };

    memset(line, 0, sizeof *line);
    line->loop = loop;
    line->uri = *uri;
    if (uri->kind == URI_TCP)
        snprintf(line->name, sizeof line->name, "tcp://%s:%s", uri->path, uri->port);
    else
        snprintf(line->name, sizeof line->name, "%s", uri->kind == URI_SIM ? "sim:" : uri->path);
    line->ops = kinds[uri->kind];
    line->events = events;
    line->context = context;
    line->fd = -1;
}

void line_open(struct line *line)
{
    line->ops->open(line);
}

size_t line_write(struct line *line, const uint8_t *bytes, size_t count)
{
    return line->open ? line->ops->write(line, bytes, count) : 0;
}

void line_drain(struct line *line)
{
    if (line->open)
        line->ops->drain(line);
}

void line_close(struct line *line)
{
    line->open = false;
    line->ops->close(line);
}

void line_lose(struct line *line, const char *format, ...)
{
    char why[sizeof line->name + 160];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    line_close(line);
    line->events->lost(line->context, why);
}

uint32_t line_baud(const struct line *line)
{
    return line->uri.kind == URI_TCP ? 0 : line->uri.kind == URI_SIM ? SIM_BAUD : line->uri.baud;
}

uint32_t line_gap_us(const struct line *line)
{
    return line->uri.kind == URI_TCP ? TCP_GAP_US : SERIAL_GAP_US;
}

/* ---- Lines that are file descriptors ----------------------------------- */

void line_drain_fd(struct line *line)
{
    uint8_t bytes[4096];
    ssize_t count = read(line->fd, bytes, sizeof bytes);

    if (count > 0)
        line->events->received(line->context, bytes, (size_t)count);
    else if (count == 0)
        line_lose(line, "%s: the other end closed it", line->name);
    else if (errno != EAGAIN && errno != EINTR)
        line_lose(line, "%s: %s", line->name,
                  errno == EIO ? "the device has gone" : strerror(errno));
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct line *line = poll->data;

    if (status < 0) {
        line_drain_fd(line); /* the descriptor knows better than libuv what is wrong */
        if (line->poll == poll)
            line_lose(line, "%s: %s", line->name, uv_strerror(status));
        return;
    }
    if ((events & UV_READABLE) != 0)
        line_drain_fd(line);
    /* The handle may have been closed, and even replaced, by now. */
    if ((events & UV_WRITABLE) != 0 && line->poll == poll) {
        uv_poll_start(poll, UV_READABLE, on_poll);
        line->events->writable(line->context);
    }
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void line_watch_fd(struct line *line, int events, uv_poll_cb callback)
{
    if (line->poll == NULL) {
        line->poll = malloc(sizeof *line->poll);
        if (line->poll == NULL)
            abort();
        if (uv_poll_init(line->loop, line->poll, line->fd) != 0) {
            free(line->poll);
            line->poll = NULL;
            line_lose(line, "%s: cannot be waited for", line->name);
            return;
        }
        line->poll->data = line;
    }
    uv_poll_start(line->poll, events, callback);
}

void line_opened_fd(struct line *line, int fd)
{
    line->fd = fd;
    line_watch_fd(line, UV_READABLE, on_poll);
    if (line->poll == NULL)
        return;
    line->open = true;
    line->events->opened(line->context);
}

size_t line_wrote(struct line *line, ssize_t written, size_t count)
{
    if (written < 0 && errno != EAGAIN && errno != EINTR) {
        line_lose(line, "%s: %s", line->name,
                  errno == EIO ? "the device has gone" : strerror(errno));
        return 0;
    }
    size_t taken = written < 0 ? 0 : (size_t)written;
    if (taken < count)
        uv_poll_start(line->poll, UV_READABLE | UV_WRITABLE, on_poll);
    return taken;
}

void line_close_fd(struct line *line)
{
    if (line->poll != NULL)
        uv_close((uv_handle_t *)line->poll, free_handle);
    line->poll = NULL;
    if (line->fd >= 0)
        close(line->fd);
    line->fd = -1;
}

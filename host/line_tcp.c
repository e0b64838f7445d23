#include "host/line.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void try_next(struct line *line, int error);

static void connected(struct line *line)
{
    int fd = line->fd, one = 1;

    /* Requests are small, and their timing counts. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    /* A peer that is switched off is noticed even when nothing is sent. */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    line_opened_fd(line, fd);
}

static void on_connect(uv_poll_t *poll, int status, int events)
{
    struct line *line = poll->data;
    int error = 0;
    socklen_t size = sizeof error;

    (void)events;
    /* libuv has only EBADF for a socket in error, which itself knows better. */
    if (getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error != 0 || status < 0)
        try_next(line, error != 0 ? error : -status);
    else
        connected(line);
}

/* Goes through the addresses that the name has; `error` is what the last one failed with. */
static void try_next(struct line *line, int error)
{
    for (; line->address != NULL; line->address = line->address->ai_next) {
        const struct addrinfo *a = line->address;
        line_close_fd(line);
        line->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (line->fd >= 0 && connect(line->fd, a->ai_addr, a->ai_addrlen) == 0) {
            connected(line);
            return;
        }
        if (line->fd >= 0 && errno == EINPROGRESS) {
            line->address = a->ai_next;
            line_watch_fd(line, UV_WRITABLE, on_connect);
            return;
        }
        error = errno;
    }
    line_lose(line, "%s: %s", line->name, strerror(error));
}

static void on_lookup(uv_getaddrinfo_t *lookup, int status, struct addrinfo *addresses)
{
    struct line *line = lookup->data;

    free(lookup);
    if (line == NULL) { /* closed in the meantime */
        uv_freeaddrinfo(addresses);
        return;
    }
    line->lookup = NULL;
    if (status != 0) {
        line_lose(line, "%s: no such host: %s", line->name, uv_strerror(status));
        return;
    }
    line->addresses = line->address = addresses;
    try_next(line, EHOSTUNREACH);
}

static void open_tcp(struct line *line)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    uv_getaddrinfo_t *lookup = malloc(sizeof *lookup);

    if (lookup == NULL)
        abort();
    lookup->data = line;
    int status =
        uv_getaddrinfo(line->loop, lookup, on_lookup, line->uri.path, line->uri.port, &hints);
    if (status == 0) {
        line->lookup = lookup;
        return;
    }
    free(lookup);
    line_lose(line, "%s: %s", line->name, uv_strerror(status));
}

static void close_tcp(struct line *line)
{
    if (line->lookup != NULL) {
        line->lookup->data = NULL;
        uv_cancel((uv_req_t *)line->lookup);
        line->lookup = NULL;
    }
    uv_freeaddrinfo(line->addresses);
    line->addresses = line->address = NULL;
    line_close_fd(line);
}

static size_t write_tcp(struct line *line, const uint8_t *bytes, size_t count)
{
    return line_wrote(line, send(line->fd, bytes, count, MSG_NOSIGNAL), count);
}

const struct line_ops line_tcp_ops = {open_tcp, write_tcp, line_drain_fd, close_tcp};

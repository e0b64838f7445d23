/*
 * A way to a meter: a serial line, a TCP connection or the built-in simulated
 * meter. All do their work in a libuv loop and tell what happens by callbacks,
 * which may be called from within line_open and line_write.
 */
#ifndef HOST_LINE_H
#define HOST_LINE_H

#include "host/uri.h"
#include "mep/mep.h"

#include <uv.h>

struct line;

struct line_events {
    void (*opened)(void *context);
    void (*received)(void *context, const uint8_t *bytes, size_t count);
    void (*writable)(void *context);              /* there is room again */
    void (*lost)(void *context, const char *why); /* closed, or could not be opened */
};

struct line_ops {
    void (*open)(struct line *line);
    size_t (*write)(struct line *line, const uint8_t *bytes, size_t count); /* how many it took */
    void (*drain)(struct line *line);
    void (*close)(struct line *line);
};

extern const struct line_ops line_serial_ops, line_tcp_ops, line_sim_ops;

struct line {
    uv_loop_t *loop;
    struct uri uri;
    char name[URI_TEXT_MAX + 16]; /* for messages */
    const struct line_ops *ops;
    const struct line_events *events;
    void *context;
    bool open;

    /* The rest belongs to the kind of line. */
    int fd;
    uv_poll_t *poll;
    uv_getaddrinfo_t *lookup;
    struct addrinfo *addresses, *address;
    struct line_sim *sim;
};

void line_init(struct line *line, uv_loop_t *loop, const struct uri *uri,
               const struct line_events *events, void *context);

/* Begins to open a line that is closed; ends in `opened` or `lost`. */
void line_open(struct line *line);

/* Sends what it can of `count` bytes and says how many; 0 when it is not open. */
size_t line_write(struct line *line, const uint8_t *bytes, size_t count);

/* Hands out what has arrived and waits, without waiting itself. */
void line_drain(struct line *line);

/* Without a call of `lost`. */
void line_close(struct line *line);

/* What this kind of line asks of the client's timing. */
uint32_t line_baud(const struct line *line);   /* 0: bytes take no time */
uint32_t line_gap_us(const struct line *line); /* longest pause within a response */

/* ---- For the kinds of line ---- */

/* `fd` is open and not blocking: everything else goes by itself. */
void line_opened_fd(struct line *line, int fd);

/* Closes the line and says why. */
void line_lose(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Watches line->fd with a callback of its own. */
void line_watch_fd(struct line *line, int events, uv_poll_cb callback);

/* What came of writing `count` bytes: how many were taken; waits for room for the rest. */
size_t line_wrote(struct line *line, ssize_t written, size_t count);

void line_drain_fd(struct line *line);
void line_close_fd(struct line *line);

#endif

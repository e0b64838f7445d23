#include "host/link.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    REOPEN_MS = 1000,
    OPENING_MS = 10000 /* longest wait for a connection */
};

mep_time link_now(void)
{
    struct timespec now;
    /* Goes on while the machine sleeps, and so do the ages of values. */
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (mep_time)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t link_calendar_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void tap_it(struct link *link, enum pcapng_direction direction, const uint8_t *bytes,
                   size_t count)
{
    if (link->tap != NULL && count != 0)
        tap_bytes(link->tap, direction, link_calendar_us(), bytes, count);
}

/* ---- Moving bytes ------------------------------------------------------ */

static void on_timer(uv_timer_t *timer);

static void schedule(struct link *link)
{
    mep_time wake = link->ops->wake(link->user), now = link_now();

    uv_update_time(&link->loop);
    if (wake == MEP_NEVER)
        uv_timer_stop(&link->timer);
    else
        uv_timer_start(&link->timer, on_timer,
                       wake <= now ? 0 : (uint64_t)(wake - now + 999) / 1000, 0);
}

/* Sends what waits; true if nothing does any more. On a line that is closed it goes nowhere, which
 * is how the state machine finds out. */
static bool send_rest(struct link *link)
{
    if (!link->line.open) {
        link->out_count = 0;
    } else if (link->out_count != 0) {
        size_t taken = line_write(&link->line, link->out, link->out_count);
        tap_it(link, PCAPNG_OUTBOUND, link->out, taken);
        link->out_count -= taken;
        memmove(link->out, link->out + taken, link->out_count);
    }
    return link->out_count == 0;
}

static void pump(struct link *link)
{
    if (link->pumping || link->end != LINK_RUNNING)
        return; /* a line may be lost, or answer, while it is being written to */
    link->pumping = true;
    for (bool more = true; more && link->end == LINK_RUNNING;) {
        more = false;
        if (send_rest(link)) {
            link->out_count =
                link->ops->output(link->user, link_now(), link->out, sizeof link->out);
            more = link->out_count != 0;
        }
        /* Only now: it is output that lets time do its work, and so makes events. */
        link->ops->turn(link->user, link_now());
    }
    link->pumping = false;
    if (link->end == LINK_RUNNING)
        schedule(link);
}

/* Bytes that wait are taken first: see mep/client.h. */
static void on_timer(uv_timer_t *timer)
{
    struct link *link = timer->data;
    line_drain(&link->line);
    pump(link);
}

/* ---- The line ---------------------------------------------------------- */

static void on_opened(void *context)
{
    struct link *link = context;

    uv_timer_stop(&link->opening);
    link->why[0] = 0;
    link->was_open = true;
    link->out_count = 0;
    link->ops->reset(link->user, link_now());
    pump(link);
}

static void on_received(void *context, const uint8_t *bytes, size_t count)
{
    struct link *link = context;

    tap_it(link, PCAPNG_INBOUND, bytes, count);
    link->ops->input(link->user, link_now(), bytes, count);
    pump(link);
}

static void on_writable(void *context)
{
    pump(context);
}

static void reopen(uv_timer_t *timer);

static void on_lost(void *context, const char *why)
{
    struct link *link = context;

    bool was_known = link->why[0] != 0;

    snprintf(link->why, sizeof link->why, "%s", why);
    if (link->keep_trying && link->was_open) {
        if (!was_known)
            link->ops->lost(link->user, why);
        uv_timer_start(&link->opening, reopen, REOPEN_MS, 0);
        pump(link);
    } else {
        link->end = LINK_LOST;
        uv_stop(&link->loop);
    }
}

static void opening_too_long(uv_timer_t *timer)
{
    struct link *link = timer->data;

    line_close(&link->line);
    on_lost(link, "no connection within 10 s");
}

static void reopen(uv_timer_t *timer)
{
    struct link *link = timer->data;

    uv_timer_start(timer, opening_too_long, OPENING_MS, 0);
    line_open(&link->line);
}

/* ---- Life -------------------------------------------------------------- */

static void on_interrupt(uv_signal_t *handle, int number)
{
    struct link *link = handle->data;

    (void)number;
    link->end = LINK_INTERRUPTED;
    uv_stop(&link->loop);
}

void link_init(struct link *link, const struct uri *uri, const struct link_user *ops, void *user)
{
    static const struct line_events events = {on_opened, on_received, on_writable, on_lost};
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    memset(link, 0, sizeof *link);
    link->ops = ops;
    link->user = user;
    if (uv_loop_init(&link->loop) != 0)
        abort();
    uv_timer_init(&link->loop, &link->timer);
    uv_timer_init(&link->loop, &link->opening);
    link->timer.data = link->opening.data = link;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        uv_signal_init(&link->loop, &link->interrupt[i]);
        link->interrupt[i].data = link;
        uv_signal_start(&link->interrupt[i], on_interrupt, signals[i]);
    }
    line_init(&link->line, &link->loop, uri, &events, link);
}

enum link_end link_run(struct link *link)
{
    link->end = LINK_RUNNING;
    if (link->line.open)
        pump(link);
    else
        reopen(&link->opening);
    while (link->end == LINK_RUNNING)
        uv_run(&link->loop, UV_RUN_DEFAULT);
    return link->end;
}

void link_stop(struct link *link)
{
    if (link->end == LINK_RUNNING)
        link->end = LINK_DONE;
    uv_stop(&link->loop);
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void link_close(struct link *link)
{
    line_close(&link->line);
    uv_walk(&link->loop, close_handle, NULL);
    uv_run(&link->loop, UV_RUN_DEFAULT);
    uv_loop_close(&link->loop);
}

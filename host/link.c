#include "host/link.h"

#include <stdio.h>
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

    uv_update_time(link->loop);
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

void link_pump(struct link *link)
{
    if (link->pumping || !link->running)
        return; /* a line may be lost, or answer, while it is being written to */
    link->pumping = true;
    for (bool more = true; more && link->running;) {
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
    if (link->running)
        schedule(link);
}

/* Bytes that wait are taken first: see mep/client.h. */
static void on_timer(uv_timer_t *timer)
{
    struct link *link = timer->data;
    line_drain(&link->line);
    link_pump(link);
}

/* ---- The line ---------------------------------------------------------- */

static void on_opened(void *context)
{
    struct link *link = context;

    uv_timer_stop(&link->opening);
    link->why[0] = 0;
    link->out_count = 0;
    link->ops->reset(link->user, link_now());
    link_pump(link);
}

static void on_received(void *context, const uint8_t *bytes, size_t count)
{
    struct link *link = context;

    link->received_at = link_now();
    tap_it(link, PCAPNG_INBOUND, bytes, count);
    link->ops->input(link->user, link->received_at, bytes, count);
    link_pump(link);
}

static void on_writable(void *context)
{
    link_pump(context);
}

static void reopen(uv_timer_t *timer);

static void on_lost(void *context, const char *why)
{
    struct link *link = context;

    uv_timer_stop(&link->opening);
    bool again = link->ops->lost(link->user, why);
    snprintf(link->why, sizeof link->why, "%s", why);
    if (!again || !link->running)
        return;
    uv_timer_start(&link->opening, reopen, REOPEN_MS, 0);
    link_pump(link);
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

void link_init(struct link *link, uv_loop_t *loop, const struct uri *uri,
               const struct link_user *ops, void *user)
{
    static const struct line_events events = {on_opened, on_received, on_writable, on_lost};

    memset(link, 0, sizeof *link);
    link->loop = loop;
    link->ops = ops;
    link->user = user;
    uv_timer_init(loop, &link->timer);
    uv_timer_init(loop, &link->opening);
    link->timer.data = link->opening.data = link;
    line_init(&link->line, loop, uri, &events, link);
}

void link_start(struct link *link, mep_time delay_us)
{
    link->running = true;
    uv_update_time(link->loop);
    uv_timer_start(&link->opening, reopen, (uint64_t)(delay_us / 1000), 0);
}

void link_stop(struct link *link)
{
    link->running = false;
    uv_timer_stop(&link->timer);
    uv_timer_stop(&link->opening);
    line_close(&link->line);
}

static void on_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;

    if (--link->closing == 0 && link->closed != NULL)
        link->closed(link->user);
}

void link_close(struct link *link, void (*closed)(void *user))
{
    link_stop(link);
    link->closed = closed;
    link->closing = 2;
    uv_close((uv_handle_t *)&link->timer, on_closed);
    uv_close((uv_handle_t *)&link->opening, on_closed);
}

/*
 * Binds a state machine that talks MEP (mep's client, or the reader around it)
 * to a line, a clock and, for captures, a file. One loop runs any number of them.
 */
#ifndef HOST_LINK_H
#define HOST_LINK_H

#include "host/line.h"
#include "host/tap.h"

/* The state machine, fed and drained as mep/client.h describes. */
struct link_user {
    void (*input)(void *user, mep_time now, const uint8_t *bytes, size_t count);
    size_t (*output)(void *user, mep_time now, uint8_t *bytes, size_t size);
    mep_time (*wake)(void *user);
    void (*reset)(void *user, mep_time now); /* the line was opened */
    void (*turn)(void *user, mep_time now);  /* fetch events; begin requests; may stop the link */
    /* The line closed or could not be opened; true: open it again in a while. link->why is still
     * what it was before, "" if the line was open. */
    bool (*lost)(void *user, const char *why);
};

struct link {
    uv_loop_t *loop;
    struct line line;
    const struct link_user *ops;
    void *user;
    struct tap *tap;      /* NULL: no capture */
    char why[512];        /* what is wrong with the line; empty while it is open */
    mep_time received_at; /* when bytes came last */

    /* The rest is the link's own. */
    uv_timer_t timer, opening;
    uint8_t out[MEP_WIRE_MAX]; /* what the line has not taken yet */
    size_t out_count;
    bool running, pumping;
    int closing;
    void (*closed)(void *user);
};

void link_init(struct link *link, uv_loop_t *loop, const struct uri *uri,
               const struct link_user *ops, void *user);

/* Opens the line after a while; all else happens in the loop. */
void link_start(struct link *link, mep_time delay_us);

/* Sends what there is and calls `turn`: the state machine was told something from outside. */
void link_pump(struct link *link);

/* Closes the line and calls nobody any more; also from within a callback. */
void link_stop(struct link *link);

/* The same for good; `closed`, if not NULL, is told when the loop has let go of the memory. */
void link_close(struct link *link, void (*closed)(void *user));

/* The time on the clock that the state machine is given. */
mep_time link_now(void);

/* Microseconds since 1970. */
int64_t link_calendar_us(void);

#endif

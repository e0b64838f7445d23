/*
 * Binds a state machine that talks MEP (mep's client, or the reader around it)
 * to a line, a clock, the interrupt signals and, for captures, a file.
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
    void (*reset)(void *user, mep_time now);   /* the line was opened */
    void (*turn)(void *user, mep_time now);    /* fetch events; begin requests; may end the link */
    void (*lost)(void *user, const char *why); /* a line that was open; it will be tried again */
};

enum link_end {
    LINK_RUNNING,
    LINK_DONE,        /* link_end was called */
    LINK_INTERRUPTED, /* SIGINT, SIGTERM or SIGHUP */
    LINK_LOST         /* the line: see `why` */
};

struct link {
    uv_loop_t loop;
    struct line line;
    const struct link_user *ops;
    void *user;
    struct tap *tap;  /* NULL: no capture */
    bool keep_trying; /* a line that was open once is opened again, for ever */
    char why[512];    /* what is wrong with the line; empty while it is open */
    enum link_end end;

    /* The rest is the link's own. */
    uv_timer_t timer, opening;
    uv_signal_t interrupt[3];
    uint8_t out[MEP_WIRE_MAX]; /* what the line has not taken yet */
    size_t out_count;
    bool pumping, was_open;
};

void link_init(struct link *link, const struct uri *uri, const struct link_user *ops, void *user);

/* Opens the line if it is not open, and goes on until something ends it. */
enum link_end link_run(struct link *link);

/* To be called from within a callback: lets link_run return. */
void link_stop(struct link *link);

void link_close(struct link *link);

/* The time on the clock that the state machine is given. */
mep_time link_now(void);

/* Microseconds since 1970. */
int64_t link_calendar_us(void);

#endif

/* A command that talks to a meter: the reader at the end of a line. */
#ifndef HOST_SESSION_H
#define HOST_SESSION_H

#include "host/link.h"
#include "host/options.h"
#include "reader/reader.h"

struct session;
typedef void session_event_fn(struct session *session, const struct reader_event *event);

enum session_end {
    SESSION_RUNNING,
    SESSION_DONE,        /* session_stop was called */
    SESSION_INTERRUPTED, /* SIGINT, SIGTERM or SIGHUP */
    SESSION_LOST         /* the line: see link.why */
};

struct session {
    uv_loop_t loop;
    uv_signal_t interrupt[3];
    struct link link;
    enum session_end end;
    bool keep_trying; /* a line that was open once is opened again, for ever */
    bool was_open;
    struct reader reader;
    session_event_fn *event;
    void *context;
    mep_time deadline; /* MEP_NEVER: none */
    mep_time next;     /* when to call `event` with NULL, once; MEP_NEVER: not */
    bool timed_out;
    bool on_screen; /* what goes wrong is shown there, not told on stderr */
};

/* Makes everything ready for the meter that the options name. To be ended with session_close. */
void session_init(struct session *session, const struct options *options, session_event_fn *event,
                  void *context);

/*
 * For commands that want one thing from the meter: gives up after a while that
 * suits the line's speed, or as soon as it is clear that nothing will come.
 */
void session_give_up_in_time(struct session *session);

/* Runs until session_stop. */
enum session_end session_run(struct session *session);
void session_stop(struct session *session);

/* One line for a session that brought not what was wanted; gives the exit status. */
int session_say_failed(const struct session *session, const char *wanted);

void session_close(struct session *session);

/* How many answers came damaged or not at all, of whatever kind. */
uint32_t session_damaged(const struct session *session);

#endif

#include "host/session.h"

#include "host/say.h"
#include "host/sim/sim.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATIENCE_US = 30000000,     /* for a first reading or table at 2400 baud and more */
    LAST_PATIENCE_US = 3000000, /* once the meter seems to be silent: is it TLS that it wants? */
    PATIENCE_BAUD = 2400
};

/* ---- The reader as a link's user --------------------------------------- */

static void input(void *user, mep_time now, const uint8_t *bytes, size_t count)
{
    struct session *session = user;
    reader_input(&session->reader, now, bytes, count);
}

static size_t output(void *user, mep_time now, uint8_t *bytes, size_t size)
{
    struct session *session = user;
    return reader_output(&session->reader, now, bytes, size);
}

static mep_time wake(void *user)
{
    struct session *session = user;
    mep_time reader = reader_wake(&session->reader);
    mep_time own = session->next < session->deadline ? session->next : session->deadline;
    return reader < own ? reader : own;
}

static void reset(void *user, mep_time now)
{
    struct session *session = user;
    session->was_open = true;
    reader_line_reset(&session->reader, now);
}

/* A link of which a command that wants one thing can hope nothing more. */
static void judge_link(struct session *session, enum reader_link link, mep_time now)
{
    if (session->deadline == MEP_NEVER)
        return;
    if (link == READER_LINK_KEY_REFUSED || link == READER_LINK_TLS_LIKELY)
        session->deadline = now;
    else if (link == READER_LINK_NEVER_HEARD && now + LAST_PATIENCE_US < session->deadline)
        session->deadline = now + LAST_PATIENCE_US;
}

static void turn(void *user, mep_time now)
{
    struct session *session = user;
    struct reader_event event;

    while (session->end == SESSION_RUNNING && reader_event(&session->reader, &event)) {
        if (event.type == READER_EVENT_LINK)
            judge_link(session, event.link, now);
        session->event(session, &event);
    }
    if (session->end == SESSION_RUNNING && now >= session->next) {
        session->next = MEP_NEVER;
        session->event(session, NULL);
    }
    if (session->end == SESSION_RUNNING && now >= session->deadline) {
        session->timed_out = true;
        session_stop(session);
    }
}

static void end(struct session *session, enum session_end how)
{
    if (session->end == SESSION_RUNNING)
        session->end = how;
    link_stop(&session->link);
    uv_stop(&session->loop);
}

static bool lost(void *user, const char *why)
{
    struct session *session = user;

    if (!session->keep_trying || !session->was_open) {
        end(session, SESSION_LOST);
        return false;
    }
    if (!session->on_screen && session->link.why[0] == 0)
        say_warning("%s; trying again", why);
    return true;
}

static void on_interrupt(uv_signal_t *handle, int number)
{
    (void)number;
    end(handle->data, SESSION_INTERRUPTED);
}

static void begin_loop(struct session *session)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    if (uv_loop_init(&session->loop) != 0)
        abort();
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        uv_signal_init(&session->loop, &session->interrupt[i]);
        session->interrupt[i].data = session;
        uv_signal_start(&session->interrupt[i], on_interrupt, signals[i]);
    }
}

/* ---- For the commands --------------------------------------------------- */

void session_init(struct session *session, const struct options *options, session_event_fn *event,
                  void *context)
{
    static const struct link_user ops = {input, output, wake, reset, turn, lost};
    struct reader_config config;
    struct mep_key key = options->key;

    if (!options->has_key && options->uri.kind == URI_SIM)
        mep_key_parse(sim_default_mbk, strlen(sim_default_mbk), &key);
    session->event = event;
    session->context = context;
    session->deadline = MEP_NEVER;
    session->next = MEP_NEVER;
    session->timed_out = false;
    session->on_screen = false;
    session->keep_trying = false;
    session->was_open = false;
    session->end = SESSION_RUNNING;
    begin_loop(session);
    link_init(&session->link, &session->loop, &options->uri, &ops, session);
    reader_config_init(&config, &key);
    config.client.encrypt = (options->given & OPTION_ENCRYPT) != 0;
    config.client.baud = line_baud(&session->link.line);
    config.client.gap_us = line_gap_us(&session->link.line);
    reader_init(&session->reader, &config);
    mep_key_wipe(&key);
    mep_key_wipe(&config.client.key);
}

void session_give_up_in_time(struct session *session)
{
    uint32_t baud = line_baud(&session->link.line);
    mep_time patience = PATIENCE_US;

    if (baud != 0 && baud < PATIENCE_BAUD)
        patience = patience * PATIENCE_BAUD / baud;
    session->deadline = link_now() + patience;
}

enum session_end session_run(struct session *session)
{
    session->end = SESSION_RUNNING;
    link_start(&session->link, 0);
    while (session->end == SESSION_RUNNING)
        uv_run(&session->loop, UV_RUN_DEFAULT);
    return session->end;
}

void session_stop(struct session *session)
{
    end(session, SESSION_DONE);
}

int session_say_failed(const struct session *session, const char *wanted)
{
    enum reader_link link = reader_link(&session->reader);
    const char *causes = reader_link_causes(link);

    switch (session->end) {
    case SESSION_INTERRUPTED:
        return say_failed("interrupted before there was %s", wanted);
    case SESSION_LOST:
        return say_failed("%s", session->link.why);
    default:
        break;
    }
    if (link == READER_LINK_OK || link == READER_LINK_STARTING)
        return say_failed("no %s: the meter answers, but did not give it in time", wanted);
    return say_failed("no %s. %s%s%s", wanted, reader_link_text(link), causes[0] == 0 ? "" : " ",
                      causes);
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void session_close(struct session *session)
{
    link_close(&session->link, NULL);
    uv_walk(&session->loop, close_handle, NULL);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    uv_loop_close(&session->loop);
    mep_key_wipe(&session->reader.config.client.key);
    mep_key_wipe(&session->reader.client.config.key);
}

uint32_t session_damaged(const struct session *session)
{
    const uint32_t *outcomes = reader_client(&session->reader)->counters.outcomes;
    return outcomes[MEP_OUTCOME_SHORT] + outcomes[MEP_OUTCOME_BAD_DIGEST] +
           outcomes[MEP_OUTCOME_MALFORMED];
}

/* What the parts of web share. */
#ifndef HOST_MEPD_WEB_INTERNAL_H
#define HOST_MEPD_WEB_INTERNAL_H

#include "host/mepd/growing.h"
#include "host/mepd/web.h"

#include <microhttpd.h>

enum call_state {
    CALL_TAKING,  /* the request is still coming */
    CALL_WAITING, /* suspended; asked again at each turn */
    CALL_READY,   /* there is an answer to be sent */
    CALL_SENDING,
    CALL_STREAMING
};

/* A request and its answer. */
struct call {
    struct call *next, *previous;
    struct web *web;
    struct MHD_Connection *connection;
    enum call_state state;
    bool begun, suspended;
    bool events; /* the answer is a stream of them */
    bool ended;  /* a stream that is to be closed */
    struct reader_http_request request;
    struct reader_http_response response;
    struct reader_http_stream stream;
    char *target, *body;
    size_t body_room;
    struct growing answer; /* of a stream: what is not sent yet, */
    size_t given;          /* but for so much of it */
    size_t counted;        /* bytes of it in web->answers */
};

/* A connection. */
struct visitor {
    struct visitor *next, *previous;
    struct web *web;
    int fd;
    mep_time since;    /* it came, or its last answer was over */
    struct call *call; /* NULL: it asks for nothing right now */
};

/* A listening socket with its connections; an old one lives on until they are over. */
struct server {
    struct server *next;
    struct web *web;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer; /* what the library wants to be woken for */
    mep_time ends_at; /* MEP_NEVER: it listens */
    int handles;
};

struct web {
    uv_loop_t *loop;
    struct reader_bridge *bridge;
    struct server *servers; /* the newest first */
    char address[READER_SETTING_TEXT];
    bool listening;
    unsigned port;
    struct call *calls;
    struct visitor *visitors;
    unsigned connections, streams, waiting;
    unsigned left;    /* connections that ended so far */
    size_t answers;   /* bytes of answers that are not sent yet */
    uv_timer_t again; /* while anybody is there */
    mep_time swept_at;
    bool running, closing; /* running: the library is at work, and must not be entered again */
    int handles;
};

/* ---- web_call.c: the library's callbacks for a request ---- */

void *call_begin(void *context, const char *target, struct MHD_Connection *connection);
enum MHD_Result call_go_on(void *context, struct MHD_Connection *connection, const char *url,
                           const char *method, const char *version, const char *data, size_t *size,
                           void **held);
void call_end(void *context, struct MHD_Connection *connection, void **held,
              enum MHD_RequestTerminationCode how);

/* Sees what is new for a call that waits or is a stream; true if its connection has to go on. */
bool call_turn(struct call *call);

/* Ends what a call waits for. */
void call_stop(struct call *call);

#endif

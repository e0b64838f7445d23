/*
 * HTTP: a function of method, path, headers and body that streams its answer
 * through the caller's writer. The paths and shapes are in docs/api/openapi.json.
 *
 * A request that cannot be answered yet gives READER_HTTP_WAIT: the host keeps it
 * as it is and calls again after each turn of the loop (every 0.1 s will do). One
 * that becomes a stream of events gives READER_HTTP_STREAM: the host sends the
 * head and what was written, and calls reader_http_stream() whenever the
 * connection has taken what it had.
 *
 * HEAD is answered like GET; the host sends no body. An answer whose `out` has
 * failed is not whole: the host sends another one (503), or breaks off what it
 * has sent of it already. A stream whose `out` has failed is to be ended.
 */
#ifndef READER_HTTP_H
#define READER_HTTP_H

#include "reader/bridge/bridge.h"

enum {
    READER_HTTP_BODY_MAX = 8192,   /* of a request; longer ones the host answers with 413 */
    READER_HTTP_TARGET_MAX = 2048, /* path and query; longer: 414 */
    READER_HTTP_HEADER_MAX = 256
};

enum reader_http_result {
    READER_HTTP_DONE,
    READER_HTTP_WAIT,
    READER_HTTP_STREAM
};

/* What came. Texts end with NUL; NULL where a header is not there. */
struct reader_http_request {
    const char *method;                        /* "GET" */
    const char *target;                        /* as it was sent: "/api/v1/latest?meter=house" */
    const char *host, *origin, *cookie, *csrf; /* csrf: X-CSRF-Token */
    const char *content_type, *accept_encoding, *if_none_match;
    const char *body;
    size_t body_size;
    bool secure; /* came by TLS: cookies are marked so */

    /* Zero at first, then the bridge's own; kept with the request. */
    uint32_t ticket;
    mep_time since;
};

/* A connection that gets events: kept with it, zero at first. */
struct reader_http_stream {
    struct reader_meter *meter; /* must not go away before the stream is ended */
    uint32_t readings, links, infos;
    uint32_t session; /* its number; 0: none */
    mep_time sent_at;
};

/* Filled in before the first byte of the body is written. */
struct reader_http_response {
    int status;
    const char *content_type;                /* NULL: no body */
    const char *encoding;                    /* "gzip" or NULL */
    const char *cache_control;               /* "no-store" and others */
    const char *etag;                        /* or NULL */
    const char *allow;                       /* of 405, or NULL */
    unsigned retry_after_s;                  /* 0: none */
    char set_cookie[READER_HTTP_HEADER_MAX]; /* "": none */
    bool page;             /* wants the security headers of a page: see reader_http_page_headers */
    struct reader_out out; /* the caller's; body */
};

/* Name, value, name, value, ... NULL: for every answer, and beyond these for pages. */
extern const char *const reader_http_headers[];
extern const char *const reader_http_page_headers[];

/* `response->out` is the caller's and set up; the rest of `response` is written. */
enum reader_http_result reader_http(struct reader_bridge *bridge, mep_time now, int64_t calendar_s,
                                    struct reader_http_request *request,
                                    struct reader_http_stream *stream,
                                    struct reader_http_response *response);

/*
 * For paths that a host has beyond these: whether the request is meant for this
 * device and comes from its own pages and, if `login`, from who has logged in,
 * with the CSRF token unless it only reads. NULL, or why not; *status is 401 or 403.
 */
const char *reader_http_refusal(struct reader_bridge *bridge, mep_time now,
                                const struct reader_http_request *request, bool login, int *status);

/*
 * What is new for a stream, at least a comment each 15 s; writes nothing if there is
 * nothing. Fails `out` if it is not to be seen any more without logging in.
 */
void reader_http_stream(struct reader_bridge *bridge, mep_time now,
                        struct reader_http_stream *stream, struct reader_out *out);

/* A request that waited is not asked for any more. */
void reader_http_cancel(struct reader_bridge *bridge, struct reader_http_request *request);

#endif

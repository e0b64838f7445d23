/*
 * HTTP: binds reader/bridge/http.h to sockets by libmicrohttpd, in the loop and
 * without a thread. What a stranger can hold is bounded: connections, what each
 * may keep, how long it may take to ask or to read, and all answers together.
 */
#ifndef HOST_MEPD_WEB_H
#define HOST_MEPD_WEB_H

#include "reader/bridge/http.h"

#include <uv.h>

enum {
    WEB_CONNECTIONS_MAX = 300,
    WEB_CROWDED = 200, /* from so many on, who keeps one busy without need has less time */
    WEB_CONNECTION_BYTES = 12288, /* of a request's head, or of what is being sent */
    WEB_STREAMS_MAX = 32,
    WEB_ANSWER_MAX = 2 << 20,  /* bytes */
    WEB_ANSWERS_MAX = 8 << 20, /* of all that are not sent yet */
    WEB_IDLE_S = 30,           /* without a byte in either direction */
    WEB_REQUEST_S = 60,        /* from the end of the last answer to the end of the next one; of
                                * streams not; */
    WEB_REQUEST_CROWDED_S = 10,
    WEB_WHY_SIZE = 320
};

struct web;

/* NULL: no memory. */
struct web *web_open(uv_loop_t *loop, struct reader_bridge *bridge);

/*
 * Listens there, HOST:PORT, and no longer where it did; "": nowhere. Requests that
 * are under way are still answered. False, and why in one line: all is as it was.
 */
bool web_listen(struct web *web, const char *address, char why[WEB_WHY_SIZE]);

/* Whether it could listen there; if not, why. */
bool web_can_listen(const struct web *web, const char *address, char why[WEB_WHY_SIZE]);

/* Where it listens, as it was given to web_listen(). */
const char *web_address(const struct web *web);

/* The port, which may have been left to the system; 0: it does not listen. */
unsigned web_port(const struct web *web);

/* There may be something new: tells streams, and tries again what waited. */
void web_turn(struct web *web);

/* A meter goes away: ends its streams. */
void web_drop(struct web *web, const struct reader_meter *meter);

/* How many get events. */
unsigned web_streams(const struct web *web);

/* Ends all connections and handles; the memory goes once the loop has run to its end. */
void web_close(struct web *web);

#endif

/*
 * The requests of an HTTP server that are under way: being answered, waiting for
 * the meter, or streams of events. There is room for so many and no more; what a
 * request said is kept only as long as it waits.
 */
#ifndef FW_CALLS_H
#define FW_CALLS_H

#include "reader/bridge/http.h"

enum {
    FW_CALLS = 8,
    FW_CALL_STREAMS = 4, /* of them, at most */
    FW_CALL_TEXTS = 4,   /* of them hold what was asked: streams need not */
    FW_CALL_TEXT = 1536  /* a request's target and headers */
};

enum fw_call_state {
    FW_CALL_FREE,
    FW_CALL_ANSWERING,
    FW_CALL_WAITING,
    FW_CALL_STREAMING
};

struct fw_call {
    enum fw_call_state state;
    int socket;
    struct reader_http_request request;
    struct reader_http_stream stream;
    bool allow_older; /* of an upload */
    size_t filled;    /* of `text` */
    char *text;       /* one of texts; NULL: none any more */
};

struct fw_calls {
    struct fw_call call[FW_CALLS];
    char text[FW_CALL_TEXTS][FW_CALL_TEXT];
};

/* A new one, being answered; NULL: there is no room. */
struct fw_call *fw_calls_take(struct fw_calls *calls, int socket);

/* Room behind what was kept already, for `size` bytes of text and a NUL; NULL: there is none. */
char *fw_call_room(struct fw_call *call, size_t size);

/* What was asked is not needed any more; it may hold a cookie. */
void fw_call_forget(struct fw_call *call);

/* Ends one. */
void fw_call_end(struct fw_call *call);

/* Makes one a stream; false: there are enough of them. */
bool fw_call_stream(struct fw_calls *calls, struct fw_call *call);

#endif

/* A request while it is answered: what the parts of HTTP share. */
#ifndef READER_BRIDGE_CALL_H
#define READER_BRIDGE_CALL_H

#include "reader/bridge/http.h"

enum {
    HTTP_ID_SIZE = 64,            /* of a meter, in a query */
    HTTP_WAIT_LIMIT_US = 20000000 /* for others to be done with what only one can have */
};

struct http_call {
    struct reader_bridge *bridge;
    mep_time now;
    int64_t calendar_s;
    struct reader_http_request *request;
    struct reader_http_stream *stream;
    struct reader_http_response *response;
    struct reader_out *out;         /* the response's */
    struct reader_session *session; /* NULL: not logged in */
    struct reader_meter *meter;     /* of paths that are about one */
    const char *path, *query;       /* `path` ends where path_size says */
    size_t path_size;
    const char *rest; /* of the path, if the handler is for all that begin alike */
    size_t rest_size;
};

/* ---- Answers ---- */

/* Begins one in JSON that nobody keeps; gives where its body goes. */
struct reader_out *http_json(struct http_call *call, int status);

enum reader_http_result http_error(struct http_call *call, int status, const char *word,
                                   const char *message);

/* 400: what a key was given is not accepted. */
enum reader_http_result http_invalid(struct http_call *call, const char *key, const char *message);

/* Until something is there that only one request at a time can have; 503 after a while. */
enum reader_http_result http_wait(struct http_call *call, const char *for_what);

/* ---- What was asked ---- */

/* NULL, or what is wrong: escapes, and names that are not among `known` ("meter name"; NULL: all
 * are). */
const char *http_query_problem(const char *query, const char *known);

/* A parameter, decoded; "" if it is not there. False: it does not fit. */
bool http_parameter(const char *query, const char *name, char *text, size_t size);

/* Digits and nothing else, at most 12 of them; `text` becomes what follows. */
bool http_number(const char **text, int64_t *number);

/* Sets call->meter by the parameter. False: there is none, and that was answered. */
bool http_find_meter(struct http_call *call, const char *id);

/* ---- Access (access.c, session.c, password_job.c) ---- */

/* Why a request is not from a page of ours, or not to this device: DNS rebinding; NULL: it is. */
const char *http_wrong_host(const struct reader_bridge *bridge, const char *host);
const char *http_wrong_origin(const char *host, const char *origin);

/* Whether both texts are the same, in a time that depends on the length of the second alone. */
bool http_same(const char *given, const char *kept);

struct reader_session *http_session_find(struct reader_bridge *bridge, mep_time now,
                                         const char *cookie);
struct reader_session *http_session_begin(struct reader_bridge *bridge, mep_time now);
void http_session_end(struct reader_session *session);

/* Sessions end with the password that they began with; this one goes on with another. */
void http_session_renew(struct reader_session *session, const char *password);

bool http_session_is_alive(const struct reader_bridge *bridge, mep_time now, uint32_t number);

enum http_derived {
    HTTP_DERIVE_WAIT, /* ask again */
    HTTP_DERIVE_DONE,
    HTTP_DERIVE_FAILED,
    HTTP_DERIVE_BUSY /* others were first, for too long; that was answered */
};

/*
 * Makes a text into its hash, in several calls: with the salt and the iterations of
 * `password`, which gets all of it in the end; of a new one, with new ones.
 */
struct reader_password;
enum http_derived http_derive(struct http_call *call, const char *text,
                              struct reader_password *password, bool is_new);

/* ---- Handlers ---- */

typedef enum reader_http_result http_handler(struct http_call *call);

http_handler http_get_health, http_get_meters, http_get_latest, http_get_events, http_get_history,
    http_get_info, http_get_tables, http_get_table, http_get_link, http_get_exchanges, http_get_ui,
    http_get_config, http_patch_config, http_post_key_test, http_get_session, http_post_session,
    http_delete_session, http_get_metrics, http_get_dash;

enum reader_http_result http_get_asset(struct http_call *call, const struct reader_asset *asset);

#endif

/* Someone who asks a bridge over HTTP, and a host in memory behind it. */
#ifndef TESTS_READER_VISITOR_H
#define TESTS_READER_VISITOR_H

#include "reader/bridge/http.h"
#include "tests/reader/house.h"

enum {
    VISITOR_METERS = 2,
    VISITOR_POINTS = 4000
};

/* Must never be seen in an answer. */
extern const char *const VISITOR_PASSWORD;
extern const char *const VISITOR_METER_SECRET; /* a key in one of the meter's tables */
extern const char *const VISITOR_KEY;          /* of the settings; the meter's own is FAKE_MBK */

struct visitor {
    struct house house; /* first: hooks get it */
    struct reader_meter_settings section[VISITOR_METERS];
    struct reader_exchanges log;
    struct reader_host host;

    /* The host. */
    bool derives;
    char deriving[READER_JSON_TEXT_SIZE];
    uint8_t salt[READER_SALT_SIZE];
    uint32_t iterations;
    unsigned derived; /* times */
    bool derive_refuses, derive_fails;
    uint8_t next_random;
    const char *change_problem; /* a disk that is full; NULL: none */
    unsigned changed;
    const char *fixed;                         /* the key of the command line; NULL: none */
    struct reader_point point[VISITOR_POINTS]; /* what the store has, of `point_name`, */
    size_t points;
    const char *point_name;                /* one point a step */
    unsigned series_asked, series_fail_at; /* 0: none fails */
    struct reader_series last_series;
    enum reader_mqtt_state mqtt;
    const char *mqtt_why;
    bool store_fails;

    /* The visitor. */
    struct reader_http_request request;
    struct reader_http_response response;
    struct reader_http_stream stream;
    char cookie[80], csrf[READER_SESSION_ID + 1]; /* "": has not logged in */
    const char *secret[8];                        /* more that must not be seen */
};

/* A bridge with one meter named "house", whose first reading is still to come. */
void visitor_init(struct visitor *v);

/* Adds a second meter "garage" that never answers. */
void visitor_add_meter(struct visitor *v);

/* Asks once, with cookie and CSRF token if logged in. The answer's body is house.text. */
enum reader_http_result visitor_ask(struct visitor *v, const char *method, const char *target,
                                    const char *body);

/* The same, until it is answered; the meter's and the host's time goes on. Gives the status. */
int visitor_await(struct visitor *v, const char *method, const char *target, const char *body);
int visitor_get(struct visitor *v, const char *target);

/* Lets the host finish what it derives. */
void visitor_derived(struct visitor *v);

/* Logs in, and keeps cookie and token. */
void visitor_log_in(struct visitor *v);

/* Fails unless the answer has this status and, if not NULL, this "error". */
void visitor_expect(const struct visitor *v, int status, const char *error);
void visitor_expect_value(const struct visitor *v, const char *path, const char *expected);

/* Lets the stream write what is new; gives the text. */
const char *visitor_stream(struct visitor *v);

#endif

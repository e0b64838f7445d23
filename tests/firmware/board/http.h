/*
 * The board's HTTP without its chip: sockets on loopback in place of
 * esp_http_server, around the same firmware/logic (calls, answers, paths) that
 * firmware/main/web.c is around. One request at a time, as there.
 */
#ifndef TESTS_FIRMWARE_BOARD_HTTP_H
#define TESTS_FIRMWARE_BOARD_HTTP_H

#include "firmware/logic/api.h"
#include "firmware/logic/calls.h"

#include <poll.h>

enum {
    HTTP_CONNECTIONS = 16,
    HTTP_HEAD_MAX = 4096,
    HTTP_BODY_MAX = 4096
};

/* What is uploaded, as update.c has it. */
struct http_image_host {
    const char *(*begin)(size_t announced, bool allow_older);
    void (*bytes)(const uint8_t *bytes, size_t count);
    const char *(*end)(bool whole);
};

struct http_connection {
    int fd; /* -1: none */
    char in[HTTP_HEAD_MAX + HTTP_BODY_MAX + 1];
    size_t got;
    struct fw_call *call; /* waits, or is a stream; NULL: neither */
};

struct http {
    int listener;
    struct fw_api *api;
    enum fw_visit visit; /* how all visitors come */
    const struct http_image_host *image;
    struct fw_calls calls;
    struct reader_http_response response;
    struct http_connection connection[HTTP_CONNECTIONS];
};

/* Listens on 127.0.0.1; false: it cannot. */
bool http_open(struct http *http, unsigned port, struct fw_api *api,
               const struct http_image_host *image);

/* Waits up to 10 ms for what comes, and answers it. */
void http_turn(struct http *http);

/* The board restarts: everybody is hung up on. */
void http_drop_all(struct http *http);

#endif

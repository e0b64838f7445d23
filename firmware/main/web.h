/* The HTTP server's own: a request from its head to its last byte. */
#ifndef WEB_H
#define WEB_H

#include "app.h"

#include "firmware/logic/calls.h"

#include "esp_http_server.h"

extern httpd_handle_t web_server;

/* ---- web_send.c: one answer at a time, in one buffer; call with the web's lock ---- */

/* Begins an answer into `response`, whose `out` is set up. */
void web_answer_begin(struct reader_http_response *response, int socket, bool head_only);

/* Sends what is not sent yet; false: the connection is broken and is to be closed. */
bool web_answer_end(bool is_stream);

/* Something of a stream: begun, written to, and sent as one chunk. */
void web_chunk_begin(struct reader_out *out, int socket);
bool web_chunk_end(void);

/* A word for machines, or NULL if nothing is wrong, and a message. */
bool web_refuse(int socket, int status, const char *word, const char *message);

/* ---- web_board.c: the board's own paths ---- */

void web_board_start(void);

/* Answers a request like reader_http(); *handled false: the path is none of them. */
enum reader_http_result web_board(struct fw_call *call, struct reader_http_response *response,
                                  bool *handled);

/* The same for one whose body no buffer holds: an image. Gives the status, and what is wrong. */
bool web_is_upload(struct fw_call *call);
int web_upload(struct fw_call *call, httpd_req_t *req, const char **problem);

#endif

/*
 * An HTTP answer on its way out: what fits a buffer goes with its length, what
 * does not goes in chunks as it is made, and what stands in flash is sent from
 * there without a copy.
 *
 *     fw_answer_begin(a, response, head_only);      response->out is set up
 *     reader_http(..., response);
 *     fw_answer_end(a, result == READER_HTTP_STREAM);
 *     for streams, later: fw_answer_chunk(a, &out); write to out; fw_answer_chunk_end(a)
 */
#ifndef FW_ANSWER_H
#define FW_ANSWER_H

#include "reader/bridge/http.h"

enum {
    FW_ANSWER_HEAD = 1536,  /* bytes of a head */
    FW_ANSWER_LASTING = 512 /* less is copied in any case */
};

struct fw_answer {
    /* Of the caller: takes all, or says false for good. */
    bool (*send)(void *context, const char *bytes, size_t count);
    /* True if bytes stay where they are for ever. */
    bool (*lasts)(const void *bytes);
    void *context;
    char *bytes;
    size_t size;

    struct reader_http_response *response;
    size_t count;
    const char *lasting; /* follows `bytes` */
    size_t lasting_size;
    bool head_only, chunked, broken;
    char head[FW_ANSWER_HEAD];
};

void fw_answer_begin(struct fw_answer *answer, struct reader_http_response *response,
                     bool head_only);

/* Sends what is not sent yet. False: not all went out, and the connection is of no more use. */
bool fw_answer_end(struct fw_answer *answer, bool is_stream);

void fw_answer_chunk(struct fw_answer *answer, struct reader_out *out);
bool fw_answer_chunk_end(struct fw_answer *answer);

#endif

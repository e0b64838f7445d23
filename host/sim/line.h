/*
 * One direction of a serial line: bytes go in at once and come out when their
 * last bit has gone over it.
 */
#ifndef SIM_LINE_H
#define SIM_LINE_H

#include "mep/mep.h"

enum {
    SIM_LINE_BYTES = 1024, /* a power of 2; two of the longest frames */
    SIM_LINE_CHUNKS = 16
};

/* Bytes that follow each other without a pause. */
struct sim_chunk {
    mep_time at; /* when the first begins to go, if the line is free */
    uint16_t size;
    uint16_t taken; /* bytes that have come out */
};

struct sim_line {
    uint32_t baud;    /* 0: no time */
    uint16_t head;    /* of bytes */
    uint16_t used;    /* bytes on the line */
    uint8_t first;    /* of chunks */
    uint8_t chunks;   /* on the line */
    mep_time free_at; /* when what came out last was through */
    struct sim_chunk chunk[SIM_LINE_CHUNKS];
    uint8_t bytes[SIM_LINE_BYTES];
};

void sim_line_init(struct sim_line *line, uint32_t baud);

/* Puts bytes on the line that begin to go at `at` or when it is free; what has no room is lost. */
void sim_line_push(struct sim_line *line, mep_time at, const uint8_t *bytes, size_t count);

/* Takes bytes that have arrived by now; *at is when the last of them did. */
size_t sim_line_pop(struct sim_line *line, mep_time now, uint8_t *bytes, size_t size, mep_time *at);

/* When to pop: at the end of a chunk, and before that about every 20 ms. MEP_NEVER if empty. */
mep_time sim_line_wake(const struct sim_line *line);

/* Everything on the line is lost. */
void sim_line_clear(struct sim_line *line);

#endif

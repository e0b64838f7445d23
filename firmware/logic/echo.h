/*
 * The bench's self test: a board outside a meter, TXD and RXD bridged at the
 * port, hears itself. No extra traffic: what was sent is compared with what came
 * back. A meter never answers with the request's own bytes, so a few echoes in a
 * row are the bridge, and every one of them proves transceiver and both lines.
 */
#ifndef FW_ECHO_H
#define FW_ECHO_H

#include "mep/mep.h"

enum {
    FW_ECHO_KEPT = 64,   /* bytes of a request that are compared */
    FW_ECHO_IN_A_ROW = 3 /* requests that came back whole: bridged */
};

struct fw_echo {
    uint8_t sent[FW_ECHO_KEPT];
    size_t size, matched;  /* of the newest request: sent, and come back so far */
    bool differed;         /* something else came */
    unsigned in_a_row;     /* whole echoes */
    uint32_t bytes, wrong; /* compared while bridged */
};

void fw_echo_init(struct fw_echo *echo);

/* A whole request is sent. */
void fw_echo_sent(struct fw_echo *echo, const uint8_t *bytes, size_t count);

/* What came. True if it was the bridge's echo: the reader need not see it. */
bool fw_echo_received(struct fw_echo *echo, const uint8_t *bytes, size_t count);

bool fw_echo_bridged(const struct fw_echo *echo);

#endif

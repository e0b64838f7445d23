/*
 * Cutting the byte stream into frames (guide, p.8-10, 16).
 *
 * A frame is a big-endian length and that many bytes. The meter may put an
 * alert, 00 00, in front of any frame or send it by itself. What cannot be a
 * frame is skipped a byte at a time until something can.
 */
#ifndef MEP_FRAME_H
#define MEP_FRAME_H

#include "mep/mep.h"

enum mep_frame_event {
    MEP_FRAME_NOTHING,  /* more bytes are needed */
    MEP_FRAME_COMPLETE, /* bytes[0 .. length-1] hold a frame without its length field */
    MEP_FRAME_ALERT,    /* 00 00 */
    MEP_FRAME_GARBAGE   /* a byte was skipped */
};

struct mep_frame {
    uint8_t bytes[MEP_FRAME_MAX];
    uint16_t length;   /* of the frame that is complete or arriving */
    uint16_t received; /* of it so far */
    uint8_t header;    /* bytes of the length field so far */
};

/* Forgets whatever has arrived; also what to do when the sender paused too long. */
void mep_frame_reset(struct mep_frame *frame);

/* Takes the next byte. After COMPLETE the bytes stay until the next call. */
enum mep_frame_event mep_frame_push(struct mep_frame *frame, uint8_t byte);

/* Whether a frame has begun and is not complete. */
bool mep_frame_partial(const struct mep_frame *frame);

#endif

#include "mep/frame.h"

void mep_frame_reset(struct mep_frame *frame)
{
    frame->length = 0;
    frame->received = 0;
    frame->header = 0;
}

bool mep_frame_partial(const struct mep_frame *frame)
{
    return frame->header == 1 || (frame->header == 2 && frame->received < frame->length);
}

enum mep_frame_event mep_frame_push(struct mep_frame *frame, uint8_t byte)
{
    if (frame->header == 2 && frame->received == frame->length)
        mep_frame_reset(frame); /* the frame before was complete */

    if (frame->header < 2) {
        frame->length = (uint16_t)(frame->length << 8 | byte);
        frame->header++;
        if (frame->header < 2)
            return MEP_FRAME_NOTHING;
        if (frame->length == 0) {
            frame->header = 0;
            return MEP_FRAME_ALERT;
        }
        if (frame->length > MEP_FRAME_MAX) {
            /* Perhaps the length begins with its second byte. */
            frame->length &= 0xff;
            frame->header = 1;
            return MEP_FRAME_GARBAGE;
        }
        return MEP_FRAME_NOTHING;
    }

    frame->bytes[frame->received++] = byte;
    return frame->received == frame->length ? MEP_FRAME_COMPLETE : MEP_FRAME_NOTHING;
}

/* The frame parser: whatever comes, it stays within its buffer and tells the same in any chunks. */
#include "mep/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mep_frame frame;
    size_t frame_bytes = 0, other_bytes = 0;

    memset(&frame, 0xa5, sizeof frame);
    mep_frame_reset(&frame);
    for (size_t i = 0; i < size; i++) {
        switch (mep_frame_push(&frame, data[i])) {
        case MEP_FRAME_COMPLETE:
            if (frame.length == 0 || frame.received != frame.length ||
                frame.length > MEP_FRAME_MAX || frame.bytes[frame.length - 1] != data[i])
                abort();
            frame_bytes += MEP_LENGTH_SIZE + (size_t)frame.length;
            break;
        case MEP_FRAME_ALERT:
            other_bytes += MEP_LENGTH_SIZE;
            break;
        case MEP_FRAME_GARBAGE:
            other_bytes++;
            break;
        case MEP_FRAME_NOTHING:
            break;
        }
    }
    /* Every byte went somewhere. */
    size_t open = mep_frame_partial(&frame)
                      ? (size_t)frame.header + (frame.header == 2 ? frame.received : 0u)
                      : 0;
    if (frame_bytes + other_bytes + open != size)
        abort();
    return 0;
}

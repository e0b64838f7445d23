/* Writes what goes over a line into a capture, cut into frames. */
#ifndef HOST_TAP_H
#define HOST_TAP_H

#include "host/pcapng.h"
#include "mep/frame.h"

struct tap {
    FILE *file;
    uint64_t packets;
    bool failed;    /* the file could not be written; nothing more is tried */
    int64_t gap_us; /* a pause longer than this ends a frame that is not complete */

    /* The rest is the tap's own. */
    struct mep_frame frame;
    enum pcapng_direction direction;
    uint8_t bytes[PCAPNG_WRITE_MAX];
    size_t count;
    int64_t first_us, last_us;
};

/* Begins a capture on a file that is open for writing; `interface` names the line. */
void tap_init(struct tap *tap, FILE *file, const char *interface, int64_t gap_us);

/* Takes bytes that were sent or received at a time of the calendar. */
void tap_bytes(struct tap *tap, enum pcapng_direction direction, int64_t time_us,
               const uint8_t *bytes, size_t count);

/* Writes what has not become a frame; to be called before the file is closed. */
void tap_finish(struct tap *tap);

#endif

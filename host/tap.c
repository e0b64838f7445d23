#include "host/tap.h"

#include <string.h>

#define WARNING                                                                                    \
    "This capture reveals key material: the digest of the MEP protocol is weak. "                  \
    "Treat it like the key."

void tap_init(struct tap *tap, FILE *file, const char *interface, int64_t gap_us)
{
    memset(tap, 0, sizeof *tap);
    tap->file = file;
    tap->gap_us = gap_us;
    tap->failed = !pcapng_write_begin(file, "mep (MEPlink)", interface, WARNING);
}

/* Writes the first `count` of the bytes that wait. */
static void flush(struct tap *tap, size_t count, const char *comment)
{
    struct pcapng_packet packet = {tap->first_us, tap->direction, tap->bytes, count};

    if (count == 0)
        return;
    if (!tap->failed) {
        tap->failed = !pcapng_write_packet(tap->file, &packet, comment);
        tap->packets += !tap->failed;
    }
    tap->count -= count;
    memmove(tap->bytes, tap->bytes + count, tap->count);
    tap->first_us = tap->last_us;
}

/* The last `size` bytes are a frame or an alert; those before them are neither. */
static void flush_frame(struct tap *tap, size_t size)
{
    flush(tap, tap->count - size, "not part of a frame");
    flush(tap, size, NULL);
}

void tap_finish(struct tap *tap)
{
    flush(tap, tap->count, mep_frame_partial(&tap->frame) ? "incomplete" : "not part of a frame");
    mep_frame_reset(&tap->frame);
}

void tap_bytes(struct tap *tap, enum pcapng_direction direction, int64_t time_us,
               const uint8_t *bytes, size_t count)
{
    if (direction != tap->direction || time_us - tap->last_us > tap->gap_us)
        tap_finish(tap);
    tap->direction = direction;
    tap->last_us = time_us;
    for (size_t i = 0; i < count; i++) {
        if (tap->count == 0)
            tap->first_us = time_us;
        tap->bytes[tap->count++] = bytes[i];
        switch (mep_frame_push(&tap->frame, bytes[i])) {
        case MEP_FRAME_COMPLETE:
            flush_frame(tap, MEP_LENGTH_SIZE + (size_t)tap->frame.length);
            break;
        case MEP_FRAME_ALERT:
            flush_frame(tap, MEP_LENGTH_SIZE);
            break;
        case MEP_FRAME_NOTHING:
        case MEP_FRAME_GARBAGE:
            if (tap->count == sizeof tap->bytes)
                flush(tap, tap->count - MEP_WIRE_MAX, "not part of a frame");
            break;
        }
    }
}

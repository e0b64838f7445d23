/*
 * Captures of a MEP line as pcapng: one packet for each frame, alert or run of
 * bytes that is neither, with its direction. docs/capture.md describes them.
 */
#ifndef HOST_PCAPNG_H
#define HOST_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    PCAPNG_LINKTYPE = 147,  /* LINKTYPE_USER0: there is no registered one for MEP */
    PCAPNG_WRITE_MAX = 1024 /* longest packet that is written; others' may be longer */
};

enum pcapng_direction {
    PCAPNG_UNKNOWN = 0,
    PCAPNG_INBOUND = 1, /* from the meter; the numbers are those of epb_flags */
    PCAPNG_OUTBOUND = 2 /* to the meter */
};

struct pcapng_packet {
    int64_t time_us; /* since 1970 */
    enum pcapng_direction direction;
    const uint8_t *bytes;
    size_t count;
};

/* ---- Writing: each call gives false if the file could not be written ---- */

/* The section and interface that begin a file. */
bool pcapng_write_begin(FILE *file, const char *program, const char *interface,
                        const char *comment);

/* `comment` may be NULL. */
bool pcapng_write_packet(FILE *file, const struct pcapng_packet *packet, const char *comment);

/* ---- Reading from memory ---- */

enum {
    PCAPNG_INTERFACES_MAX = 16
};

struct pcapng_reader {
    const uint8_t *bytes;
    size_t size, at;
    bool in_section, big_endian;
    uint32_t interfaces; /* of this section */
    struct {
        bool is_mep;
        uint8_t resolution; /* if_tsresol */
    } interface[PCAPNG_INTERFACES_MAX];
    uint32_t foreign; /* interfaces of other link types, whose packets are skipped */
    uint32_t usable;  /* interfaces of ours */
};

enum pcapng_result {
    PCAPNG_PACKET,
    PCAPNG_END,
    PCAPNG_FOREIGN,   /* no pcapng file, or one of other links only */
    PCAPNG_TRUNCATED, /* ends within a block */
    PCAPNG_BROKEN     /* a block whose fields contradict each other */
};

/* `bytes` must stay as long as the reader and its packets are used. */
void pcapng_reader_init(struct pcapng_reader *reader, const uint8_t *bytes, size_t size);

/* The next packet of a MEP interface. After anything but PCAPNG_PACKET it is over. */
enum pcapng_result pcapng_next(struct pcapng_reader *reader, struct pcapng_packet *packet);

#endif

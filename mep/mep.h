/*
 * The MEP protocol's constants and names (MEP Client Developer's Guide
 * 078-0372-01BD, chapter 2; page numbers in this room refer to it).
 *
 * Everything in mep/ is a pure state machine or function: bytes in, bytes out,
 * the time handed in. No heap, no I/O, no clock, no globals.
 */
#ifndef MEP_MEP_H
#define MEP_MEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A moment on any steadily rising clock the caller likes, in microseconds. */
typedef int64_t mep_time;

/* A moment that never comes: "no need to wake me". */
#define MEP_NEVER INT64_MAX

enum {
    MEP_LENGTH_SIZE = 2, /* the length field in front of every frame (p.8) */
    MEP_FRAME_MAX = 476, /* largest frame after the length field (p.7) */
    MEP_WIRE_MAX = MEP_LENGTH_SIZE + MEP_FRAME_MAX,
    MEP_SEQUENCE_SIZE = 4,  /* big-endian, requests only (p.8) */
    MEP_DIGEST_SIZE = 8,    /* ends every frame (p.8) */
    MEP_KEY_SIZE = 16,      /* bytes of a key that count (p.12) */
    MEP_READ_MAX = 465,     /* table bytes a read answer can carry: 476 - code, count, digest */
    MEP_WRITE_MAX = 456,    /* table bytes a partial write can carry */
    MEP_SEQUENCE_WINDOW = 8 /* numbers ahead that the meter accepts (p.10) */
};

/* Request codes (p.11) and, for ports with TLS security, p.7-8. */
enum mep_service {
    MEP_READ = 0x30,
    MEP_READ_PARTIAL = 0x3f,
    MEP_WRITE = 0x40,
    MEP_WRITE_PARTIAL = 0x4f,
    MEP_TLS_TERMINATE = 0x57,
    MEP_TLS_HANDSHAKE = 0x58
};

/* Response codes (p.10). */
enum mep_code {
    MEP_CODE_OK = 0x00,
    MEP_CODE_UNRECOGNISED = 0x01,
    MEP_CODE_UNSUPPORTED = 0x02,
    MEP_CODE_NO_PERMISSION = 0x03,
    MEP_CODE_NOT_POSSIBLE = 0x04,
    MEP_CODE_TABLE_NOT_POSSIBLE = 0x05,
    MEP_CODE_SERVICE_STATE = 0x0a,
    MEP_CODE_AUTHENTICATION = 0x0b,
    MEP_CODE_SEQUENCE = 0x0c
};

/* What a response code means, as a short phrase; never NULL. */
const char *mep_code_strerror(unsigned code);

/*
 * Tables and procedures are numbered alike: basic ones (BT23, BP05) 0..2047,
 * extended ones (ET03, EP17) 2048 + n (p.38).
 */
enum {
    MEP_EXTENDED = 2048,
    MEP_BT07 = 7,                 /* procedure initiate */
    MEP_BT08 = 8,                 /* procedure response */
    MEP_ET04 = MEP_EXTENDED + 4,  /* system information: the IDT version */
    MEP_ET13 = MEP_EXTENDED + 13, /* MEP configuration: baud rate, alert flags */
    MEP_ET50 = MEP_EXTENDED + 50,
    MEP_ET52 = MEP_EXTENDED + 52, /* transactions */
    MEP_ET59 = MEP_EXTENDED + 59, /* procedure response, MEP client 1 */
    MEP_ET85 = MEP_EXTENDED + 85, /* procedure response, MEP client 2 */
    MEP_EP16 = MEP_EXTENDED + 16,
    MEP_EP17 = MEP_EXTENDED + 17,
    MEP_EP39 = MEP_EXTENDED + 39,
    MEP_EP61 = MEP_EXTENDED + 61
};

enum mep_kind {
    MEP_TABLE,
    MEP_PROCEDURE
};

/*
 * Reads a name such as "BT23" or "ep17" (any case) into kind and number.
 * False, and nothing changed, when it is none.
 */
bool mep_name_parse(const char *name, enum mep_kind *kind, uint16_t *number);

#endif

/* The newest lines of a log in memory, and which of them were already sent elsewhere. */
#ifndef FW_LINES_H
#define FW_LINES_H

#include "reader/text/out.h"

enum {
    FW_LINES = 4096,              /* bytes that are kept */
    FW_LINE = 160,                /* of a line, when it is sent */
    FW_SYSLOG_SIZE = FW_LINE + 64 /* of any packet, with a hostname of at most 32 */
};

struct fw_lines {
    size_t written, sent; /* bytes ever */
    bool colour;          /* within an escape sequence */
    char kept[FW_LINES];
};

/* Text as the console gets it; colours are left out. */
void fw_lines_add(struct fw_lines *lines, const char *text, size_t size);

/* All that is kept. */
void fw_lines_write(const struct fw_lines *lines, struct reader_out *out);

/*
 * The next line that was not taken yet, without its end, cut at `size`; gives its
 * length. 0: none is whole. Lines that were lost meanwhile are passed over.
 */
size_t fw_lines_take(struct fw_lines *lines, char *line, size_t size);

/*
 * The next line likewise as a packet of syslog (RFC 5424), its severity by
 * ESP-IDF's first letter. 0 as well if it is longer than `size`.
 */
size_t fw_lines_syslog(struct fw_lines *lines, const char *hostname, char *packet, size_t size);

#endif

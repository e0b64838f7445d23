/* Where a meter is: the text after --meter. */
#ifndef HOST_URI_H
#define HOST_URI_H

#include <stdbool.h>
#include <stdint.h>

enum uri_kind {
    URI_SERIAL, /* /dev/ttyUSB0 or /dev/ttyUSB0?baud=9600 */
    URI_TCP,    /* tcp://host:port, tcp://[2001:db8::1]:port */
    URI_SIM     /* sim: */
};

enum {
    URI_TEXT_MAX = 256
};

struct uri {
    enum uri_kind kind;
    char path[URI_TEXT_MAX]; /* serial: the device; TCP: the host */
    char port[6];            /* TCP: decimal */
    uint32_t baud;           /* serial */
};

/* NULL when `text` was understood, else what is wrong with it and what is accepted. */
const char *uri_parse(const char *text, struct uri *uri);

/* Whether a serial line can be run at this speed (guide, p.20). */
bool uri_baud_known(uint32_t baud);

#endif

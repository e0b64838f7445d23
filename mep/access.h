/*
 * Who may do what, and what wears the meter out (guide, appendix C).
 *
 * The server grants by it; the client's write budget counts by it.
 */
#ifndef MEP_ACCESS_H
#define MEP_ACCESS_H

#include "mep/mep.h"

enum {
    MEP_MAK_WRITES = 1 << 0, /* or, for a procedure, may start it */
    MEP_MBK_WRITES = 1 << 1,
    MEP_WEARS = 1 << 2 /* a write goes to the meter's non-volatile memory */
};

/*
 * The flags of a table or procedure. What appendix C does not list cannot be
 * written with any key and, if it could, is taken to wear the memory.
 */
unsigned mep_access(enum mep_kind kind, uint16_t number);

#endif

/*
 * Leave to write, and how often: what keeps a client from changing a meter by
 * mistake and from wearing out its memory (guide, p.44, 51, 259).
 */
#ifndef MEP_BUDGET_H
#define MEP_BUDGET_H

#include "mep/message.h"

enum {
    MEP_ALLOWED_MAX = 8,    /* names one client can be given leave for */
    MEP_WRITES_PER_HOUR = 4 /* in any hour; so at most 96 in any day, where 100 are tolerable */
};

/*
 * Caller-owned, all zero to start with. A program that restarts often should
 * keep it, and the clock it was used with, across restarts.
 */
struct mep_budget {
    uint16_t allowed[MEP_ALLOWED_MAX]; /* numbers; procedures with the top bit set */
    uint8_t allowed_count;
    uint8_t written_count;                 /* entries of written that are in use */
    uint16_t firmware;                     /* BT01 bytes 14, 15; 0 unknown: the strictest rules */
    mep_time written[MEP_WRITES_PER_HOUR]; /* the last wearing writes, oldest first */
};

enum mep_permission {
    MEP_PERMITTED,
    MEP_NOT_ALLOWED, /* nobody gave leave for this table or procedure by name */
    MEP_TOO_OFTEN,   /* would exceed the wear limits */
    MEP_NOT_WRITABLE /* no key can write it, or a procedure call that is no whole one */
};

/*
 * Gives leave to write one table ("ET50") or start one procedure ("EP17").
 * Leave for ET52 is leave for whatever its transactions hold. False when the
 * name is none, names BT07 (name the procedure instead) or there are too many.
 */
bool mep_budget_allow(struct mep_budget *budget, const char *name);

/* Whether this write may go out now. */
enum mep_permission mep_budget_check(const struct mep_budget *budget,
                                     const struct mep_request *write, mep_time now);

/* Books a write that goes out now. */
void mep_budget_spend(struct mep_budget *budget, const struct mep_request *write, mep_time now);

#endif

/* What history.c and history_plan.c share; nobody else's business. */
#ifndef READER_HISTORY_PLAN_H
#define READER_HISTORY_PLAN_H

#include "reader/history.h"
#include "reader/internal.h"

/* In the order in which they come; from STEP_STATUS on again for each pass. */
enum reader_history_step {
    STEP_BT61,
    STEP_BT62,
    STEP_ET42, /* in place of either */
    STEP_ET66,
    STEP_STATUS,
    STEP_ET21,
    STEP_NEWEST, /* the last block's header */
    STEP_DATA,
    STEP_VERIFY /* BT63 again: was anything of it overwritten? */
};

/* How many blocks, from the last one on, are surely whole; of what is there, one at least. */
uint32_t reader_history_whole(const struct meter_profile *p);

/* Goes over what the caller has, and to the next block if that was all. */
void reader_history_skip(struct reader_history *h);

/* Nothing is left to be read in this pass. */
bool reader_history_is_over(const struct reader_history *h);

/* Where in BT64 a place is. */
uint32_t reader_history_offset(const struct reader_history *h,
                               const struct reader_history_place *place);

/* Sets what to ask for in this step. */
void reader_history_plan(struct reader_history *h, const struct reader *r);

#endif

/* A reader, or a client, at the end of the simulated meter's line, in virtual time. */
#ifndef TESTS_PROOFS_JOIN_H
#define TESTS_PROOFS_JOIN_H

#include "host/sim/sim.h"
#include "reader/reader.h"

/* Lets both have their say at `now`; gives when one of them wants to be called again. */
static inline mep_time join_turn(struct reader *reader, struct sim *sim, mep_time now)
{
    uint8_t bytes[MEP_WIRE_MAX];
    size_t count;

    while ((count = sim_output(sim, now, bytes, sizeof bytes)) != 0)
        reader_input(reader, now, bytes, count);
    while ((count = reader_output(reader, now, bytes, sizeof bytes)) != 0)
        sim_input(sim, now, bytes, count);
    mep_time ours = reader_wake(reader), theirs = sim_wake(sim);
    mep_time next = ours < theirs ? ours : theirs;
    return next > now ? next : now + 1;
}

#endif

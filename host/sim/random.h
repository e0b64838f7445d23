/* Pseudo-random numbers that are the same on every machine (splitmix64). */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t state;
};

uint64_t sim_random_next(struct sim_random *random);

/* 0 .. below - 1; below > 0. */
uint32_t sim_random_below(struct sim_random *random, uint32_t below);

/* low .. high, both included. */
int32_t sim_random_between(struct sim_random *random, int32_t low, int32_t high);

/* True in `chance` of 2^32 - 1 cases; always for 2^32 - 1. Draws nothing for 0. */
bool sim_random_hit(struct sim_random *random, uint32_t chance);

#endif

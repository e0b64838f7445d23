/*
 * A house: what is switched on when, what the sun gives, and what follows for
 * voltage, current and power of each phase. Integers only, so that it is the
 * same on every machine.
 */
#ifndef SIM_HOUSE_H
#define SIM_HOUSE_H

#include "host/sim/random.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SIM_PHASES = 3,
    SIM_APPLIANCES = 16
};

struct sim_phase {
    int32_t voltage_mv;
    int32_t current_ma;
    int32_t active_mw;     /* negative: export */
    int32_t reactive_mvar; /* positive: inductive */
    int32_t apparent_mva;
    int32_t wander_mv;          /* of the grid's voltage */
    int32_t voltage_average_mv; /* smoothed, as are the next two */
    int32_t current_average_ma;
    int32_t active_average_mw;
};

struct sim_house {
    struct sim_random random;
    struct sim_phase phase[SIM_PHASES];
    int32_t frequency_mhz;
    int32_t cloud_permille;          /* of the sun's light that comes through */
    uint16_t left_s[SIM_APPLIANCES]; /* how long each stays on */
    uint8_t phases;                  /* 1 or 3 */
    bool solar;
    uint8_t divisor; /* loads are so much smaller: behind a current transformer */
};

void sim_house_init(struct sim_house *house, uint64_t seed, unsigned phases, bool solar,
                    unsigned divisor);

/* Goes on to the second that begins at this time of day (local, 0..86399). */
void sim_house_second(struct sim_house *house, uint32_t second_of_day);

/* The largest integer whose square is not above. */
int32_t sim_square_root(int64_t square);

#endif

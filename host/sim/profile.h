/*
 * The simulated meter's load profile: import and export at the end of each hour
 * of the last 62 days (UTC), a block a day. What was before the simulation
 * began follows from the seed each time that it is asked for, and leads up to
 * the registers at its beginning; what comes after is kept, two bytes a value.
 */
#ifndef SIM_PROFILE_H
#define SIM_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct meter_value;
struct sim_meter;

enum {
    SIM_PROFILE_CHANNELS = 2,
    SIM_PROFILE_DAYS = 62,
    SIM_PROFILE_HOURS = SIM_PROFILE_DAYS * 24,
    SIM_PROFILE_BLOCK = 5 + 3 + 24 * (2 + 4 * SIM_PROFILE_CHANNELS), /* bytes */
    SIM_PROFILE_SIZE = SIM_PROFILE_DAYS * SIM_PROFILE_BLOCK
};

struct sim_profile {
    uint64_t seed;
    int64_t start;                       /* the last hour's end before the simulation */
    uint32_t base[SIM_PROFILE_CHANNELS]; /* the registers then, in their units */
    uint32_t last[SIM_PROFILE_CHANNELS]; /* and as recorded last */
    uint16_t grown[SIM_PROFILE_HOURS][SIM_PROFILE_CHANNELS]; /* by hour since 1970, modulo */
    uint8_t failed[SIM_PROFILE_HOURS / 8];
    bool failing; /* the hour under way */
};

/* One hour, as the meter has it. */
struct sim_interval {
    bool recorded;   /* there was power at its end */
    bool power_fail; /* and not all the time */
    uint32_t value[SIM_PROFILE_CHANNELS];
};

void sim_profile_init(struct sim_meter *meter, uint64_t seed);

/* A second has passed, and is counted. */
void sim_profile_second(struct sim_meter *meter, bool powered);

/* The hour that ended then; unix time, of the last 62 days. */
struct sim_interval sim_profile_interval(const struct sim_meter *meter, int64_t end);

/* When the last one ended. */
int64_t sim_profile_end(const struct sim_meter *meter);

/* For meter_fill(): BT61, BT62, BT63, ET21 and what ET42 says of the load profile. */
bool sim_profile_fill(const struct sim_meter *meter, struct meter_value *value);

/* Bytes of BT64, which has SIM_PROFILE_SIZE. */
void sim_profile_read(const struct sim_meter *meter, uint32_t offset, uint8_t *into, size_t count);

#endif

/* A mep_client joined to a simulated meter in virtual time. */
#ifndef TESTS_HOST_SIM_DRIVE_H
#define TESTS_HOST_SIM_DRIVE_H

#include "host/sim/sim.h"
#include "mep/client.h"

struct drive {
    struct sim sim;
    struct mep_client client;
    mep_time now;
    struct mep_event done;
    unsigned alerts, sequences;
};

/* Starts the meter, and a client with its basic key at the same speed. */
void drive_init(struct drive *d, const struct sim_config *config);

/* Runs until the request under way is done, for at most `for_us`. False: it is not done. */
bool drive_run(struct drive *d, mep_time for_us);

/* Lets both idle until then. */
void drive_until(struct drive *d, mep_time then);

/* Reads and gives how it came out; at most 60 s, else MEP_OUTCOMES. */
enum mep_outcome drive_read(struct drive *d, const struct meter_table *table, uint16_t count,
                            uint8_t *into);

/* Reads the tables that tell the dimensions; false if one of them cannot be had. */
bool drive_dimensions(struct drive *d, struct meter_dimensions *dims);

#endif

/* What goes wrong between meter and client, for the files of this room. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "host/sim/sim.h"

void sim_faults_init(struct sim *sim, const struct sim_config *config);

/* The client's bytes, and the meter's, go on the line; some may change on the way. */
void sim_send_up(struct sim *sim, const uint8_t *bytes, size_t count);
void sim_send_down(struct sim *sim, const uint8_t *bytes, size_t count);

/* A second begins: what happens a few times an hour may begin or end. */
void sim_faults_second(struct sim *sim);

/* Nothing gets to the meter or from it. */
bool sim_silent(const struct sim *sim);

#endif

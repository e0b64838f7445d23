/* The meter behind the port, for the files of this room; others use sim.h. */
#ifndef SIM_METER_H
#define SIM_METER_H

#include "host/sim/sim.h"

enum {
    SIM_TABLE_MAX = 768,          /* BT23 of 19 summations and 9 blocks has 684 bytes */
    SIM_ALERT_ON_DEMAND = 1 << 1, /* of ET13's alert flags */
    SIM_REGISTERED = 1 << 0,      /* of ET50's MEP flags, at byte 30 of an entry */
    SIM_ET59_RESPONSE = 1 << 1,
    SIM_ET50_FLAGS = 30
};

void sim_meter_init(struct sim_meter *meter, const struct sim_config *config);

/* A second has passed; without power nothing is measured in it. */
void sim_meter_second(struct sim_meter *meter, bool powered);

/* Another layout of the registers, or the first one again. */
void sim_meter_reconfigure(struct sim_meter *meter);

/* 0 for MEP client 1, 1 for MEP client 2: which of two entries is ours. */
unsigned sim_meter_port(const struct sim_meter *meter);

/* Over all phases, before the transformers' ratio; in thousandths of W, var and VA. */
struct sim_totals {
    int64_t active, reactive, apparent, active_average;
    unsigned quadrant; /* 0 .. 3 for Q1 .. Q4 */
};
struct sim_totals sim_meter_totals(const struct sim_meter *meter);

/* Quadrants count from import of both on, counter-clockwise: 0 .. 3. */
unsigned sim_quadrant(int64_t active, int64_t reactive);

/* Of the current and voltage transformers together. */
int64_t sim_meter_ratio(const struct sim_meter *meter);

/* What BT28 and BT23 say of a source (p.204-206), in tier 0 for the total; false if nothing. */
bool sim_meter_present(const struct sim_meter *meter, unsigned source, int64_t *value);
bool sim_meter_register(const struct sim_meter *meter, unsigned source, unsigned tier,
                        int64_t *value);

struct meter_time sim_meter_utc(const struct sim_meter *meter);
struct meter_time sim_meter_local(const struct sim_meter *meter);

/* The text as the meter has it in BT01 and ET03; `text` holds METER_NAME_SIZE. */
const char *sim_meter_text(const struct sim_meter *meter, const char *name, char *text);

/* A table's bytes as of now, at most SIM_TABLE_MAX; 0 if the meter does not have it. */
size_t sim_table_image(const struct sim_meter *meter, uint16_t number, uint8_t *bytes);

/* Changes ET13 or ET50, as far as they are kept; gives a response code. *baud is set to the new
 * speed when it is asked for. */
uint8_t sim_table_write(struct sim_meter *meter, uint16_t table, uint32_t offset,
                        const uint8_t *data, uint16_t count, uint32_t *baud);

enum mep_procedure_result sim_meter_call(struct sim_meter *meter, uint16_t procedure,
                                         const uint8_t *parameters, size_t count);

#endif

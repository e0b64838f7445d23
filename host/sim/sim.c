/* Meter, server, line and faults joined, in the order in which things happen. */
#include "host/sim/sim.h"
#include "host/sim/faults.h"
#include "host/sim/meter.h"
#include "meter/profile.h"

#include <string.h>

enum {
    SECOND_US = 1000000
};

/* ---- What the server asks the meter ------------------------------------ */

static void served(struct sim *sim, struct sim_served what)
{
    what.at = sim->now;
    if (sim->observer.served != NULL)
        sim->observer.served(sim->observer.context, &sim->meter, &what);
}

static uint8_t read_table(void *context, uint16_t table, uint32_t offset, uint16_t count,
                          uint8_t *into, uint16_t *got)
{
    struct sim *sim = context;
    uint8_t image[SIM_TABLE_MAX], code = MEP_CODE_OK;
    bool profile = table == METER_PROFILE_BT64;
    size_t size = profile ? SIM_PROFILE_SIZE : sim_table_image(&sim->meter, table, image);

    *got = 0;
    if (size == 0) {
        code = MEP_CODE_NOT_POSSIBLE;
    } else if (offset > size) {
        code = MEP_CODE_TABLE_NOT_POSSIBLE;
    } else {
        *got = (uint16_t)(count < size - offset ? count : size - offset);
        if (profile)
            sim_profile_read(&sim->meter, offset, into, *got);
        else
            memcpy(into, image + offset, *got);
    }
    served(sim, (struct sim_served){.table = table, .offset = offset, .count = *got, .code = code});
    return code;
}

static uint8_t write_table(void *context, uint16_t table, uint32_t offset, const uint8_t *data,
                           uint16_t count)
{
    struct sim *sim = context;
    uint32_t baud = 0;
    uint8_t code = sim_table_write(&sim->meter, table, offset, data, count, &baud);

    if (!sim->fast)
        sim->server.next_baud = baud;
    sim->server.et59_response = (sim->meter.et50[SIM_ET50_FLAGS] & SIM_ET59_RESPONSE) != 0;
    served(sim, (struct sim_served){
                    .table = table, .offset = offset, .count = count, .code = code, .write = true});
    return code;
}

static enum mep_procedure_result call(void *context, uint16_t procedure, const uint8_t *parameters,
                                      size_t count, uint8_t *result, size_t *result_count)
{
    struct sim *sim = context;

    (void)result;
    *result_count = 0;
    return sim_meter_call(&sim->meter, procedure, parameters, count);
}

static const struct mep_server_ops ops = {read_table, write_table, call};

/* ---- Time -------------------------------------------------------------- */

static mep_time earlier(mep_time a, mep_time b)
{
    return a < b ? a : b;
}

static void second_begins(struct sim *sim)
{
    sim->next_tick += SECOND_US;
    sim_meter_second(&sim->meter, !sim->faults.rebooting);
    sim_faults_second(sim);
}

/* A new speed holds once everything sent at the old one is through. */
static void follow_baud(struct sim *sim)
{
    if (sim->down.chunks == 0)
        sim->down.baud = sim->server.config.baud;
    if (sim->up.chunks == 0)
        sim->up.baud = sim->server.config.baud;
}

static void meter_receives(struct sim *sim)
{
    uint8_t bytes[64];
    mep_time at;
    size_t count = sim_line_pop(&sim->up, sim->now, bytes, sizeof bytes, &at);

    if (count != 0 && !sim_silent(sim))
        mep_server_input(&sim->server, at, bytes, count);
}

/* False if it had nothing to send. */
static bool meter_sends(struct sim *sim)
{
    uint8_t bytes[MEP_WIRE_MAX];
    size_t count;

    if (sim->faults.rebooting)
        return false;
    count = mep_server_output(&sim->server, sim->now, bytes, sizeof bytes);
    if (count != 0)
        sim_send_down(sim, bytes, count);
    else
        sim->asked_at = sim->now;
    return count != 0;
}

/* When to ask the server again. It may want to be asked and then have nothing, over and over. */
static mep_time server_wake(const struct sim *sim)
{
    if (sim->faults.rebooting)
        return MEP_NEVER;
    mep_time wake = mep_server_wake(&sim->server);
    return wake <= sim->asked_at ? sim->next_tick : wake;
}

void sim_advance(struct sim *sim, mep_time now)
{
    bool more = true;

    while (more) {
        mep_time next = earlier(sim->next_tick, earlier(server_wake(sim), sim_line_wake(&sim->up)));
        more = next <= now;
        if (!more)
            break;
        if (next > sim->now)
            sim->now = next;
        follow_baud(sim);
        meter_receives(sim);
        while (meter_sends(sim))
            ;
        if (sim->now >= sim->next_tick)
            second_begins(sim);
    }
    if (now > sim->now)
        sim->now = now;
}

/* ---- The client's end -------------------------------------------------- */

void sim_input(struct sim *sim, mep_time now, const uint8_t *bytes, size_t count)
{
    sim_advance(sim, now);
    follow_baud(sim);
    if (count != 0)
        sim_send_up(sim, bytes, count);
    sim_advance(sim, now);
}

size_t sim_output(struct sim *sim, mep_time now, uint8_t *bytes, size_t size)
{
    mep_time at;

    sim_advance(sim, now);
    return sim_line_pop(&sim->down, now, bytes, size, &at);
}

mep_time sim_wake(const struct sim *sim)
{
    mep_time down = sim_line_wake(&sim->down), up = sim_line_wake(&sim->up);
    return earlier(down, earlier(up, server_wake(sim)));
}

void sim_set_baud(struct sim *sim, uint32_t baud)
{
    sim->line_baud = baud;
}

void sim_set_alert(struct sim *sim, bool alert)
{
    sim->meter.alert_flags = alert ? SIM_ALERT_ON_DEMAND : 0;
    mep_server_set_alert(&sim->server, alert);
}

void sim_observe(struct sim *sim, const struct sim_observer *observer)
{
    sim->observer = *observer;
}

void sim_init(struct sim *sim, const struct sim_config *config, mep_time now)
{
    struct mep_server_config server;

    memset(sim, 0, sizeof *sim);
    sim->now = now;
    sim->asked_at = INT64_MIN;
    sim->next_tick = now + SECOND_US;
    sim->mbk = config->mbk;
    sim->mak = config->mak;
    sim->fast = config->baud == 0;
    sim_meter_init(&sim->meter, config);
    sim_faults_init(sim, config);
    sim_line_init(&sim->up, config->baud);
    sim_line_init(&sim->down, config->baud);

    mep_server_config_init(&server, &config->mak, &config->mbk);
    server.sequence = (uint32_t)sim_random_next(&sim->faults.random);
    server.second_port = sim_meter_port(&sim->meter) != 0;
    server.baud = config->baud;
    if (sim->fast)
        server.think_us = server.throttle_us = server.pause_us = 0;
    mep_server_init(&sim->server, &server, &ops, sim);
}

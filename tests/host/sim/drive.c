#include "tests/host/sim/drive.h"

#include <string.h>

void drive_init(struct drive *d, const struct sim_config *config)
{
    struct mep_client_config client;

    memset(d, 0, sizeof *d);
    d->now = 1000;
    sim_init(&d->sim, config, d->now);
    mep_client_config_init(&client, &config->mbk);
    client.baud = config->baud;
    mep_client_init(&d->client, &client);
}

static void exchange_bytes(struct drive *d)
{
    uint8_t buffer[MEP_WIRE_MAX];
    size_t n;

    do {
        while ((n = mep_client_output(&d->client, d->now, buffer, sizeof buffer)) != 0)
            sim_input(&d->sim, d->now, buffer, n);
        n = sim_output(&d->sim, d->now, buffer, sizeof buffer);
        mep_client_input(&d->client, d->now, buffer, n);
    } while (n != 0);
}

bool drive_run(struct drive *d, mep_time for_us)
{
    mep_time end = d->now + for_us;

    for (;;) {
        struct mep_event event;
        exchange_bytes(d);
        while (mep_client_event(&d->client, &event)) {
            d->alerts += event.type == MEP_EVENT_ALERT;
            d->sequences += event.type == MEP_EVENT_SEQUENCE;
            if (event.type == MEP_EVENT_DONE) {
                d->done = event;
                return true;
            }
        }
        mep_time client = mep_client_wake(&d->client), sim = sim_wake(&d->sim);
        mep_time next = client < sim ? client : sim;
        if (next >= end) {
            d->now = end;
            return false;
        }
        if (next > d->now)
            d->now = next;
    }
}

void drive_until(struct drive *d, mep_time then)
{
    if (then > d->now)
        (void)drive_run(d, then - d->now);
}

enum mep_outcome drive_read(struct drive *d, const struct meter_table *table, uint16_t count,
                            uint8_t *into)
{
    if (mep_client_read(&d->client, table->number, 0, count, into) != MEP_OK ||
        !drive_run(d, 60000000))
        return MEP_OUTCOMES;
    return d->done.outcome;
}

bool drive_dimensions(struct drive *d, struct meter_dimensions *dims)
{
    static const struct meter_table *const tables[] = {
        &meter_bt00, &meter_bt01, &meter_bt20, &meter_bt21, &meter_bt22, &meter_bt27,
        &meter_bt15, &meter_et04, &meter_et11, &meter_et42, &meter_et55};
    uint8_t bytes[MEP_READ_MAX];

    meter_dimensions_default(dims);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        size_t size = meter_table_size(tables[i], dims);
        if (size == 0)
            size = 200;
        enum mep_outcome outcome =
            drive_read(d, tables[i], (uint16_t)(size < 200 ? 200 : size), bytes);
        if (outcome != MEP_OUTCOME_OK)
            return false;
        meter_dimensions_update(dims, tables[i], 0, bytes, d->done.count);
    }
    return true;
}

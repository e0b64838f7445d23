/*
 * The smallest program that reads a meter: the client and the decoding of BT23
 * and BT28, linked for riscv32 by tests/bench/size.sh to be weighed. It is
 * never run; line_ and clock_ stand for a board's own.
 */
#include "mep/client.h"
#include "meter/meter.h"

size_t line_receive(uint8_t *bytes, size_t size);
void line_send(const uint8_t *bytes, size_t count);
mep_time clock_now(void);
void show(void *context, const struct meter_value *value);

struct ram {
    struct mep_client client; /* with the frame buffer */
    struct meter_dimensions dimensions;
    uint8_t table[MEP_READ_MAX];
};
struct ram ram;

static bool run(void)
{
    uint8_t bytes[64];
    struct mep_event event;

    for (;;) {
        mep_client_input(&ram.client, clock_now(), bytes, line_receive(bytes, sizeof bytes));
        size_t count = mep_client_output(&ram.client, clock_now(), bytes, sizeof bytes);
        line_send(bytes, count);
        while (mep_client_event(&ram.client, &event))
            if (event.type == MEP_EVENT_DONE)
                return event.outcome == MEP_OUTCOME_OK;
    }
}

static void read_and_show(const struct meter_table *table)
{
    if (mep_client_read(&ram.client, table->number, 0, MEP_READ_MAX, ram.table) == MEP_OK && run())
        meter_decode(table, &ram.dimensions, 0, ram.table, ram.client.done.count, show, NULL);
}

int main(void)
{
    struct mep_client_config config;
    static const struct mep_key key = {{0}, MEP_KEY_HEX_32, false};

    meter_dimensions_default(&ram.dimensions);
    mep_client_config_init(&config, &key);
    mep_client_init(&ram.client, &config);
    for (;;) {
        read_and_show(&meter_bt28);
        read_and_show(&meter_bt23);
    }
}

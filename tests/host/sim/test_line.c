/* The line's timing, its speed, and what can be written and called. */
#include "tests/cmocka_all.h"

#include "tests/host/sim/drive.h"

#include <string.h>

static struct drive d;
static struct sim_config config;

static void start(enum sim_model model, uint32_t baud)
{
    sim_config_init(&config);
    config.model = model;
    config.baud = baud;
    drive_init(&d, &config);
}

/* Both numbers agree from then on, and the 100 ms between requests are over. */
static void warm_up(void)
{
    uint8_t bytes[8];
    assert_int_equal(drive_read(&d, &meter_bt52, 7, bytes), MEP_OUTCOME_OK);
    drive_until(&d, d.now + 1000000);
}

static mep_time duration(const struct meter_table *table, uint16_t count)
{
    uint8_t bytes[MEP_READ_MAX];
    mep_time begin = d.now;
    assert_int_equal(drive_read(&d, table, count, bytes), MEP_OUTCOME_OK);
    return d.now - begin;
}

static void test_bytes_take_their_time(void **state)
{
    static const uint32_t bauds[] = {300, 1200, 9600, 57600};

    (void)state;
    for (size_t i = 0; i < sizeof bauds / sizeof *bauds; i++) {
        start(SIM_REFERENCE, bauds[i]);
        warm_up();
        /* 22 bytes, 30 ms to think, 233 bytes with a pause after the first 117. */
        mep_time line = (22 + 233) * (mep_time)10 * 1000000 / bauds[i];
        assert_in_range(duration(&meter_bt28, 220) - line, 30000 + 25000 - 4, 30000 + 25000 + 4);
    }
}

static void test_fast_takes_none(void **state)
{
    (void)state;
    start(SIM_REFERENCE, 0);
    warm_up();
    assert_int_equal(duration(&meter_bt28, 220), 0);
}

/* Bytes that come one at a time, as from a terminal, are a request like any other. */
static void test_byte_by_byte(void **state)
{
    uint8_t request[MEP_WIRE_MAX], answer[MEP_WIRE_MAX], into[8];
    size_t count = 0;

    (void)state;
    start(SIM_REFERENCE, 9600);
    assert_int_equal(mep_client_read(&d.client, meter_bt52.number, 0, 7, into), MEP_OK);
    size_t size = mep_client_output(&d.client, d.now, request, sizeof request);
    for (size_t i = 0; i < size; i++, d.now += 1042)
        sim_input(&d.sim, d.now, request + i, 1);
    for (unsigned i = 0; i < 100; i++, d.now += 2000)
        count += sim_output(&d.sim, d.now, answer + count, sizeof answer - count);
    assert_int_equal(count, 2 + 1 + 4 + 8); /* its number was wrong */
    assert_int_equal(answer[2], MEP_CODE_SEQUENCE);
    assert_int_equal(d.sim.counters.exchanges, 1);
}

static void test_a_line_at_another_speed(void **state)
{
    uint8_t bytes[8];

    (void)state;
    start(SIM_REFERENCE, 9600);
    warm_up();
    sim_set_baud(&d.sim, 4800);
    assert_int_not_equal(drive_read(&d, &meter_bt52, 7, bytes), MEP_OUTCOME_OK);
    sim_set_baud(&d.sim, 9600);
    drive_until(&d, d.now + 2000000);
    assert_int_equal(drive_read(&d, &meter_bt52, 7, bytes), MEP_OUTCOME_OK);
}

static enum mep_outcome write_table(uint16_t table, uint32_t offset, const uint8_t *data,
                                    uint16_t count, uint32_t baud)
{
    if (mep_client_write(&d.client, d.now, table, offset, data, count, baud) != MEP_OK ||
        !drive_run(&d, 10000000))
        return MEP_OUTCOMES;
    return d.done.outcome;
}

static void use_advanced_key(void)
{
    d.client.config.key = config.mak;
}

/* ET13 sets the speed, from after the answer on (p.20). */
static void test_baud_change(void **state)
{
    const uint8_t code = 4, too_fast = 12; /* 2400, 115200 */

    (void)state;
    start(SIM_REFERENCE, 9600);
    use_advanced_key();
    assert_true(mep_budget_allow(&d.client.budget, "ET13"));
    warm_up();
    assert_int_equal(write_table(MEP_ET13, 4 * 66 + 6, &too_fast, 1, 115200), MEP_OUTCOME_REFUSED);
    assert_int_equal(write_table(MEP_ET13, 4 * 66 + 6, &code, 1, 2400), MEP_OUTCOME_OK);
    assert_int_equal(d.client.config.baud, 2400);
    assert_int_equal(d.sim.server.config.baud, 2400);
    warm_up();
    assert_in_range(duration(&meter_bt52, 7), 30000 + 42 * 10 * 1000000 / 2400 - 10,
                    30000 + 42 * 10 * 1000000 / 2400 + 10);
    uint8_t entry[SIM_ET13_KEPT];
    assert_int_equal(mep_client_read(&d.client, MEP_ET13, 4 * 66, sizeof entry, entry), MEP_OK);
    assert_true(drive_run(&d, 10000000));
    assert_int_equal(entry[6], code);
}

/* Registered in ET50, removed again by EP17, whose result is in BT08. */
static void test_procedures(void **state)
{
    const uint8_t registered = 1, remove[] = {0x11, 0x08, 5, 0, 0xe8, 0x03};
    const uint8_t wrong_action[] = {0x11, 0x08, 6, 9, 0xe8, 0x03};
    const uint8_t wrong_handle[] = {0x11, 0x08, 7, 0, 0x0f, 0x27};
    const uint8_t lock[] = {0x3d, 0x08, 8, 1};
    const struct {
        const uint8_t *call;
        uint16_t size;
        uint8_t result;
    } calls[] = {{remove, sizeof remove, MEP_PROCEDURE_DONE},
                 {wrong_action, sizeof wrong_action, MEP_PROCEDURE_BAD_PARAMETER},
                 {wrong_handle, sizeof wrong_handle, MEP_PROCEDURE_CONFLICT},
                 {lock, sizeof lock, MEP_PROCEDURE_UNKNOWN}};

    (void)state;
    start(SIM_REFERENCE, 9600);
    warm_up();
    assert_true(mep_budget_allow(&d.client.budget, "ET50"));
    assert_true(mep_budget_allow(&d.client.budget, "EP17"));
    assert_true(mep_budget_allow(&d.client.budget, "EP61"));
    assert_int_equal(write_table(MEP_ET50, 30, &registered, 1, 0), MEP_OUTCOME_OK);
    assert_int_equal(d.sim.meter.et50[30], 1);
    d.client.budget.firmware = METER_FW_3_80;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        uint8_t result[4];
        assert_int_equal(write_table(MEP_BT07, 0, calls[i].call, calls[i].size, 0), MEP_OUTCOME_OK);
        assert_int_equal(drive_read(&d, &meter_bt08, sizeof result, result), MEP_OUTCOME_OK);
        assert_int_equal(result[2], calls[i].call[2]);
        assert_int_equal(result[3], calls[i].result);
    }
    assert_int_equal(d.sim.meter.et50[30], 0);
}

/* The second port of a generation 4 meter: EP61 is known, results are in ET85. */
static void test_second_port(void **state)
{
    const uint8_t lock[] = {0x3d, 0x08, 5, 1};
    uint8_t result[4], port[156];

    (void)state;
    start(SIM_GEN4, 9600);
    warm_up();
    assert_true(mep_budget_allow(&d.client.budget, "EP61"));
    d.client.budget.firmware = METER_FW_4_30;
    assert_int_equal(write_table(MEP_BT07, 0, lock, sizeof lock, 0), MEP_OUTCOME_OK);
    assert_int_equal(mep_client_read(&d.client, MEP_ET85, 0, 4, result), MEP_OK);
    assert_true(drive_run(&d, 10000000));
    assert_int_equal(result[3], MEP_PROCEDURE_DONE);
    assert_int_equal(drive_read(&d, &meter_et70, sizeof port, port), MEP_OUTCOME_OK);
    assert_int_equal(port[142], 2);
}

static void test_what_is_not_there(void **state)
{
    uint8_t bytes[16];

    (void)state;
    start(SIM_REFERENCE, 9600);
    assert_int_equal(mep_client_read(&d.client, 12, 0, 8, bytes), MEP_OK);
    assert_true(drive_run(&d, 10000000));
    assert_int_equal(d.done.outcome, MEP_OUTCOME_REFUSED);
    assert_int_equal(d.done.code, MEP_CODE_NOT_POSSIBLE);
    assert_int_equal(mep_client_read(&d.client, meter_bt28.number, 212, 16, bytes), MEP_OK);
    assert_true(drive_run(&d, 10000000));
    assert_int_equal(d.done.outcome, MEP_OUTCOME_OK);
    assert_int_equal(d.done.count, 8); /* 220 - 212 */
}

/* While a condition stands there are alerts, a flag says which, and readings still come. */
static void test_standing_alert(void **state)
{
    uint8_t entry[SIM_ET13_KEPT];

    (void)state;
    start(SIM_REFERENCE, 9600);
    warm_up();
    sim_set_alert(&d.sim, true);
    drive_until(&d, d.now + 10000000);
    assert_in_range(d.alerts, 10, 11); /* the first one at once */
    assert_int_equal(mep_client_read(&d.client, MEP_ET13, 4 * 66, sizeof entry, entry), MEP_OK);
    assert_true(drive_run(&d, 10000000));
    assert_int_equal(entry[8], 2);
    sim_set_alert(&d.sim, false);
    unsigned alerts = d.alerts;
    drive_until(&d, d.now + 5000000);
    assert_int_equal(d.alerts, alerts);
}

/* Half a request and an alert that stands: the simulation must not spin on it. */
static void test_alert_and_half_a_request(void **state)
{
    const uint8_t half[] = {0x00, 0x14, 0x3f};
    uint8_t bytes[8];

    (void)state;
    start(SIM_REFERENCE, 9600);
    warm_up();
    sim_set_alert(&d.sim, true);
    sim_input(&d.sim, d.now, half, sizeof half);
    drive_until(&d, d.now + 10000000);
    assert_int_equal(drive_read(&d, &meter_bt52, 7, bytes), MEP_OUTCOME_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_take_their_time),
        cmocka_unit_test(test_fast_takes_none),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_a_line_at_another_speed),
        cmocka_unit_test(test_baud_change),
        cmocka_unit_test(test_procedures),
        cmocka_unit_test(test_second_port),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_standing_alert),
        cmocka_unit_test(test_alert_and_half_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

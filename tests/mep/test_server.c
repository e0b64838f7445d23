#include "tests/cmocka_all.h"

#include "tests/mep/exchange.h"

#include <string.h>

static uint8_t into[TABLE_SIZE];

/* Writes with everything allowed on our side, so that the meter decides; gives the code. */
static unsigned write_code(struct exchange *x, const char *allow, uint16_t table,
                           const uint8_t *data, uint16_t count)
{
    memset(&x->client.budget, 0, sizeof x->client.budget);
    x->client.budget.firmware = 0x4000;
    assert_true(mep_budget_allow(&x->client.budget, allow));
    assert_int_equal(mep_client_write(&x->client, x->now, table, 0, data, count, 0), MEP_OK);
    assert_true(exchange_run(x, 10000000));
    return x->done.code;
}

static void the_two_keys_have_their_rights(void **unused)
{
    const uint8_t data[4] = {1, 2, 3, 4};
    struct exchange x;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
    assert_int_equal(write_code(&x, "ET50", MEP_ET50, data, 4), MEP_CODE_OK);
    assert_int_equal(write_code(&x, "ET13", MEP_ET13, data, 4), MEP_CODE_NO_PERMISSION);
    exchange_init(&x, TEST_MAK);
    assert_int_equal(write_code(&x, "ET13", MEP_ET13, data, 4), MEP_CODE_OK);
    exchange_init(&x, "some other key !");
    assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_AUTH);
}

static void encryption_is_found_by_trial(void **unused)
{
    struct exchange x;

    (void)unused;
    for (int i = 0; i < 2; i++) {
        exchange_init(&x, i ? TEST_MAK : TEST_MBK);
        x.client.config.encrypt = true;
        assert_int_equal(exchange_read(&x, 23, 0, 300, into), MEP_OUTCOME_OK);
        assert_memory_equal(into, x.meter.table, 300);
        /* Neither request nor answer is readable on the wire; the 0x0c was not either. */
        assert_memory_not_equal(x.request + 2, "\x3f\0\x17\0\0\0", 6);
        assert_memory_not_equal(x.response + 5, x.meter.table, 16);
        assert_int_equal(x.sequences, 1);
    }
}

static void a_window_of_eight(void **unused)
{
    struct exchange x;

    (void)unused;
    for (uint32_t ahead = 1; ahead <= 10; ahead++) {
        exchange_init(&x, TEST_MBK);
        assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
        x.sequences = 0;
        x.client.sequence += ahead - 1;
        assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
        assert_int_equal(x.sequences, ahead > 8);
        /* A number that was used is not taken again. */
        x.client.sequence--;
        assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
        assert_int_equal(x.sequences, ahead > 8 ? 2 : 1);
    }
    /* Across the end of the numbers. */
    exchange_init(&x, TEST_MBK);
    x.server.sequence = 0xfffffffe;
    x.client.sequence = 1000;
    for (int i = 0; i < 6; i++)
        assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
    assert_int_equal(x.sequences, 1);
}

static void the_number_of_a_0x0c_and_its_successor_are_both_good(void **unused)
{
    struct exchange x;

    (void)unused;
    for (uint32_t step = 0; step < 2; step++) {
        exchange_init(&x, TEST_MBK);
        assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
        x.sequences = 0;
        mep_server_configuration_changed(&x.server); /* what a 0x0c would now tell */
        x.client.sequence = x.server.sequence + step - 1;
        assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
        assert_int_equal(x.sequences, 0);
    }
}

static void a_configuration_change_jumps_by_25(void **unused)
{
    struct exchange x;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
    uint32_t before = x.server.sequence;
    mep_server_configuration_changed(&x.server);
    assert_int_equal(x.server.sequence - before, 25);
    x.sequences = 0;
    assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
    assert_int_equal(x.sequences, 1); /* so the client always hears of it */
}

static mep_time segment_began[8];
static size_t segment_size[8];
static unsigned segments;

static bool note_segment(struct exchange *x, uint8_t *bytes, size_t *count)
{
    (void)bytes;
    if (segments < 8) {
        segment_began[segments] = x->now - (mep_time)*count * 10000000 / 9600;
        segment_size[segments++] = *count;
    }
    return true;
}

static void answers_pause_after_117_bytes(void **unused)
{
    struct exchange x;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    exchange_read(&x, 23, 0, 1, into);
    x.to_client = note_segment;
    segments = 0;
    assert_int_equal(exchange_read(&x, 23, 0, 300, into), MEP_OUTCOME_OK);
    assert_int_equal(segments, 3); /* 313 bytes */
    assert_int_equal(segment_size[0], 117);
    assert_int_equal(segment_size[1], 117);
    assert_int_equal(segment_size[2], 79);
    for (int i = 1; i < 3; i++)
        assert_int_equal(segment_began[i] - segment_began[i - 1], 117 * 10000000 / 9600 + 25000);
}

static void ten_requests_a_second_at_most(void **unused)
{
    struct exchange x;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    x.client.config.baud = x.server.config.baud = 115200;
    x.client.config.spacing_us = 0; /* a client that does not keep the rule */
    exchange_read(&x, 23, 0, 1, into);
    mep_time began = x.now;
    for (int i = 0; i < 50; i++)
        assert_int_equal(exchange_read(&x, 23, 0, 1, into), MEP_OUTCOME_OK);
    assert_true(x.now - began >= 50 * 100000 - 10000);
}

static void alerts_keep_their_rules(void **unused)
{
    struct exchange x;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    mep_server_set_alert(&x.server, true);
    exchange_run(&x, 10500000);
    assert_in_range(x.server.counters.alerts, 10, 11); /* once a second */
    exchange_read(&x, 23, 0, 1, into);
    unsigned before = x.server.counters.alerts;
    for (int i = 0; i < 20; i++) { /* who polls every second hardly sees one */
        exchange_read(&x, 23, 0, 1, into);
        exchange_run(&x, 900000);
    }
    assert_int_equal(x.server.counters.alerts, before);
    mep_server_set_alert(&x.server, false);
    exchange_run(&x, 5000000);
    assert_int_equal(x.server.counters.alerts, before);
}

static void alerts_go_on_after_half_a_request(void **unused)
{
    const uint8_t half[] = {0, 20, 0x3f};
    uint8_t bytes[MEP_WIRE_MAX];
    struct exchange x;
    mep_time now = 0;
    unsigned turns = 0, alerts = 0;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    mep_server_set_alert(&x.server, true);
    mep_server_input(&x.server, now, half, sizeof half);
    for (; now < 10000000 && turns < 1000; turns++) {
        alerts += mep_server_output(&x.server, now, bytes, sizeof bytes) != 0;
        mep_time wake = mep_server_wake(&x.server);
        now = wake > now ? wake : now;
    }
    assert_true(turns < 100); /* it never asks to be called in the past */
    assert_in_range(alerts, 9, 11);
}

static void procedures_keep_their_rules(void **unused)
{
    uint8_t call[4] = {0x11, 0x08, 5, 0xaa}; /* EP17, sequence 5, one parameter */
    struct exchange x;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    assert_int_equal(write_code(&x, "EP17", MEP_BT07, call, 4), MEP_CODE_OK);
    assert_int_equal(x.meter.called, MEP_EP17);
    assert_int_equal(exchange_read(&x, MEP_BT08, 0, 20, into), MEP_OUTCOME_OK);
    assert_int_equal(x.done.count, 5);
    assert_memory_equal(into, "\x11\x08\x05\x00\xaa", 5);

    /* The same sequence twice running, or one outside 5..9, is refused and not run. */
    assert_int_equal(write_code(&x, "EP17", MEP_BT07, call, 4), MEP_CODE_NOT_POSSIBLE);
    call[2] = 10;
    assert_int_equal(write_code(&x, "EP17", MEP_BT07, call, 4), MEP_CODE_NOT_POSSIBLE);
    call[2] = 4;
    assert_int_equal(write_code(&x, "EP17", MEP_BT07, call, 4), MEP_CODE_NOT_POSSIBLE);
    assert_int_equal(x.meter.calls, 1);

    /* What the basic key may not start, result 5 says; the advanced key may. */
    call[0] = 0x05, call[1] = 0x00, call[2] = 9;
    assert_int_equal(write_code(&x, "BP05", MEP_BT07, call, 4), MEP_CODE_OK);
    assert_int_equal(x.meter.calls, 1);
    x.server.et59_response = true; /* ET50.30.1 */
    assert_int_equal(exchange_read(&x, MEP_ET59, 0, 20, into), MEP_OUTCOME_OK);
    assert_int_equal(into[3], MEP_PROCEDURE_NOT_AUTHORISED);
    mep_key_parse(TEST_MAK, 16, &x.client.config.key);
    call[2] = 8;
    assert_int_equal(write_code(&x, "BP05", MEP_BT07, call, 4), MEP_CODE_OK);
    assert_int_equal(x.meter.calls, 2);
    x.server.config.second_port = true;
    assert_int_equal(exchange_read(&x, MEP_ET85, 0, 20, into), MEP_OUTCOME_OK);
    assert_int_equal(into[3], MEP_PROCEDURE_DONE);
}

static void a_pause_ends_a_half_request(void **unused)
{
    const uint8_t half[] = {0, 20, 0x3f, 0};
    struct exchange x;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    mep_server_input(&x.server, x.now, half, sizeof half);
    x.now += 60000;
    assert_int_equal(exchange_read(&x, 23, 0, 4, into), MEP_OUTCOME_OK);
    assert_int_equal(x.client.counters.attempts, 2); /* 0x0c and the answer: nothing was lost */
    assert_int_equal(x.server.counters.gaps, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_two_keys_have_their_rights),
        cmocka_unit_test(encryption_is_found_by_trial),
        cmocka_unit_test(a_window_of_eight),
        cmocka_unit_test(the_number_of_a_0x0c_and_its_successor_are_both_good),
        cmocka_unit_test(a_configuration_change_jumps_by_25),
        cmocka_unit_test(answers_pause_after_117_bytes),
        cmocka_unit_test(ten_requests_a_second_at_most),
        cmocka_unit_test(alerts_keep_their_rules),
        cmocka_unit_test(alerts_go_on_after_half_a_request),
        cmocka_unit_test(procedures_keep_their_rules),
        cmocka_unit_test(a_pause_ends_a_half_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

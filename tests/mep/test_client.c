#include "tests/cmocka_all.h"

#include "tests/mep/exchange.h"

#include <string.h>

static uint8_t into[TABLE_SIZE];

/* Loses the next `hook_calls` requests (or answers). */
static bool lose_some(struct exchange *x, uint8_t *bytes, size_t *count)
{
    (void)bytes;
    (void)count;
    if (x->hook_calls == 0)
        return true;
    x->hook_calls--;
    return false;
}

static bool flip_one_bit(struct exchange *x, uint8_t *bytes, size_t *count)
{
    if (x->hook_calls != 0) {
        x->hook_calls--;
        bytes[*count - 1] ^= 0x10;
    }
    return true;
}

static void start(struct exchange *x)
{
    exchange_init(x, TEST_MBK);
    assert_int_equal(exchange_read(x, 1, 0, 4, into), MEP_OUTCOME_OK);
    memset(&x->client.counters, 0, sizeof x->client.counters);
    x->sequences = 0;
}

static void first_contact_adopts_the_number(void **unused)
{
    struct exchange x;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_memory_equal(into, x.meter.table, 44);
    assert_int_equal(x.sequences, 1); /* "compare the IDT version" */
    assert_int_equal(x.client.counters.attempts, 2);
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_int_equal(x.client.counters.attempts, 3);
    assert_int_equal(x.sequences, 1);
}

static void a_first_request_lost_says_nothing_of_the_rules(void **unused)
{
    struct exchange x;

    (void)unused;
    exchange_init(&x, TEST_MBK);
    x.to_meter = lose_some;
    x.hook_calls = 1;
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_int_equal(x.client.counters.rule_refused[MEP_RETRY_NEXT], 0);
    assert_int_equal(x.client.rule, MEP_RETRY_NEXT);
}

static void timing_is_the_guides(void **unused)
{
    struct exchange x;

    (void)unused;
    start(&x);
    mep_time before = x.request_began;
    assert_int_equal(exchange_read(&x, 23, 0, 1, into), MEP_OUTCOME_OK);
    assert_true(x.request_began - before >= 100000); /* spacing */

    /* Silence: 500 ms from the calculated end of each of three attempts. */
    x.to_meter = lose_some;
    x.hook_calls = 3;
    assert_int_equal(exchange_read(&x, 23, 0, 1, into), MEP_OUTCOME_SILENT);
    assert_int_equal(x.now - x.request_ended, 500000);
    assert_int_equal(x.client.counters.outcomes[MEP_OUTCOME_SILENT], 3);

    /* At 300 baud, 22 bytes take 733 ms; the half second begins after them. */
    x.client.config.baud = 300;
    x.hook_calls = 3;
    assert_int_equal(exchange_read(&x, 23, 0, 1, into), MEP_OUTCOME_SILENT);
    assert_int_equal(x.request_ended - x.request_began, 733333);
    assert_int_equal(x.now - x.request_ended, 500000);
}

static void a_request_handed_out_too_slowly_is_given_up(void **unused)
{
    struct exchange x;
    uint8_t byte;

    (void)unused;
    start(&x);
    assert_int_equal(mep_client_read(&x.client, 23, 0, 1, into), MEP_OK);
    x.now += 1000000;
    assert_int_equal(mep_client_output(&x.client, x.now, &byte, 1), 1);
    x.now += 52000; /* one byte's time and more than 50 ms */
    assert_int_equal(mep_client_output(&x.client, x.now, &byte, 1), 0);
    assert_int_equal(x.client.counters.outcomes[MEP_OUTCOME_SILENT], 1);
    assert_true(exchange_run(&x, 5000000)); /* and begun again */
    assert_int_equal(x.done.outcome, MEP_OUTCOME_OK);
}

static void both_retry_rules(void **unused)
{
    struct exchange x;
    uint8_t first[MEP_WIRE_MAX];

    (void)unused;
    /* The next number is the rule to begin with: the answer was lost, the retry is taken. */
    start(&x);
    x.to_client = lose_some;
    x.hook_calls = 1;
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_int_equal(x.client.counters.rule_accepted[MEP_RETRY_NEXT], 1);
    assert_int_equal(x.sequences, 0);

    /* The same bytes: an answer was lost, so the number is used up; the rule is dropped. */
    start(&x);
    x.client.rule = MEP_RETRY_SAME;
    x.to_client = lose_some;
    x.hook_calls = 1;
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_int_equal(x.client.counters.rule_refused[MEP_RETRY_SAME], 1);
    assert_int_equal(x.client.rule, MEP_RETRY_NEXT);
    assert_int_equal(x.sequences, 1);

    /* The same bytes: a request was lost, so they are welcome, and they are the same. */
    start(&x);
    x.client.rule = MEP_RETRY_SAME;
    x.to_meter = lose_some;
    x.hook_calls = 1;
    assert_int_equal(mep_client_read(&x.client, 23, 0, 44, into), MEP_OK);
    assert_false(exchange_run(&x, 300000));
    memcpy(first, x.request, x.request_size);
    assert_true(exchange_run(&x, 5000000));
    assert_memory_equal(x.request, first, x.request_size);
    assert_int_equal(x.client.counters.rule_accepted[MEP_RETRY_SAME], 1);
    assert_int_equal(x.client.rule, MEP_RETRY_SAME);
}

static bool refuse_retries(struct exchange *x, uint8_t *bytes, size_t *count)
{
    (void)bytes;
    (void)count;
    x->server.sequence += 100; /* a meter that dislikes the next number on a retry */
    return x->hook_calls-- == 0;
}

static void a_refused_rule_gives_way_to_the_other(void **unused)
{
    struct exchange x;

    (void)unused;
    start(&x);
    x.to_client = refuse_retries;
    x.hook_calls = 1;
    mep_client_read(&x.client, 23, 0, 44, into);
    exchange_run(&x, 700000);
    x.to_client = NULL;
    exchange_run(&x, 3000000);
    assert_int_equal(x.done.outcome, MEP_OUTCOME_OK);
    assert_int_equal(x.client.counters.rule_refused[MEP_RETRY_NEXT], 1);
    assert_int_equal(x.client.rule, MEP_RETRY_SAME);
}

static void nine_lost_exchanges_are_no_refusal(void **unused)
{
    struct exchange x;

    (void)unused;
    start(&x);
    x.to_meter = lose_some;
    for (int i = 0; i < 3; i++) {
        x.hook_calls = 3;
        assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_SILENT);
    }
    /* Nine numbers ahead: 0x0c, adopted within the same read. */
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_int_equal(x.sequences, 1);
    assert_int_equal(x.client.rule, MEP_RETRY_NEXT);
    assert_int_equal(x.client.counters.rule_refused[MEP_RETRY_NEXT], 0);
}

static void a_wrong_key_is_counted_answer_by_answer(void **unused)
{
    struct exchange x;

    (void)unused;
    exchange_init(&x, "not the key at a");
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_AUTH);
    assert_int_equal(x.client.counters.auth_in_a_row, 3);
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_AUTH);
    assert_int_equal(x.client.counters.auth_in_a_row, 6);
    mep_key_parse(TEST_MBK, 16, &x.client.config.key);
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_int_equal(x.client.counters.auth_in_a_row, 0);
}

static void every_fault_has_its_own_count(void **unused)
{
    struct exchange x;
    const uint32_t *outcomes = x.client.counters.outcomes;

    (void)unused;
    start(&x);
    x.to_client = flip_one_bit; /* within the data: the digest tells */
    x.hook_calls = 1;
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_memory_equal(into, x.meter.table, 44);
    assert_int_equal(outcomes[MEP_OUTCOME_BAD_DIGEST], 1);

    start(&x);
    x.to_meter = flip_one_bit; /* a damaged request earns a 0x0b */
    x.hook_calls = 1;
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_int_equal(outcomes[MEP_OUTCOME_AUTH], 1);

    start(&x);
    x.meter.missing_table = 23;
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_REFUSED);
    assert_int_equal(x.done.code, MEP_CODE_NOT_POSSIBLE);
    assert_int_equal(outcomes[MEP_OUTCOME_REFUSED], 1);
    assert_int_equal(x.client.counters.attempts, 1); /* a clear answer is not asked for again */
}

static bool cut_short(struct exchange *x, uint8_t *bytes, size_t *count)
{
    (void)bytes;
    if (x->response_size + *count > 101)
        *count = x->response_size < 101 ? 101 - x->response_size : 0;
    return *count != 0;
}

static void a_weak_transmitter_gets_shorter_reads(void **unused)
{
    struct exchange x;

    (void)unused;
    start(&x);
    x.to_client = cut_short; /* as an owner saw on the oscilloscope: 101 bytes arrive, no more */
    unsigned good = 0;
    for (int i = 0; i < 12; i++) {
        memset(into, 0, sizeof into);
        if (exchange_read(&x, 23, 0, 220, into) != MEP_OUTCOME_OK)
            continue;
        good++;
        assert_int_equal(x.done.count, 220);
        assert_true(x.done.parts > 1);
        assert_memory_equal(into, x.meter.table, 220);
    }
    assert_true(good >= 10);
    assert_true(x.client.counters.outcomes[MEP_OUTCOME_SHORT] >= 3);

    /* Mended: the reads grow long again by themselves. */
    x.to_client = NULL;
    for (int i = 0; i < 300; i++)
        assert_int_equal(exchange_read(&x, 23, 0, 220, into), MEP_OUTCOME_OK);
    assert_int_equal(x.done.parts, 1);
}

/* A UART that gathers `hook_calls` bytes before it hands them on; the client wakes when it wants. */
static bool gather(struct exchange *x, uint8_t *bytes, size_t *count)
{
    const mep_time byte = 10 * 1000000 / 9600 + 1;
    mep_time at = x->now - (mep_time)*count * byte;
    uint8_t out[MEP_WIRE_MAX];

    for (size_t done = 0; done < *count;) {
        size_t some = *count - done < x->hook_calls ? *count - done : x->hook_calls;
        at += (mep_time)some * byte;
        if (mep_client_wake(&x->client) < at)
            mep_client_output(&x->client, mep_client_wake(&x->client), out, sizeof out);
        mep_client_input(&x->client, at, bytes + done, some);
        done += some;
    }
    return false;
}

static void what_is_gathered_is_handed_on_before_the_pause(void **unused)
{
    static const unsigned pieces[] = {1, 2, 16, 64};
    struct exchange x;

    (void)unused;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        start(&x);
        x.to_client = gather;
        x.hook_calls = pieces[i];
        assert_int_equal(exchange_read(&x, 23, 0, 220, into), MEP_OUTCOME_OK);
        assert_int_equal(x.client.counters.attempts, 1);
    }
    /* As much as an ESP32's UART gathers by itself. */
    start(&x);
    x.to_client = gather;
    x.hook_calls = 120;
    exchange_read(&x, 23, 0, 220, into);
    assert_true(x.client.counters.outcomes[MEP_OUTCOME_SHORT] > 0);
}

static void long_tables_are_joined(void **unused)
{
    struct exchange x;

    (void)unused;
    start(&x);
    assert_int_equal(exchange_read(&x, 23, 0, 684, into), MEP_OUTCOME_OK);
    assert_int_equal(x.done.parts, 2);
    assert_int_equal(x.done.count, 684);
    assert_memory_equal(into, x.meter.table, 684);

    memset(into, 0, sizeof into);
    assert_int_equal(exchange_read(&x, 23, 800, 500, into), MEP_OUTCOME_OK);
    assert_int_equal(x.done.count, TABLE_SIZE - 800); /* the table ends */
    assert_memory_equal(into, x.meter.table + 800, TABLE_SIZE - 800);
}

static bool alert_before(struct exchange *x, uint8_t *bytes, size_t *count)
{
    if (x->response_size == 0) {
        memmove(bytes + 2, bytes, *count);
        bytes[0] = bytes[1] = 0;
        *count += 2;
    }
    return true;
}

static void alerts_do_not_disturb(void **unused)
{
    struct exchange x;

    (void)unused;
    start(&x);
    mep_server_set_alert(&x.server, true);
    x.to_client = alert_before; /* right before the response */
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
    assert_int_equal(x.alerts, 1);
    assert_int_equal(x.client.counters.attempts, 1);
    x.to_client = NULL;
    unsigned before = x.client.counters.alerts;
    exchange_run(&x, 3500000); /* held off for a second, then each second */
    assert_int_equal(x.client.counters.alerts - before, 3);
}

static void writes_need_leave_and_are_not_repeated_blindly(void **unused)
{
    struct exchange x;
    const uint8_t data[3] = {1, 2, 3};

    (void)unused;
    start(&x);
    assert_int_equal(mep_client_write(&x.client, x.now, MEP_ET50, 30, data, 3, 0),
                     MEP_E_NOT_ALLOWED);
    assert_int_equal(x.meter.writes, 0);
    assert_true(mep_budget_allow(&x.client.budget, "ET50"));
    assert_int_equal(mep_client_write(&x.client, x.now, MEP_ET50, 30, data, 3, 0), MEP_OK);
    assert_true(exchange_run(&x, 5000000));
    assert_int_equal(x.done.outcome, MEP_OUTCOME_OK);
    assert_int_equal(x.meter.written_offset, 30);
    assert_memory_equal(x.meter.written, data, 3);

    /* The answer is lost: it was carried out once, and nobody asks again. */
    x.to_client = lose_some;
    x.hook_calls = 1;
    assert_int_equal(mep_client_write(&x.client, x.now, MEP_ET50, 30, data, 3, 0), MEP_OK);
    assert_true(exchange_run(&x, 5000000));
    assert_int_equal(x.done.outcome, MEP_OUTCOME_SILENT);
    assert_int_equal(x.meter.writes, 2);

    /* The number was foreign or the request damaged: it was not carried out, so it is repeated. */
    x.server.sequence += 1000;
    assert_int_equal(mep_client_write(&x.client, x.now, MEP_ET50, 30, data, 3, 0), MEP_OK);
    assert_true(exchange_run(&x, 5000000));
    assert_int_equal(x.done.outcome, MEP_OUTCOME_OK);
    assert_int_equal(x.meter.writes, 3);
}

static void the_baud_rate_changes_after_the_answer(void **unused)
{
    struct exchange x;
    const uint8_t data[1] = {5};
    struct mep_key mak;

    (void)unused;
    start(&x);
    mep_key_parse(TEST_MAK, 16, &mak);
    x.client.config.key = mak;
    assert_true(mep_budget_allow(&x.client.budget, "ET13"));
    assert_int_equal(mep_client_write(&x.client, x.now, MEP_ET13, 7, data, 1, 4800), MEP_OK);
    assert_true(exchange_run(&x, 5000000));
    assert_int_equal(x.bauds, 1);
    assert_int_equal(x.client.config.baud, 4800);
    x.server.config.baud = 4800;
    mep_time before = x.now;
    assert_int_equal(exchange_read(&x, 23, 0, 100, into), MEP_OUTCOME_OK);
    assert_true(x.now - before > 250000); /* 133 bytes at 480 a second */
}

static void tls_is_found_out_and_left_again(void **unused)
{
    struct exchange x;

    (void)unused;
    start(&x);
    x.server.config.tls_only = true;
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_SILENT);
    assert_int_equal(mep_client_probe_tls(&x.client), MEP_OK);
    assert_true(exchange_run(&x, 5000000));
    assert_int_equal(x.done.outcome, MEP_OUTCOME_TLS);
    assert_int_equal(x.request[2], MEP_TLS_TERMINATE); /* the last thing said */

    x.server.config.tls_only = false;
    assert_int_equal(mep_client_probe_tls(&x.client), MEP_OK);
    assert_true(exchange_run(&x, 5000000));
    assert_int_equal(x.done.outcome, MEP_OUTCOME_REFUSED);
    assert_int_equal(exchange_read(&x, 23, 0, 44, into), MEP_OUTCOME_OK);
}

static void one_request_at_a_time_and_in_range(void **unused)
{
    struct exchange x;

    (void)unused;
    start(&x);
    assert_int_equal(mep_client_read(&x.client, 1, 0x1000000, 1, into), MEP_E_RANGE);
    assert_int_equal(mep_client_read(&x.client, 1, 0xffffff, 2, into), MEP_E_RANGE);
    assert_int_equal(mep_client_read(&x.client, 1, 0, 0, into), MEP_E_RANGE);
    assert_int_equal(mep_client_read_full(&x.client, 1, MEP_READ_MAX + 1, into), MEP_E_RANGE);
    assert_int_equal(mep_client_read(&x.client, 1, 0, 1, into), MEP_OK);
    assert_int_equal(mep_client_read(&x.client, 1, 0, 1, into), MEP_E_BUSY);
    assert_true(exchange_run(&x, 5000000));
    assert_int_equal(mep_client_read_full(&x.client, 1, MEP_READ_MAX, into), MEP_OK);
    assert_true(exchange_run(&x, 5000000));
    assert_int_equal(x.done.outcome, MEP_OUTCOME_OK);
    assert_int_equal(x.request[2], MEP_READ);
    assert_int_equal(x.done.count, MEP_READ_MAX);
}

static void late_answers_are_not_mistaken(void **unused)
{
    /* The answer to an attempt that was given up arrives in front of the true one. */
    struct exchange x;
    uint8_t late[MEP_WIRE_MAX];

    (void)unused;
    start(&x);
    assert_int_equal(exchange_read(&x, 23, 100, 44, into), MEP_OUTCOME_OK);
    size_t late_size = x.response_size;
    memcpy(late, x.response, late_size);
    x.to_meter = lose_some;
    x.hook_calls = 1;
    assert_int_equal(mep_client_read(&x.client, 23, 0, 44, into), MEP_OK);
    while (x.client.counters.attempts < 3)
        exchange_run(&x, 10000);
    mep_client_input(&x.client, x.now, late, late_size);
    assert_true(exchange_run(&x, 5000000));
    assert_int_equal(x.done.outcome, MEP_OUTCOME_OK);
    assert_memory_equal(into, x.meter.table, 44);
    assert_int_equal(x.client.counters.strays, 1);
    assert_int_equal(x.client.counters.attempts, 3);
}

static void a_crowded_buffer_is_no_pause(void **unused)
{
    /* A caller that comes late hands in many bytes at once; they came one after another. */
    struct exchange x;
    uint8_t answer[MEP_WIRE_MAX];

    (void)unused;
    start(&x);
    assert_int_equal(mep_client_read(&x.client, 23, 0, 220, into), MEP_OK);
    x.to_client = lose_some;
    x.hook_calls = 0;
    while (x.client.state != 3) /* listening */
        exchange_run(&x, 10000);
    size_t size = 0;
    for (mep_time now = x.now; size < 233; now += 1000)
        size += mep_server_output(&x.server, now, answer + size, sizeof answer - size);
    mep_client_input(&x.client, x.now, answer, 3);
    mep_client_input(&x.client, x.now + 239000, answer + 3, size - 3);
    assert_true(exchange_run(&x, 1000));
    assert_int_equal(x.done.outcome, MEP_OUTCOME_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_contact_adopts_the_number),
        cmocka_unit_test(a_first_request_lost_says_nothing_of_the_rules),
        cmocka_unit_test(timing_is_the_guides),
        cmocka_unit_test(a_request_handed_out_too_slowly_is_given_up),
        cmocka_unit_test(both_retry_rules),
        cmocka_unit_test(a_refused_rule_gives_way_to_the_other),
        cmocka_unit_test(nine_lost_exchanges_are_no_refusal),
        cmocka_unit_test(a_wrong_key_is_counted_answer_by_answer),
        cmocka_unit_test(every_fault_has_its_own_count),
        cmocka_unit_test(a_weak_transmitter_gets_shorter_reads),
        cmocka_unit_test(what_is_gathered_is_handed_on_before_the_pause),
        cmocka_unit_test(long_tables_are_joined),
        cmocka_unit_test(alerts_do_not_disturb),
        cmocka_unit_test(writes_need_leave_and_are_not_repeated_blindly),
        cmocka_unit_test(the_baud_rate_changes_after_the_answer),
        cmocka_unit_test(tls_is_found_out_and_left_again),
        cmocka_unit_test(one_request_at_a_time_and_in_range),
        cmocka_unit_test(late_answers_are_not_mistaken),
        cmocka_unit_test(a_crowded_buffer_is_no_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The meter link's supply, the bench's self test, the button. */
#include "tests/cmocka_all.h"

#include "firmware/logic/echo.h"
#include "firmware/logic/ladder.h"
#include "firmware/logic/press.h"

#include <string.h>

static const mep_time MS = 1000, SECOND = 1000000, MINUTE = 60000000;

/* Runs in steps of 10 ms and watches both pins all the time. */
struct bench {
    struct fw_ladder ladder;
    mep_time now, transceiver_at, transceiver_off_at, enable_at, enable_off_at;
    unsigned ready, enable_falls, transceiver_falls;
};

static void run(struct bench *b, mep_time until)
{
    while (b->now < until) {
        bool transceiver = b->ladder.transceiver, enable = b->ladder.enable;

        b->now += 10 * MS;
        b->ready += fw_ladder_turn(&b->ladder, b->now);
        /* ENABLE only ever stands while the transceiver that drives it is supplied. */
        assert_true(b->ladder.transceiver || !b->ladder.enable);
        if (!transceiver && b->ladder.transceiver)
            b->transceiver_at = b->now;
        if (!enable && b->ladder.enable)
            b->enable_at = b->now;
        if (transceiver && !b->ladder.transceiver) {
            b->transceiver_off_at = b->now;
            b->transceiver_falls++;
        }
        if (enable && !b->ladder.enable) {
            b->enable_off_at = b->now;
            b->enable_falls++;
        }
        assert_true(fw_ladder_wake(&b->ladder) > b->now);
    }
}

static void supply_comes_first_and_enable_last(void **unused)
{
    struct bench b = {.now = 7 * SECOND};

    (void)unused;
    fw_ladder_init(&b.ladder, b.now, 10 * SECOND);
    assert_false(b.ladder.transceiver);
    assert_false(b.ladder.enable);
    run(&b, 9990 * MS);
    assert_false(b.ladder.transceiver);
    run(&b, 11 * SECOND);
    assert_int_equal(b.transceiver_at, 10 * SECOND);
    assert_int_equal(b.enable_at, 10 * SECOND + 50 * MS);
    assert_int_equal(b.ready, 1);
    assert_int_equal(b.ladder.phase, FW_LADDER_READY);
    assert_int_equal(b.ladder.supply_cycles, 1);
}

static void silence_is_met_by_enable_then_by_the_supply_then_ever_more_rarely(void **unused)
{
    struct bench b = {0};

    (void)unused;
    fw_ladder_init(&b.ladder, 0, 0);
    run(&b, SECOND);
    run(&b, 31 * SECOND);
    assert_int_equal(b.enable_falls, 1);
    assert_int_equal(b.transceiver_falls, 0);
    run(&b, 34 * SECOND);
    assert_int_equal(b.ladder.phase, FW_LADDER_READY);
    assert_int_equal(b.ready, 2);
    assert_int_equal(b.enable_at - b.enable_off_at, 2 * SECOND);

    /* The supply, and long enough that a latch-up is gone. ENABLE goes before it. */
    run(&b, 94 * SECOND);
    assert_int_equal(b.transceiver_falls, 1);
    assert_int_equal(b.transceiver_off_at - b.enable_off_at, 100 * MS);
    run(&b, 100 * SECOND);
    assert_int_equal(b.transceiver_at - b.transceiver_off_at, 5 * SECOND);
    assert_int_equal(b.ready, 3);

    /* In a day of silence, every 15 minutes: 2 + 4 + 8 minutes, then 94 of them. */
    run(&b, 24 * 60 * MINUTE);
    assert_in_range(b.transceiver_falls, 95, 98);
    assert_int_equal(b.ladder.supply_cycles, b.transceiver_falls + 1);
    assert_int_equal(b.ladder.enable_cycles, 1);
}

static void an_answer_ends_it(void **unused)
{
    struct bench b = {0};

    (void)unused;
    fw_ladder_init(&b.ladder, 0, 0);
    for (int i = 0; i < 1000; i++) {
        run(&b, b.now + 29 * SECOND);
        fw_ladder_heard(&b.ladder, b.now);
    }
    assert_int_equal(b.enable_falls, 0);
    run(&b, b.now + 100 * SECOND);
    assert_int_equal(b.transceiver_falls, 1);
    run(&b, b.now + 10 * SECOND);
    fw_ladder_heard(&b.ladder, b.now);
    /* All from the beginning: ENABLE first. */
    run(&b, b.now + 31 * SECOND);
    assert_int_equal(b.transceiver_falls, 1);
    assert_int_equal(b.enable_falls, 3);
}

static void an_answer_while_the_line_is_switched_changes_nothing(void **unused)
{
    struct bench b = {0};

    (void)unused;
    fw_ladder_init(&b.ladder, 0, 0);
    run(&b, 31 * SECOND);
    assert_int_equal(b.ladder.phase, FW_LADDER_PAUSE);
    fw_ladder_heard(&b.ladder, b.now);
    assert_int_equal(b.ladder.phase, FW_LADDER_PAUSE);
    run(&b, b.now + 3 * SECOND);
    assert_int_equal(b.ladder.phase, FW_LADDER_READY);
}

/* ---- Echo ---- */

static const uint8_t request[] = {0, 20, 0x30, 0, 23, 1, 2, 3, 4, 5};

static void a_bridge_is_known_after_three_echoes(void **unused)
{
    struct fw_echo echo;

    (void)unused;
    fw_echo_init(&echo);
    for (int i = 0; i < 4; i++) {
        fw_echo_sent(&echo, request, sizeof request);
        assert_int_equal(fw_echo_bridged(&echo), i == 3);
        fw_echo_received(&echo, request, 4);
        fw_echo_received(&echo, request + 4, sizeof request - 4);
    }
    assert_int_equal(echo.bytes, sizeof request);
    assert_int_equal(echo.wrong, 0);

    /* Taken out: the next request is not answered by itself. */
    fw_echo_sent(&echo, request, sizeof request);
    fw_echo_sent(&echo, request, sizeof request);
    assert_false(fw_echo_bridged(&echo));
}

static void no_meter_is_taken_for_a_bridge(void **unused)
{
    struct fw_echo echo;
    uint8_t answer[sizeof request];

    (void)unused;
    fw_echo_init(&echo);
    memcpy(answer, request, sizeof answer);
    answer[2] = 0;
    for (int i = 0; i < 100; i++) {
        fw_echo_sent(&echo, request, sizeof request);
        assert_false(fw_echo_received(&echo, answer, sizeof answer));
        /* What follows a request's length does not count. */
        fw_echo_received(&echo, request, sizeof request);
    }
    /* A silent one, and one whose answer is too short. */
    for (int i = 0; i < 100; i++)
        fw_echo_sent(&echo, request, sizeof request);
    for (int i = 0; i < 100; i++) {
        fw_echo_sent(&echo, request, sizeof request);
        fw_echo_received(&echo, request, sizeof request - 1);
    }
    assert_false(fw_echo_bridged(&echo));
}

static void wrong_bytes_on_a_bridge_are_counted(void **unused)
{
    struct fw_echo echo;
    uint8_t damaged[sizeof request];
    uint8_t longer[100] = {1};

    (void)unused;
    memcpy(damaged, request, sizeof damaged);
    damaged[5] ^= 1;
    fw_echo_init(&echo);
    for (int i = 0; i < 4; i++) {
        fw_echo_sent(&echo, request, sizeof request);
        assert_int_equal(fw_echo_received(&echo, i < 3 ? request : damaged, sizeof request),
                         i == 3);
    }
    assert_int_equal(echo.wrong, 1);
    fw_echo_sent(&echo, longer, sizeof longer);
    assert_false(fw_echo_bridged(&echo));
    fw_echo_received(&echo, longer, sizeof longer);
    fw_echo_sent(&echo, longer, sizeof longer);
    assert_int_equal(echo.in_a_row, 1);
}

/* ---- Button ---- */

static enum fw_press press_for(mep_time duration)
{
    struct fw_button button;
    enum fw_press meaning = FW_PRESS_NONE;

    fw_button_init(&button);
    fw_button_turn(&button, 0, false);
    mep_time now = 20 * MS;
    for (; now <= 20 * MS + duration; now += 20 * MS)
        assert_int_equal(fw_button_turn(&button, now, true), FW_PRESS_NONE);
    meaning = fw_button_turn(&button, 20 * MS + duration, false);
    assert_int_equal(fw_button_turn(&button, now + SECOND, false), FW_PRESS_NONE);
    return meaning;
}

static void presses_mean_by_their_length(void **unused)
{
    struct fw_button button;

    (void)unused;
    assert_int_equal(press_for(20 * MS), FW_PRESS_NONE);
    assert_int_equal(press_for(100 * MS), FW_PRESS_SHORT);
    assert_int_equal(press_for(2 * SECOND), FW_PRESS_SHORT);
    assert_int_equal(press_for(3 * SECOND), FW_PRESS_NONE);
    assert_int_equal(press_for(4980 * MS), FW_PRESS_NONE);
    assert_int_equal(press_for(5 * SECOND), FW_PRESS_LONG);
    assert_int_equal(press_for(20 * SECOND), FW_PRESS_LONG);
    assert_int_equal(press_for(21 * SECOND), FW_PRESS_NONE);

    /* The jumper that holds it low from the start. */
    fw_button_init(&button);
    for (mep_time now = 0; now < 10 * SECOND; now += 20 * MS)
        assert_int_equal(fw_button_turn(&button, now, true), FW_PRESS_NONE);
    assert_false(fw_button_is_long(&button, 10 * SECOND));
    assert_int_equal(fw_button_turn(&button, 10 * SECOND, false), FW_PRESS_NONE);
    fw_button_turn(&button, 11 * SECOND, true);
    assert_false(fw_button_is_long(&button, 15 * SECOND));
    assert_true(fw_button_is_long(&button, 16 * SECOND));
}

static unsigned flashes(struct fw_button *button, bool network, bool meter)
{
    unsigned count = 0;
    bool was = true;

    for (mep_time now = 20 * SECOND; now < 21 * SECOND; now += MS) {
        bool on = fw_led(button, now, network, meter);
        count += on && !was;
        was = on;
    }
    return count + fw_led(button, 20 * SECOND, network, meter);
}

static void the_led_tells(void **unused)
{
    struct fw_button button;

    (void)unused;
    fw_button_init(&button);
    assert_int_equal(flashes(&button, false, false), 2);
    assert_int_equal(flashes(&button, true, false), 1);
    assert_int_equal(flashes(&button, true, true), 1);
    assert_true(fw_led(&button, 20 * SECOND + 900 * MS, true, true));
    fw_button_turn(&button, 0, false);
    fw_button_turn(&button, 10 * SECOND, true);
    assert_int_equal(flashes(&button, true, true), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(supply_comes_first_and_enable_last),
        cmocka_unit_test(silence_is_met_by_enable_then_by_the_supply_then_ever_more_rarely),
        cmocka_unit_test(an_answer_ends_it),
        cmocka_unit_test(an_answer_while_the_line_is_switched_changes_nothing),
        cmocka_unit_test(a_bridge_is_known_after_three_echoes),
        cmocka_unit_test(no_meter_is_taken_for_a_bridge),
        cmocka_unit_test(wrong_bytes_on_a_bridge_are_counted),
        cmocka_unit_test(presses_mean_by_their_length),
        cmocka_unit_test(the_led_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

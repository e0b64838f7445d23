/* Joining, falling back to the access point and coming back, trying settings. */
#include "tests/cmocka_all.h"

#include "firmware/logic/network.h"

#include <string.h>

static const mep_time SECOND = 1000000, MINUTE = 60000000;

/* A radio and its surroundings: what is reachable, with which settings. */
struct house {
    struct fw_network network;
    mep_time now;
    bool reachable;      /* the stored network answers */
    bool candidate_good; /* so does the candidate */
    enum fw_network_failure failure;
    bool mute; /* the driver tells nothing */
    unsigned guests;
    uint32_t attempt;
    mep_time answer_at;
    unsigned tries;
};

static void run(struct house *h, mep_time duration)
{
    for (mep_time end = h->now + duration; h->now < end; h->now += SECOND) {
        struct fw_network *n = &h->network;

        fw_network_turn(n, h->now, h->guests);
        if (n->join && n->attempt != h->attempt) {
            h->attempt = n->attempt;
            h->answer_at = h->now + 4 * SECOND;
            h->tries++;
        }
        if (n->state == FW_NETWORK_JOINING && h->now >= h->answer_at && !h->mute) {
            if (n->candidate ? h->candidate_good : h->reachable)
                fw_network_joined(n, h->now);
            else
                fw_network_failed(n, h->now, h->failure);
        }
        if (n->state == FW_NETWORK_ONLINE && !(n->candidate ? h->candidate_good : h->reachable))
            fw_network_failed(n, h->now, FW_NETWORK_LOST);
    }
}

static void begin(struct house *h, bool stored)
{
    memset(h, 0, sizeof *h);
    h->failure = FW_NETWORK_NOT_FOUND;
    fw_network_init(&h->network, 0, stored);
}

static void new_boards_wait_at_their_access_point(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, false);
    run(&h, 60 * MINUTE);
    assert_int_equal(h.network.state, FW_NETWORK_SETUP);
    assert_true(h.network.access_point);
    assert_int_equal(h.tries, 0);
}

static void settings_are_tried_before_they_are_kept(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, false);
    h.guests = 1;
    h.failure = FW_NETWORK_REFUSED;
    assert_true(fw_network_try(&h.network, h.now));
    assert_false(fw_network_try(&h.network, h.now));
    assert_int_equal(h.network.trial, FW_TRIAL_RUNNING);
    assert_true(h.network.candidate);
    run(&h, 10 * SECOND);
    assert_int_equal(h.network.trial, FW_TRIAL_RUNNING);
    run(&h, 10 * SECOND);
    assert_int_equal(h.tries, 3);
    assert_int_equal(h.network.trial, FW_TRIAL_FAILED);
    assert_int_equal(h.network.failure, FW_NETWORK_REFUSED);
    assert_int_equal(h.network.state, FW_NETWORK_SETUP);
    assert_false(h.network.join);
    assert_true(h.network.access_point);

    h.candidate_good = true;
    assert_true(fw_network_try(&h.network, h.now));
    run(&h, 10 * SECOND);
    assert_int_equal(h.network.trial, FW_TRIAL_OK);
    assert_int_equal(h.network.state, FW_NETWORK_ONLINE);
    h.reachable = true;
    fw_network_kept(&h.network);
    assert_false(h.network.candidate);

    /* The page is still there to show the address, then all is closed. */
    run(&h, MINUTE);
    assert_true(h.network.access_point);
    run(&h, 10 * MINUTE);
    assert_true(h.network.access_point);
    h.guests = 0;
    run(&h, 3 * SECOND);
    assert_false(h.network.access_point);
    assert_int_equal(h.tries, 4);
}

static void a_trial_outlives_a_try_that_failed(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, false);
    h.failure = FW_NETWORK_LOST;
    fw_network_try(&h.network, h.now);
    run(&h, 6 * SECOND);
    h.candidate_good = true;
    run(&h, 10 * SECOND);
    assert_int_equal(h.network.trial, FW_TRIAL_OK);
    assert_int_equal(h.tries, 2);

    /* One answer, and silence then: what was heard is what is told, in the time that there is. */
    begin(&h, false);
    h.failure = FW_NETWORK_REFUSED;
    fw_network_try(&h.network, h.now);
    run(&h, 6 * SECOND);
    h.mute = true;
    run(&h, 17 * SECOND);
    assert_int_equal(h.network.trial, FW_TRIAL_RUNNING);
    run(&h, 4 * SECOND);
    assert_int_equal(h.network.trial, FW_TRIAL_FAILED);
    assert_int_equal(h.network.failure, FW_NETWORK_REFUSED);
    assert_int_equal(h.tries, 2);
}

/* While the stored network is joined again, who tried another one still learns why it was in vain. */
static void why_a_trial_failed_is_remembered(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, true);
    h.reachable = true;
    run(&h, 10 * SECOND);
    h.failure = FW_NETWORK_REFUSED;
    fw_network_try(&h.network, h.now);
    assert_int_equal(h.network.failure, FW_NETWORK_FINE);
    run(&h, 60 * SECOND);
    assert_int_equal(h.network.state, FW_NETWORK_ONLINE);
    assert_int_equal(h.network.trial, FW_TRIAL_FAILED);
    assert_int_equal(h.network.failure, FW_NETWORK_FINE);
    assert_int_equal(h.network.refusal, FW_NETWORK_REFUSED);
}

static void joined_without_an_address(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, true);
    h.mute = true;
    run(&h, 5 * SECOND);
    fw_network_linked(&h.network);
    run(&h, 26 * SECOND);
    assert_int_equal(h.network.failure, FW_NETWORK_NO_ADDRESS);
    run(&h, 33 * SECOND); /* the next try is not let in at all */
    assert_int_equal(h.network.failure, FW_NETWORK_NO_ANSWER);
}

static void what_a_disconnection_means(void **unused)
{
    (void)unused;
    assert_int_equal(fw_network_reason(201), FW_NETWORK_NOT_FOUND);
    assert_int_equal(fw_network_reason(15), FW_NETWORK_REFUSED);
    assert_int_equal(fw_network_reason(204), FW_NETWORK_REFUSED);
    assert_int_equal(fw_network_reason(211), FW_NETWORK_SECURITY);
    assert_int_equal(fw_network_reason(200), FW_NETWORK_LOST); /* no beacons any more */
    assert_int_equal(fw_network_reason(4), FW_NETWORK_LOST);
}

static void a_trial_that_fails_costs_nothing(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, true);
    h.reachable = true;
    run(&h, 10 * SECOND);
    assert_int_equal(h.network.state, FW_NETWORK_ONLINE);
    h.mute = true;
    fw_network_try(&h.network, h.now);
    run(&h, 24 * SECOND);
    assert_int_equal(h.network.trial, FW_TRIAL_RUNNING);
    run(&h, 2 * SECOND);
    assert_int_equal(h.network.trial, FW_TRIAL_FAILED);
    assert_int_equal(h.network.failure, FW_NETWORK_NO_ANSWER);
    h.mute = false;
    run(&h, 15 * SECOND);
    assert_int_equal(h.network.state, FW_NETWORK_ONLINE);
    assert_false(h.network.candidate);
}

static void without_its_network_it_opens_and_comes_back_by_itself(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, true);
    h.reachable = true;
    run(&h, MINUTE);
    assert_false(h.network.access_point);
    h.reachable = false;
    run(&h, 170 * SECOND);
    assert_false(h.network.access_point);
    run(&h, 20 * SECOND);
    assert_true(h.network.access_point);
    assert_int_equal(h.network.lost, 1);

    /* A day without it: about one try a minute, and never given up. */
    h.tries = 0;
    run(&h, 24 * 60 * MINUTE);
    assert_in_range(h.tries, 1300, 1440);

    h.reachable = true;
    run(&h, 70 * SECOND);
    assert_int_equal(h.network.state, FW_NETWORK_ONLINE);
    run(&h, 3 * MINUTE);
    assert_false(h.network.access_point);
    assert_int_equal(h.network.joined, 2);
}

static void tries_get_rarer(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, true);
    run(&h, 2 * MINUTE);
    /* 4 s each, and 2, 4, 8, 16, 32 s between them. */
    assert_in_range(h.tries, 5, 6);
}

static void guests_are_not_thrown_out(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, true);
    run(&h, 10 * MINUTE);
    h.guests = 1;
    h.tries = 0;
    run(&h, 30 * MINUTE);
    assert_in_range(h.tries, 4, 6);
    assert_true(h.network.access_point);
}

static void the_button_opens_the_access_point_for_a_while(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, true);
    h.reachable = true;
    run(&h, MINUTE);
    fw_network_open(&h.network, h.now);
    run(&h, 9 * MINUTE);
    assert_true(h.network.access_point);
    assert_int_equal(h.network.state, FW_NETWORK_ONLINE);
    run(&h, 2 * MINUTE);
    assert_false(h.network.access_point);
}

static void late_news_of_given_up_tries_are_ignored(void **unused)
{
    struct house h;

    (void)unused;
    begin(&h, true);
    h.mute = true;
    run(&h, 31 * SECOND);
    assert_int_equal(h.network.state, FW_NETWORK_WAITING);
    fw_network_joined(&h.network, h.now);
    assert_int_equal(h.network.state, FW_NETWORK_WAITING);
    fw_network_failed(&h.network, h.now, FW_NETWORK_REFUSED);
    assert_int_equal(h.network.failure, FW_NETWORK_NO_ANSWER);
}

static void every_failure_has_words(void **unused)
{
    (void)unused;
    for (int i = 1; i < FW_NETWORK_FAILURES; i++)
        assert_true(strlen(fw_network_failure_text((enum fw_network_failure)i)) > 10);
}

static void fixed_addresses(void **unused)
{
    static const struct {
        const char *address, *gateway, *dns;
        struct fw_fixed_address fixed;
    } cases[] = {
        {"192.168.1.20/24",
         "192.168.1.1",
         "",
         {{192, 168, 1, 20}, {255, 255, 255, 0}, {192, 168, 1, 1}, {192, 168, 1, 1}}},
        {"10.0.255.7/9",
         "10.0.0.1",
         "9.9.9.9",
         {{10, 0, 255, 7}, {255, 128, 0, 0}, {10, 0, 0, 1}, {9, 9, 9, 9}}},
        {"172.16.0.2/30", "", "", {{172, 16, 0, 2}, {255, 255, 255, 252}, {0}, {0}}},
    };
    struct reader_board_settings s = {0};
    struct fw_fixed_address fixed;

    (void)unused;
    assert_false(fw_fixed_address(&s, &fixed));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        strcpy(s.address, cases[i].address);
        strcpy(s.gateway, cases[i].gateway);
        strcpy(s.dns, cases[i].dns);
        assert_true(fw_fixed_address(&s, &fixed));
        assert_memory_equal(&fixed, &cases[i].fixed, sizeof fixed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_boards_wait_at_their_access_point),
        cmocka_unit_test(settings_are_tried_before_they_are_kept),
        cmocka_unit_test(a_trial_outlives_a_try_that_failed),
        cmocka_unit_test(why_a_trial_failed_is_remembered),
        cmocka_unit_test(joined_without_an_address),
        cmocka_unit_test(what_a_disconnection_means),
        cmocka_unit_test(a_trial_that_fails_costs_nothing),
        cmocka_unit_test(without_its_network_it_opens_and_comes_back_by_itself),
        cmocka_unit_test(tries_get_rarer),
        cmocka_unit_test(guests_are_not_thrown_out),
        cmocka_unit_test(the_button_opens_the_access_point_for_a_while),
        cmocka_unit_test(late_news_of_given_up_tries_are_ignored),
        cmocka_unit_test(every_failure_has_words),
        cmocka_unit_test(fixed_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/cmocka_all.h"

#include "mep/frame.h"

#include <string.h>

struct seen {
    unsigned complete, alerts, garbage;
};

static struct seen push(struct mep_frame *frame, const uint8_t *bytes, size_t count)
{
    struct seen seen = {0, 0, 0};
    for (size_t i = 0; i < count; i++) {
        enum mep_frame_event event = mep_frame_push(frame, bytes[i]);
        seen.complete += event == MEP_FRAME_COMPLETE;
        seen.alerts += event == MEP_FRAME_ALERT;
        seen.garbage += event == MEP_FRAME_GARBAGE;
    }
    return seen;
}

#define PUSH(frame, ...)                                                                           \
    push((frame), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void frames_and_alerts(void **unused)
{
    struct mep_frame frame = {0};
    struct seen seen;

    (void)unused;
    seen = PUSH(&frame, 0, 0, 0, 0, 0, 3, 'a', 'b', 'c');
    assert_int_equal(seen.alerts, 2);
    assert_int_equal(seen.complete, 1);
    assert_int_equal(frame.length, 3);
    assert_memory_equal(frame.bytes, "abc", 3);
    assert_false(mep_frame_partial(&frame));

    seen = PUSH(&frame, 0, 1, 'd', 0, 0, 0, 2, 'e', 'f');
    assert_int_equal(seen.complete, 2);
    assert_int_equal(seen.alerts, 1);
    assert_memory_equal(frame.bytes, "ef", 2);
}

static void partial_is_known_at_every_byte(void **unused)
{
    struct mep_frame frame = {0};

    (void)unused;
    assert_false(mep_frame_partial(&frame));
    PUSH(&frame, 0);
    assert_true(mep_frame_partial(&frame));
    PUSH(&frame, 2);
    assert_true(mep_frame_partial(&frame));
    PUSH(&frame, 1);
    assert_true(mep_frame_partial(&frame));
    PUSH(&frame, 1);
    assert_false(mep_frame_partial(&frame));
    PUSH(&frame, 0, 9, 1, 2);
    mep_frame_reset(&frame); /* the sender paused too long */
    assert_false(mep_frame_partial(&frame));
    assert_int_equal(PUSH(&frame, 0, 1, 7).complete, 1);
}

static void impossible_lengths_are_skipped(void **unused)
{
    struct mep_frame frame = {0};
    struct seen seen;

    (void)unused;
    /* One byte too many in front: 0x37 00, then the true length 00 02. */
    seen = PUSH(&frame, 0x37, 0, 2, 'x', 'y');
    assert_int_equal(seen.garbage, 1);
    assert_int_equal(seen.complete, 1);
    assert_memory_equal(frame.bytes, "xy", 2);

    /* 476 is the longest; 477 is none. */
    mep_frame_reset(&frame);
    assert_int_equal(PUSH(&frame, 0x01, 0xdc).garbage, 0);
    mep_frame_reset(&frame);
    assert_int_equal(PUSH(&frame, 0x01, 0xdd).garbage, 1);
    mep_frame_reset(&frame);
    assert_int_equal(PUSH(&frame, 0xff, 0xff, 0xff, 0xff).garbage, 3);
}

static void longest_frame_fits(void **unused)
{
    struct mep_frame frame = {0};
    uint8_t bytes[MEP_WIRE_MAX];

    (void)unused;
    memset(bytes, 0xa5, sizeof bytes);
    bytes[0] = MEP_FRAME_MAX >> 8;
    bytes[1] = MEP_FRAME_MAX & 0xff;
    assert_int_equal(push(&frame, bytes, sizeof bytes).complete, 1);
    assert_int_equal(frame.received, MEP_FRAME_MAX);
}

static void a_frame_follows_any_garbage(void **unused)
{
    /* After whatever came, a pause makes the parser take the next frame. */
    uint32_t random = 1;

    (void)unused;
    for (int round = 0; round < 5000; round++) {
        struct mep_frame frame = {0};
        for (int i = 0; i < 700; i++) {
            random = random * 1664525 + 1013904223;
            mep_frame_push(&frame, (uint8_t)(random >> 24 & (round % 3 ? 0xff : 0x01)));
            assert_true(frame.received <= MEP_FRAME_MAX && frame.length <= MEP_FRAME_MAX);
        }
        mep_frame_reset(&frame);
        assert_int_equal(PUSH(&frame, 0, 0, 0, 2, 'o', 'k').complete, 1);
        assert_memory_equal(frame.bytes, "ok", 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_and_alerts),
        cmocka_unit_test(partial_is_known_at_every_byte),
        cmocka_unit_test(impossible_lengths_are_skipped),
        cmocka_unit_test(longest_frame_fits),
        cmocka_unit_test(a_frame_follows_any_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The published and captured exchanges, byte for byte, and what a single wrong bit does. */
#include "tests/cmocka_all.h"

#include "mep/frame.h"
#include "mep/key.h"
#include "mep/message.h"
#include "tests/hex.h"
#include "vectors.h"

#include <stdlib.h>

enum {
    VECTORS = sizeof vectors / sizeof *vectors
};

/* A vector's frame without its length field, by way of the parser. */
static size_t unframe(const char *hex, uint8_t *out)
{
    uint8_t bytes[MEP_WIRE_MAX];
    size_t count = hex_bytes(hex, bytes, sizeof bytes);
    struct mep_frame frame = {0};

    for (size_t i = 0; i < count; i++) {
        enum mep_frame_event event = mep_frame_push(&frame, bytes[i]);
        assert_int_equal(event, i + 1 == count ? MEP_FRAME_COMPLETE : MEP_FRAME_NOTHING);
    }
    memcpy(out, frame.bytes, frame.length);
    return frame.length;
}

static void all_parse_as_told(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < VECTORS; i++) {
        uint8_t request[MEP_FRAME_MAX], response[MEP_FRAME_MAX];
        size_t asked = unframe(vectors[i].request, request);
        size_t answered = unframe(vectors[i].response, response);
        struct mep_request q;
        struct mep_response a;

        assert_true(mep_request_decode(request, asked - 12, &q));
        assert_true(mep_response_decode(response, answered - 8, q.service, &a));
        assert_int_equal(a.code, vectors[i].code);
        if (vectors[i].count >= 0)
            assert_int_equal(a.count, vectors[i].count);
        if (vectors[i].sequence != NULL)
            assert_int_equal(a.sequence, strtoul(vectors[i].sequence, NULL, 16));

        uint8_t again[MEP_FRAME_MAX];
        assert_int_equal(mep_request_encode(&q, again), asked - 12);
        assert_memory_equal(again, request, asked - 12);
    }
}

static unsigned with_known_key(size_t i, struct mep_key *key)
{
    return vectors[i].key != NULL &&
           mep_key_parse(vectors[i].key, strlen(vectors[i].key), key) == MEP_KEY_OK;
}

static void known_keys_verify_and_seal_alike(void **unused)
{
    unsigned verified = 0;

    (void)unused;
    for (size_t i = 0; i < VECTORS; i++) {
        uint8_t request[MEP_FRAME_MAX], response[MEP_FRAME_MAX], sealed[MEP_FRAME_MAX];
        size_t asked = unframe(vectors[i].request, request), message, q;
        size_t answered = unframe(vectors[i].response, response);
        struct mep_exchange exchange, ours;
        struct mep_key key;
        uint32_t sequence;

        if (!with_known_key(i, &key))
            continue;
        assert_true(mep_open_request(&exchange, key.bytes, request, asked, &q, &sequence));
        assert_false(exchange.encrypted);
        assert_true(mep_open_response(&exchange, key.bytes, response, answered, &message));

        memcpy(sealed, request, q);
        assert_int_equal(mep_seal_request(&ours, key.bytes, sequence, false, sealed, q), asked);
        assert_memory_equal(sealed, request, asked);
        memcpy(sealed, response, message);
        assert_int_equal(mep_seal_response(&ours, key.bytes, sealed, message), answered);
        assert_memory_equal(sealed, response, answered);
        verified++;
    }
    assert_int_equal(verified, 3);
}

static void every_single_bit_is_noticed(void **unused)
{
    unsigned flips = 0;

    (void)unused;
    for (size_t i = 0; i < VECTORS; i++) {
        uint8_t request[MEP_FRAME_MAX], response[MEP_FRAME_MAX], damaged[MEP_FRAME_MAX];
        size_t asked = unframe(vectors[i].request, request), message;
        size_t answered = unframe(vectors[i].response, response);
        struct mep_exchange exchange;
        struct mep_key key;
        uint32_t sequence;

        if (!with_known_key(i, &key))
            continue;
        assert_true(mep_open_request(&exchange, key.bytes, request, asked, &message, &sequence));
        for (size_t bit = 0; bit < answered * 8; bit++, flips++) {
            memcpy(damaged, response, answered);
            damaged[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(mep_open_response(&exchange, key.bytes, damaged, answered, &message));
        }
        /* The same answer to another request does not verify either. */
        for (size_t bit = 0; bit < asked * 8; bit++) {
            memcpy(damaged, request, asked);
            damaged[bit / 8] ^= (uint8_t)(1 << bit % 8);
            struct mep_exchange other;
            assert_false(mep_open_request(&other, key.bytes, damaged, asked, &message, &sequence));
        }
    }
    assert_true(flips > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parse_as_told),
        cmocka_unit_test(known_keys_verify_and_seal_alike),
        cmocka_unit_test(every_single_bit_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

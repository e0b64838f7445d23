#include "tests/cmocka_all.h"

#include "mep/digest.h"
#include "mep/rc4.h"
#include "tests/hex.h"
#include "vectors.h"

/* The digest as the guide words it, bit by bit: what the fast one must equal. */
static void slow_digest(const uint8_t *key, size_t key_size, const uint8_t *message, size_t size,
                        uint8_t state[8])
{
    size_t block = 8 * (key_size + key_size / 2);
    size_t total = (size + block - 1) / block * block;

    memset(state, 0, 8);
    for (size_t l = 0; l < total; l++) {
        unsigned j = (7 - l) % 8, in_block = (unsigned)(l % block);
        unsigned bit = key[in_block / 8 % key_size] >> (7 - j) & 1;
        unsigned x = ~(state[j] + j) & 0xff, m = l < size ? message[l] : 0;
        unsigned left = (x << 1 | x >> 7) & 0xff, right = (x >> 1 | x << 7) & 0xff;
        state[j] = (uint8_t)(state[(j + 1) % 8] + m + (bit ? left : 0x100 - right));
    }
}

static void published_vector(void **unused)
{
    uint8_t key[20], message[64], expected[8], got[8];
    size_t key_size = hex_bytes(digest_vector.key, key, sizeof key);
    size_t size = hex_bytes(digest_vector.message, message, sizeof message);
    struct mep_digest digest;

    (void)unused;
    hex_bytes(digest_vector.digest, expected, 8);
    mep_digest_init(&digest);
    mep_digest_update(&digest, key, key_size, message, size);
    mep_digest_finish(&digest, key, key_size, got);
    assert_memory_equal(got, expected, 8);
}

static void every_length_in_every_two_pieces(void **unused)
{
    uint8_t key[20], message[400], expected[8], got[8];

    (void)unused;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i * 73 + 11);
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 151 + i / 7);
    for (size_t key_size = 12; key_size <= 20; key_size += 4) {
        for (size_t size = 1; size <= sizeof message; size++) {
            slow_digest(key, key_size, message, size, expected);
            for (size_t cut = 0; cut <= size; cut += 1 + size / 16) {
                struct mep_digest digest;
                mep_digest_init(&digest);
                mep_digest_update(&digest, key, key_size, message, cut);
                mep_digest_update(&digest, key, key_size, message + cut, size - cut);
                mep_digest_finish(&digest, key, key_size, got);
                assert_memory_equal(got, expected, 8);
                /* Finishing changes nothing: the response goes on from here. */
                mep_digest_finish(&digest, key, key_size, got);
                assert_memory_equal(got, expected, 8);
            }
        }
    }
}

static void equal_sees_every_bit(void **unused)
{
    uint8_t a[8] = {1, 2, 3, 4, 5, 6, 7, 8}, b[8];

    (void)unused;
    assert_true(mep_digest_equal(a, a));
    for (unsigned bit = 0; bit < 64; bit++) {
        memcpy(b, a, 8);
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(mep_digest_equal(a, b));
    }
}

/*
 * The keystream of appendix B, made with another RC4 (openssl) in two steps:
 *   printf 388b8fbc36a8558587afc90fb23a3b99 | xxd -r -p |
 *     openssl enc -rc4 -provider legacy -provider default -K <32 hex of key> -nopad
 * then its first 8 bytes XORed with the digest are the key for 24 zero bytes.
 */
static void rc4_against_openssl(void **unused)
{
    const uint8_t key[16] = "0123456789abcdef";
    const uint8_t digest[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    uint8_t expected[24], got[24] = {0};
    struct mep_rc4 rc4;

    (void)unused;
    hex_bytes("c53a645a475eb2b5c3d513cfb820dc167a08008660b39721", expected, sizeof expected);
    mep_rc4_begin(&rc4, key, digest);
    mep_rc4_apply(&rc4, got, 10);
    mep_rc4_apply(&rc4, got + 10, 14);
    assert_memory_equal(got, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vector),
        cmocka_unit_test(every_length_in_every_two_pieces),
        cmocka_unit_test(equal_sees_every_bit),
        cmocka_unit_test(rc4_against_openssl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What one digest costs: a stream of 235 bytes with a 16-byte key, 384 steps,
 * once with mep/ and once step by step as the guide words it. Counted by
 * tests/bench/digest with callgrind.
 */
#include "mep/digest.h"

#include <stdio.h>
#include <string.h>

enum {
    SIZE = 235
};

void count_ours(const uint8_t *key, const uint8_t *bytes, uint8_t out[8]);
void count_plain(const uint8_t *key, const uint8_t *bytes, uint8_t out[8]);

__attribute__((noinline)) void count_ours(const uint8_t *key, const uint8_t *bytes, uint8_t out[8])
{
    struct mep_digest digest;

    mep_digest_init(&digest);
    mep_digest_update(&digest, key, 16, bytes, SIZE);
    mep_digest_finish(&digest, key, 16, out);
}

__attribute__((noinline)) void count_plain(const uint8_t *key, const uint8_t *bytes, uint8_t out[8])
{
    memset(out, 0, 8);
    for (unsigned l = 0; l < 384; l++) {
        unsigned j = (7 - l) % 8;
        unsigned bit = key[l % 192 / 8 % 16] >> (7 - j) & 1;
        uint8_t x = (uint8_t) ~(out[j] + j), m = l < SIZE ? bytes[l] : 0;
        uint8_t left = (uint8_t)(x << 1 | x >> 7), right = (uint8_t)(x >> 1 | x << 7);
        out[j] = (uint8_t)(out[(j + 1) % 8] + m + (bit ? left : -right));
    }
}

int main(void)
{
    uint8_t key[16], bytes[SIZE], ours[8], plain[8];

    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i * 73 + 11);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151);
    count_ours(key, bytes, ours);
    count_plain(key, bytes, plain);
    if (memcmp(ours, plain, 8) != 0) {
        fputs("the two digests differ\n", stderr);
        return 1;
    }
    return 0;
}

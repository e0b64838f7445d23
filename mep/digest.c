#include "mep/digest.h"

#include <string.h>

void mep_digest_init(struct mep_digest *digest)
{
    memset(digest, 0, sizeof *digest);
}

/*
 * The digest as published goes bit by bit through a key byte. In step l it
 * takes state byte j = 7 - l and sets
 *
 *     x        = NOT(state[j] + j)
 *     state[j] = state[j + 1 mod 8] + message[l] + (bit l ? rotl(x) : -rotr(x))
 *
 * The term in brackets depends on the old state[j] alone. So the eight terms
 * are made side by side, one in each byte (lane) of a 64-bit word with step 0
 * in the lowest, and a running sum over the lanes gives the new state. With
 * y = NOT x, rotl(x) is NOT rotl(y) and -rotr(x) is rotr(y) + 1.
 */
static const uint64_t LANES = 0x0101010101010101; /* 1 in every lane */

static uint64_t add(uint64_t a, uint64_t b)
{
    const uint64_t top = LANES << 7;
    return ((a & ~top) + (b & ~top)) ^ ((a ^ b) & top);
}

static uint64_t mix(uint64_t state, uint8_t key_byte, uint64_t message)
{
    uint64_t y = add(state, 0x0001020304050607);
    uint64_t left = (y << 1 & ~LANES) | (y >> 7 & LANES);
    uint64_t right = (y >> 1 & ~(LANES << 7)) | (y << 7 & LANES << 7);

    uint64_t bits = key_byte * LANES & 0x8040201008040201;
    uint64_t set = ((bits + 0x7f * LANES) >> 7 & LANES) * 0xff;

    uint64_t term = (~left & set) | (add(right, LANES) & ~set);

    /* The running sum needs room for carries: 16 bits for every other lane. */
    const uint64_t half = 0x00ff00ff00ff00ff, running = 0x0001000100010001;
    uint64_t even = ((term & half) + (message & half) + (state >> 56)) * running;
    uint64_t odd = ((term >> 8 & half) + (message >> 8 & half)) * running;
    return ((even + (odd << 16)) & half) | ((even + odd) & half) << 8;
}

static uint64_t load(const uint8_t b[8])
{
    return b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

/*
 * Spends a key byte on each eight bytes of the message, or, without a message,
 * on eight zeros, until they or the block are at an end. Gives the words taken.
 */
static size_t take(struct mep_digest *digest, const uint8_t *key, size_t key_size,
                   const uint8_t *message, size_t words)
{
    /* A block goes through the key one and a half times. */
    const size_t block = key_size + key_size / 2;
    const size_t first = digest->position / 8u;
    uint64_t state = digest->state;
    size_t index = first;

    for (; words != 0 && index < block; index++, words--) {
        uint8_t key_byte = key[index < key_size ? index : index - key_size];
        state = mix(state, key_byte, message ? load(message + 8 * (index - first)) : 0);
    }
    digest->state = state;
    digest->position = (uint8_t)(index < block ? 8 * index : 0);
    return index - first;
}

void mep_digest_update(struct mep_digest *digest, const uint8_t *key, size_t key_size,
                       const uint8_t *bytes, size_t count)
{
    const uint8_t *end = bytes + count;

    while (bytes != end) {
        size_t filled = digest->position % 8u;
        if (filled == 0 && end - bytes >= 8) {
            bytes += 8 * take(digest, key, key_size, bytes, (size_t)(end - bytes) / 8);
            continue;
        }
        digest->pending[filled] = *bytes++;
        if (filled == 7)
            take(digest, key, key_size, digest->pending, 1);
        else
            digest->position++;
    }
}

void mep_digest_finish(const struct mep_digest *digest, const uint8_t *key, size_t key_size,
                       uint8_t out[8])
{
    struct mep_digest end = *digest;
    size_t filled = end.position % 8u;

    if (filled != 0) {
        memset(end.pending + filled, 0, 8 - filled);
        take(&end, key, key_size, end.pending, 1);
    }
    if (end.position != 0)
        take(&end, key, key_size, NULL, SIZE_MAX);
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(end.state >> (56 - 8 * i));
}

bool mep_digest_equal(const uint8_t a[8], const uint8_t b[8])
{
    unsigned difference = 0;
    for (size_t i = 0; i < 8; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

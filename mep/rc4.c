#include "mep/rc4.h"

#include <string.h>

static void schedule(struct mep_rc4 *rc4, const uint8_t key[16])
{
    uint8_t *s = rc4->state;
    uint8_t j = 0;

    for (unsigned i = 0; i < 256; i++)
        s[i] = (uint8_t)i;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t t = s[i];
        j = (uint8_t)(j + t + key[i % 16]);
        s[i] = s[j];
        s[j] = t;
    }
    rc4->i = 0;
    rc4->j = 0;
}

void mep_rc4_apply(struct mep_rc4 *rc4, uint8_t *bytes, size_t count)
{
    uint8_t *s = rc4->state;

    while (count-- != 0) {
        uint8_t a = s[++rc4->i];
        rc4->j = (uint8_t)(rc4->j + a);
        uint8_t b = s[rc4->j];
        s[rc4->i] = b;
        s[rc4->j] = a;
        *bytes++ ^= s[(uint8_t)(a + b)];
    }
}

void mep_rc4_begin(struct mep_rc4 *rc4, const uint8_t key[16], const uint8_t request_digest[8])
{
    uint8_t session[16] = {0x38, 0x8b, 0x8f, 0xbc, 0x36, 0xa8, 0x55, 0x85,
                           0x87, 0xaf, 0xc9, 0x0f, 0xb2, 0x3a, 0x3b, 0x99};

    schedule(rc4, key);
    mep_rc4_apply(rc4, session, sizeof session);
    for (size_t i = 0; i < 8; i++)
        session[i] ^= request_digest[i];
    schedule(rc4, session);
}

/*
 * RC4 as the MEP protocol uses it (guide, appendix B): optional, started by the
 * client, covering the message and sequence number but not length or digest.
 */
#ifndef MEP_RC4_H
#define MEP_RC4_H

#include <stddef.h>
#include <stdint.h>

struct mep_rc4 {
    uint8_t state[256];
    uint8_t i, j;
};

/* Starts the cipher for the exchange whose request has this digest. */
void mep_rc4_begin(struct mep_rc4 *rc4, const uint8_t key[16], const uint8_t request_digest[8]);

/* Encrypts or decrypts in place; the response goes on where the request ended. */
void mep_rc4_apply(struct mep_rc4 *rc4, uint8_t *bytes, size_t count);

#endif

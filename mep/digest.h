/*
 * The OMA digest: eight bytes that end every frame (guide, appendix A).
 *
 * It detects damage; it is no protection against an attacker on the wire
 * (broken in public in 2015, and it leaks key material).
 *
 * One digest runs over a whole exchange: the request's covered bytes (message
 * and sequence number), then the response's message. The request's own digest
 * is a copy of the state, finished early.
 */
#ifndef MEP_DIGEST_H
#define MEP_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mep_digest {
    uint64_t state;     /* lowest byte: the one that the next message byte changes */
    uint8_t pending[8]; /* message bytes that do not fill a key byte's eight yet */
    uint8_t position;   /* message bytes taken within the current block */
};

/* The digest of nothing yet. */
void mep_digest_init(struct mep_digest *digest);

/*
 * Takes further bytes. key_size is 16 for a meter's key; other even sizes up
 * to 20 serve published examples.
 */
void mep_digest_update(struct mep_digest *digest, const uint8_t *key, size_t key_size,
                       const uint8_t *bytes, size_t count);

/*
 * Pads with zeros to the end of the block (12 bytes for each key byte) and
 * gives the digest. A stream that ends with a block is not padded; the guide's
 * listing would add an empty block there when called in two steps. No read
 * request is that long, so only a write of 180 or 372 bytes could tell.
 */
void mep_digest_finish(const struct mep_digest *digest, const uint8_t *key, size_t key_size,
                       uint8_t out[8]);

/* Compares two digests in a time that does not depend on where they differ. */
bool mep_digest_equal(const uint8_t a[8], const uint8_t b[8]);

#endif

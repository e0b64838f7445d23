/*
 * What stands inside a frame: requests and responses (guide, p.8-12), and how
 * they are sealed with sequence number, digest and, when asked for, RC4.
 */
#ifndef MEP_MESSAGE_H
#define MEP_MESSAGE_H

#include "mep/digest.h"
#include "mep/mep.h"
#include "mep/rc4.h"

struct mep_request {
    enum mep_service service; /* one of the four table services */
    uint16_t table;
    uint32_t offset;     /* partial services: 0 .. 0xffffff */
    uint16_t count;      /* bytes to read or write */
    const uint8_t *data; /* writes: count bytes */
};

struct mep_response {
    uint8_t code;        /* enum mep_code */
    uint16_t count;      /* answers to reads with code 0: bytes at data */
    const uint8_t *data; /* into the message */
    uint32_t sequence;   /* with MEP_CODE_SEQUENCE */
};

/* Whether the service reads, and so is answered with data. */
bool mep_service_reads(unsigned service);

/* Writes the message to out, which holds MEP_FRAME_MAX bytes; gives its size, 0 if it does not fit
 * a frame with sequence number and digest. */
size_t mep_request_encode(const struct mep_request *request, uint8_t *out);

/* Understands a request's message. False when it is too short for its service, or the service is
 * not one of the four. */
bool mep_request_decode(const uint8_t *message, size_t size, struct mep_request *request);

/* Understands a response's message, given the service it answers. False when its size and its
 * fields do not agree. */
bool mep_response_decode(const uint8_t *message, size_t size, unsigned service,
                         struct mep_response *response);

/*
 * The security state of one exchange: made when the request is sealed or
 * opened, used once for its response.
 */
struct mep_exchange {
    struct mep_digest digest; /* over the request's covered bytes */
    uint8_t request_digest[MEP_DIGEST_SIZE];
    uint16_t covered; /* request bytes that the cipher has passed */
    bool encrypted;
};

/*
 * Seals a request in place: `frame` holds `size` message bytes and has room
 * for sequence number and digest. Gives the frame's size without length field.
 */
size_t mep_seal_request(struct mep_exchange *exchange, const uint8_t key[MEP_KEY_SIZE],
                        uint32_t sequence, bool encrypt, uint8_t *frame, size_t size);

/*
 * Checks a request's frame against a key and decrypts it in place if it is
 * encrypted and verifies so. False, and the frame as it was, when the digest
 * does not verify. *message_size leaves out sequence number and digest.
 */
bool mep_open_request(struct mep_exchange *exchange, const uint8_t key[MEP_KEY_SIZE],
                      uint8_t *frame, size_t size, size_t *message_size, uint32_t *sequence);

/* Seals a response of `size` message bytes in place; gives the frame's size. */
size_t mep_seal_response(const struct mep_exchange *exchange, const uint8_t key[MEP_KEY_SIZE],
                         uint8_t *frame, size_t size);

/*
 * Checks a response's frame and decrypts it in place. False, and the frame as
 * it was, when the digest does not verify. An authentication failure (0x0b) is
 * always in clear (p.255).
 */
bool mep_open_response(const struct mep_exchange *exchange, const uint8_t key[MEP_KEY_SIZE],
                       uint8_t *frame, size_t size, size_t *message_size);

/* Big-endian fields, as the protocol has them outside of table contents. */
uint16_t mep_get16(const uint8_t *bytes);
uint32_t mep_get32(const uint8_t *bytes);
void mep_put16(uint8_t *bytes, uint16_t value);
void mep_put32(uint8_t *bytes, uint32_t value);

#endif

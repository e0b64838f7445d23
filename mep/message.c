#include "mep/message.h"

#include <string.h>

uint16_t mep_get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

uint32_t mep_get32(const uint8_t *bytes)
{
    return (uint32_t)mep_get16(bytes) << 16 | mep_get16(bytes + 2);
}

void mep_put16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

void mep_put32(uint8_t *bytes, uint32_t value)
{
    mep_put16(bytes, (uint16_t)(value >> 16));
    mep_put16(bytes + 2, (uint16_t)value);
}

bool mep_service_reads(unsigned service)
{
    return service == MEP_READ || service == MEP_READ_PARTIAL;
}

static bool is_partial(unsigned service)
{
    return service == MEP_READ_PARTIAL || service == MEP_WRITE_PARTIAL;
}

size_t mep_request_encode(const struct mep_request *request, uint8_t *out)
{
    size_t size = 0;

    out[size++] = (uint8_t)request->service;
    mep_put16(out + size, request->table);
    size += 2;
    if (is_partial(request->service)) {
        out[size++] = (uint8_t)(request->offset >> 16);
        mep_put16(out + size, (uint16_t)request->offset);
        size += 2;
    }
    mep_put16(out + size, request->count);
    size += 2;
    if (!mep_service_reads(request->service)) {
        if (request->count > MEP_WRITE_MAX)
            return 0;
        memcpy(out + size, request->data, request->count);
        size += request->count;
    }
    return size;
}

bool mep_request_decode(const uint8_t *message, size_t size, struct mep_request *request)
{
    if (size == 0)
        return false;
    unsigned service = message[0];
    bool reads = mep_service_reads(service);
    if (!reads && service != MEP_WRITE && service != MEP_WRITE_PARTIAL)
        return false;

    size_t header = is_partial(service) ? 8 : 5;
    if (size < header)
        return false;
    request->service = (enum mep_service)service;
    request->table = mep_get16(message + 1);
    request->offset = 0;
    if (is_partial(service))
        request->offset = (uint32_t)message[3] << 16 | mep_get16(message + 4);
    request->count = mep_get16(message + header - 2);
    request->data = reads ? NULL : message + header;
    return reads || size - header >= request->count;
}

bool mep_response_decode(const uint8_t *message, size_t size, unsigned service,
                         struct mep_response *response)
{
    if (size == 0)
        return false;
    memset(response, 0, sizeof *response);
    response->code = message[0];

    size_t expected = 1;
    if (response->code == MEP_CODE_OK && mep_service_reads(service)) {
        if (size < 3)
            return false;
        response->count = mep_get16(message + 1);
        response->data = message + 3;
        expected = 3u + response->count;
    } else if (response->code == MEP_CODE_SEQUENCE) {
        if (size < 1 + MEP_SEQUENCE_SIZE)
            return false;
        response->sequence = mep_get32(message + 1);
        expected = 1 + MEP_SEQUENCE_SIZE;
    }
    return size == expected;
}

/* The digest of the request and then `message`, over plain bytes. */
static void response_digest(const struct mep_exchange *exchange, const uint8_t *key,
                            const uint8_t *message, size_t size, uint8_t out[MEP_DIGEST_SIZE])
{
    struct mep_digest digest = exchange->digest;
    mep_digest_update(&digest, key, MEP_KEY_SIZE, message, size);
    mep_digest_finish(&digest, key, MEP_KEY_SIZE, out);
}

/* Runs the exchange's cipher over bytes that begin `skipped` bytes into it. */
static void cipher(const struct mep_exchange *exchange, const uint8_t *key, size_t skipped,
                   uint8_t *bytes, size_t count)
{
    struct mep_rc4 rc4;
    uint8_t unused = 0;

    mep_rc4_begin(&rc4, key, exchange->request_digest);
    while (skipped-- != 0)
        mep_rc4_apply(&rc4, &unused, 1);
    mep_rc4_apply(&rc4, bytes, count);
}

size_t mep_seal_request(struct mep_exchange *exchange, const uint8_t key[MEP_KEY_SIZE],
                        uint32_t sequence, bool encrypt, uint8_t *frame, size_t size)
{
    mep_put32(frame + size, sequence);
    size += MEP_SEQUENCE_SIZE;
    mep_digest_init(&exchange->digest);
    mep_digest_update(&exchange->digest, key, MEP_KEY_SIZE, frame, size);
    mep_digest_finish(&exchange->digest, key, MEP_KEY_SIZE, exchange->request_digest);
    exchange->covered = (uint16_t)size;
    exchange->encrypted = encrypt;
    if (encrypt)
        cipher(exchange, key, 0, frame, size);
    memcpy(frame + size, exchange->request_digest, MEP_DIGEST_SIZE);
    return size + MEP_DIGEST_SIZE;
}

static bool request_verifies(struct mep_exchange *exchange, const uint8_t *key,
                             const uint8_t *frame)
{
    uint8_t expected[MEP_DIGEST_SIZE];

    mep_digest_init(&exchange->digest);
    mep_digest_update(&exchange->digest, key, MEP_KEY_SIZE, frame, exchange->covered);
    mep_digest_finish(&exchange->digest, key, MEP_KEY_SIZE, expected);
    return mep_digest_equal(expected, exchange->request_digest);
}

bool mep_open_request(struct mep_exchange *exchange, const uint8_t key[MEP_KEY_SIZE],
                      uint8_t *frame, size_t size, size_t *message_size, uint32_t *sequence)
{
    const size_t trailer = MEP_SEQUENCE_SIZE + MEP_DIGEST_SIZE;
    if (size <= trailer || size > MEP_FRAME_MAX)
        return false;

    exchange->covered = (uint16_t)(size - MEP_DIGEST_SIZE);
    memcpy(exchange->request_digest, frame + exchange->covered, MEP_DIGEST_SIZE);
    exchange->encrypted = false;
    if (!request_verifies(exchange, key, frame)) {
        exchange->encrypted = true;
        cipher(exchange, key, 0, frame, exchange->covered);
        if (!request_verifies(exchange, key, frame)) {
            cipher(exchange, key, 0, frame, exchange->covered);
            return false;
        }
    }
    *message_size = size - trailer;
    *sequence = mep_get32(frame + *message_size);
    return true;
}

size_t mep_seal_response(const struct mep_exchange *exchange, const uint8_t key[MEP_KEY_SIZE],
                         uint8_t *frame, size_t size)
{
    response_digest(exchange, key, frame, size, frame + size);
    if (exchange->encrypted && frame[0] != MEP_CODE_AUTHENTICATION)
        cipher(exchange, key, exchange->covered, frame, size);
    return size + MEP_DIGEST_SIZE;
}

static bool response_verifies(const struct mep_exchange *exchange, const uint8_t *key,
                              const uint8_t *frame, size_t message)
{
    uint8_t expected[MEP_DIGEST_SIZE];

    response_digest(exchange, key, frame, message, expected);
    return mep_digest_equal(expected, frame + message);
}

bool mep_open_response(const struct mep_exchange *exchange, const uint8_t key[MEP_KEY_SIZE],
                       uint8_t *frame, size_t size, size_t *message_size)
{
    if (size <= MEP_DIGEST_SIZE || size > MEP_FRAME_MAX)
        return false;
    size_t message = size - MEP_DIGEST_SIZE;
    *message_size = message;

    if (exchange->encrypted) {
        cipher(exchange, key, exchange->covered, frame, message);
        if (response_verifies(exchange, key, frame, message))
            return true;
        cipher(exchange, key, exchange->covered, frame, message);
        if (frame[0] != MEP_CODE_AUTHENTICATION)
            return false;
    }
    return response_verifies(exchange, key, frame, message);
}

/*
 * What is shown of exchanges, whatever comes: pieces of true answers in any order
 * among any other bytes. No four bytes of a digest in a row are ever in a string
 * of hex digits.
 */
#include "mep/message.h"
#include "reader/bridge/exchanges.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAIRS = 8,
    WINDOW = 4,
    TEXT_SIZE = 1 << 19
};

static const uint8_t *input;
static size_t input_size;

static uint8_t next(void)
{
    if (input_size == 0)
        return 0;
    input_size--;
    return *input++;
}

struct pair {
    uint8_t request[MEP_WIRE_MAX], response[MEP_WIRE_MAX];
    size_t request_size, response_size;
};

/* The next request and its answer, as they would go over the line. */
static void make_pair(struct pair *p, const uint8_t *key, uint32_t sequence)
{
    uint8_t how = next();
    struct mep_request request = {how & 1 ? MEP_READ : MEP_READ_PARTIAL, how & 2 ? 23 : MEP_ET13, 0,
                                  (uint16_t)(how >> 3), NULL};
    struct mep_exchange seal;
    uint8_t *frame = p->request + MEP_LENGTH_SIZE;

    size_t size = mep_request_encode(&request, frame);
    size = mep_seal_request(&seal, key, sequence, (how & 4) != 0, frame, size);
    mep_put16(p->request, (uint16_t)size);
    p->request_size = MEP_LENGTH_SIZE + size;

    frame = p->response + MEP_LENGTH_SIZE;
    frame[0] = MEP_CODE_OK;
    mep_put16(frame + 1, request.count);
    memset(frame + 3, 0, request.count);
    size = mep_seal_response(&seal, key, frame, 3u + request.count);
    mep_put16(p->response, (uint16_t)size);
    p->response_size = MEP_LENGTH_SIZE + size;
}

static void expect_hidden(const char *text, const uint8_t *digest)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t at = 0; at + WINDOW <= MEP_DIGEST_SIZE; at++) {
        char hex[2 * WINDOW + 1] = {0};
        for (size_t i = 0; i < WINDOW; i++) {
            hex[2 * i] = digits[digest[at + i] >> 4];
            hex[2 * i + 1] = digits[digest[at + i] & 15];
        }
        if (strstr(text, hex) != NULL)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reader reader;
    static struct reader_exchanges log;
    static struct pair pair[PAIRS];
    static char text[TEXT_SIZE];
    struct mep_key key = {.bytes = "0123456789abcde"}, other = {.bytes = "another key"};
    struct reader_config config;
    struct reader_buffer buffer;
    struct reader_out out;
    mep_time now = 0;
    unsigned pairs = 0;

    input = data;
    input_size = size;
    reader_config_init(&config, &key);
    reader_init(&reader, &config);
    reader_exchanges_init(&log);
    while (input_size != 0 && pairs < PAIRS) {
        struct pair *p = &pair[pairs];
        make_pair(p, next() < 0x40 ? other.bytes : key.bytes, pairs + 1);
        pairs++;
        reader_exchanges_sent(&log, now, p->request, p->request_size);
        for (unsigned pieces = next() % 6; pieces != 0; pieces--) {
            uint8_t which = next();
            const struct pair *from = &pair[which % pairs];
            size_t at = next() * from->response_size / 256, count = next();
            uint8_t own[16];
            if (count > from->response_size - at)
                count = from->response_size - at;
            if (which >= 0xe0) {
                for (count = 0; count < which - 0xe0u && count < sizeof own; count++)
                    own[count] = next();
                reader_exchanges_received(&log, ++now, own, count);
            } else {
                reader_exchanges_received(&log, ++now, from->response + at, count);
            }
        }
    }
    reader_out_buffer(&out, &buffer, text, sizeof text);
    reader_exchanges_json(&log, &reader, now, &out, NULL);
    if (out.failed)
        abort();
    for (unsigned i = 0; i < pairs; i++) {
        expect_hidden(text, pair[i].request + pair[i].request_size - MEP_DIGEST_SIZE);
        expect_hidden(text, pair[i].response + pair[i].response_size - MEP_DIGEST_SIZE);
    }
    return 0;
}

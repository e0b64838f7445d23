/*
 * The last exchanges of a meter, as they went over the line, for people who want
 * to see what is wrong. Fed with the bytes that reader_output gave and that
 * reader_input took; no heap. Never shows a digest: recorded ones reveal key
 * material.
 */
#ifndef READER_EXCHANGES_H
#define READER_EXCHANGES_H

#include "reader/reader.h"
#include "reader/text/out.h"

enum {
    READER_EXCHANGES = 16,
    READER_EXCHANGE_REQUEST = 64 /* bytes of a request that are kept, with its length field */
};

struct reader_exchange {
    mep_time sent_at, answered_at;        /* answered_at: when its last byte so far came; 0: none */
    uint16_t request_size, response_size; /* bytes there were */
    bool verified;                        /* the client took the response for the meter's */
    uint8_t request[READER_EXCHANGE_REQUEST];
    uint8_t response[MEP_WIRE_MAX];
};

struct reader_exchanges {
    struct reader_exchange ring[READER_EXCHANGES];
    uint32_t count; /* ever begun; the newest is ring[(count - 1) % READER_EXCHANGES] */
};

void reader_exchanges_init(struct reader_exchanges *log);

/* What reader_output gave: a whole request, or a piece of one. */
void reader_exchanges_sent(struct reader_exchanges *log, mep_time now, const uint8_t *bytes,
                           size_t count);

/* What came; to be called before reader_input. */
void reader_exchanges_received(struct reader_exchanges *log, mep_time now, const uint8_t *bytes,
                               size_t count);

/*
 * To be called after reader_input with the reader that got the bytes: finds out
 * from its client's counters whether the response was verified.
 */
void reader_exchanges_judge(struct reader_exchanges *log, const struct reader *reader);

/*
 * A JSON array, newest first: each exchange with its age, its outcome, and request
 * and response in parts: {"name", "hex", "meaning"}; digests are "****". The data
 * of a verified, unencrypted response is decoded by the schema; of a response
 * that was not verified nothing is decoded but its frame. With encryption, data
 * and fields are shown decrypted by the reader's key, if they verify.
 */
void reader_exchanges_json(const struct reader_exchanges *log, const struct reader *reader,
                           mep_time now, struct reader_out *out, const char *name);

#endif

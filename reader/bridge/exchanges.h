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
    READER_EXCHANGE_REQUEST = 64, /* bytes of a request that are kept, with its length field */
    READER_EXCHANGE_RESPONSE = MEP_WIRE_MAX + 16 /* of what came; a few alerts before an answer */
};

struct reader_exchange {
    mep_time sent_at, answered_at;        /* of the first byte sent, of the last byte that came */
    uint16_t request_size, response_size; /* bytes there were; kept are no more than fit */
    uint8_t outcome; /* enum mep_outcome, as the client judged what came; MEP_OUTCOMES: not (yet) */
    uint8_t request[READER_EXCHANGE_REQUEST];
    uint8_t response[READER_EXCHANGE_RESPONSE];
};

/* RAM: about 9.4 KB. It holds digests: look only through reader_exchanges_json(). */
struct reader_exchanges {
    struct reader_exchange ring[READER_EXCHANGES];
    uint32_t count; /* ever begun; the newest is ring[(count - 1) % READER_EXCHANGES] */
    uint32_t outcomes[MEP_OUTCOMES]; /* the client's counters when last looked at */
};

/* Before the reader that it is about has begun. */
void reader_exchanges_init(struct reader_exchanges *log);

/* What reader_output gave: a whole request, or a piece of one. */
void reader_exchanges_sent(struct reader_exchanges *log, mep_time now, const uint8_t *bytes,
                           size_t count);

/* What came; to be called before reader_input. */
void reader_exchanges_received(struct reader_exchanges *log, mep_time now, const uint8_t *bytes,
                               size_t count);

/*
 * To be called right after reader_input, with the reader that got the bytes:
 * finds out from its client's counters what it made of them.
 */
void reader_exchanges_judge(struct reader_exchanges *log, const struct reader *reader);

/*
 * A JSON array, newest first: each exchange with its age, its duration, its
 * outcome (docs/api/README.md), its table, and request and response in parts:
 * {"name", "hex", "meaning"}. What was encrypted is shown decrypted, and
 * "encrypted" is true then. The answer's values are decoded by the schema.
 *
 * What is shown of a request is what verifies with the key that is set; of a
 * response, too, and otherwise its length and code if it came as a whole frame,
 * and its length if that is one which this request can earn. All else is "**" a
 * byte, eight of them at most: digests, whatever could be one in a damaged
 * answer or in bytes between answers, what is encrypted and does not verify, and
 * the content of tables that hold keys.
 */
void reader_exchanges_json(const struct reader_exchanges *log, const struct reader *reader,
                           mep_time now, struct reader_out *out, const char *name);

#endif

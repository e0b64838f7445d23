/* Keeping the last exchanges. */
#include "reader/bridge/exchanges.h"

#include <string.h>

static struct reader_exchange *newest(struct reader_exchanges *log)
{
    return log->count == 0 ? NULL : &log->ring[(log->count - 1) % READER_EXCHANGES];
}

void reader_exchanges_init(struct reader_exchanges *log)
{
    memset(log, 0, sizeof *log);
}

/* Adds what fits; the size counts all. */
static void append(uint8_t *to, size_t room, uint16_t *size, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (*size < room)
            to[*size] = bytes[i];
        if (*size < UINT16_MAX)
            ++*size;
    }
}

/* Whether these bytes go on with a request that has begun. */
static bool goes_on(const struct reader_exchange *x, size_t count)
{
    if (x == NULL || x->response_size != 0 || x->request_size == 0)
        return false;
    if (x->request_size < MEP_LENGTH_SIZE)
        return true;
    return x->request_size + count <= (size_t)MEP_LENGTH_SIZE + mep_get16(x->request);
}

void reader_exchanges_sent(struct reader_exchanges *log, mep_time now, const uint8_t *bytes,
                           size_t count)
{
    struct reader_exchange *x = newest(log);

    if (count == 0)
        return;
    if (!goes_on(x, count)) {
        log->count++;
        x = newest(log);
        memset(x, 0, sizeof *x);
        x->sent_at = now;
        x->outcome = MEP_OUTCOMES;
    }
    append(x->request, sizeof x->request, &x->request_size, bytes, count);
}

void reader_exchanges_received(struct reader_exchanges *log, mep_time now, const uint8_t *bytes,
                               size_t count)
{
    struct reader_exchange *x = newest(log);

    if (count == 0 || x == NULL || x->outcome != MEP_OUTCOMES)
        return; /* what comes after the answer is none of this */
    x->answered_at = now;
    append(x->response, sizeof x->response, &x->response_size, bytes, count);
}

void reader_exchanges_judge(struct reader_exchanges *log, const struct reader *reader)
{
    /* Those that bytes bring about; the others take time, and other exchanges may have begun. */
    static const uint8_t by_bytes[] = {
        MEP_OUTCOME_OK,         MEP_OUTCOME_REFUSED,   MEP_OUTCOME_AUTH, MEP_OUTCOME_SEQUENCE,
        MEP_OUTCOME_BAD_DIGEST, MEP_OUTCOME_MALFORMED, MEP_OUTCOME_TLS};
    const uint32_t *outcomes = reader_client(reader)->counters.outcomes;
    struct reader_exchange *x = newest(log);

    for (size_t i = 0; x != NULL && i < sizeof by_bytes; i++) {
        uint32_t more = outcomes[by_bytes[i]] - log->outcomes[by_bytes[i]];
        if (more != 0 && more < UINT32_MAX / 2)
            x->outcome = by_bytes[i];
    }
    memcpy(log->outcomes, outcomes, sizeof log->outcomes);
}

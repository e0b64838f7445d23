#include "host/exchange.h"

#include <stdio.h>
#include <string.h>

enum {
    REQUEST_TRAILER = MEP_SEQUENCE_SIZE + MEP_DIGEST_SIZE
};

/* The sizes of the messages inside the frames, and what the digests say. */
static void verify(struct exchange *x, size_t *request_size, size_t *response_size,
                   const struct mep_key *key)
{
    struct mep_exchange seal;
    uint32_t sequence;
    size_t message;

    x->digest = key == NULL ? EXCHANGE_UNCHECKED : EXCHANGE_BAD;
    if (key == NULL || !mep_open_request(&seal, key->bytes, x->request_frame, *request_size,
                                         &message, &sequence)) {
        *request_size = *request_size > REQUEST_TRAILER ? *request_size - REQUEST_TRAILER : 0;
    } else {
        *request_size = message;
        x->encrypted = seal.encrypted;
        if (mep_open_response(&seal, key->bytes, x->response_frame, *response_size, &message)) {
            *response_size = message;
            x->digest = EXCHANGE_OK;
            return;
        }
    }
    bool bare = *response_size == 1 && x->response_frame[0] == MEP_CODE_AUTHENTICATION;
    if (!bare)
        *response_size = *response_size > MEP_DIGEST_SIZE ? *response_size - MEP_DIGEST_SIZE : 0;
}

static const char *find_problem(struct exchange *x, size_t response_size)
{
    if (x->digest == EXCHANGE_BAD)
        return NULL;
    if (!x->has_table)
        return x->digest == EXCHANGE_OK
                   ? "the request is none of the four table services"
                   : "the request is none of the four table services, or it is encrypted and "
                     "needs the key";
    if (response_size == 0)
        return "the response has no room for a digest";
    if (!mep_response_decode(x->response_frame, response_size, x->request.service, &x->response))
        return "the response's count and its size contradict each other";
    if (x->response.count > x->request.count && x->request.count != 0)
        return "the response has more bytes than were asked for";
    return NULL;
}

void exchange_open(struct exchange *x, const uint8_t *request, size_t request_size,
                   const uint8_t *response, size_t response_size, const struct mep_key *key)
{
    memset(x, 0, sizeof *x);
    memcpy(x->request_frame, request, request_size);
    memcpy(x->response_frame, response, response_size);
    verify(x, &request_size, &response_size, key);
    x->has_table = mep_request_decode(x->request_frame, request_size, &x->request);
    x->response.code = x->response_frame[0];
    x->problem = find_problem(x, response_size);
    if (x->problem != NULL)
        x->response.data = NULL;
}

const char *exchange_digest_name(enum exchange_digest digest)
{
    static const char *const names[] = {"unchecked", "ok", "bad"};
    return names[digest];
}

char *table_name(uint16_t table, char name[TABLE_NAME_SIZE])
{
    bool extended = table >= MEP_EXTENDED;

    snprintf(name, TABLE_NAME_SIZE, "%s%02d", extended ? "ET" : "BT",
             extended ? table - MEP_EXTENDED : table);
    return name;
}

void exchange_learn(const struct exchange *x, struct meter_dimensions *dims)
{
    const struct meter_table *table = meter_table_by_number(x->request.table);

    if (table != NULL && x->response.data != NULL)
        meter_dimensions_update(dims, table, x->request.offset, x->response.data,
                                x->response.count);
}

/* One request and its response, checked and taken apart. */
#ifndef HOST_EXCHANGE_H
#define HOST_EXCHANGE_H

#include "mep/key.h"
#include "mep/message.h"
#include "meter/meter.h"

enum exchange_digest {
    EXCHANGE_UNCHECKED, /* no key */
    EXCHANGE_OK,        /* request and response both verify */
    EXCHANGE_BAD
};

struct exchange {
    enum exchange_digest digest;
    bool encrypted;
    bool has_table; /* `request` tells which table it was about */
    struct mep_request request;
    struct mep_response response; /* `data` only where its values may be believed */
    const char *problem;          /* NULL, or why there are no values, in a few words */

    uint8_t request_frame[MEP_FRAME_MAX], response_frame[MEP_FRAME_MAX];
};

/*
 * Checks two frames, given without their length fields, with a key or NULL.
 * Their sizes are at most MEP_FRAME_MAX.
 */
void exchange_open(struct exchange *x, const uint8_t *request, size_t request_size,
                   const uint8_t *response, size_t response_size, const struct mep_key *key);

/* "ok", "bad" or "unchecked". */
const char *exchange_digest_name(enum exchange_digest digest);

enum {
    TABLE_NAME_SIZE = 8
};

/* "BT23", "ET13": also of tables that the schema does not have. Returns `name`. */
char *table_name(uint16_t table, char name[TABLE_NAME_SIZE]);

/* Learns dimensions from what was read. */
void exchange_learn(const struct exchange *x, struct meter_dimensions *dims);

#endif

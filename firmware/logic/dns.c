#include "firmware/logic/dns.h"

#include <string.h>

enum {
    HEADER = 12,
    TYPE_A = 1,
    TYPE_ANY = 255,
    CLASS_IN = 1,
    LABEL_MAX = 63,
    NAME_MAX = 255,
    RECORD = 16 /* of an address, with a pointer for its name */
};

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* Where the question ends; 0: it is malformed. */
static size_t end_of_question(const uint8_t *message, size_t count)
{
    size_t at = HEADER;

    while (at < count && message[at] != 0) {
        if (message[at] > LABEL_MAX)
            return 0;
        at += message[at] + 1U;
    }
    at += 1 + 4;
    return at <= count && at <= HEADER + NAME_MAX + 4 ? at : 0;
}

size_t fw_dns_answer(const uint8_t *question, size_t count, const uint8_t address[4],
                     uint8_t answer[FW_DNS_MAX])
{
    /* A standard query (QR and opcode zero) with one question. */
    if (count < HEADER || count > FW_DNS_MAX || (question[2] & 0xf8) != 0 ||
        get16(question + 4) != 1)
        return 0;
    size_t end = end_of_question(question, count);
    if (end == 0)
        return 0;

    unsigned type = get16(question + end - 4);
    bool has_address =
        (type == TYPE_A || type == TYPE_ANY) && get16(question + end - 2) == CLASS_IN;
    static const uint8_t record[RECORD - 4] = {0xc0, HEADER, 0, TYPE_A, 0, CLASS_IN,
                                               0,    0,      0, 10,     0, 4};

    memset(answer, 0, HEADER);
    memcpy(answer, question, end);
    answer[2] = (uint8_t)(0x84 | (question[2] & 1)); /* an answer, authoritative; RD as asked */
    answer[3] = 0x80; /* recursion is available (RFC 1034, 4.3.1), as resolvers expect */
    memset(answer + 6, 0, 6);
    if (!has_address)
        return end; /* the name exists, without such a record */
    answer[7] = 1;
    memcpy(answer + end, record, sizeof record);
    memcpy(answer + end + sizeof record, address, 4);
    return end + RECORD;
}

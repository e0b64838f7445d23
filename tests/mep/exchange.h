/*
 * A client and a server joined by a line without faults, in virtual time: for
 * tests that are about the state machines. (Faults are host/sim's business.)
 */
#ifndef TESTS_MEP_EXCHANGE_H
#define TESTS_MEP_EXCHANGE_H

#include "mep/client.h"
#include "mep/server.h"

enum {
    TABLE_SIZE = 900
};

/* What the tests' meter keeps: every table has the same bytes, so that a test knows them. */
struct test_meter {
    uint8_t table[TABLE_SIZE];
    uint16_t missing_table; /* answered with code 4 */
    uint16_t written_table;
    uint32_t written_offset;
    uint16_t written_count;
    uint8_t written[MEP_WRITE_MAX];
    uint16_t called;
    unsigned reads, writes, calls;
};

struct exchange {
    struct mep_client client;
    struct mep_server server;
    struct test_meter meter;
    mep_time now;

    /* Hooks, all optional. Each may change the bytes in flight; false loses them. */
    bool (*to_meter)(struct exchange *x, uint8_t *bytes, size_t *count);
    bool (*to_client)(struct exchange *x, uint8_t *bytes, size_t *count);
    unsigned hook_calls;

    /* What went over the line last, each way. */
    uint8_t request[MEP_WIRE_MAX], response[MEP_WIRE_MAX + 2 * MEP_WIRE_MAX];
    size_t request_size, response_size;
    mep_time request_began, request_ended;

    struct mep_event done;
    unsigned alerts, sequences, bauds;
};

extern const char *const TEST_MBK, *const TEST_MAK;

/* Both at 9600 baud, the client with the given key; the sequence numbers disagree at first. */
void exchange_init(struct exchange *x, const char *key);

/* Runs until the request under way is done or `for_us` have passed. */
bool exchange_run(struct exchange *x, mep_time for_us);

/* Reads and runs until done; gives how it came out. */
enum mep_outcome exchange_read(struct exchange *x, uint16_t table, uint32_t offset, uint16_t count,
                               uint8_t *into);

#endif

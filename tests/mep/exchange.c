#include "tests/mep/exchange.h"

#include <string.h>

const char *const TEST_MBK = "0123456789abcdef";
const char *const TEST_MAK = "fedcba9876543210";

static uint8_t read_table(void *context, uint16_t table, uint32_t offset, uint16_t count,
                          uint8_t *into, uint16_t *got)
{
    struct test_meter *meter = context;

    meter->reads++;
    if (table == meter->missing_table)
        return MEP_CODE_NOT_POSSIBLE;
    if (offset > TABLE_SIZE)
        return MEP_CODE_TABLE_NOT_POSSIBLE;
    *got = (uint16_t)(count < TABLE_SIZE - offset ? count : TABLE_SIZE - offset);
    memcpy(into, meter->table + offset, *got);
    return MEP_CODE_OK;
}

static uint8_t write_table(void *context, uint16_t table, uint32_t offset, const uint8_t *data,
                           uint16_t count)
{
    struct test_meter *meter = context;

    meter->writes++;
    meter->written_table = table;
    meter->written_offset = offset;
    meter->written_count = count;
    memcpy(meter->written, data, count);
    return MEP_CODE_OK;
}

static enum mep_procedure_result call(void *context, uint16_t procedure, const uint8_t *parameters,
                                      size_t count, uint8_t *result, size_t *result_count)
{
    struct test_meter *meter = context;

    meter->calls++;
    meter->called = procedure;
    memcpy(result, parameters, count);
    *result_count = count;
    return MEP_PROCEDURE_DONE;
}

static const struct mep_server_ops ops = {read_table, write_table, call};

static struct mep_key key_of(const char *text)
{
    struct mep_key key;
    if (mep_key_parse(text, strlen(text), &key) != MEP_KEY_OK)
        memset(&key, 0, sizeof key);
    return key;
}

void exchange_init(struct exchange *x, const char *key)
{
    struct mep_client_config client;
    struct mep_server_config server;
    struct mep_key client_key = key_of(key), mak = key_of(TEST_MAK), mbk = key_of(TEST_MBK);

    memset(x, 0, sizeof *x);
    for (size_t i = 0; i < TABLE_SIZE; i++)
        x->meter.table[i] = (uint8_t)(i * 37 + i / 256);
    x->meter.missing_table = 99;
    mep_client_config_init(&client, &client_key);
    mep_server_config_init(&server, &mak, &mbk);
    server.sequence = 0x77635b90;
    mep_client_init(&x->client, &client);
    mep_server_init(&x->server, &server, &ops, &x->meter);
}

static void client_sends(struct exchange *x)
{
    uint8_t bytes[MEP_WIRE_MAX];
    size_t count = mep_client_output(&x->client, x->now, bytes, sizeof bytes);

    if (count == 0)
        return;
    memcpy(x->request, bytes, count);
    x->request_size = count;
    x->request_began = x->now;
    x->now = x->client.send_end; /* the line takes its time */
    x->request_ended = x->now;
    x->response_size = 0;
    if (x->to_meter == NULL || x->to_meter(x, bytes, &count))
        mep_server_input(&x->server, x->now, bytes, count);
}

static void server_sends(struct exchange *x)
{
    uint8_t bytes[MEP_WIRE_MAX];
    size_t count = mep_server_output(&x->server, x->now, bytes, sizeof bytes);

    if (count == 0)
        return;
    x->now = x->server.send_end > x->now ? x->server.send_end : x->now;
    if (x->to_client != NULL && !x->to_client(x, bytes, &count))
        return;
    if (x->response_size + count <= sizeof x->response) {
        memcpy(x->response + x->response_size, bytes, count);
        x->response_size += count;
    }
    mep_client_input(&x->client, x->now, bytes, count);
}

bool exchange_run(struct exchange *x, mep_time for_us)
{
    mep_time end = x->now + for_us;

    for (;;) {
        struct mep_event event;

        client_sends(x);
        server_sends(x);
        while (mep_client_event(&x->client, &event)) {
            x->alerts += event.type == MEP_EVENT_ALERT;
            x->sequences += event.type == MEP_EVENT_SEQUENCE;
            x->bauds += event.type == MEP_EVENT_BAUD;
            if (event.type == MEP_EVENT_DONE) {
                x->done = event;
                return true;
            }
        }
        mep_time client = mep_client_wake(&x->client), server = mep_server_wake(&x->server);
        mep_time next = client < server ? client : server;
        if (next > end || next == MEP_NEVER) {
            x->now = end;
            return false;
        }
        if (next > x->now)
            x->now = next;
    }
}

enum mep_outcome exchange_read(struct exchange *x, uint16_t table, uint32_t offset, uint16_t count,
                               uint8_t *into)
{
    if (mep_client_read(&x->client, table, offset, count, into) != MEP_OK ||
        !exchange_run(x, 60000000))
        return MEP_OUTCOMES;
    return x->done.outcome;
}

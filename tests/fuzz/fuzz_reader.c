/*
 * The reader and a meter that verifies but says anything: dimensions, sizes,
 * registers and refusals come from the input. Whatever it says, the reader
 * keeps asking, within bounds, and lists each name once.
 */
#include "mep/server.h"
#include "reader/reader.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAMES = 300,
    RUN_S = 40
};

static const uint8_t *input;
static size_t input_size;
static char name[NAMES][METER_NAME_SIZE];
static size_t names;

static uint8_t next(void)
{
    if (input_size == 0)
        return 0;
    input_size--;
    return *input++;
}

static uint8_t read_table(void *context, uint16_t table, uint32_t offset, uint16_t count,
                          uint8_t *into, uint16_t *got)
{
    static const uint8_t codes[] = {MEP_CODE_NO_PERMISSION, MEP_CODE_TABLE_NOT_POSSIBLE,
                                    MEP_CODE_SERVICE_STATE, MEP_CODE_NOT_POSSIBLE};
    uint8_t how = next();

    (void)context, (void)table, (void)offset;
    if (how >= 0xf0)
        return codes[how % sizeof codes];
    *got = count;
    if (how >= 0xe0 && count > how - 0xe0)
        *got = (uint16_t)(how - 0xe0);
    for (uint16_t i = 0; i < *got; i++)
        into[i] = how < 0x40 ? (uint8_t)(i < 8 ? next() : 0) : next();
    return MEP_CODE_OK;
}

static void list(void *context, const struct reader_value *value)
{
    (void)context;
    for (size_t i = 0; i < names; i++) {
        if (strcmp(name[i], value->name) == 0)
            abort();
    }
    if (names == NAMES || strlen(value->name) >= METER_NAME_SIZE)
        abort();
    memcpy(name[names++], value->name, strlen(value->name) + 1);
}

/* Lets both have their say; gives when the next of them wants to. */
static mep_time turn(struct reader *r, struct mep_server *s, mep_time now)
{
    uint8_t bytes[MEP_WIRE_MAX];
    struct reader_event event;
    size_t count;

    while ((count = mep_server_output(s, now, bytes, sizeof bytes)) != 0)
        reader_input(r, now, bytes, count);
    while ((count = reader_output(r, now, bytes, sizeof bytes)) != 0)
        mep_server_input(s, now, bytes, count);
    while (reader_event(r, &event)) {
        if (event.type != READER_EVENT_READING)
            continue;
        names = 0;
        if (reader_values(r, now, list, NULL) != names)
            abort();
    }
    mep_time ours = reader_wake(r), theirs = mep_server_wake(s);
    return ours < theirs ? ours : theirs;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mep_server_ops ops = {read_table, NULL, NULL};
    static struct reader r;
    static struct mep_server s;
    struct mep_key key = {.bytes = "0123456789abcdef"};
    struct reader_config config;
    struct mep_server_config server;
    mep_time now = 0;

    input = data;
    input_size = size;
    mep_server_config_init(&server, &key, &key);
    server.baud = 0;
    mep_server_init(&s, &server, &ops, NULL);
    reader_config_init(&config, &key);
    config.client.baud = 0;
    reader_init(&r, &config);
    for (int turns = 0; now < RUN_S * (mep_time)1000000 && input_size != 0; turns++) {
        mep_time wake = turn(&r, &s, now);
        now = wake > now ? wake : now + 1;
        if (turns > 100000)
            abort(); /* it spins */
        uint8_t what = (uint8_t)(turns % 64 == 63 ? next() : 0);
        if (what == 1)
            mep_server_configuration_changed(&s);
        if (what == 2)
            mep_server_set_alert(&s, !s.alert);
        if (what == 3)
            now += 20 * (mep_time)1000000;
    }
    return 0;
}

/*
 * The client against a real server over a line that the input spoils: it may
 * change, insert, lose and delay bytes both ways. Whatever is delivered as
 * good must be the meter's own bytes.
 */
#include "tests/mep/exchange.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t *spoil;
static size_t spoil_size;

static uint8_t next(void)
{
    if (spoil_size == 0)
        return 0;
    spoil_size--;
    return *spoil++;
}

static bool spoil_line(struct exchange *x, uint8_t *bytes, size_t *count)
{
    uint8_t what = next();

    switch (what % 8) {
    case 1:
        bytes[next() % *count] ^= next();
        break;
    case 2:
        *count = next() % (*count + 1);
        break;
    case 3:
        x->now += next() * 10000;
        break;
    case 4: { /* the line is noisy: bytes of any kind, then perhaps the answer */
        uint8_t noise[16];
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = next();
        mep_client_input(&x->client, x->now, noise, what / 16u);
        break;
    }
    case 5:
        return false;
    default:
        break;
    }
    return *count != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exchange x;
    static uint8_t into[TABLE_SIZE];

    spoil = data;
    spoil_size = size;
    exchange_init(&x, TEST_MBK);
    x.client.config.encrypt = next() & 1;
    x.to_meter = spoil_line;
    x.to_client = spoil_line;
    for (int i = 0; i < 20 && spoil_size != 0; i++) {
        uint32_t offset = next() * 3u;
        uint16_t count = (uint16_t)(1 + next() * 3);
        memset(into, 0, sizeof into);
        if (exchange_read(&x, 23, offset, count, into) == MEP_OUTCOME_OK &&
            (x.done.count > count || memcmp(into, x.meter.table + offset, x.done.count) != 0))
            abort();
        if (mep_client_busy(&x.client))
            abort(); /* sixty seconds are enough to end any read */
    }
    if (x.meter.writes != 0 || x.meter.calls != 0)
        abort();
    return 0;
}

/*
 * The server fed by anyone: raw bytes, and messages that are properly sealed.
 * What the basic key has no right to must not happen.
 */
#include "tests/mep/exchange.h"

#include "mep/access.h"

#include <stdlib.h>
#include <string.h>

static void feed(struct exchange *x, const uint8_t *bytes, size_t count)
{
    uint8_t out[MEP_WIRE_MAX];

    mep_server_input(&x->server, x->now, bytes, count);
    for (int i = 0; i < 50; i++) {
        mep_time wake = mep_server_wake(&x->server);
        if (wake == MEP_NEVER)
            break;
        x->now = wake > x->now ? wake : x->now;
        if (mep_server_output(&x->server, x->now, out, sizeof out) > sizeof out)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exchange x;
    uint8_t wire[MEP_WIRE_MAX];
    struct mep_exchange exchange;

    exchange_init(&x, TEST_MBK);
    while (size > 2) {
        bool sealed = data[0] & 1, encrypt = data[0] & 2;
        size_t count = 1 + data[1] + (data[0] & 4 ? 200u : 0);
        data += 2;
        size -= 2;
        if (count > size)
            count = size;
        if (!sealed) {
            feed(&x, data, count);
        } else {
            memcpy(wire + 2, data, count);
            size_t frame = mep_seal_request(&exchange, x.client.config.key.bytes, x.server.sequence,
                                            encrypt, wire + 2, count);
            mep_put16(wire, (uint16_t)frame);
            feed(&x, wire, frame + 2);
        }
        data += count;
        size -= count;
        x.now += 200000;
    }
    if (x.meter.writes != 0 && (mep_access(MEP_TABLE, x.meter.written_table) & MEP_MBK_WRITES) == 0)
        abort();
    if (x.meter.calls != 0 && (mep_access(MEP_PROCEDURE, x.meter.called) & MEP_MBK_WRITES) == 0)
        abort();
    return 0;
}

#include "host/capture.h"

#include <string.h>

struct capture {
    const struct mep_key *key;
    struct meter_dimensions *dims;
    capture_item_fn *fn;
    void *context;
    uint8_t request[MEP_FRAME_MAX]; /* the one that waits for its response */
    size_t request_size;            /* 0: none does */
    int64_t request_us;
};

/* The frame without its length field, if the packet is one whole frame. */
static bool is_frame(const struct pcapng_packet *packet)
{
    return packet->count > MEP_LENGTH_SIZE && packet->count <= MEP_WIRE_MAX &&
           mep_get16(packet->bytes) == packet->count - MEP_LENGTH_SIZE;
}

static void hand_out_problem(struct capture *c, int64_t time_us, const char *problem)
{
    struct capture_item item = {.time_us = time_us, .dims = c->dims, .problem = problem};
    c->fn(c->context, &item);
}

/* A request that no response followed. */
static void drop_request(struct capture *c)
{
    static const uint8_t none[] = {0};
    struct exchange x;

    if (c->request_size == 0)
        return;
    exchange_open(&x, c->request, c->request_size, none, sizeof none, c->key);
    struct capture_item item = {.time_us = c->request_us,
                                .dims = c->dims,
                                .has_table = x.has_table,
                                .table = x.request.table,
                                .problem = "no answer"};
    c->fn(c->context, &item);
    c->request_size = 0;
}

static void take_request(struct capture *c, const struct pcapng_packet *packet)
{
    drop_request(c);
    if (!is_frame(packet)) {
        hand_out_problem(c, packet->time_us, "sent bytes that are no frame");
        return;
    }
    c->request_size = packet->count - MEP_LENGTH_SIZE;
    c->request_us = packet->time_us;
    memcpy(c->request, packet->bytes + MEP_LENGTH_SIZE, c->request_size);
}

static void take_response(struct capture *c, const struct pcapng_packet *packet)
{
    struct exchange x;
    struct capture_item item = {.time_us = c->request_us, .dims = c->dims, .exchange = &x};

    if (!is_frame(packet)) {
        hand_out_problem(c, packet->time_us, "received bytes that are no whole frame");
        return;
    }
    if (c->request_size == 0) {
        hand_out_problem(c, packet->time_us, "a response to no request");
        return;
    }
    exchange_open(&x, c->request, c->request_size, packet->bytes + MEP_LENGTH_SIZE,
                  packet->count - MEP_LENGTH_SIZE, c->key);
    item.problem = x.problem;
    exchange_learn(&x, c->dims);
    c->fn(c->context, &item);
    c->request_size = 0;
}

static void take(struct capture *c, const struct pcapng_packet *packet)
{
    static const uint8_t alert[] = {0, 0};

    switch (packet->direction) {
    case PCAPNG_OUTBOUND:
        take_request(c, packet);
        break;
    case PCAPNG_INBOUND:
        if (packet->count == sizeof alert && memcmp(packet->bytes, alert, sizeof alert) == 0) {
            struct capture_item item = {.time_us = packet->time_us, .dims = c->dims, .alert = true};
            c->fn(c->context, &item);
        } else {
            take_response(c, packet);
        }
        break;
    default:
        hand_out_problem(c, packet->time_us, "a packet without direction");
    }
}

enum pcapng_result capture_read(const uint8_t *bytes, size_t size, const struct mep_key *key,
                                struct meter_dimensions *dims, capture_item_fn *fn, void *context)
{
    struct capture c = {.key = key, .dims = dims, .fn = fn, .context = context};
    struct pcapng_reader reader;
    struct pcapng_packet packet;
    enum pcapng_result result;

    pcapng_reader_init(&reader, bytes, size);
    while ((result = pcapng_next(&reader, &packet)) == PCAPNG_PACKET)
        take(&c, &packet);
    drop_request(&c);
    return result;
}

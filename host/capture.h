/* Reading a capture: its frames put together to exchanges again. */
#ifndef HOST_CAPTURE_H
#define HOST_CAPTURE_H

#include "host/exchange.h"
#include "host/pcapng.h"

struct capture_item {
    int64_t time_us;                     /* of the request, or of what stood alone */
    const struct exchange *exchange;     /* NULL: see alert and problem */
    const struct meter_dimensions *dims; /* as learnt so far */
    bool alert;
    bool has_table; /* a request that was not answered: which table it was about */
    uint16_t table;
    const char *problem; /* NULL, or what is wrong, in a few words */
};

typedef void capture_item_fn(void *context, const struct capture_item *item);

/*
 * Hands what `size` bytes of a pcapng file hold to `fn`, in order. `key` may be
 * NULL. `dims` are those to begin with; what the captured meter told of its own
 * is learnt. PCAPNG_END if the file was read to its end.
 */
enum pcapng_result capture_read(const uint8_t *bytes, size_t size, const struct mep_key *key,
                                struct meter_dimensions *dims, capture_item_fn *fn, void *context);

#endif

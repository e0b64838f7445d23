#include "host/pcapng.h"

#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a, /* reads the same in either order */
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    OPTION_END = 0,
    OPTION_FLAGS = 2,
    OPTION_RESOLUTION = 9,
    FRAMING = 12, /* a block's type and its length, which stands at both ends */
    SECTION_MIN = FRAMING + 16,
    INTERFACE_MIN = FRAMING + 8,
    PACKET_MIN = FRAMING + 20
};

void pcapng_reader_init(struct pcapng_reader *reader, const uint8_t *bytes, size_t size)
{
    memset(reader, 0, sizeof *reader);
    reader->bytes = bytes;
    reader->size = size;
}

static uint32_t get32(const struct pcapng_reader *r, const uint8_t *at)
{
    if (r->big_endian)
        return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static uint16_t get16(const struct pcapng_reader *r, const uint8_t *at)
{
    return (uint16_t)(r->big_endian ? at[0] << 8 | at[1] : at[1] << 8 | at[0]);
}

static size_t padded(size_t count)
{
    return (count + 3) & ~(size_t)3;
}

/* The value of an option, at least `size` bytes long, in the options from `at` to `end`. */
static const uint8_t *find_option(const struct pcapng_reader *r, const uint8_t *at,
                                  const uint8_t *end, unsigned code, size_t size)
{
    while (end - at >= 4) {
        unsigned got = get16(r, at);
        size_t length = get16(r, at + 2);
        at += 4;
        if (got == OPTION_END || padded(length) > (size_t)(end - at))
            return NULL;
        if (got == code && length >= size)
            return at;
        at += padded(length);
    }
    return NULL;
}

static void read_interface(struct pcapng_reader *r, const uint8_t *block, size_t length)
{
    if (r->interfaces < PCAPNG_INTERFACES_MAX) {
        const uint8_t *resolution =
            find_option(r, block + 16, block + length - 4, OPTION_RESOLUTION, 1);
        bool is_mep = get16(r, block + 8) == PCAPNG_LINKTYPE;
        r->interface[r->interfaces].is_mep = is_mep;
        *(is_mep ? &r->usable : &r->foreign) += 1;
        r->interface[r->interfaces].resolution = resolution == NULL ? 6 : *resolution;
    }
    if (r->interfaces != UINT32_MAX)
        r->interfaces++;
}

/* Ticks of 10^-n or, with the top bit, 2^-n seconds. */
static int64_t microseconds(uint64_t ticks, uint8_t resolution)
{
    unsigned exponent = resolution & 0x7f;

    if ((resolution & 0x80) != 0) {
        if (exponent > 40)
            return 0;
        uint64_t seconds = ticks >> exponent;
        uint64_t rest = ticks & ((UINT64_C(1) << exponent) - 1);
        if (seconds > INT64_MAX / 1000000 - 1)
            return 0;
        return (int64_t)(seconds * 1000000 + (rest * 1000000 >> exponent));
    }
    for (; exponent > 6; exponent--)
        ticks /= 10;
    for (; exponent < 6 && ticks <= INT64_MAX / 10; exponent++)
        ticks *= 10;
    return ticks > INT64_MAX ? 0 : (int64_t)ticks;
}

/* False for a packet of another link type. */
static bool read_packet(struct pcapng_reader *r, const uint8_t *block, size_t length,
                        struct pcapng_packet *packet, bool *broken)
{
    uint32_t interface = get32(r, block + 8);
    size_t captured = get32(r, block + 20);
    const uint8_t *end = block + length - 4;

    *broken = interface >= r->interfaces || captured > length - PACKET_MIN ||
              padded(captured) > length - PACKET_MIN;
    if (*broken)
        return false;
    if (interface >= PCAPNG_INTERFACES_MAX || !r->interface[interface].is_mep)
        return false;
    packet->bytes = block + 28;
    packet->count = captured;
    packet->time_us = microseconds((uint64_t)get32(r, block + 12) << 32 | get32(r, block + 16),
                                   r->interface[interface].resolution);
    const uint8_t *flags =
        find_option(r, block + 28 + padded(captured), end, OPTION_FLAGS, sizeof(uint32_t));
    packet->direction =
        flags == NULL ? PCAPNG_UNKNOWN : (enum pcapng_direction)(get32(r, flags) & 3);
    return true;
}

/* A section says in which byte order it is written. */
static bool begin_section(struct pcapng_reader *r, const uint8_t *block)
{
    r->big_endian = true;
    if (get32(r, block + 8) != BYTE_ORDER_MAGIC) {
        r->big_endian = false;
        if (get32(r, block + 8) != BYTE_ORDER_MAGIC)
            return false;
    }
    r->in_section = true;
    r->interfaces = 0;
    return true;
}

enum pcapng_result pcapng_next(struct pcapng_reader *r, struct pcapng_packet *packet)
{
    if (r->size == 0)
        return PCAPNG_FOREIGN;
    while (r->at < r->size) {
        const uint8_t *block = r->bytes + r->at;
        size_t left = r->size - r->at;
        bool first = !r->in_section, broken = false;

        if (first && (left < FRAMING || get32(r, block) != BLOCK_SECTION))
            return PCAPNG_FOREIGN;
        if (left < FRAMING)
            return PCAPNG_TRUNCATED;
        if (get32(r, block) == BLOCK_SECTION && !begin_section(r, block))
            return first ? PCAPNG_FOREIGN : PCAPNG_BROKEN;

        uint32_t type = get32(r, block), length = get32(r, block + 4);
        if (length < FRAMING || length % 4 != 0)
            return PCAPNG_BROKEN;
        if (length > left)
            return PCAPNG_TRUNCATED;
        if (get32(r, block + length - 4) != length ||
            (type == BLOCK_SECTION && length < SECTION_MIN) ||
            (type == BLOCK_INTERFACE && length < INTERFACE_MIN) ||
            (type == BLOCK_PACKET && length < PACKET_MIN))
            return PCAPNG_BROKEN;
        r->at += length;
        if (type == BLOCK_INTERFACE)
            read_interface(r, block, length);
        if (type == BLOCK_PACKET && read_packet(r, block, length, packet, &broken))
            return PCAPNG_PACKET;
        if (broken)
            return PCAPNG_BROKEN;
    }
    return r->usable != 0 || r->foreign == 0 ? PCAPNG_END : PCAPNG_FOREIGN;
}

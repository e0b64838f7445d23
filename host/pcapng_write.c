#include "host/pcapng.h"

#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_PACKET_FLAGS = 2,
    OPTION_INTERFACE_NAME = 2,
    OPTION_SECTION_PROGRAM = 4,
    OPTION_TEXT_MAX = 400,
    BLOCK_MAX = 1200 + PCAPNG_WRITE_MAX
};

/* A block is made in memory and written in one piece. */
struct block {
    uint8_t bytes[BLOCK_MAX];
    size_t used;
};

/* Numbers are written in this machine's order; the byte-order magic tells which. */
static void put32(struct block *block, uint32_t value)
{
    memcpy(block->bytes + block->used, &value, sizeof value);
    block->used += sizeof value;
}

static void put16(struct block *block, uint16_t value)
{
    memcpy(block->bytes + block->used, &value, sizeof value);
    block->used += sizeof value;
}

/* Pads to a multiple of four, as every part of a block is. */
static void put_bytes(struct block *block, const void *bytes, size_t count)
{
    if (count != 0)
        memcpy(block->bytes + block->used, bytes, count);
    block->used += count;
    while (block->used % 4 != 0)
        block->bytes[block->used++] = 0;
}

static void put_option(struct block *block, unsigned code, const void *bytes, size_t count)
{
    put16(block, (uint16_t)code);
    put16(block, (uint16_t)count);
    put_bytes(block, bytes, count);
}

static void put_text(struct block *block, unsigned code, const char *text)
{
    size_t length = text == NULL ? 0 : strlen(text);
    if (length != 0)
        put_option(block, code, text, length < OPTION_TEXT_MAX ? length : OPTION_TEXT_MAX);
}

static void begin(struct block *block, uint32_t type)
{
    block->used = 0;
    put32(block, type);
    put32(block, 0); /* the length: see finish */
}

static bool finish(struct block *block, FILE *file)
{
    put_option(block, OPTION_END, NULL, 0);
    uint32_t length = (uint32_t)block->used + 4;
    put32(block, length);
    memcpy(block->bytes + 4, &length, sizeof length);
    return fwrite(block->bytes, 1, block->used, file) == block->used && fflush(file) == 0;
}

bool pcapng_write_begin(FILE *file, const char *program, const char *interface, const char *comment)
{
    struct block block;

    begin(&block, BLOCK_SECTION);
    put32(&block, BYTE_ORDER_MAGIC);
    put16(&block, 1); /* version 1.0 */
    put16(&block, 0);
    put32(&block, UINT32_MAX); /* section length: not told */
    put32(&block, UINT32_MAX);
    put_text(&block, OPTION_COMMENT, comment);
    put_text(&block, OPTION_SECTION_PROGRAM, program);
    if (!finish(&block, file))
        return false;

    begin(&block, BLOCK_INTERFACE);
    put16(&block, PCAPNG_LINKTYPE);
    put16(&block, 0);
    put32(&block, 0); /* no limit to a packet's length */
    put_text(&block, OPTION_COMMENT, comment);
    put_text(&block, OPTION_INTERFACE_NAME, interface);
    return finish(&block, file);
}

bool pcapng_write_packet(FILE *file, const struct pcapng_packet *packet, const char *comment)
{
    struct block block;
    uint32_t flags = packet->direction;

    if (packet->count > PCAPNG_WRITE_MAX)
        return false;
    begin(&block, BLOCK_PACKET);
    put32(&block, 0); /* interface */
    put32(&block, (uint32_t)((uint64_t)packet->time_us >> 32));
    put32(&block, (uint32_t)packet->time_us);
    put32(&block, (uint32_t)packet->count);
    put32(&block, (uint32_t)packet->count);
    put_bytes(&block, packet->bytes, packet->count);
    put_text(&block, OPTION_COMMENT, comment);
    put_option(&block, OPTION_PACKET_FLAGS, &flags, sizeof flags);
    return finish(&block, file);
}

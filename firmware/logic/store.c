#include "firmware/logic/store.h"

#include <string.h>

static const uint8_t magic[4] = {'M', 'E', 'P', 's'};

enum {
    AT_VERSION = 4,
    AT_NUMBER = 8,
    AT_LENGTH = 12,
    AT_CRC = 16
};

uint32_t fw_crc32(uint32_t crc, const uint8_t *bytes, size_t count)
{
    crc = ~crc;
    while (count-- != 0) {
        crc ^= *bytes++;
        for (int i = 0; i < 8; i++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
    }
    return ~crc;
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t checksum(const uint8_t *slot, size_t length)
{
    return fw_crc32(fw_crc32(0, slot, AT_CRC), slot + FW_STORE_HEADER, length);
}

/* Reads a slot into the buffer; gives its number, 0 if it does not count. */
static uint32_t read_slot(struct fw_store *store, unsigned slot, size_t *length)
{
    uint8_t *b = store->buffer;
    size_t got = store->flash->read(store->flash->context, slot, b, store->size);

    if (got < FW_STORE_HEADER || memcmp(b, magic, sizeof magic) != 0)
        return 0;
    *length = get32(b + AT_LENGTH);
    if (*length > got - FW_STORE_HEADER || get32(b + AT_CRC) != checksum(b, *length))
        return 0;
    return get32(b + AT_NUMBER);
}

void fw_store_init(struct fw_store *store, const struct fw_store_flash *flash, uint8_t *buffer,
                   size_t size)
{
    memset(store, 0, sizeof *store);
    store->flash = flash;
    store->buffer = buffer;
    store->size = size;
}

const char *fw_store_load(struct fw_store *store, size_t *length, unsigned *version)
{
    store->number = 0;
    for (unsigned slot = 0; slot < FW_STORE_SLOTS; slot++) {
        uint32_t number = read_slot(store, slot, length);
        if (number != 0 && (store->number == 0 || (int32_t)(number - store->number) > 0)) {
            store->number = number;
            store->slot = slot;
        }
    }
    if (store->number == 0 || read_slot(store, store->slot, length) != store->number)
        return NULL;
    *version = (unsigned)store->buffer[AT_VERSION] | (unsigned)store->buffer[AT_VERSION + 1] << 8;
    return (const char *)store->buffer + FW_STORE_HEADER;
}

bool fw_store_save(struct fw_store *store, const char *text, size_t length)
{
    uint8_t *b = store->buffer;
    unsigned slot = store->number == 0 ? 0 : 1 - store->slot;
    uint32_t number = store->number < UINT32_MAX ? store->number + 1 : 1; /* 0 is none */
    size_t back = 0;

    if (length > store->size - FW_STORE_HEADER)
        return false;
    memmove(b + FW_STORE_HEADER, text, length);
    memcpy(b, magic, sizeof magic);
    put32(b + AT_VERSION, FW_STORE_VERSION);
    put32(b + AT_NUMBER, number);
    put32(b + AT_LENGTH, (uint32_t)length);
    uint32_t crc = checksum(b, length);
    put32(b + AT_CRC, crc);
    if (!store->flash->write(store->flash->context, slot, b, FW_STORE_HEADER + length))
        return false;
    /* Flash that took it without complaint may still hold something else. */
    if (read_slot(store, slot, &back) != number || back != length || get32(b + AT_CRC) != crc)
        return false;
    store->slot = slot;
    store->number = number;
    return true;
}

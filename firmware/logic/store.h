/*
 * Settings kept so that a power cut at any moment leaves either the old or the
 * new ones: two slots with a number and a checksum each; the newer whole one
 * counts, and a save goes to the other.
 *
 * A slot: "MEPs", version (2 bytes), 2 bytes zero, number, length, checksum (4
 * bytes each, least significant first; CRC-32 of all that stands before it and
 * of the text), then the text.
 */
#ifndef FW_STORE_H
#define FW_STORE_H

#include "mep/mep.h"

enum {
    FW_STORE_SLOTS = 2,
    FW_STORE_HEADER = 20,
    FW_STORE_VERSION = 1 /* of what the text says: see tolerant.h */
};

/* Slots of at least the buffer's size. */
struct fw_store_flash {
    void *context;
    /* How many bytes the slot holds, at most size, into `bytes`; 0: none, or unreadable. */
    size_t (*read)(void *context, unsigned slot, uint8_t *bytes, size_t size);
    /* Replaces what the slot holds. False: it failed, and the slot may hold anything. */
    bool (*write)(void *context, unsigned slot, const uint8_t *bytes, size_t count);
};

struct fw_store {
    const struct fw_store_flash *flash;
    uint8_t *buffer; /* the caller's; the text is at most size - FW_STORE_HEADER */
    size_t size;
    unsigned slot;   /* the one that counts, */
    uint32_t number; /* and its number; 0: none does */
};

void fw_store_init(struct fw_store *store, const struct fw_store_flash *flash, uint8_t *buffer,
                   size_t size);

/*
 * Gives the settings; the text is in the buffer, ended by no NUL, until the next
 * call. NULL: there are none, which is so on a new board.
 */
const char *fw_store_load(struct fw_store *store, size_t *length, unsigned *version);

/*
 * Saves; false: it failed, and what was there before still counts. `text` may be
 * in the buffer at FW_STORE_HEADER.
 */
bool fw_store_save(struct fw_store *store, const char *text, size_t length);

/* CRC-32 as in IEEE 802.3, continued from `crc`; begin with 0. */
uint32_t fw_crc32(uint32_t crc, const uint8_t *bytes, size_t count);

#endif

/*
 * An image as it arrives, in pieces. The first byte says how long they are and
 * whether older versions are allowed, the second how the flash does, two more what
 * was announced. Nothing is erased for what is no image of this board's, no byte is
 * written that did not come or beyond the slot, and only what is whole and signed
 * starts next.
 */
#include "firmware/logic/update.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOT = 4096
};

static struct {
    uint8_t bytes[SLOT];
    size_t written, fails_at;
    bool open, active;
    enum fw_seal seal;
} flash;

#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static bool slot_open(void *context, size_t size)
{
    (void)context;
    NEED(!flash.open && size <= SLOT);
    flash.open = flash.fails_at != 0;
    return flash.open;
}

static bool slot_write(void *context, const uint8_t *bytes, size_t count)
{
    (void)context;
    NEED(flash.open && count <= SLOT - flash.written);
    memcpy(flash.bytes + flash.written, bytes, count);
    flash.written += count;
    return flash.written < flash.fails_at;
}

static enum fw_seal slot_close(void *context)
{
    (void)context;
    NEED(flash.open);
    flash.open = false;
    return flash.seal;
}

static bool slot_activate(void *context)
{
    (void)context;
    NEED(!flash.open && flash.seal == FW_SEAL_OK);
    flash.active = true;
    return true;
}

static void slot_drop(void *context)
{
    (void)context;
    flash.open = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fw_slot slot = {NULL,       slot_open,     slot_write,
                                        slot_close, slot_activate, slot_drop};
    struct fw_image_rules rules = {.project = "meplink", .version = "0.1.0", .slot_size = SLOT};
    struct fw_update update;

    if (size < 4)
        return 0;
    size_t piece = data[0] / 2 + 1U, announced = data[2] | (size_t)data[3] << 8;
    const uint8_t *image = data + 4;
    rules.allow_older = data[0] % 2 != 0;
    memset(&flash, 0, sizeof flash);
    flash.seal = (enum fw_seal)(data[1] & 3);
    flash.fails_at = data[1] < 128 ? SIZE_MAX : (data[1] & 0x7cU) * 16;
    size -= 4;
    fw_update_begin(&update, &slot, &rules, announced);
    bool taken = true;
    for (size_t at = 0; at < size && taken; at += piece)
        taken = fw_update_bytes(&update, image + at, size - at < piece ? size - at : piece);
    bool done = fw_update_end(&update);
    if (!done)
        fw_update_abort(&update);
    NEED(!flash.open && flash.active == done && (update.problem == NULL) == done);
    NEED(flash.written <= size && memcmp(flash.bytes, image, flash.written) == 0);
    if (done)
        NEED(taken && flash.written == size && flash.fails_at > size &&
             (announced == 0 || announced == size));
    return 0;
}

/*
 * An update on its way into the other slot, and whether a new image has proved
 * itself. What runs is never touched: an update that breaks off, or whose
 * signature is wrong, leaves everything as it was.
 *
 *     fw_update_begin(u, slot, rules, announced);
 *     fw_update_bytes(u, ...) as they come; false: stop, see problem
 *     fw_update_end(u); true: the next start begins the new image
 *     in between, fw_update_abort(u) if the connection broke
 */
#ifndef FW_UPDATE_H
#define FW_UPDATE_H

#include "firmware/logic/image.h"
#include "mep/mep.h"

enum fw_seal {
    FW_SEAL_OK,
    FW_SEAL_DAMAGED,  /* the image's own checksum is wrong, or it is not whole */
    FW_SEAL_UNSIGNED, /* no signature, or none of ours */
    FW_SEAL_FAILED    /* the flash did */
};

/* The slot that does not run. */
struct fw_slot {
    void *context;
    bool (*open)(void *context, size_t size); /* erases; 0: all of it */
    bool (*write)(void *context, const uint8_t *bytes, size_t count);
    enum fw_seal (*close)(void *context); /* checks what was written, signature and all */
    bool (*activate)(void *context);      /* it starts next, on probation */
    void (*drop)(void *context);          /* forgets an open one */
};

struct fw_update {
    const struct fw_slot *slot;
    const struct fw_image_rules *rules;
    size_t announced, got; /* bytes; announced 0: not known */
    bool open, done;
    const char *problem; /* NULL: all is well so far */
    struct fw_image image;
    uint8_t head[FW_IMAGE_HEAD];
};

void fw_update_begin(struct fw_update *update, const struct fw_slot *slot,
                     const struct fw_image_rules *rules, size_t announced);
bool fw_update_bytes(struct fw_update *update, const uint8_t *bytes, size_t count);
bool fw_update_end(struct fw_update *update);
void fw_update_abort(struct fw_update *update);

/*
 * A new image is on probation: it must read the meter, or be in its network, for
 * 30 s within 10 minutes. A start that never gets there (a crash, a hang that
 * the watchdog ends) is undone by the bootloader.
 */
enum fw_verdict {
    FW_VERDICT_WAIT,
    FW_VERDICT_KEEP, /* once */
    FW_VERDICT_BACK  /* once: to the image before */
};

struct fw_probation {
    bool pending;
    mep_time until, good_since;
};

void fw_probation_init(struct fw_probation *probation, mep_time now, bool pending);

/* Once a second or so; `good` if the meter was read lately or the network is there. */
enum fw_verdict fw_probation_turn(struct fw_probation *probation, mep_time now, bool good);

#endif

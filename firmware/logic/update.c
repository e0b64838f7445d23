#include "firmware/logic/update.h"

#include <string.h>

static const mep_time GOOD_FOR = 30000000, PROBATION = 600000000;

void fw_update_begin(struct fw_update *update, const struct fw_slot *slot,
                     const struct fw_image_rules *rules, size_t announced)
{
    memset(update, 0, sizeof *update);
    update->slot = slot;
    update->rules = rules;
    update->announced = announced;
}

static bool fail(struct fw_update *update, const char *problem)
{
    if (update->open)
        update->slot->drop(update->slot->context);
    update->open = false;
    if (update->problem == NULL)
        update->problem = problem;
    return false;
}

/* The head is here, or all there was of it: nothing was erased before. */
static bool open_slot(struct fw_update *update, size_t head)
{
    enum fw_image_problem problem =
        fw_image_check(update->head, head, update->announced, update->rules, &update->image);

    if (problem != FW_IMAGE_OK)
        return fail(update, fw_image_problem_text(problem));
    if (!update->slot->open(update->slot->context, update->announced))
        return fail(update, "the slot for it could not be erased");
    update->open = true;
    if (!update->slot->write(update->slot->context, update->head, head))
        return fail(update, "the flash could not be written");
    return true;
}

bool fw_update_bytes(struct fw_update *update, const uint8_t *bytes, size_t count)
{
    if (update->problem != NULL || update->done)
        return false;
    if (count > update->rules->slot_size - update->got)
        return fail(update, fw_image_problem_text(FW_IMAGE_TOO_LARGE));
    if (update->got < FW_IMAGE_HEAD) {
        size_t some = FW_IMAGE_HEAD - update->got;
        some = count < some ? count : some;
        if (some == 0)
            return true;
        memcpy(update->head + update->got, bytes, some);
        update->got += some;
        bytes += some;
        count -= some;
        if (update->head[0] != 0xe9 || update->got == FW_IMAGE_HEAD) {
            if (!open_slot(update, update->got))
                return false;
        }
    }
    if (count == 0)
        return true;
    update->got += count;
    if (!update->slot->write(update->slot->context, bytes, count))
        return fail(update, "the flash could not be written");
    return true;
}

bool fw_update_end(struct fw_update *update)
{
    static const char *const problems[] = {
        [FW_SEAL_DAMAGED] = "arrived damaged: its checksum is wrong",
        [FW_SEAL_UNSIGNED] = "is not signed with the key that this firmware trusts",
        [FW_SEAL_FAILED] = "could not be read back from flash",
    };

    if (update->problem != NULL || update->done)
        return false;
    if (!update->open)
        return fail(update, fw_image_problem_text(FW_IMAGE_SHORT));
    if (update->announced != 0 && update->got != update->announced)
        return fail(update, "broke off: less arrived than was announced");
    update->open = false;
    enum fw_seal seal = update->slot->close(update->slot->context);
    if (seal != FW_SEAL_OK)
        return fail(update, problems[seal]);
    if (!update->slot->activate(update->slot->context))
        return fail(update, "could not be made the one that starts next");
    update->done = true;
    return true;
}

void fw_update_abort(struct fw_update *update)
{
    if (!update->done)
        fail(update, "broke off");
}

void fw_probation_init(struct fw_probation *probation, mep_time now, bool pending)
{
    probation->pending = pending;
    probation->until = now + PROBATION;
    probation->good_since = MEP_NEVER;
}

enum fw_verdict fw_probation_turn(struct fw_probation *probation, mep_time now, bool good)
{
    if (!probation->pending)
        return FW_VERDICT_WAIT;
    if (!good)
        probation->good_since = MEP_NEVER;
    else if (probation->good_since == MEP_NEVER)
        probation->good_since = now;
    if (good && now - probation->good_since >= GOOD_FOR) {
        probation->pending = false;
        return FW_VERDICT_KEEP;
    }
    if (now < probation->until || good)
        return FW_VERDICT_WAIT;
    probation->pending = false;
    return FW_VERDICT_BACK;
}

#include "firmware/logic/ladder.h"

#include <string.h>

static const mep_time MS = 1000, SECOND = 1000000, MINUTE = 60000000;

struct phase {
    bool transceiver, enable;
    int32_t ms; /* 0: until something happens */
    enum fw_ladder_phase next;
};

static const struct phase phases[FW_LADDER_PHASES] = {
    [FW_LADDER_OFF] = {false, false, 5000, FW_LADDER_SUPPLY},
    [FW_LADDER_SUPPLY] = {true, false, 50, FW_LADDER_SETTLE},
    [FW_LADDER_SETTLE] = {true, true, 300, FW_LADDER_READY},
    [FW_LADDER_READY] = {true, true, 0, FW_LADDER_READY},
    [FW_LADDER_PAUSE] = {true, false, 2000, FW_LADDER_SETTLE},
    [FW_LADDER_LOWER] = {true, false, 100, FW_LADDER_OFF},
};

/* How long the meter may be silent before the next step. */
static mep_time patience(unsigned step)
{
    if (step == 0)
        return 30 * SECOND;
    return step < 5 ? (1 << (step - 1)) * MINUTE : 15 * MINUTE;
}

static void enter(struct fw_ladder *ladder, mep_time now, enum fw_ladder_phase phase)
{
    const struct phase *p = &phases[phase];

    ladder->phase = phase;
    ladder->transceiver = p->transceiver;
    ladder->enable = p->enable;
    ladder->until = now + (phase == FW_LADDER_READY ? patience(ladder->step) : p->ms * MS);
    if (phase == FW_LADDER_PAUSE)
        ladder->enable_cycles++;
    if (phase == FW_LADDER_SUPPLY)
        ladder->supply_cycles++;
}

void fw_ladder_init(struct fw_ladder *ladder, mep_time now, mep_time begin_at)
{
    memset(ladder, 0, sizeof *ladder);
    enter(ladder, now, FW_LADDER_OFF);
    ladder->until = begin_at;
}

void fw_ladder_heard(struct fw_ladder *ladder, mep_time now)
{
    ladder->step = 0;
    if (ladder->phase == FW_LADDER_READY)
        ladder->until = now + patience(0);
}

bool fw_ladder_turn(struct fw_ladder *ladder, mep_time now)
{
    if (now < ladder->until)
        return false;
    if (ladder->phase == FW_LADDER_READY) {
        enter(ladder, now, ladder->step == 0 ? FW_LADDER_PAUSE : FW_LADDER_LOWER);
        if (ladder->step < 5)
            ladder->step++;
        return false;
    }
    enter(ladder, now, phases[ladder->phase].next);
    return ladder->phase == FW_LADDER_READY;
}

mep_time fw_ladder_wake(const struct fw_ladder *ladder)
{
    return ladder->until;
}

/*
 * The meter link's supply: in which order transceiver and ENABLE are switched,
 * and what is tried, step by step, when the meter stays silent.
 *
 *     fw_ladder_init(l, now, begin_at);
 *     at each turn:
 *         if (fw_ladder_turn(l, now))
 *             reader_line_reset(...);
 *         set both pins to l->transceiver and l->enable
 *         on a verified answer: fw_ladder_heard(l, now)
 *     sleep until fw_ladder_wake(l)
 *
 * ENABLE supplies the meter's transmitter through the transceiver, so it comes
 * last and goes first. Silence may be legitimate (an optical session on the
 * meter's only UART), so steps get rarer and never restart the board:
 * ENABLE off and on after 30 s, the transceiver off and on after another 60 s (a
 * latched-up one needs that), then the latter again after 2, 4, 8 and from then
 * on every 15 minutes.
 */
#ifndef FW_LADDER_H
#define FW_LADDER_H

#include "mep/mep.h"

enum fw_ladder_phase {
    FW_LADDER_OFF,    /* both off, until the transceiver has forgotten a latch-up */
    FW_LADDER_SUPPLY, /* transceiver on, its charge pump starts */
    FW_LADDER_SETTLE, /* ENABLE on too, the meter's transmitter starts */
    FW_LADDER_READY,
    FW_LADDER_PAUSE, /* ENABLE alone is off */
    FW_LADDER_LOWER, /* ENABLE is off, the transceiver is next */
    FW_LADDER_PHASES
};

struct fw_ladder {
    enum fw_ladder_phase phase;
    mep_time until; /* the phase ends, or in READY the next step is due */
    unsigned step;  /* tried in this silence */
    bool transceiver, enable;
    uint32_t enable_cycles, supply_cycles; /* since the start; 1 of the latter is the start */
};

/* All is off until `begin_at`: the radio's start and ENABLE need not coincide. */
void fw_ladder_init(struct fw_ladder *ladder, mep_time now, mep_time begin_at);

/* The meter answered: what the silence began with begins anew. */
void fw_ladder_heard(struct fw_ladder *ladder, mep_time now);

/* True once each time that the line has become ready: what was received before is noise. */
bool fw_ladder_turn(struct fw_ladder *ladder, mep_time now);

mep_time fw_ladder_wake(const struct fw_ladder *ladder);

#endif

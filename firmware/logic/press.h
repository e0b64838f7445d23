/* The button on IO0: what a press means. Bouncing and a stuck button mean nothing. */
#ifndef FW_PRESS_H
#define FW_PRESS_H

#include "mep/mep.h"

enum fw_press {
    FW_PRESS_NONE,
    FW_PRESS_SHORT, /* 0.05 .. 2 s: open the access point */
    FW_PRESS_LONG   /* let go after 5 .. 20 s: forget all settings */
};

struct fw_button {
    mep_time since; /* it has been down */
    bool down;
    bool armed; /* it was seen up: a jumper on J7 is no press */
};

void fw_button_init(struct fw_button *button);

/* To be called about every 20 ms; meaning comes when the button is let go. */
enum fw_press fw_button_turn(struct fw_button *button, mep_time now, bool down);

/* Whether it has been down long enough for FW_PRESS_LONG: the LED shows it. */
bool fw_button_is_long(const struct fw_button *button, mep_time now);

/*
 * Whether the LED is lit: yes while the meter is read; otherwise it blinks once a
 * second, twice if there is no network either, and fast once the button has been
 * down long enough.
 */
bool fw_led(const struct fw_button *button, mep_time now, bool network, bool meter);

#endif

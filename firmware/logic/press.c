#include "firmware/logic/press.h"

#include <string.h>

static const mep_time SHORT_MIN = 50000, SHORT_MAX = 2000000, LONG_MIN = 5000000,
                      LONG_MAX = 20000000;

void fw_button_init(struct fw_button *button)
{
    memset(button, 0, sizeof *button);
}

enum fw_press fw_button_turn(struct fw_button *button, mep_time now, bool down)
{
    if (down && !button->down)
        button->since = now;
    bool released = !down && button->down && button->armed;
    button->down = down;
    if (!down)
        button->armed = true;
    if (!released)
        return FW_PRESS_NONE;
    mep_time held = now - button->since;
    if (held >= SHORT_MIN && held <= SHORT_MAX)
        return FW_PRESS_SHORT;
    return held >= LONG_MIN && held <= LONG_MAX ? FW_PRESS_LONG : FW_PRESS_NONE;
}

bool fw_button_is_long(const struct fw_button *button, mep_time now)
{
    return button->down && button->armed && now - button->since >= LONG_MIN &&
           now - button->since <= LONG_MAX;
}

bool fw_led(const struct fw_button *button, mep_time now, bool network, bool meter)
{
    int64_t ms = now / 1000 % 1000;

    if (fw_button_is_long(button, now))
        return ms / 50 % 2 == 0;
    if (!network)
        return ms < 100 || (ms >= 250 && ms < 350);
    return meter || ms < 100;
}

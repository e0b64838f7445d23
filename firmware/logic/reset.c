#include "firmware/logic/reset.h"

const char *fw_reset_name(unsigned reason)
{
    static const char *const names[FW_RESETS] = {
        "unknown",       "power_on",    "reset_pin",    "restart",   "crash", "interrupt_watchdog",
        "task_watchdog", "watchdog",    "sleep",        "brown_out", "sdio",  "usb",
        "jtag",          "efuse_error", "power_glitch", "lockup",
    };

    return names[reason < FW_RESETS ? reason : 0];
}

uint32_t fw_resets_all(const uint32_t resets[FW_RESETS])
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < FW_RESETS; i++)
        sum += resets[i];
    return sum;
}

/* Why the chip started, by esp_reset_reason()'s numbers: the same from ESP-IDF 5.1 to 5.5 (esp_system.h). */
#ifndef FW_RESET_H
#define FW_RESET_H

#include <stdint.h>

enum {
    FW_RESET_BROWN_OUT = 9,
    FW_RESETS = 16
};

const char *fw_reset_name(unsigned reason); /* "brown_out"; "unknown" of those beyond */

uint32_t fw_resets_all(const uint32_t resets[FW_RESETS]);

#endif

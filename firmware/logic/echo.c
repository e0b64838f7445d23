#include "firmware/logic/echo.h"

#include <string.h>

void fw_echo_init(struct fw_echo *echo)
{
    memset(echo, 0, sizeof *echo);
}

void fw_echo_sent(struct fw_echo *echo, const uint8_t *bytes, size_t count)
{
    if (echo->size != 0 && !echo->differed && echo->matched == echo->size) {
        if (echo->in_a_row < FW_ECHO_IN_A_ROW)
            echo->in_a_row++;
    } else if (echo->size != 0) {
        echo->in_a_row = 0;
    }
    echo->size = count < FW_ECHO_KEPT ? count : FW_ECHO_KEPT;
    memcpy(echo->sent, bytes, echo->size);
    echo->matched = 0;
    echo->differed = false;
}

bool fw_echo_received(struct fw_echo *echo, const uint8_t *bytes, size_t count)
{
    bool bridged = fw_echo_bridged(echo);

    for (size_t i = 0; i < count && echo->matched < echo->size; i++) {
        if (bytes[i] != echo->sent[echo->matched])
            echo->differed = true;
        if (bridged) {
            echo->bytes++;
            echo->wrong += bytes[i] != echo->sent[echo->matched];
        }
        echo->matched++;
    }
    return bridged;
}

bool fw_echo_bridged(const struct fw_echo *echo)
{
    return echo->in_a_row == FW_ECHO_IN_A_ROW;
}

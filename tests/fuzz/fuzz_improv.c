/*
 * What comes over the serial console. Every byte sent back is of a whole Improv
 * packet with the right sum, networks are joined only with names and passwords
 * that there can be, and no password outlasts its use. The first byte says how the
 * board is doing.
 */
#include "firmware/logic/improv.h"

#include <stdlib.h>
#include <string.h>

static struct fw_improv_board board;
static bool refuses;

#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static void send(const uint8_t *packet, size_t size)
{
    unsigned sum = 0;

    NEED(size >= 11 && size <= FW_IMPROV_PACKET && memcmp(packet, "IMPROV\1", 7) == 0);
    NEED(size == packet[8] + 11U && packet[size - 1] == '\n');
    for (size_t i = 0; i < size - 2; i++)
        sum += packet[i];
    NEED(packet[size - 2] == (uint8_t)sum);
}

static bool join(const char *ssid, const char *password)
{
    NEED(ssid[0] != 0 && strlen(ssid) < FW_IMPROV_SSID && strlen(password) < FW_IMPROV_PASSWORD);
    return !refuses;
}

static size_t scan(struct fw_seen *seen, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        memset(seen[i].ssid, 'a' + (int)i, sizeof seen[i].ssid - 1);
        seen[i].ssid[sizeof seen[i].ssid - 1] = 0;
        seen[i].rssi = (int8_t)(-40 - (int)i);
        seen[i].open = i % 2 == 0;
    }
    return size;
}

static const char *const *info(void)
{
    static char longest[300];
    static const char *texts[] = {"MEPlink", "0.1.0", "esp32", longest};

    memset(longest, 'n', sizeof longest - 1);
    return texts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fw_improv_host host = {send, join, scan, info};
    static const char nothing[FW_IMPROV_PASSWORD];

    if (size == 0)
        return 0;
    fw_improv_board_init(&board, &host);
    for (size_t at = 1; at < size;) {
        size_t some = size - at < 64 ? size - at : 64; /* as the console hands them on */
        refuses = (data[0] & 1) != 0;
        fw_improv_turn(&board, data + at, some, (enum fw_trial)(data[0] >> 1 & 3),
                       (data[0] & 8) != 0, "192.168.100.200");
        at += some;
    }
    NEED(memcmp(board.improv.password, nothing, sizeof nothing) == 0);
    return 0;
}

/*
 * Improv Wi-Fi over the serial console: a browser that flashed the board sets up
 * its network in the same tab. The protocol as published at improv-wifi.com:
 * "IMPROV", version 1, type, length, data, checksum (the low byte of the sum of
 * all before), and a line feed. What is no Improv packet passes by.
 */
#ifndef FW_IMPROV_H
#define FW_IMPROV_H

#include "firmware/logic/network.h"

enum {
    FW_IMPROV_PACKET = 6 + 3 + 255 + 2, /* the longest */
    FW_IMPROV_SSID = 33,
    FW_IMPROV_PASSWORD = 65
};

enum fw_improv_state {
    FW_IMPROV_READY = 2,
    FW_IMPROV_PROVISIONING = 3,
    FW_IMPROV_PROVISIONED = 4
};

enum fw_improv_error {
    FW_IMPROV_OK = 0,
    FW_IMPROV_INVALID = 1,
    FW_IMPROV_UNKNOWN = 2,
    FW_IMPROV_CANNOT_CONNECT = 3
};

enum fw_improv_command {
    FW_IMPROV_NONE = 0,
    FW_IMPROV_JOIN = 1, /* ssid and password */
    FW_IMPROV_GET_STATE = 2,
    FW_IMPROV_GET_INFO = 3,
    FW_IMPROV_SCAN = 4
};

struct fw_improv {
    uint8_t packet[FW_IMPROV_PACKET];
    size_t got;
    enum fw_improv_error error; /* of a packet that was no command: to be told */
    char ssid[FW_IMPROV_SSID], password[FW_IMPROV_PASSWORD];
};

void fw_improv_init(struct fw_improv *improv);

/* A byte from the console; a command once it is whole. The caller clears password when done. */
enum fw_improv_command fw_improv_byte(struct fw_improv *improv, uint8_t byte);

/* Packets to the browser; they give their size. */
size_t fw_improv_tell_state(enum fw_improv_state state, uint8_t packet[FW_IMPROV_PACKET]);
size_t fw_improv_tell_error(enum fw_improv_error error, uint8_t packet[FW_IMPROV_PACKET]);

/* The result of a command: `count` texts, each cut so that all fit. */
size_t fw_improv_tell_result(enum fw_improv_command command, const char *const *texts, size_t count,
                             uint8_t packet[FW_IMPROV_PACKET]);

/* ---- The board's side: what is answered to commands ---- */

struct fw_improv_host {
    void (*send)(const uint8_t *packet, size_t size);
    bool (*join)(const char *ssid, const char *password); /* a trial; false: not now */
    size_t (*scan)(struct fw_seen *seen, size_t size);    /* takes seconds */
    const char *const *(*info)(void); /* firmware, version, chip and name of the device: 4 */
};

struct fw_improv_board {
    struct fw_improv improv;
    const struct fw_improv_host *host;
    uint8_t packet[FW_IMPROV_PACKET];
    bool provisioning; /* a trial that was asked for here is not over */
};

void fw_improv_board_init(struct fw_improv_board *board, const struct fw_improv_host *host);

/* At each turn: what came, what became of the trial, and the address if `online`. */
void fw_improv_turn(struct fw_improv_board *board, const uint8_t *bytes, size_t count,
                    enum fw_trial trial, bool online, const char *address);

#endif

/*
 * The network: when to join which one, when to open the access point for setting
 * up, and how settings are tried before they are kept. Decides; the radio's
 * driver does what struct fw_network wants and tells what happened.
 *
 * Without settings the access point is open. With settings the network is
 * joined; tries that fail get rarer (2, 4, 8, 16, 32, then 60 s). Without it for
 * 3 minutes the access point opens as well, so that its owner can get in, and
 * joining goes on, every 5 minutes while somebody is at the access point (a
 * radio has one channel). It closes 2 minutes after the network came back. All
 * without a restart. Settings that are tried get three tries within 25 s: the
 * first may fail only because the radio changes its channel.
 */
#ifndef FW_NETWORK_H
#define FW_NETWORK_H

#include "reader/settings/settings.h"

enum fw_network_state {
    FW_NETWORK_SETUP,   /* nothing to join */
    FW_NETWORK_JOINING, /* what is stored, or what is being tried */
    FW_NETWORK_ONLINE,
    FW_NETWORK_WAITING /* before the next try */
};

enum fw_network_failure {
    FW_NETWORK_FINE,
    FW_NETWORK_NOT_FOUND,
    FW_NETWORK_REFUSED,    /* the password, most likely */
    FW_NETWORK_NO_ADDRESS, /* joined, and nobody gave an address, or the gateway is not there */
    FW_NETWORK_LOST,
    FW_NETWORK_NO_ANSWER, /* nothing happened in time */
    FW_NETWORK_SECURITY,  /* the network's is none of ours */
    FW_NETWORK_FAILURES
};

/* Of a disconnection's reason: IEEE 802.11's up to 67, Espressif's from 200 (esp_wifi_types.h). */
enum fw_network_failure fw_network_reason(unsigned reason);

enum fw_trial {
    FW_TRIAL_NONE,
    FW_TRIAL_RUNNING,
    FW_TRIAL_OK,    /* reached with them: to be saved */
    FW_TRIAL_FAILED /* see `failure`; what was stored is joined again */
};

struct fw_network {
    enum fw_network_state state;
    enum fw_trial trial;
    enum fw_network_failure failure; /* of the last try */
    enum fw_network_failure refusal; /* why the last trial failed */
    bool stored;                     /* there are settings to join with */
    bool linked;                     /* this try has joined, and waits for an address */

    /* What the radio shall do. */
    bool access_point;
    bool join;        /* be joined, or joining */
    bool candidate;   /* with the settings being tried, not the stored ones */
    uint32_t attempt; /* another number: leave and join anew */

    mep_time until;        /* the state ends */
    mep_time offline_at;   /* since when there is no network */
    mep_time setup_until;  /* the access point was asked for */
    unsigned failed;       /* tries in a row */
    unsigned tried;        /* how often the candidate was, in vain */
    uint32_t joined, lost; /* since the start */
};

void fw_network_init(struct fw_network *network, mep_time now, bool stored);

/* The network let us in, and an address is waited for. */
void fw_network_linked(struct fw_network *network);

/* An address was got; it was not, or was lost. */
void fw_network_joined(struct fw_network *network, mep_time now);
void fw_network_failed(struct fw_network *network, mep_time now, enum fw_network_failure failure);

/* Tries other settings, which the driver holds as its candidate. False: one trial is running. */
bool fw_network_try(struct fw_network *network, mep_time now);

/* The candidate was stored and is the stored one from now on. */
void fw_network_kept(struct fw_network *network);

/* The button: opens the access point for 10 minutes. */
void fw_network_open(struct fw_network *network, mep_time now);

/* Once a second; `guests` is how many are at the access point. */
void fw_network_turn(struct fw_network *network, mep_time now, unsigned guests);

/* In words for people: "not found", ... */
const char *fw_network_failure_text(enum fw_network_failure failure);

/* ---- A fixed address ---- */

/* In the order of bytes on the wire; zero: none. */
struct fw_fixed_address {
    uint8_t address[4], mask[4], gateway[4], dns[4]; /* dns: the gateway unless set */
};

/* False: by DHCP. */
bool fw_fixed_address(const struct reader_board_settings *settings, struct fw_fixed_address *fixed);

/* ---- Networks around ---- */

struct fw_seen {
    char ssid[33];
    int8_t rssi;
    bool open;
};

/* One more network that was seen, strongest first; a house may have one name several times. */
size_t fw_seen_add(struct fw_seen *seen, size_t count, size_t size, const char *ssid, int rssi,
                   bool open);

#endif

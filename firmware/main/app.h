/*
 * The board's application: adapters between the portable rooms and ESP-IDF.
 * Everything lives in one struct, allocated once; whoever touches what is marked
 * so holds app.lock. What is decided is decided in firmware/logic and reader/.
 */
#ifndef APP_H
#define APP_H

#include "firmware/board/board_pins.h"
#include "firmware/logic/api.h"
#include "firmware/logic/echo.h"
#include "firmware/logic/history.h"
#include "firmware/logic/ladder.h"
#include "firmware/logic/network.h"
#include "firmware/logic/update.h"
#include "reader/bridge/http.h"
#include "reader/bridge/mqtt.h"

#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

enum {
    APP_METERS = 1,
    APP_TASKS = 6
};

struct app {
    struct board_pins pins;
    SemaphoreHandle_t lock;

    /* Under the lock. */
    struct reader_settings settings;
    struct reader_meter_settings section[APP_METERS];
    struct reader_bridge bridge;
    struct reader_meter meter, *meters[APP_METERS];
    struct reader reader;
    struct reader_exchanges *exchanges;
    struct reader_mqtt mqtt[2];
    struct fw_ladder ladder;
    struct fw_echo echo;
    struct fw_profile profile;
    struct fw_network network;
    char candidate_ssid[33], candidate_password[65];
    struct fw_seen seen[12]; /* networks, when they were looked for last */
    size_t seen_count;
    bool scan_wanted;
    mep_time set_up_until; /* until then who has no password yet may set one from anywhere */

    /* Told once at the start, or by one task alone. */
    struct fw_probation probation;
    uint32_t resets[FW_RESETS]; /* by esp_reset_reason(); kept in NVS */
    char access_point[33], access_point_password[16];
    volatile bool restart_wanted;
    TaskHandle_t task[APP_TASKS]; /* whose stacks the diagnostics show */
};

extern struct app app;

void app_lock(void);
void app_unlock(void);
mep_time app_now(void);
TickType_t app_ticks_until(mep_time when); /* at least 1; `when` may be as long ago as it likes */
void app_restart(void);                    /* in a second, so that an answer still goes out */

/*
 * Zeroed memory, had once at the start, for plain data that is looked at seldom: of what
 * the ESP32 has left over beside its code, where anything smaller than a word takes a
 * hundred cycles; else of the heap.
 */
void *app_room(size_t size);

TaskHandle_t app_task(void (*run)(void *), const char *name, uint32_t stack, unsigned priority);

/* ---- settings.c ---- */

void settings_start(void);  /* NVS, counters, and what is set */
void settings_forget(void); /* the long press; the access point's password stays */
const char *settings_change(const char *const *names, const char *const *values, size_t count);

/* What is stored, as text, without secrets unless wanted; under the lock. */
const char *settings_backup(bool secrets, size_t *size);
/* Replaces it; secrets that the text lacks stay. NULL, or what is wrong and at which line. */
const char *settings_restore(const char *text, size_t size, unsigned *line);

/* ---- pem.c ---- */

void pem_start(void);
void pem_forget(void);
bool pem_is_set(enum fw_pem which);
char *pem_load(enum fw_pem which); /* to be freed; NULL: none */
const char *pem_set(enum fw_pem which, const char *text, size_t size);

/* ---- meter.c ---- */

void meter_start(void);
void meter_apply(void); /* the settings changed; under the lock */
bool meter_was_read(void);

/* ---- web.c, web_send.c, web_board.c ---- */

void web_start(void);

/* ---- mqtt.c ---- */

void mqtt_start(void);
void mqtt_apply(void);  /* the settings changed */
void mqtt_notify(void); /* there is news */
enum reader_mqtt_state mqtt_state(void *context, const char **why);

/* ---- net.c, net_wifi.c, net_openeth.c ---- */

void net_start(void);
void net_turn(mep_time now); /* every 20 ms, from one task */
bool net_online(void);
bool net_is_access_point(int socket); /* a connection that came over our own network */
const char *net_address(void);        /* "" without one */

/* Tries another network; false: not now. Under the lock. */
bool net_try(const char *ssid, const char *password);

/* Networks around, strongest first; takes seconds. */
size_t net_scan(struct fw_seen *seen, size_t size);

/* The driver below: radio or the emulator's Ethernet. */
struct esp_netif_obj;
struct esp_netif_obj *radio_start(void); /* the station's interface */
void radio_apply(const struct fw_network *network);
unsigned radio_guests(void);
bool radio_is_stored(void); /* there is something to join */
int radio_rssi(void);       /* 0: none */
extern const bool radio_can_scan;

/* ---- update.c ---- */

void update_start(void);
void update_turn(mep_time now);
/* Takes an image piece by piece; NULL or what is wrong. One at a time. */
const char *update_begin(size_t announced, bool allow_older);
const char *update_bytes(const uint8_t *bytes, size_t count);
const char *update_end(bool whole);
const char *update_fetch(const char *url, bool allow_older); /* begins; update_progress() tells */
void update_progress(struct fw_status *status);

/* ---- log.c ---- */

void log_start(void);
void log_apply(void);
void log_turn(void); /* sends what is new to syslog */
void log_text(struct reader_out *out);

/* ---- console.c ---- */

void console_start(void);
void console_turn(void); /* Improv, button, LED: every 20 ms */

#endif

/*
 * MQTT by libmosquitto: the two connections of reader/bridge/mqtt.h, each with a
 * thread of its own that resolves, connects, encrypts and sends, so that a slow
 * name server or broker never delays a reading. What these threads learn comes
 * to the loop's thread, where all functions here are called.
 *
 * A broker that is gone is tried again after 1 s, then twice as long, at most
 * MQTT_RETRY_MAX_MS; so is one that refuses the credentials. Nothing is queued
 * while it is gone: reader_mqtt gives the newest values once it is back. TLS
 * verifies the broker's certificate and its name, always.
 */
#ifndef MEPD_MQTT_H
#define MEPD_MQTT_H

#include "reader/bridge/mqtt.h"

#include <uv.h>

enum {
    MQTT_RETRY_MAX_MS = 60000,
    MQTT_UNSENT_MAX = 128, /* messages that a connected broker has not taken yet: no more follow */
    MQTT_WHY = 256
};

struct mqtt_config {
    uv_loop_t *loop;
    struct reader_bridge *bridge;
    /* Told what happens, a line each without a newline or secrets; on the loop's thread. */
    void (*say)(void *context, bool problem, const char *line);
    /* Something may be due now: mqtt_turn is to be called soon. NULL: it is called from within. */
    void (*due)(void *context);
    void *context;
};

struct mqtt;

/* Begins to connect if the settings want it. NULL: no memory or no threads. */
struct mqtt *mqtt_open(const struct mqtt_config *config);

/* The settings may have changed: what they want otherwise is connected anew. To be called
 * before the next mqtt_turn. */
void mqtt_settings(struct mqtt *mqtt);

/* Publishes what is due: to be called after each reading and when mqtt_wake says so. */
void mqtt_turn(struct mqtt *mqtt, mep_time now);

/* When to call mqtt_turn at the latest; MEP_NEVER: when something comes. */
mep_time mqtt_wake(const struct mqtt *mqtt, mep_time now);

/* Of the connection that is worst off, and if not connected, why: see struct reader_host. */
enum reader_mqtt_state mqtt_state(const struct mqtt *mqtt, const char **why);

/*
 * Ends both connections; the broker then publishes the last wills. Closes the
 * handles in the loop, which has to run until that is done: then `closed` is
 * called, and no memory is in use any more. A thread that waits for a name server
 * is left to end by itself.
 */
void mqtt_close(struct mqtt *mqtt, void (*closed)(void *context), void *context);

#endif

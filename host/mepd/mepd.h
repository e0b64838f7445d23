/* What mepd consists of. */
#ifndef HOST_MEPD_MEPD_H
#define HOST_MEPD_MEPD_H

#include "host/mepd/config.h"
#include "host/mepd/kdf.h"
#include "host/mepd/meter.h"
#include "host/mepd/mqtt.h"
#include "host/mepd/web.h"

struct mepd {
    uv_loop_t loop;
    struct config_source source;
    struct config *config; /* in force */
    struct config *next;   /* to be in force at the next turn; NULL: none */
    char why[CONFIG_PROBLEM_SIZE];

    struct meter_surroundings around;
    struct meter *meter[CONFIG_METERS_MAX];
    struct reader_meter *bridged[CONFIG_METERS_MAX]; /* the same, for the bridge */
    size_t meters;
    struct reader_host host;
    struct reader_bridge bridge;
    char hostname[256];
    struct kdf kdf;
    struct store *store; /* NULL: nothing is stored */
    struct mqtt *mqtt;
    struct web *web;

    uv_signal_t interrupt[2], reload;
    uv_prepare_t before_sleep;
    uv_check_t after_sleep;
    uv_timer_t publish, watchdog;
    bool news; /* for those who are told */
    bool ending;
};

/* ---- mepd_host.c: what the bridge asks of us ---- */

/* Sets up the bridge; without a store, `d->store` is NULL already. */
void mepd_bridge(struct mepd *d);

/* A line of the store's or of MQTT's, from any thread. */
void mepd_say(void *context, bool problem, const char *line);

/* ---- mepd_config.c: what is in force ---- */

/* Whether the host can do what is right in itself: a config_accept_fn. */
bool mepd_accepts(void *context, const struct config *config, char problem[CONFIG_PROBLEM_SIZE]);

/* Ends and begins meters so that there are those of a configuration; equal ones go on. */
void mepd_set_meters(struct mepd *d, const struct config *c);

/* Listens where the settings want it, and says so; false after a line about why not. */
bool mepd_listen(struct mepd *d, const struct reader_settings *settings);

/* Puts d->next in force; what stood before is forgotten. */
void mepd_apply(struct mepd *d);

/* Reads the configuration anew; if that is wrong, says why, and all stays. */
void mepd_reload(struct mepd *d);

#endif

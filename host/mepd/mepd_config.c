/* The configuration in force, and how another one takes its place. */
#include "host/mepd/log.h"
#include "host/mepd/mepd.h"
#include "host/mepd/notify.h"

#include <stdio.h>
#include <string.h>

bool mepd_accepts(void *context, const struct config *config, char problem[CONFIG_PROBLEM_SIZE])
{
    struct mepd *d = context;
    char why[WEB_WHY_SIZE];

    if (web_can_listen(d->web, config->settings.http_listen, why))
        return true;
    snprintf(problem, CONFIG_PROBLEM_SIZE, "http.listen: %s", why);
    return false;
}

/* The running meter that is what the settings want; NULL: none. */
static struct meter *find_meter(const struct mepd *d, const struct config *c, size_t i)
{
    for (size_t j = 0; j < d->meters; j++)
        if (meter_is_same(d->meter[j], &c->meter[i], &c->key[i]))
            return d->meter[j];
    return NULL;
}

/* Rounds of several meters are spread evenly over a period. */
static struct meter *start_meter(const struct mepd *d, const struct config *c, size_t i)
{
    mep_time period = (mep_time)c->meter[i].period_s * 1000000;
    return meter_start(&d->around, &c->meter[i], &c->key[i],
                       period * (mep_time)i / (mep_time)c->settings.meters);
}

/* What did not change goes on. Others end before new ones begin, since these may want their line;
 * their memory stays until the loop goes on. */
void mepd_set_meters(struct mepd *d, const struct config *c)
{
    struct meter *meter[CONFIG_METERS_MAX] = {NULL};
    size_t count = 0;

    for (size_t i = 0; i < c->settings.meters; i++)
        meter[i] = find_meter(d, c, i);
    for (size_t j = 0; j < d->meters; j++) {
        bool stays = false;
        for (size_t i = 0; i < c->settings.meters; i++)
            stays |= meter[i] == d->meter[j];
        if (!stays) {
            web_drop(d->web, &d->meter[j]->bridge);
            meter_end(d->meter[j]);
        }
    }
    for (size_t i = 0; i < c->settings.meters; i++) {
        struct meter *m = meter[i] != NULL ? meter[i] : start_meter(d, c, i);
        if (m == NULL)
            continue; /* no memory; it is missed in the list of meters */
        d->bridged[count] = &m->bridge;
        d->meter[count++] = m;
    }
    d->meters = count;
    reader_bridge_set_meters(&d->bridge, d->bridged, d->meters);
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]", 5) == 0 ||
           strncmp(address, "localhost:", 10) == 0;
}

bool mepd_listen(struct mepd *d, const struct reader_settings *s)
{
    const char *address = s->http_listen, *colon = strrchr(address, ':');
    char why[WEB_WHY_SIZE];
    bool same = strcmp(address, web_address(d->web)) == 0;

    if (!web_listen(d->web, address, why)) {
        log_error("http.listen: %s", why);
        return false;
    }
    if (same || colon == NULL)
        return true;
    log_info("listening on http://%.*s:%u/", (int)(colon - address), address, web_port(d->web));
    if (s->http_password[0] == 0 && s->http_public && !is_loopback(address))
        log_warning("whoever can reach that sees the readings, and there is no password yet: "
                    "mepd --set-password");
    return true;
}

void mepd_apply(struct mepd *d)
{
    struct config *old = d->config, *c = d->next;

    d->next = NULL;
    d->config = c;
    d->bridge.settings = &c->settings;
    log_set_level((enum log_level)c->settings.log_level);
    d->around.sample_s = c->settings.history_sample_s;
    if (d->store != NULL)
        store_keep(d->store, c->settings.history_keep_days);
    mepd_set_meters(d, c);
    mqtt_settings(d->mqtt);
    mepd_listen(d, &c->settings);
    if (strcmp(old->settings.data, c->settings.data) != 0)
        log_warning("data: the new directory is used when mepd starts again");
    config_free(old);
    d->news = true;
}

void mepd_reload(struct mepd *d)
{
    char problem[CONFIG_PROBLEM_SIZE];

    notify_reloading();
    struct config *next = config_load(&d->source, problem);
    if (next == NULL || !mepd_accepts(d, next, problem)) {
        log_error("%s", problem);
        log_error("the configuration stays as it was");
        config_free(next);
    } else {
        config_free(d->next);
        d->next = next;
        mepd_apply(d);
        log_info("the configuration was read again");
    }
    notify_state("READY=1");
}

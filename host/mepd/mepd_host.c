/* What the bridge asks of its host. */
#include "host/mepd/log.h"
#include "host/mepd/mepd.h"
#include "web/assets.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

static void random_bytes(void *context, uint8_t *bytes, size_t count)
{
    (void)context;
    while (count != 0) {
        ssize_t got = getrandom(bytes, count, 0);
        if (got < 0 && errno != EINTR)
            abort(); /* a guessable session would be worse than none */
        if (got > 0) {
            bytes += got;
            count -= (size_t)got;
        }
    }
}

static void on_derived(void *context, const uint8_t hash[READER_HASH_SIZE], bool ok)
{
    struct mepd *d = context;

    reader_bridge_derived(&d->bridge, hash, ok);
    d->news = true;
}

static bool derive(void *context, const char *password, const uint8_t salt[READER_SALT_SIZE],
                   uint32_t iterations)
{
    struct mepd *d = context;
    return kdf_begin(&d->kdf, &d->loop, password, salt, iterations, on_derived, d);
}

static bool series(void *context, const struct reader_series *wanted, reader_point_fn *fn,
                   void *fn_context)
{
    struct mepd *d = context;
    return d->store != NULL && store_series(d->store, wanted, fn, fn_context);
}

static bool is_fixed(void *context, const char *name)
{
    struct mepd *d = context;
    return config_is_fixed(&d->source, d->config, name);
}

/* Applied at the next turn: who calls is in the midst of using what is in force. */
static const char *change(void *context, const char *const *names, const char *const *values,
                          size_t count)
{
    struct mepd *d = context;
    struct config *next = config_change(&d->source, names, values, count, mepd_accepts, d, d->why);

    if (next == NULL)
        return d->why;
    for (size_t i = 0; i < count; i++)
        log_info("%s was changed on the settings page", names[i]);
    config_free(d->next);
    d->next = next;
    return NULL;
}

static const struct reader_asset *asset(void *context, const char *path)
{
    (void)context;
    return web_asset(path);
}

static enum reader_mqtt_state mqtt(void *context, const char **why)
{
    struct mepd *d = context;
    return mqtt_state(d->mqtt, why);
}

static bool store_works(void *context)
{
    struct mepd *d = context;
    return d->store != NULL && store_ok(d->store);
}

void mepd_say(void *context, bool problem, const char *line)
{
    (void)context;
    if (problem)
        log_warning("%s", line);
    else
        log_info("%s", line);
}

void mepd_bridge(struct mepd *d)
{
    d->host = (struct reader_host){
        .context = d,
        .random = random_bytes,
        .derive = derive,
        .series = series,
        .change = change,
        .is_fixed = is_fixed,
        .asset = asset,
        .mqtt = mqtt,
        .store_ok = d->store == NULL ? NULL : store_works,
        .lacks = READER_SETTING_BOARD,
    };
    reader_bridge_init(&d->bridge, &d->host, &d->config->settings, "mepd", MEPLINK_VERSION,
                       link_now());
    if (gethostname(d->hostname, sizeof d->hostname - 1) == 0)
        d->bridge.hostname = d->hostname;
}

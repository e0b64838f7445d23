/* mepd: meters, their history, HTTP and MQTT in one loop. */
#include "host/mepd/kdf.h"
#include "host/mepd/log.h"
#include "host/mepd/meter.h"
#include "host/mepd/mqtt.h"
#include "host/mepd/notify.h"
#include "host/mepd/options.h"
#include "host/mepd/password.h"
#include "host/mepd/web.h"
#include "host/file_out.h"
#include "host/say.h"
#include "web/assets.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

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

/* ---- What the bridge asks of us ---------------------------------------- */

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

static bool accept_config(void *context, const struct config *config,
                          char problem[CONFIG_PROBLEM_SIZE])
{
    struct mepd *d = context;
    char why[WEB_WHY_SIZE];

    if (web_can_listen(d->web, config->settings.http_listen, why))
        return true;
    snprintf(problem, CONFIG_PROBLEM_SIZE, "http.listen: %s", why);
    return false;
}

/* Applied at the next turn: who calls is in the midst of using what is in force. */
static const char *change(void *context, const char *const *names, const char *const *values,
                          size_t count)
{
    struct mepd *d = context;
    struct config *next = config_change(&d->source, names, values, count, accept_config, d, d->why);

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

/* From any thread. */
static void say(void *context, bool problem, const char *line)
{
    (void)context;
    if (problem)
        log_warning("%s", line);
    else
        log_info("%s", line);
}

/* ---- Turns ------------------------------------------------------------- */

static void on_news(void *context, struct meter *meter)
{
    struct mepd *d = context;

    (void)meter;
    d->news = true;
}

static void on_due(void *context)
{
    struct mepd *d = context;
    d->news = true;
}

static void on_publish(uv_timer_t *timer)
{
    on_due(timer->data);
}

static void schedule_publish(struct mepd *d, mep_time now)
{
    mep_time wake = mqtt_wake(d->mqtt, now);

    if (wake == MEP_NEVER)
        uv_timer_stop(&d->publish);
    else
        uv_timer_start(&d->publish, on_publish,
                       wake <= now ? 1 : (uint64_t)(wake - now + 999) / 1000, 0);
}

/*
 * How long it took from the last byte of the meter's answer until the reading was
 * handed to libmosquitto and to the sockets of those who get events. The
 * measurements of tests/bench read these lines.
 */
static void say_latency(struct mepd *d, mep_time published, mep_time streamed)
{
    for (size_t i = 0; i < d->meters; i++) {
        struct meter *m = d->meter[i];
        if (m->has_reading)
            log_debug("%s: reading %" PRIu32 ": after %lld us at MQTT, after %lld us at %u streams",
                      m->settings.name, reader_counters(&m->reader)->readings,
                      (long long)(published - m->last_byte_at),
                      (long long)(streamed - m->last_byte_at), web_streams(d->web));
        m->has_reading = false;
    }
}

static void tell(struct mepd *d)
{
    d->news = false;
    mqtt_turn(d->mqtt, link_now());
    mep_time published = link_now();
    web_turn(d->web);
    say_latency(d, published, link_now());
    uv_update_time(&d->loop);
    schedule_publish(d, link_now());
}

/* A request may have asked a meter for something. */
static void begin_jobs(struct mepd *d)
{
    for (size_t i = 0; i < d->meters; i++) {
        struct meter *m = d->meter[i];
        if (m->bridge.table.state == READER_JOB_WANTED || m->bridge.key.state == READER_JOB_WANTED)
            meter_turn(m);
    }
}

static void apply(struct mepd *d);

static void turn(struct mepd *d)
{
    if (d->ending)
        return;
    if (d->next != NULL)
        apply(d);
    begin_jobs(d);
    if (d->news)
        tell(d);
}

static void on_check(uv_check_t *check)
{
    turn(check->data);
}

static void on_prepare(uv_prepare_t *prepare)
{
    turn(prepare->data);
}

/* ---- Configuration ------------------------------------------------------ */

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
static void set_meters(struct mepd *d, const struct config *c)
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

static bool listen_on(struct mepd *d, const struct reader_settings *s)
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

/* Puts what was read in force; what stood before is forgotten. */
static void apply(struct mepd *d)
{
    struct config *old = d->config, *c = d->next;

    d->next = NULL;
    d->config = c;
    d->bridge.settings = &c->settings;
    log_set_level((enum log_level)c->settings.log_level);
    d->around.sample_s = c->settings.history_sample_s;
    if (d->store != NULL)
        store_keep(d->store, c->settings.history_keep_days);
    set_meters(d, c);
    mqtt_settings(d->mqtt);
    listen_on(d, &c->settings);
    if (strcmp(old->settings.data, c->settings.data) != 0)
        log_warning("data: the new directory is used when mepd starts again");
    config_free(old);
    d->news = true;
}

static void reload(struct mepd *d)
{
    char problem[CONFIG_PROBLEM_SIZE];

    notify_reloading();
    struct config *next = config_load(&d->source, problem);
    if (next == NULL || !accept_config(d, next, problem)) {
        log_error("%s", problem);
        log_error("the configuration stays as it was");
        config_free(next);
    } else {
        config_free(d->next);
        d->next = next;
        apply(d);
        log_info("the configuration was read again");
    }
    notify_state("READY=1");
}

/* ---- Life -------------------------------------------------------------- */

static void on_reload(uv_signal_t *handle, int number)
{
    struct mepd *d = handle->data;

    (void)number;
    if (!d->ending)
        reload(d);
}

static void on_watchdog(uv_timer_t *timer)
{
    (void)timer;
    notify_state("WATCHDOG=1");
}

static void close_handle(void *handle)
{
    uv_close(handle, NULL);
}

/* Everything lets go of the loop, which then ends by itself. */
static void end(struct mepd *d)
{
    if (d->ending)
        return;
    d->ending = true;
    notify_state("STOPPING=1");
    for (size_t i = 0; i < d->meters; i++) {
        web_drop(d->web, d->bridged[i]);
        meter_end(d->meter[i]);
    }
    web_close(d->web);
    mqtt_close(d->mqtt, NULL, NULL);
    close_handle(&d->interrupt[0]);
    close_handle(&d->interrupt[1]);
    close_handle(&d->reload);
    close_handle(&d->before_sleep);
    close_handle(&d->after_sleep);
    close_handle(&d->publish);
    close_handle(&d->watchdog);
}

static void on_interrupt(uv_signal_t *handle, int number)
{
    struct mepd *d = handle->data;

    log_info("ending, for signal %d", number);
    end(d);
}

static void set_up_loop(struct mepd *d)
{
    static const int signals[] = {SIGINT, SIGTERM};
    uint64_t watchdog = notify_watchdog_ms();

    if (uv_loop_init(&d->loop) != 0)
        abort();
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&d->loop, &d->interrupt[i]);
        d->interrupt[i].data = d;
        uv_signal_start(&d->interrupt[i], on_interrupt, signals[i]);
    }
    uv_signal_init(&d->loop, &d->reload);
    uv_prepare_init(&d->loop, &d->before_sleep);
    uv_check_init(&d->loop, &d->after_sleep);
    uv_timer_init(&d->loop, &d->publish);
    uv_timer_init(&d->loop, &d->watchdog);
    d->reload.data = d->before_sleep.data = d->after_sleep.data = d->publish.data = d;
    uv_signal_start(&d->reload, on_reload, SIGHUP);
    uv_prepare_start(&d->before_sleep, on_prepare);
    uv_check_start(&d->after_sleep, on_check);
    if (watchdog > 1)
        uv_timer_start(&d->watchdog, on_watchdog, 0, watchdog / 2);
}

static void set_up_bridge(struct mepd *d)
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

static bool open_store(struct mepd *d)
{
    struct store_config config = {
        .folder = d->config->settings.data,
        .keep_days = d->config->settings.history_keep_days,
        .say = say,
    };
    char why[STORE_WHY];

    if (config.folder[0] == 0)
        return true;
    d->store = store_open(&config, why);
    if (d->store == NULL)
        log_error("data: %s; --data DIR names another directory", why);
    return d->store != NULL;
}

static bool open_all(struct mepd *d)
{
    struct mqtt_config mqtt_config = {
        .loop = &d->loop, .bridge = &d->bridge, .say = say, .due = on_due, .context = d};

    if (!open_store(d))
        return false;
    set_up_loop(d);
    set_up_bridge(d);
    d->around = (struct meter_surroundings){
        .loop = &d->loop,
        .store = d->store,
        .sample_s = d->config->settings.history_sample_s,
        .news = on_news,
        .context = d,
    };
    d->web = web_open(&d->loop, &d->bridge);
    d->mqtt = mqtt_open(&mqtt_config);
    if (d->web == NULL || d->mqtt == NULL) {
        log_error("no memory or no threads");
        return false;
    }
    return listen_on(d, &d->config->settings);
}

static int run(const struct config_source *source)
{
    static struct mepd d;

    d.source = *source;
    d.config = config_load(&d.source, d.why);
    if (d.config == NULL)
        return log_usage("%s", d.why);
    log_set_level((enum log_level)d.config->settings.log_level);
    signal(SIGPIPE, SIG_IGN);
    setenv("UV_THREADPOOL_SIZE", "2", 0); /* passwords and names of hosts */
    if (!open_all(&d))
        return EXIT_DATA;
    set_meters(&d, d.config);
    if (d.meters == 0)
        log_warning("no meter is configured: see mepd --manual, or the settings page");
    d.news = true;
    notify_state("READY=1");
    uv_run(&d.loop, UV_RUN_DEFAULT);
    uv_loop_close(&d.loop);
    if (d.store != NULL)
        store_close(d.store);
    config_free(d.next);
    config_free(d.config);
    return EXIT_OK;
}

static int check_config(const struct config_source *source)
{
    char problem[CONFIG_PROBLEM_SIZE];
    struct config *config = config_load(source, problem);

    if (config == NULL)
        return log_usage("%s", problem);
    printf("%s: right, %zu meter%s\n", source->path, config->settings.meters,
           config->settings.meters == 1 ? "" : "s");
    config_free(config);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    struct config_source source;
    struct reader_out out;
    enum task task;

    log_init();
    int status = options_parse(argc, argv, &source, &task);
    if (status != EXIT_OK)
        return status;
    switch (task) {
    case TASK_SET_PASSWORD:
        return password_set(&source);
    case TASK_CHECK_CONFIG:
        return check_config(&source);
    case TASK_MANUAL:
        out = file_out(stdout);
        reader_settings_manual(&out, READER_SETTING_HOST);
        return EXIT_OK;
    case TASK_NOTHING:
        return EXIT_OK;
    default:
        return run(&source);
    }
}

/* mepd: meters, their history, HTTP and MQTT in one loop. */
#include "host/mepd/mepd.h"

#include "host/file_out.h"
#include "host/mepd/log.h"
#include "host/mepd/notify.h"
#include "host/mepd/options.h"
#include "host/mepd/password.h"
#include "host/say.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

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
 * handed to libmosquitto and to the sockets of those who get events.
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

static void turn(struct mepd *d)
{
    if (d->ending)
        return;
    if (d->next != NULL)
        mepd_apply(d);
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

/* ---- Life -------------------------------------------------------------- */

static void on_reload(uv_signal_t *handle, int number)
{
    struct mepd *d = handle->data;

    (void)number;
    if (!d->ending)
        mepd_reload(d);
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

static bool open_store(struct mepd *d)
{
    struct store_config config = {
        .folder = d->config->settings.data,
        .keep_days = d->config->settings.history_keep_days,
        .say = mepd_say,
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
        .loop = &d->loop, .bridge = &d->bridge, .say = mepd_say, .due = on_due, .context = d};

    if (!open_store(d))
        return false;
    set_up_loop(d);
    mepd_bridge(d);
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
    return mepd_listen(d, &d->config->settings);
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
    mepd_set_meters(&d, d.config);
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

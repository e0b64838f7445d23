#include "host/mepd/meter.h"

#include "host/mepd/log.h"

#include <stdlib.h>
#include <string.h>

enum {
    AGAIN_S = 300,       /* between two looks for intervals that have ended since */
    NO_PROFILE_S = 3600, /* the same for a meter that seems to have no load profile */
    RECENT_S = 2 * 86400,
    ROOM_S = 1 /* between two looks whether the store has room again */
};

static mep_time seconds(int count)
{
    return (mep_time)count * 1000000;
}

/* ---- Samples ----------------------------------------------------------- */

static const char *const sampled_names[] = {
    "energy_import_wh", "energy_export_wh", "power_import_w", "power_export_w", "voltage_l1_mv",
    "voltage_l2_mv",    "voltage_l3_mv",    "current_l1_ma",  "current_l2_ma",  "current_l3_ma",
};
enum {
    SAMPLED = sizeof sampled_names / sizeof *sampled_names
};

/* What a reading has of them; not what has grown old. */
struct sample {
    mep_time fresh_since;
    int64_t time; /* by the meter's clock where it has one, else by ours */
    bool has[SAMPLED];
    int64_t value[SAMPLED];
};

static void take_value(void *context, const struct reader_value *value)
{
    struct sample *sample = context;

    if (value->kind == READER_TIME)
        sample->time = meter_time_unix(&value->time);
    for (size_t i = 0; i < SAMPLED && value->kind == READER_INTEGER; i++) {
        if (strcmp(value->name, sampled_names[i]) == 0 &&
            value->verified_at >= sample->fresh_since) {
            sample->has[i] = true;
            sample->value[i] = value->integer;
        }
    }
}

static void store_sample(struct meter *m, mep_time now)
{
    int32_t every = m->around->sample_s;
    struct sample sample = {.fresh_since = now - seconds(m->settings.period_s + 1),
                            .time = link_calendar_us() / 1000000};

    if (m->around->store == NULL || every <= 0 || m->serial[0] == 0)
        return;
    reader_values(&m->reader, now, take_value, &sample);
    if (sample.time / every == m->sampled)
        return;
    m->sampled = sample.time / every;
    for (size_t i = 0; i < SAMPLED; i++) {
        struct store_point point = {
            .serial = m->serial,
            .name = sampled_names[i],
            .time = sample.time,
            .value = sample.value[i],
            .restarted = m->restarted,
        };
        if (sample.has[i])
            store_put(m->around->store, &point);
    }
    m->restarted = false;
}

/* ---- The meter's own history ------------------------------------------- */

struct interval {
    const struct meter *meter;
    int64_t time;
};

static void store_value(void *context, const struct meter_value *value)
{
    const struct interval *interval = context;
    struct store_point point = {
        .serial = interval->meter->serial,
        .name = value->name,
        .time = interval->time,
        .value = value->integer,
        .from_meter = true,
    };
    store_put(interval->meter->around->store, &point);
}

static void store_intervals(struct meter *m, mep_time now)
{
    struct store *store = m->around->store;
    struct reader_interval interval;

    m->room_at = MEP_NEVER;
    for (;;) {
        if (!store_room(store)) {
            m->room_at = now + seconds(ROOM_S);
            return;
        }
        if (!reader_history_next(&m->history, &m->reader, &interval))
            return;
        struct interval stored = {m, interval.time};
        reader_history_values(&m->history, &m->reader, &interval, store_value, &stored);
        if (!m->recent)
            store_interval(store, m->serial, interval.time);
    }
}

/*
 * Goes on where the store ends, for whichever meter it is now. If that is long
 * ago, today and yesterday are read first, for they are looked at most, and once
 * more in their turn; only then does the store know that nothing is missing.
 */
static void begin_history(struct meter *m)
{
    int64_t newest = store_newest(m->around->store, reader_info(&m->reader)->serial);
    int64_t recent = link_calendar_us() / 1000000 - RECENT_S;

    memcpy(m->serial, reader_info(&m->reader)->serial, sizeof m->serial);
    m->again_at = MEP_NEVER;
    m->sampled = INT64_MIN;
    m->recent = newest < recent;
    reader_history_init(&m->history, 0, m->recent ? recent : newest);
}

static void end_recent(struct meter *m)
{
    m->recent = false;
    reader_history_init(&m->history, 0, store_newest(m->around->store, m->serial));
}

/* What ended lately is looked for once in a while. */
static void look_again(struct meter *m, mep_time now)
{
    if (m->history.state == READER_HISTORY_CURRENT && m->recent) {
        end_recent(m);
    } else if (m->history.state == READER_HISTORY_READING) {
        m->again_at = MEP_NEVER;
    } else if (m->again_at == MEP_NEVER) {
        m->again_at =
            now + seconds(m->history.state == READER_HISTORY_CURRENT ? AGAIN_S : NO_PROFILE_S);
    } else if (now >= m->again_at) {
        m->again_at = MEP_NEVER;
        reader_history_again(&m->history);
    }
}

static void history_turn(struct meter *m, mep_time now)
{
    const char *serial = reader_info(&m->reader)->serial;

    if (m->around->store == NULL || serial[0] == 0)
        return;
    if (strcmp(serial, m->serial) != 0)
        begin_history(m);
    store_intervals(m, now);
    look_again(m, now);
    reader_history_turn(&m->history, &m->reader, now);
}

/* ---- The reader as the link's user -------------------------------------- */

static void input(void *user, mep_time now, const uint8_t *bytes, size_t count)
{
    struct meter *m = user;

    reader_exchanges_received(&m->log, now, bytes, count);
    reader_input(&m->reader, now, bytes, count);
    reader_exchanges_judge(&m->log, &m->reader);
}

static size_t output(void *user, mep_time now, uint8_t *bytes, size_t size)
{
    struct meter *m = user;
    size_t count = reader_output(&m->reader, now, bytes, size);

    reader_exchanges_sent(&m->log, now, bytes, count);
    return count;
}

static mep_time earlier(mep_time a, mep_time b)
{
    return a < b ? a : b;
}

static mep_time wake(void *user)
{
    struct meter *m = user;
    mep_time when = earlier(m->again_at, m->room_at);

    if (m->serial[0] != 0)
        when = earlier(when, reader_history_wake(&m->history));
    return earlier(when, reader_wake(&m->reader));
}

static void reset(void *user, mep_time now)
{
    struct meter *m = user;

    if (m->bridge.line_problem != NULL)
        log_info("%s: %s is open", m->settings.name, m->link.line.name);
    m->bridge.line_problem = NULL;
    m->bridge.links++;
    m->bridge.news++;
    reader_line_reset(&m->reader, now);
}

static void say_link(const struct meter *m, enum reader_link link)
{
    if (link == READER_LINK_OK)
        log_info("%s: %s", m->settings.name, reader_link_text(link));
    else if (link != READER_LINK_STARTING)
        log_warning("%s: %s %s", m->settings.name, reader_link_text(link),
                    reader_link_causes(link));
}

static void on_event(struct meter *m, mep_time now, const struct reader_event *event)
{
    const struct reader_info *info = reader_info(&m->reader);

    switch (event->type) {
    case READER_EVENT_READING:
        m->restarted |=
            (event->reading.flags & (READER_FLAG_ROLLOVER | READER_FLAG_RESTARTED)) != 0;
        store_sample(m, now);
        m->has_reading = true;
        m->last_byte_at = m->link.received_at;
        break;
    case READER_EVENT_LINK:
        say_link(m, event->link);
        break;
    case READER_EVENT_METER:
        log_warning("%s: another meter answers now: %s", m->settings.name, info->serial);
        break;
    case READER_EVENT_INFO:
        log_info("%s: meter %s, %s %s, firmware %s", m->settings.name, info->serial,
                 info->manufacturer, info->model, info->firmware);
        break;
    case READER_EVENT_ALERT:
        log_info("%s: alert flags are 0x%02x", m->settings.name, event->alert_flags);
        break;
    default:
        break;
    }
}

static void turn(void *user, mep_time now)
{
    struct meter *m = user;
    struct reader_event event;
    bool news = false;

    while (reader_event(&m->reader, &event)) {
        reader_meter_event(&m->bridge, now, &event);
        reader_history_event(&m->history, &m->reader, &event);
        on_event(m, now, &event);
        news = true;
    }
    reader_meter_turn(&m->bridge, now);
    history_turn(m, now);
    if (news)
        m->around->news(m->around->context, m);
}

/* The bridge looks at the reason where the link keeps it. */
static bool lost(void *user, const char *why)
{
    struct meter *m = user;

    if (strcmp(m->link.why, why) != 0) {
        log_warning("%s: %s; trying again", m->settings.name, why);
        m->bridge.links++;
        m->bridge.news++;
        m->around->news(m->around->context, m);
    }
    m->bridge.line_problem = m->link.why;
    return true;
}

/* ---- Life -------------------------------------------------------------- */

static void set_up_reader(struct meter *m)
{
    struct reader_config config;

    reader_config_init(&config, &m->key);
    config.client.encrypt = m->settings.encrypt;
    config.client.baud = line_baud(&m->link.line);
    config.client.gap_us = line_gap_us(&m->link.line);
    config.period_us = seconds(m->settings.period_s);
    reader_init(&m->reader, &config);
    mep_key_wipe(&config.client.key);
}

struct meter *meter_start(const struct meter_surroundings *around,
                          const struct reader_meter_settings *settings, const struct mep_key *key,
                          mep_time delay_us)
{
    static const struct link_user ops = {input, output, wake, reset, turn, lost};
    struct meter *m = calloc(1, sizeof *m);
    struct uri uri;

    if (m == NULL)
        return NULL;
    m->around = around;
    m->settings = *settings;
    m->key = *key;
    m->again_at = m->room_at = MEP_NEVER;
    uri_parse(settings->uri, &uri);
    link_init(&m->link, around->loop, &uri, &ops, m);
    set_up_reader(m);
    reader_history_init(&m->history, 0, READER_HISTORY_ALL);
    reader_exchanges_init(&m->log);
    reader_meter_init(&m->bridge, &m->settings, &m->reader,
                      around->store == NULL ? NULL : &m->history, &m->log);
    link_start(&m->link, delay_us);
    return m;
}

bool meter_is_same(const struct meter *meter, const struct reader_meter_settings *settings,
                   const struct mep_key *key)
{
    return strcmp(meter->settings.name, settings->name) == 0 &&
           strcmp(meter->settings.uri, settings->uri) == 0 &&
           meter->settings.encrypt == settings->encrypt &&
           meter->settings.period_s == settings->period_s &&
           memcmp(meter->key.bytes, key->bytes, sizeof key->bytes) == 0;
}

void meter_turn(struct meter *meter)
{
    link_pump(&meter->link);
}

static void free_meter(void *user)
{
    struct meter *m = user;

    explicit_bzero(m, sizeof *m); /* keys and exchanges */
    free(m);
}

void meter_end(struct meter *meter)
{
    link_close(&meter->link, free_meter);
}

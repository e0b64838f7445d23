#include "reader/internal.h"

#include <string.h>

enum {
    ALERT_PERIOD_US = 10000000 /* alerts come each second as long as their cause stands */
};

void reader_config_init(struct reader_config *config, const struct mep_key *key)
{
    memset(config, 0, sizeof *config);
    mep_client_config_init(&config->client, key);
    config->period_us = 1000000;
    config->tiers_us = 60000000;
    config->clock_us = 10000000;
    config->tariff_us = 10000000;
    config->alert_us = 60000000;
    config->check_us = 60000000;
    config->stale_us = 15000000;
    config->silent_after_us = 5000000;
}

void reader_init(struct reader *r, const struct reader_config *config)
{
    memset(r, 0, sizeof *r);
    r->config = *config;
    mep_client_init(&r->client, &config->client);
    r->wake_at = INT64_MIN;
    r->retry_at = INT64_MIN;
    r->probe_at = INT64_MIN;
    r->item = ITEM_NONE;
    r->link = READER_LINK_STARTING;
    reader_forget(r);
    reader_begin_setup(r);
}

/* The flags of ET13 say why; but a lasting alert is no reason to read them each second. */
static void alerted(struct reader *r, mep_time now)
{
    mep_time due = r->info.alert_flags_known ? r->alerts_at + ALERT_PERIOD_US : now;

    if (r->due[EXTRA_ALERTS] > due)
        r->due[EXTRA_ALERTS] = due;
}

static void take_events(struct reader *r, mep_time now)
{
    struct mep_event event;

    while (mep_client_event(&r->client, &event)) {
        switch (event.type) {
        case MEP_EVENT_DONE:
            r->wake_at = INT64_MIN;
            reader_answered(r, &event, now);
            break;
        case MEP_EVENT_ALERT:
            alerted(r, now);
            break;
        case MEP_EVENT_SEQUENCE:
            /* Perhaps a reconfiguration, perhaps another meter: what now comes must wait. */
            r->check_idt = true;
            r->check_serial = true;
            break;
        case MEP_EVENT_BAUD:
            break; /* this room writes nothing */
        }
    }
}

void reader_input(struct reader *r, mep_time now, const uint8_t *bytes, size_t count)
{
    mep_client_input(&r->client, now, bytes, count);
    take_events(r, now);
}

size_t reader_output(struct reader *r, mep_time now, uint8_t *bytes, size_t size)
{
    if (!r->started) {
        r->started = true;
        r->heard_at = now;
    }
    for (;;) {
        size_t count = mep_client_output(&r->client, now, bytes, size);
        take_events(r, now);
        if (count != 0)
            return count;
        if (mep_client_busy(&r->client) || !reader_schedule(r, now))
            return 0;
    }
}

bool reader_event(struct reader *r, struct reader_event *event)
{
    static const enum reader_event_type order[] = {
        READER_EVENT_LINK,  READER_EVENT_METER, READER_EVENT_INFO, READER_EVENT_READING,
        READER_EVENT_ALERT, READER_EVENT_TABLE, READER_EVENT_KEY,
    };

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if ((r->pending >> order[i] & 1) == 0)
            continue;
        r->pending = (uint8_t)(r->pending & ~(1u << order[i]));
        *event = (struct reader_event){.type = order[i],
                                       .link = (enum reader_link)r->link,
                                       .reading = r->reading,
                                       .alert_flags = r->info.alert_flags,
                                       .table = order[i] == READER_EVENT_KEY ? r->trial.done
                                                                             : r->wish.done};
        return true;
    }
    return false;
}

mep_time reader_wake(const struct reader *r)
{
    if (mep_client_busy(&r->client))
        return mep_client_wake(&r->client);
    if (r->probe_wanted && r->probe_at < r->wake_at)
        return r->probe_at;
    return r->wake_at;
}

void reader_line_reset(struct reader *r, mep_time now)
{
    mep_client_line_reset(&r->client, now);
    take_events(r, now);
    r->check_idt = true;
    r->check_serial = true;
    r->retry_at = now;
    r->wake_at = now;
}

bool reader_try_key(struct reader *r, const struct mep_key *key)
{
    if (r->trial.wanted || r->trial.running)
        return false;
    r->trial.key = *key;
    r->trial.wanted = true;
    r->wake_at = INT64_MIN;
    return true;
}

void reader_set_key(struct reader *r, mep_time now, const struct mep_key *key)
{
    r->config.client.key = *key;
    r->config.no_key = false;
    if (!r->trial.running)
        r->client.config.key = *key;
    r->retry_at = now;
    r->wake_at = now;
}

enum reader_link reader_link(const struct reader *r)
{
    return (enum reader_link)r->link;
}

const struct reader_info *reader_info(const struct reader *r)
{
    return &r->info;
}

const struct reader_counters *reader_counters(const struct reader *r)
{
    return &r->counters;
}

const struct mep_client *reader_client(const struct reader *r)
{
    return &r->client;
}

bool reader_read(struct reader *r, uint16_t table, uint32_t offset, uint16_t count, uint8_t *into)
{
    if (r->wish.wanted || count == 0 || count > MEP_READ_MAX || offset > 0xffffff)
        return false;
    r->wish = (struct reader_wish){.since = MEP_NEVER,
                                   .into = into,
                                   .table = table,
                                   .offset = offset,
                                   .count = count,
                                   .wanted = true};
    r->wake_at = INT64_MIN;
    return true;
}

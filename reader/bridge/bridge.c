/* The meters of a device, and what they are asked beside the rounds. */
#include "reader/bridge/bridge.h"

#include <string.h>

enum {
    QUALITY_ALL = 65536,
    QUALITY_MEMORY = 64 /* attempts */
};

/* ---- The bridge ---- */

void reader_bridge_init(struct reader_bridge *bridge, const struct reader_host *host,
                        struct reader_settings *settings, const char *software, const char *version,
                        mep_time now)
{
    memset(bridge, 0, sizeof *bridge);
    bridge->host = host;
    bridge->settings = settings;
    bridge->software = software;
    bridge->version = version;
    bridge->started_at = now;
}

void reader_bridge_set_meters(struct reader_bridge *bridge, struct reader_meter *const *meter,
                              size_t meters)
{
    bridge->meter = meter;
    bridge->meters = meters;
}

struct reader_meter *reader_bridge_find(const struct reader_bridge *bridge, const char *id)
{
    if (id == NULL || id[0] == 0)
        return bridge->meters != 0 ? bridge->meter[0] : NULL;
    for (size_t i = 0; i < bridge->meters; i++) {
        if (strcmp(bridge->meter[i]->settings->name, id) == 0)
            return bridge->meter[i];
    }
    for (size_t i = 0; i < bridge->meters; i++) {
        if (strcmp(reader_info(bridge->meter[i]->reader)->serial, id) == 0)
            return bridge->meter[i];
    }
    return NULL;
}

/* ---- Quality ---- */

static void judge(struct reader_quality *quality, bool verified)
{
    int64_t aim = verified ? QUALITY_ALL : 0;

    if (quality->known < QUALITY_MEMORY)
        quality->known++;
    quality->share = (uint32_t)(quality->share + (aim - quality->share) / quality->known);
}

static void learn_quality(struct reader_quality *quality, const struct mep_client *client)
{
    static const uint8_t counted[] = {
        MEP_OUTCOME_OK,     MEP_OUTCOME_REFUSED, MEP_OUTCOME_SEQUENCE,   MEP_OUTCOME_AUTH,
        MEP_OUTCOME_SILENT, MEP_OUTCOME_SHORT,   MEP_OUTCOME_BAD_DIGEST, MEP_OUTCOME_MALFORMED};
    const uint32_t *outcomes = client->counters.outcomes;
    uint32_t verified =
        outcomes[MEP_OUTCOME_OK] + outcomes[MEP_OUTCOME_REFUSED] + outcomes[MEP_OUTCOME_SEQUENCE];
    uint32_t attempts = 0;

    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        attempts += outcomes[counted[i]];
    if (attempts < quality->attempts)
        *quality = (struct reader_quality){0}; /* the reader was begun anew */
    for (; quality->attempts != attempts; quality->attempts++) {
        judge(quality, quality->verified != verified);
        if (quality->verified != verified)
            quality->verified++;
    }
}

int reader_meter_quality_percent(const struct reader_meter *meter)
{
    const struct reader_quality *quality = &meter->quality;

    if (quality->known == 0)
        return -1;
    return (int)((quality->share * UINT64_C(100) + QUALITY_ALL / 2) / QUALITY_ALL);
}

/* ---- Jobs ---- */

static void enter_table(struct reader_table_job *job, enum reader_job state, mep_time now)
{
    job->state = state;
    job->at = now;
}

static void enter_key(struct reader_key_job *job, enum reader_job state, mep_time now)
{
    job->state = state;
    job->at = now;
    if (state != READER_JOB_WANTED)
        mep_key_wipe(&job->key);
}

bool reader_meter_want_table(struct reader_meter *meter, mep_time now,
                             const struct meter_table *table)
{
    struct reader_table_job *job = &meter->table;

    if (job->state != READER_JOB_NONE)
        return false;
    job->table = table;
    enter_table(job, READER_JOB_WANTED, now);
    return true;
}

bool reader_meter_want_key(struct reader_meter *meter, mep_time now, const struct mep_key *key)
{
    struct reader_key_job *job = &meter->key;

    if (job->state != READER_JOB_NONE)
        return false;
    job->key = *key;
    enter_key(job, READER_JOB_WANTED, now);
    return true;
}

static size_t wanted(const struct reader_table_job *job)
{
    return job->size < READER_TABLE_SIZE ? job->size : READER_TABLE_SIZE;
}

static void end_table(struct reader_table_job *job, mep_time now, enum mep_outcome outcome,
                      uint8_t code)
{
    job->outcome = outcome;
    job->code = code;
    enter_table(job, READER_JOB_DONE, now);
}

static void begin_table(struct reader_meter *meter, mep_time now)
{
    struct reader_table_job *job = &meter->table;

    job->size = meter_table_size(job->table, &reader_info(meter->reader)->dimensions);
    job->got = 0;
    enter_table(job, READER_JOB_RUNNING, now);
    if (job->size == 0)
        end_table(job, now, MEP_OUTCOME_OK, 0);
}

static void ask_for_table(struct reader_meter *meter)
{
    struct reader_table_job *job = &meter->table;
    size_t rest = wanted(job) - job->got;
    uint16_t count = (uint16_t)(rest < MEP_READ_MAX ? rest : MEP_READ_MAX);

    if (reader_read(meter->reader, job->table->number, (uint32_t)job->got, count,
                    job->bytes + job->got))
        job->asked = count;
}

/* A later piece that is not there: the table is shorter than its schema has it. */
static bool is_end(const struct reader_table_job *job, const struct mep_event *done)
{
    return job->got != 0 && done->outcome == MEP_OUTCOME_REFUSED &&
           (done->code == MEP_CODE_NOT_POSSIBLE || done->code == MEP_CODE_TABLE_NOT_POSSIBLE);
}

static void table_answered(struct reader_meter *meter, mep_time now, const struct mep_event *done)
{
    struct reader_table_job *job = &meter->table;
    uint16_t asked = job->asked;

    if (asked == 0)
        return; /* the history's */
    job->asked = 0;
    if (job->state != READER_JOB_RUNNING)
        return; /* nobody waits any more */
    if (done->outcome != MEP_OUTCOME_OK) {
        bool end = is_end(job, done);
        end_table(job, now, end ? MEP_OUTCOME_OK : done->outcome, end ? 0 : done->code);
        return;
    }
    job->got += done->count;
    enter_table(job, READER_JOB_RUNNING, now);
    if (job->got >= wanted(job) || done->count < asked)
        end_table(job, now, MEP_OUTCOME_OK, 0);
}

static void key_answered(struct reader_meter *meter, mep_time now, const struct mep_event *done)
{
    struct reader_key_job *job = &meter->key;

    job->asked = false;
    if (job->state != READER_JOB_RUNNING)
        return;
    job->outcome = done->outcome;
    enter_key(job, READER_JOB_DONE, now);
}

static bool is_over(enum reader_job state, mep_time at, mep_time now)
{
    return (state == READER_JOB_WANTED || state == READER_JOB_RUNNING) &&
           now - at >= READER_JOB_LIMIT_US;
}

static void turn_table(struct reader_meter *meter, mep_time now)
{
    struct reader_table_job *job = &meter->table;

    if (is_over(job->state, job->at, now))
        end_table(job, now, MEP_OUTCOME_SILENT, 0);
    if (job->state == READER_JOB_DONE && now - job->at >= READER_JOB_KEPT_US)
        enter_table(job, READER_JOB_NONE, now);
    if (job->asked != 0)
        return; /* even if nobody waits any more, the reader writes to `bytes` */
    if (job->state == READER_JOB_WANTED)
        begin_table(meter, now);
    if (job->state == READER_JOB_RUNNING)
        ask_for_table(meter);
}

static void turn_key(struct reader_meter *meter, mep_time now)
{
    struct reader_key_job *job = &meter->key;

    if (is_over(job->state, job->at, now)) {
        job->outcome = MEP_OUTCOME_SILENT;
        enter_key(job, READER_JOB_DONE, now);
    }
    if (job->state == READER_JOB_DONE && now - job->at >= READER_JOB_KEPT_US)
        enter_key(job, READER_JOB_NONE, now);
    if (job->state == READER_JOB_WANTED && !job->asked &&
        reader_try_key(meter->reader, &job->key)) {
        job->asked = true;
        enter_key(job, READER_JOB_RUNNING, now);
    }
}

/* ---- A meter ---- */

void reader_meter_init(struct reader_meter *meter, const struct reader_meter_settings *settings,
                       struct reader *reader, struct reader_history *history,
                       struct reader_exchanges *log)
{
    memset(meter, 0, sizeof *meter);
    meter->settings = settings;
    meter->reader = reader;
    meter->history = history;
    meter->log = log;
}

void reader_meter_event(struct reader_meter *meter, mep_time now, const struct reader_event *event)
{
    switch (event->type) {
    case READER_EVENT_READING:
        meter->verified_at = event->reading.verified_at;
        meter->has_reading = true;
        meter->published.news = true;
        meter->readings++;
        break;
    case READER_EVENT_LINK:
        meter->links++;
        break;
    case READER_EVENT_METER:
        meter->has_reading = false;
        meter->published = (struct reader_published){.news = true};
        meter->infos++;
        break;
    case READER_EVENT_INFO:
        meter->published.discovered = false;
        meter->published.link_known = false; /* its topic may be another one now */
        meter->infos++;
        break;
    case READER_EVENT_ALERT:
        meter->infos++;
        break;
    case READER_EVENT_TABLE:
        table_answered(meter, now, &event->table);
        return;
    case READER_EVENT_KEY:
        key_answered(meter, now, &event->table);
        return;
    }
    meter->news++;
}

void reader_meter_turn(struct reader_meter *meter, mep_time now)
{
    learn_quality(&meter->quality, &meter->reader->client);
    turn_table(meter, now);
    turn_key(meter, now);
}

int64_t reader_meter_age_ms(const struct reader_meter *meter, mep_time now)
{
    return meter->has_reading ? (now - meter->verified_at) / 1000 : -1;
}

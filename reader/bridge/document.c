/* A meter's documents: its newest reading, its link, and what is known of it. */
#include "reader/bridge/bridge.h"

/* ---- The reading ---- */

struct reading {
    struct reader_out *out;
    bool begun;
};

static void give_value(void *context, const struct reader_value *value)
{
    struct reading *reading = context;
    char text[METER_TIME_SIZE];

    if (!reading->begun)
        reader_json_begin(reading->out, NULL);
    reading->begun = true;
    switch (value->kind) {
    case READER_INTEGER:
        reader_json_integer(reading->out, value->name, value->integer);
        break;
    case READER_TEXT:
        reader_json_bytes(reading->out, value->name, value->text, value->length);
        break;
    case READER_TIME:
        reader_json_string(reading->out, value->name, meter_time_text(&value->time, text));
        break;
    }
}

bool reader_document_reading(const struct reader_meter *meter, mep_time now, struct reader_out *out)
{
    struct reading reading = {.out = out};

    if (reader_values(meter->reader, now, give_value, &reading) == 0)
        return false;
    reader_json_end(out);
    return true;
}

/* ---- The link ---- */

static void counts_of_reader(const struct reader *reader, struct reader_out *out)
{
    const struct reader_counters *c = reader_counters(reader);
    const struct {
        const char *name;
        uint32_t count;
    } counts[] = {
        {"readings", c->readings},
        {"rejected", c->rejected},
        {"restarted", c->restarted},
        {"rollovers", c->rollovers},
        {"flagged", c->flagged},
        {"rounds_failed", c->rounds_failed},
        {"rounds_missed", c->rounds_missed},
        {"setups", c->setups},
        {"meters", c->meters},
    };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        reader_json_integer(out, counts[i].name, counts[i].count);
}

static void counts_of_client(const struct mep_client *client, struct reader_out *out)
{
    const struct mep_client_counters *c = &client->counters;
    const struct {
        const char *name;
        uint32_t count;
    } counts[] = {
        {"requests", c->requests},
        {"attempts", c->attempts},
        {"ok", c->outcomes[MEP_OUTCOME_OK]},
        {"refused", c->outcomes[MEP_OUTCOME_REFUSED]},
        {"auth", c->outcomes[MEP_OUTCOME_AUTH]},
        {"sequence", c->outcomes[MEP_OUTCOME_SEQUENCE]},
        {"silent", c->outcomes[MEP_OUTCOME_SILENT]},
        {"short", c->outcomes[MEP_OUTCOME_SHORT]},
        {"bad_digest", c->outcomes[MEP_OUTCOME_BAD_DIGEST]},
        {"malformed", c->outcomes[MEP_OUTCOME_MALFORMED]},
        {"tls", c->outcomes[MEP_OUTCOME_TLS]},
        {"alerts", c->alerts},
        {"strays", c->strays},
        {"garbage", c->garbage},
        {"retry_next_accepted", c->rule_accepted[MEP_RETRY_NEXT]},
        {"retry_next_refused", c->rule_refused[MEP_RETRY_NEXT]},
        {"retry_same_accepted", c->rule_accepted[MEP_RETRY_SAME]},
        {"retry_same_refused", c->rule_refused[MEP_RETRY_SAME]},
        {"auth_in_a_row", c->auth_in_a_row},
    };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        reader_json_integer(out, counts[i].name, counts[i].count);
}

void reader_document_link(const struct reader_meter *meter, mep_time now, struct reader_out *out)
{
    const struct mep_client *client = reader_client(meter->reader);
    enum reader_link link = reader_link(meter->reader);
    int quality = reader_meter_quality_percent(meter);
    int64_t age = reader_meter_age_ms(meter, now);

    reader_json_begin(out, NULL);
    reader_json_string(out, "link", reader_link_name(link));
    reader_json_string(out, "text", reader_link_text(link));
    reader_json_string(out, "causes", reader_link_causes(link));
    reader_json_string(out, "line", meter->line_problem != NULL ? meter->line_problem : "");
    if (age >= 0)
        reader_json_integer(out, "age_ms", age);
    if (quality >= 0)
        reader_json_integer(out, "quality_percent", quality);
    reader_json_string(out, "retry_rule", client->rule == MEP_RETRY_NEXT ? "next" : "same");
    reader_json_integer(out, "read_limit", mep_client_read_limit(client));
    reader_json_begin(out, "counters");
    counts_of_reader(meter->reader, out);
    counts_of_client(client, out);
    reader_json_end(out);
    reader_json_end(out);
}

/* ---- The meter ---- */

static void give_text(struct reader_out *out, const char *name, const char *text)
{
    if (text[0] != 0)
        reader_json_string(out, name, text);
}

static void give_name(void *context, const struct reader_value *value)
{
    struct reader_out *out = context;

    if (value->verified_at == MEP_NEVER)
        return;
    reader_json_begin(out, NULL);
    reader_json_string(out, "name", value->name);
    reader_json_string(out, "unit", meter_unit_text(value->unit));
    reader_json_end(out);
}

static const char *history_problem(const struct reader_history *history)
{
    if (history->problem != METER_PROFILE_OK)
        return meter_profile_strerror(history->problem);
    return mep_code_strerror(history->code);
}

static void give_history(const struct reader_history *history, struct reader_out *out)
{
    static const char *const states[] = {[READER_HISTORY_READING] = "reading",
                                         [READER_HISTORY_CURRENT] = "current",
                                         [READER_HISTORY_NONE] = "none"};
    const struct meter_profile *profile = &history->profile;

    reader_json_begin(out, "history");
    reader_json_string(out, "state", states[history->state]);
    if (history->state == READER_HISTORY_NONE)
        reader_json_string(out, "problem", history_problem(history));
    if (history->state != READER_HISTORY_NONE && profile->layout.interval_s != 0) {
        uint32_t blocks = profile->status_known ? profile->valid_blocks : 0;
        reader_json_integer(out, "interval_s", profile->layout.interval_s);
        reader_json_integer(out, "intervals",
                            blocks != 0 ? (int64_t)(blocks - 1) * profile->intervals +
                                              profile->valid_intervals
                                        : 0);
    }
    reader_json_end(out);
}

void reader_document_info(const struct reader_meter *meter, struct reader_out *out)
{
    const struct reader_info *info = reader_info(meter->reader);

    reader_json_begin(out, NULL);
    reader_json_string(out, "id", meter->settings->name);
    give_text(out, "serial", info->serial);
    give_text(out, "manufacturer", info->manufacturer);
    give_text(out, "model", info->model);
    give_text(out, "firmware", info->firmware);
    if (meter->reader->program_known)
        reader_json_hex(out, "program_id", info->program_id, sizeof info->program_id);
    if (info->mep_port != 0)
        reader_json_integer(out, "mep_port", info->mep_port);
    if (info->alert_flags_known)
        reader_json_integer(out, "alert_flags", info->alert_flags);
    reader_json_bool(out, "ct", meter_is_ct(&info->dimensions));
    reader_json_begin_array(out, "values");
    reader_value_names(meter->reader, give_name, out);
    reader_json_end_array(out);
    if (meter->history != NULL)
        give_history(meter->history, out);
    reader_json_end(out);
}

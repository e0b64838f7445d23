/* Any table, read from the meter while the request waits. */
#include "reader/bridge/call.h"
#include "reader/text/value.h"

#include <string.h>

static void give_table(const struct meter_table *table, struct reader_out *out)
{
    reader_json_string(out, "table", table->name);
    reader_json_integer(out, "number", table->number);
    reader_json_string(out, "title", table->title);
    reader_json_integer(out, "page", table->page);
}

enum reader_http_result http_get_tables(struct http_call *call)
{
    struct reader_out *out = http_json(call, 200);

    reader_json_begin(out, NULL);
    reader_json_begin_array(out, "tables");
    for (size_t i = 0; i < meter_table_count; i++) {
        reader_json_begin(out, NULL);
        give_table(meter_tables[i], out);
        reader_json_end(out);
    }
    reader_json_end_array(out);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

/* ---- One of them ---- */

struct secrets {
    struct reader_out *out;
    size_t got;
};

/* Decoding leaves them out; that they are there is no secret. */
static void give_secret(void *context, const struct meter_value *value)
{
    const struct secrets *secrets = context;

    if (value->field->type == METER_SECRET && value->offset < secrets->got)
        reader_json_value_fn(secrets->out, value);
}

static enum reader_http_result give_content(struct http_call *call)
{
    const struct reader_table_job *job = &call->meter->table;
    const struct meter_dimensions *dims = &reader_info(call->meter->reader)->dimensions;
    struct reader_out *out = http_json(call, 200);

    reader_json_begin(out, NULL);
    give_table(job->table, out);
    reader_json_integer(out, "bytes", (int64_t)job->got);
    reader_json_integer(out, "size", (int64_t)job->size);
    reader_json_begin_array(out, "values");
    meter_decode(job->table, dims, 0, job->bytes, job->got, reader_json_value_fn, out);
    struct secrets secrets = {out, job->got};
    meter_list(job->table, dims, give_secret, &secrets);
    reader_json_end_array(out);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

static enum reader_http_result give_refusal(struct http_call *call, unsigned code)
{
    struct reader_out *out = http_json(call, 502);

    reader_json_begin(out, NULL);
    reader_json_string(out, "error", "refused");
    reader_json_string(out, "message", mep_code_strerror(code));
    reader_json_integer(out, "code", code);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

static enum reader_http_result give_result(struct http_call *call)
{
    const struct reader_table_job *job = &call->meter->table;

    switch (job->outcome) {
    case MEP_OUTCOME_OK:
        return give_content(call);
    case MEP_OUTCOME_REFUSED:
        return give_refusal(call, job->code);
    case MEP_OUTCOME_AUTH:
        return give_refusal(call, MEP_CODE_AUTHENTICATION);
    case MEP_OUTCOME_SEQUENCE:
        return give_refusal(call, MEP_CODE_SEQUENCE);
    default:
        return http_error(call, 504, "no_answer", mep_outcome_strerror(job->outcome));
    }
}

/* Joins who waits for this table already, or begins; false: another one is being read. */
static bool join(struct http_call *call, const struct meter_table *table)
{
    struct reader_table_job *job = &call->meter->table;

    if (job->state == READER_JOB_NONE && reader_meter_want_table(call->meter, call->now, table)) {
        job->ticket = ++call->bridge->tickets;
        job->waiting = 0;
    }
    if (job->state == READER_JOB_NONE || job->table != table)
        return false;
    job->waiting++;
    call->request->ticket = job->ticket;
    return true;
}

static const struct meter_table *find_table(const struct http_call *call)
{
    char name[8];

    if (call->rest_size >= sizeof name)
        return NULL;
    memcpy(name, call->rest, call->rest_size);
    name[call->rest_size] = 0;
    return meter_table_by_name(name);
}

enum reader_http_result http_get_table(struct http_call *call)
{
    const struct reader_table_job *job = &call->meter->table;
    const struct meter_table *table = find_table(call);
    uint32_t ticket = call->request->ticket;

    if (table == NULL)
        return http_error(call, 404, "unknown_table",
                          "there is no such table; names that /api/v1/tables lists are accepted");
    bool joined = ticket != 0 && job->state != READER_JOB_NONE && job->ticket == ticket;
    if (!joined && !join(call, table))
        return http_wait(call, "another table is being read; try again later");
    /* Once there is an answer, reader_http lets go of the job. */
    return job->state == READER_JOB_DONE ? give_result(call) : READER_HTTP_WAIT;
}

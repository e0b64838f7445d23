/* Tries a key against the meter before it is set. */
#include "reader/bridge/call.h"

#include <string.h>

/* What was asked: a meter, and a key or the one that is set. */
struct wanted {
    char id[HTTP_ID_SIZE];
    struct mep_key key;
    bool given;
};

/* NULL, or which member is wrong, and in *problem how. */
static const char *take(struct wanted *wanted, const struct reader_json_member *member,
                        const char **problem)
{
    size_t length = strlen(member->text);

    *problem = "is text";
    if (strcmp(member->name, "meter") == 0 && member->kind == READER_JSON_STRING) {
        *problem = "is longer than any name of a meter";
        if (length >= sizeof wanted->id)
            return "meter";
        memcpy(wanted->id, member->text, length + 1);
        return NULL;
    }
    if (strcmp(member->name, "key") == 0 && member->kind == READER_JSON_STRING) {
        enum mep_key_error error = mep_key_parse(member->text, length, &wanted->key);
        *problem = mep_key_strerror(error);
        wanted->given = true;
        return error == MEP_KEY_OK ? NULL : "key";
    }
    *problem = "is not known, or no text; meter and key are accepted, both as text";
    return member->name;
}

/* False: answered what is wrong. */
static bool take_all(struct http_call *call, struct wanted *wanted)
{
    struct reader_json_member *member = &call->bridge->scratch.member;
    struct reader_json_in in;
    const char *problem;

    reader_json_in_init(&in, call->request->body, call->request->body_size);
    while (reader_json_in_next(&in, member)) {
        const char *wrong = take(wanted, member, &problem);
        if (wrong != NULL) {
            http_invalid(call, wrong, problem);
            return false;
        }
    }
    if (in.problem == NULL)
        return http_find_meter(call, wanted->id);
    http_error(call, 400, "invalid", in.problem);
    return false;
}

static enum reader_http_result give_result(struct http_call *call, const struct mep_key *key)
{
    static const struct {
        const char *word, *message;
    } results[] = {{"ok", "the meter takes this key"},
                   {"refused", "the meter refuses this key"},
                   {"no_answer", "the meter did not answer, so nothing is known of the key"}};
    const struct reader_key_job *job = &call->meter->key;
    bool taken = job->outcome == MEP_OUTCOME_OK || job->outcome == MEP_OUTCOME_REFUSED;
    unsigned result = taken ? 0 : job->outcome == MEP_OUTCOME_AUTH ? 1 : 2;
    struct reader_out *out = http_json(call, 200);

    reader_json_begin(out, NULL);
    reader_json_string(out, "result", results[result].word);
    reader_json_string(out, "form", mep_key_form_name(key->form));
    reader_json_string(out, "message", results[result].message);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

static enum reader_http_result test(struct http_call *call, const struct mep_key *key)
{
    struct reader_key_job *job = &call->meter->key;
    uint32_t ticket = call->request->ticket;

    if (ticket == 0 || job->state == READER_JOB_NONE || job->ticket != ticket) {
        if (!reader_meter_want_key(call->meter, call->now, key))
            return http_wait(call, "another key is being tried; try again later");
        job->ticket = call->request->ticket = ++call->bridge->tickets;
    }
    return job->state == READER_JOB_DONE ? give_result(call, key) : READER_HTTP_WAIT;
}

enum reader_http_result http_post_key_test(struct http_call *call)
{
    struct wanted wanted = {.given = false};
    enum reader_http_result result = READER_HTTP_DONE;

    if (take_all(call, &wanted)) {
        const struct reader_config *config = &call->meter->reader->config;
        if (!wanted.given)
            wanted.key = config->client.key;
        if (wanted.given || !config->no_key)
            result = test(call, &wanted.key);
        else
            http_invalid(call, "key", "is missing, and none is set");
    }
    mep_key_wipe(&wanted.key);
    memset(&call->bridge->scratch.member, 0, sizeof call->bridge->scratch.member);
    return result;
}

/* Settings, seen and changed. */
#include "reader/bridge/call.h"
#include "reader/bridge/password.h"

#include <string.h>

enum {
    DECIMALS = 4,
    PASSWORD_MIN = 8 /* characters */
};

/* ---- Seen ---- */

static bool is_here(const struct http_call *call, const struct reader_setting *setting)
{
    return (setting->flags & call->bridge->host->lacks) == 0;
}

/* A value, given as text, as what it is. */
static void give(struct reader_out *out, const char *name, const struct reader_setting *setting,
                 const char *text)
{
    switch (setting->kind) {
    case READER_SETTING_BOOL:
        reader_json_bool(out, name, strcmp(text, "yes") == 0);
        break;
    case READER_SETTING_INTEGER:
    case READER_SETTING_DECIMAL: /* written as JSON writes it */
        reader_out_text(out, ",\"");
        reader_out_text(out, name);
        reader_out_text(out, "\":");
        reader_out_text(out, text);
        break;
    default:
        reader_json_string(out, name, text);
        break;
    }
}

static void give_range(struct reader_out *out, const struct reader_setting *setting)
{
    if (setting->kind == READER_SETTING_INTEGER || setting->kind == READER_SETTING_DECIMAL) {
        unsigned decimals = setting->kind == READER_SETTING_DECIMAL ? DECIMALS : 0;
        reader_json_decimal(out, "min", setting->min, decimals);
        reader_json_decimal(out, "max", setting->max, decimals);
    }
    if (setting->kind == READER_SETTING_CHOICE) {
        reader_json_begin_array(out, "choices");
        for (const char *const *choice = setting->choices; *choice != NULL; choice++)
            reader_json_string(out, NULL, *choice);
        reader_json_end_array(out);
    }
}

static void give_setting(struct http_call *call, const char *name,
                         const struct reader_setting *setting)
{
    static const char *const types[] = {
        [READER_SETTING_STRING] = "string",   [READER_SETTING_BOOL] = "bool",
        [READER_SETTING_INTEGER] = "integer", [READER_SETTING_DECIMAL] = "decimal",
        [READER_SETTING_CHOICE] = "choice",   [READER_SETTING_PASSWORD] = "password"};
    const struct reader_host *host = call->bridge->host;
    struct reader_out *out = call->out, value;
    struct reader_buffer buffer;

    reader_json_begin(out, NULL);
    reader_json_string(out, "key", name);
    reader_json_string(out, "type", types[setting->kind]);
    reader_json_string(out, "text", setting->text);
    if ((setting->flags & READER_SETTING_SECRET) != 0) {
        reader_json_bool(out, "secret", true);
        reader_json_bool(out, "set", reader_settings_is_set(call->bridge->settings, name));
    } else {
        reader_out_buffer(&value, &buffer, call->bridge->scratch.text, READER_SCRATCH);
        reader_settings_value(call->bridge->settings, name, &value);
        give(out, "default", setting, setting->fallback);
        give(out, "value", setting, call->bridge->scratch.text);
    }
    give_range(out, setting);
    if ((setting->flags & READER_SETTING_RESTART) != 0)
        reader_json_bool(out, "restart", true);
    if (host->is_fixed != NULL && host->is_fixed(host->context, name))
        reader_json_bool(out, "fixed", true);
    reader_json_end(out);
}

static void give_meter(struct http_call *call, const char *meter,
                       const struct reader_setting *setting)
{
    char name[READER_SETTING_NAME];
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, name, sizeof name);
    reader_out_text(&out, "meter.");
    reader_out_text(&out, meter);
    reader_out_text(&out, ".");
    reader_out_text(&out, setting->key);
    give_setting(call, name, setting);
}

enum reader_http_result http_get_config(struct http_call *call)
{
    const struct reader_settings *settings = call->bridge->settings;
    struct reader_out *out = http_json(call, 200);

    reader_json_begin(out, NULL);
    reader_json_begin_array(out, "settings");
    for (size_t m = 0; m <= settings->meters; m++) {
        for (size_t i = 0; i < reader_settings_count; i++) {
            const struct reader_setting *setting = &reader_settings_keys[i];
            bool of_meter = (setting->flags & READER_SETTING_METER) != 0;
            if (!is_here(call, setting) || of_meter != (m != 0))
                continue;
            if (of_meter)
                give_meter(call, settings->meter[m - 1].name, setting);
            else
                give_setting(call, setting->key, setting);
        }
    }
    reader_json_end_array(out);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

/* ---- Changed ---- */

/* What is to be changed, in the scratch. */
struct changes {
    struct reader_scratch *scratch;
    size_t count, used;
    const struct reader_setting *restart; /* one of them takes effect later; NULL: none does */
    size_t password;                      /* which one sets it; READER_CHANGES_MAX: none */
};

static const char *keep(struct changes *changes, const char *text)
{
    size_t size = strlen(text) + 1;
    char *kept = changes->scratch->text + changes->used;

    if (size > READER_SCRATCH - changes->used)
        return NULL;
    memcpy(kept, text, size);
    changes->used += size;
    return kept;
}

static const char *wrong_kind(const struct reader_setting *setting, enum reader_json_kind kind)
{
    switch (setting->kind) {
    case READER_SETTING_BOOL:
        return kind == READER_JSON_BOOL ? NULL : "is neither true nor false; these are accepted";
    case READER_SETTING_INTEGER:
    case READER_SETTING_DECIMAL:
        return kind == READER_JSON_NUMBER ? NULL : "is no number; a number is accepted";
    default:
        return kind == READER_JSON_STRING ? NULL : "is no text; text in quotes is accepted";
    }
}

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text != 0; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* NULL, or what is wrong; whether the value is one that the key takes, the host finds out. */
static const char *problem_of(const struct http_call *call, const struct changes *changes,
                              const struct reader_json_member *member)
{
    const struct reader_host *host = call->bridge->host;
    const struct reader_setting *setting = reader_setting_find(member->name);

    if (changes->count == READER_CHANGES_MAX)
        return "is one too many; 32 settings at once are accepted";
    for (size_t i = 0; i < changes->count; i++)
        if (strcmp(changes->scratch->names[i], member->name) == 0)
            return "is there twice; once is accepted";
    if (host->is_fixed != NULL && host->is_fixed(host->context, member->name))
        return "was given on the command line and can only be changed there";
    if (setting == NULL) /* a meter, or nothing: the host says so */
        return member->kind == READER_JSON_NULL || member->kind == READER_JSON_STRING
                   ? NULL
                   : "is not known; keys that /api/v1/config lists are accepted";
    if (!is_here(call, setting))
        return "is not a setting of this device";
    if (member->kind == READER_JSON_NULL)
        return NULL;
    const char *wrong = wrong_kind(setting, member->kind);
    if (wrong == NULL && setting->kind == READER_SETTING_PASSWORD &&
        characters(member->text) < PASSWORD_MIN)
        return "is too short; 8 characters and more are accepted";
    return wrong;
}

/* False: answered what is wrong. */
static bool take_member(struct http_call *call, struct changes *changes)
{
    struct reader_scratch *scratch = changes->scratch;
    const struct reader_json_member *member = &scratch->member;
    const char *problem = problem_of(call, changes, member);

    if (problem != NULL) {
        http_invalid(call, member->name, problem);
        return false;
    }
    const struct reader_setting *setting = reader_setting_find(member->name);
    if (setting != NULL && (setting->flags & READER_SETTING_RESTART) != 0)
        changes->restart = setting;
    if (setting != NULL && setting->kind == READER_SETTING_PASSWORD)
        changes->password = changes->count;
    scratch->names[changes->count] = keep(changes, member->name);
    scratch->values[changes->count] =
        member->kind == READER_JSON_NULL ? NULL : keep(changes, member->text);
    changes->count++;
    return true;
}

static bool take_all(struct http_call *call, struct changes *changes)
{
    struct reader_json_in in;

    reader_json_in_init(&in, call->request->body, call->request->body_size);
    while (reader_json_in_next(&in, &changes->scratch->member))
        if (!take_member(call, changes))
            return false;
    if (in.problem == NULL && changes->count != 0)
        return true;
    http_error(call, 400, "invalid",
               in.problem != NULL ? in.problem
                                  : "the body names no setting; {\"KEY\": VALUE, ...} is accepted");
    return false;
}

/* The host's problem; if it begins with a key, that is what is wrong. */
static enum reader_http_result not_changed(struct http_call *call, const char *problem)
{
    char key[READER_SETTING_NAME];
    const char *colon = strstr(problem, ": ");
    size_t size = colon != NULL ? (size_t)(colon - problem) : sizeof key;

    if (size < sizeof key) {
        memcpy(key, problem, size);
        key[size] = 0;
        for (size_t i = 0; i < READER_CHANGES_MAX; i++) {
            const char *name = call->bridge->scratch.names[i];
            if (name != NULL && strcmp(name, key) == 0)
                return http_invalid(call, key, colon + 2);
        }
        if (reader_setting_find(key) != NULL)
            return http_invalid(call, key, colon + 2);
    }
    return http_error(call, 500, "not_saved", problem);
}

static enum reader_http_result apply(struct http_call *call, const struct changes *changes)
{
    const struct reader_scratch *scratch = changes->scratch;
    const struct reader_host *host = call->bridge->host;
    const char *problem =
        host->change(host->context, scratch->names, scratch->values, changes->count);

    if (problem != NULL)
        return not_changed(call, problem);
    if (changes->password < changes->count) {
        const char *hash = scratch->values[changes->password];
        http_session_renew(call->session, hash != NULL ? hash : "");
    }
    struct reader_out *out = http_json(call, 200);
    reader_json_begin(out, NULL);
    reader_json_bool(out, "saved", true);
    reader_json_bool(out, "restart", changes->restart != NULL);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

/* A new password is stored as its hash. */
static enum reader_http_result hash_and_apply(struct http_call *call, const struct changes *changes)
{
    struct reader_scratch *scratch = changes->scratch;
    struct reader_password password;
    struct reader_buffer buffer;
    struct reader_out out;

    switch (http_derive(call, scratch->values[changes->password], &password, true)) {
    case HTTP_DERIVE_WAIT:
        return READER_HTTP_WAIT;
    case HTTP_DERIVE_BUSY:
        return READER_HTTP_DONE;
    case HTTP_DERIVE_FAILED:
        return http_error(call, 500, "failed", "the password's hash could not be made");
    case HTTP_DERIVE_DONE:
        break;
    }
    reader_out_buffer(&out, &buffer, scratch->password, sizeof scratch->password);
    reader_password_write(&password, &out);
    scratch->values[changes->password] = scratch->password;
    return apply(call, changes);
}

enum reader_http_result http_patch_config(struct http_call *call)
{
    struct changes changes = {.scratch = &call->bridge->scratch, .password = READER_CHANGES_MAX};
    enum reader_http_result result = READER_HTTP_DONE;

    if (take_all(call, &changes)) {
        bool password =
            changes.password < changes.count && changes.scratch->values[changes.password] != NULL;
        result = password ? hash_and_apply(call, &changes) : apply(call, &changes);
    }
    memset(changes.scratch, 0, sizeof *changes.scratch);
    return result;
}

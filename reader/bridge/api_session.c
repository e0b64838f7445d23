/* Logging in and out. */
#include "reader/bridge/call.h"
#include "reader/bridge/password.h"

#include <string.h>

enum {
    FREE_ATTEMPTS = 5,
    DELAY_S = 2, /* after these, twice as long after each more, */
    DELAY_MAX_S = 300
};

static const char after_name[] = "; HttpOnly; SameSite=Strict; Path=/";

static void set_cookie(struct http_call *call, const char *id, const char *more)
{
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, call->response->set_cookie, READER_HTTP_HEADER_MAX);
    reader_out_text(&out, "meplink=");
    reader_out_text(&out, id);
    reader_out_text(&out, after_name);
    reader_out_text(&out, more);
    if (call->request->secure)
        reader_out_text(&out, "; Secure");
}

enum reader_http_result http_get_session(struct http_call *call)
{
    const struct reader_settings *settings = call->bridge->settings;
    struct reader_out *out = http_json(call, 200);

    reader_json_begin(out, NULL);
    reader_json_bool(out, "login", call->session != NULL);
    reader_json_bool(out, "password_set", settings->http_password[0] != 0);
    reader_json_bool(out, "public", settings->http_public);
    if (call->session != NULL)
        reader_json_string(out, "csrf", call->session->csrf);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

/* ---- Out ---- */

enum reader_http_result http_delete_session(struct http_call *call)
{
    if (call->session != NULL && !http_same(call->request->csrf, call->session->csrf))
        return http_error(call, 403, "csrf",
                          "the header X-CSRF-Token is missing or not that of this session");
    if (call->session != NULL)
        http_session_end(call->session);
    call->session = NULL;
    set_cookie(call, "", "; Max-Age=0");
    return http_get_session(call);
}

/* ---- In ---- */

/*
 * Seconds until the next attempt. One count for all who try: counting by address
 * would need memory without bound, or forget those of who has many. So somebody
 * can keep others from logging in by trying without end; sessions go on.
 */
static unsigned delay(const struct reader_bridge *bridge, mep_time now)
{
    uint32_t more = bridge->attempts - FREE_ATTEMPTS;

    if (bridge->attempts < FREE_ATTEMPTS)
        return 0;
    int64_t wait_s = more < 8 ? (int64_t)DELAY_S << more : DELAY_MAX_S;
    int64_t rest =
        bridge->attempt_at + (wait_s < DELAY_MAX_S ? wait_s : DELAY_MAX_S) * 1000000 - now;
    return rest <= 0 ? 0 : (unsigned)((rest + 999999) / 1000000);
}

/* The password, kept in the scratch's text; false: answered what is wrong. */
static bool take_password(struct http_call *call)
{
    struct reader_scratch *scratch = &call->bridge->scratch;
    struct reader_json_in in;
    bool found = false;

    reader_json_in_init(&in, call->request->body, call->request->body_size);
    while (reader_json_in_next(&in, &scratch->member)) {
        if (strcmp(scratch->member.name, "password") != 0 ||
            scratch->member.kind != READER_JSON_STRING) {
            http_error(call, 400, "invalid",
                       "the body holds something else; {\"password\":\"...\"} is accepted");
            return false;
        }
        memcpy(scratch->text, scratch->member.text, sizeof scratch->member.text);
        found = true;
    }
    if (in.problem == NULL && found)
        return true;
    http_error(call, 400, "invalid",
               in.problem != NULL ? in.problem
                                  : "the body is empty; {\"password\":\"...\"} is accepted");
    return false;
}

static enum reader_http_result too_many(struct http_call *call, unsigned delay_s)
{
    call->response->retry_after_s = delay_s;
    return http_error(call, 429, "too_many",
                      "too many wrong passwords; the header Retry-After says for how many seconds "
                      "no more are accepted");
}

static enum reader_http_result welcome(struct http_call *call)
{
    call->bridge->attempts = 0;
    if (call->session != NULL)
        http_session_end(call->session);
    call->session = http_session_begin(call->bridge, call->now);
    set_cookie(call, call->session->id, "");
    return http_get_session(call);
}

static enum reader_http_result reject(struct http_call *call)
{
    if (call->bridge->attempts < UINT32_MAX)
        call->bridge->attempts++;
    call->bridge->attempt_at = call->now;
    return http_error(call, 401, "wrong_password", "that is not the password");
}

static enum reader_http_result check_password(struct http_call *call)
{
    struct reader_password set, given;
    unsigned delay_s = delay(call->bridge, call->now);

    if (!reader_password_read(&set, call->bridge->settings->http_password))
        return http_error(call, 403, "no_password",
                          "nobody can log in, since no password is set: see http.password");
    if (delay_s != 0)
        return too_many(call, delay_s);
    given = set;
    switch (http_derive(call, call->bridge->scratch.text, &given, false)) {
    case HTTP_DERIVE_WAIT:
        return READER_HTTP_WAIT;
    case HTTP_DERIVE_BUSY:
        return READER_HTTP_DONE;
    case HTTP_DERIVE_FAILED:
        return http_error(call, 500, "failed", "the password could not be checked");
    case HTTP_DERIVE_DONE:
        break;
    }
    unsigned differ = 0;
    for (size_t i = 0; i < sizeof set.hash; i++)
        differ |= (unsigned)(set.hash[i] ^ given.hash[i]);
    return differ == 0 ? welcome(call) : reject(call);
}

enum reader_http_result http_post_session(struct http_call *call)
{
    struct reader_scratch *scratch = &call->bridge->scratch;
    enum reader_http_result result = take_password(call) ? check_password(call) : READER_HTTP_DONE;

    memset(scratch->text, 0, sizeof scratch->member.text);
    memset(&scratch->member, 0, sizeof scratch->member);
    return result;
}

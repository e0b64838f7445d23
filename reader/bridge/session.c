/* Who has logged in. */
#include "reader/bridge/call.h"

#include <string.h>

enum {
    ID_BYTES = READER_SESSION_ID / 2
};

static const mep_time SECOND_US = 1000000;
static const mep_time DAY_S = 86400;

bool http_same(const char *given, const char *kept)
{
    size_t length = given != NULL ? strlen(given) : 0, size = strlen(kept);
    unsigned differ = length != size;

    for (size_t i = 0; i < size; i++)
        differ |= (unsigned char)((length != size ? 0 : given[i]) ^ kept[i]);
    return differ == 0;
}

/* FNV-1a. */
static uint32_t checksum(const char *text)
{
    uint32_t sum = 2166136261u;

    for (; *text != 0; text++)
        sum = (sum ^ (unsigned char)*text) * 16777619u;
    return sum;
}

static void random_id(const struct reader_bridge *bridge, char id[READER_SESSION_ID + 1])
{
    uint8_t bytes[ID_BYTES];
    struct reader_buffer buffer;
    struct reader_out out;

    bridge->host->random(bridge->host->context, bytes, sizeof bytes);
    reader_out_buffer(&out, &buffer, id, READER_SESSION_ID + 1);
    reader_out_hex(&out, bytes, sizeof bytes);
}

static bool is_alive(const struct reader_bridge *bridge, mep_time now,
                     const struct reader_session *session)
{
    return session->used && now - session->seen_at < READER_SESSION_IDLE_S * SECOND_US &&
           now - session->began_at < DAY_S * SECOND_US &&
           session->password == checksum(bridge->settings->http_password);
}

/* The value of our cookie, whose length is right; NULL: there is none. */
static const char *cookie_value(const char *cookie)
{
    static const char name[] = "meplink=";

    while (cookie != NULL && *cookie != 0) {
        size_t size = strcspn(cookie, ";");
        if (strncmp(cookie, name, sizeof name - 1) == 0)
            return size == sizeof name - 1 + READER_SESSION_ID ? cookie + sizeof name - 1 : NULL;
        cookie += size;
        cookie += strspn(cookie, "; ");
    }
    return NULL;
}

struct reader_session *http_session_find(struct reader_bridge *bridge, mep_time now,
                                         const char *cookie)
{
    struct reader_session *found = NULL;
    const char *value = cookie_value(cookie);
    char id[READER_SESSION_ID + 1];

    if (value == NULL)
        return NULL;
    memcpy(id, value, READER_SESSION_ID);
    id[READER_SESSION_ID] = 0;
    for (size_t i = 0; i < READER_SESSIONS; i++) {
        struct reader_session *session = &bridge->session[i];
        bool same = http_same(id, session->id);
        if (same && is_alive(bridge, now, session))
            found = session;
    }
    if (found != NULL)
        found->seen_at = now;
    return found;
}

bool http_session_is_alive(const struct reader_bridge *bridge, mep_time now, uint32_t number)
{
    for (size_t i = 0; i < READER_SESSIONS; i++)
        if (bridge->session[i].number == number && is_alive(bridge, now, &bridge->session[i]))
            return true;
    return false;
}

struct reader_session *http_session_begin(struct reader_bridge *bridge, mep_time now)
{
    struct reader_session *best = &bridge->session[0];

    for (size_t i = 0; i < READER_SESSIONS; i++) {
        struct reader_session *session = &bridge->session[i];
        if (!is_alive(bridge, now, session))
            session->used = false;
        if (best->used && (!session->used || session->seen_at < best->seen_at))
            best = session;
    }
    random_id(bridge, best->id);
    random_id(bridge, best->csrf);
    best->seen_at = best->began_at = now;
    best->number = ++bridge->tickets;
    best->password = checksum(bridge->settings->http_password);
    best->used = true;
    return best;
}

void http_session_end(struct reader_session *session)
{
    memset(session, 0, sizeof *session);
}

void http_session_renew(struct reader_session *session, const char *password)
{
    session->password = checksum(password);
}

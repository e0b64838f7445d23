#include "host/mepd/mqtt.h"

#include "host/mepd/growing.h"
#include "host/mepd/mqtt_line.h"

#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROLES = 2,
    END_MS = 2000, /* how long a thread may take to end */
    PAYLOAD_MAX = 1 << 20
};

/* One of the two connections. */
struct role {
    struct reader_mqtt reader;
    struct mqtt_line *line;
    struct mqtt_target target; /* all zero: none is wanted */
    struct mqtt_news news;     /* as the reader knows it */
    char said[MQTT_WHY];       /* the problem that was told last */
};

struct mqtt {
    struct mqtt_config config;
    struct role role[ROLES];
    uv_async_t async;
    uv_timer_t ending;
    struct growing payload;
    void (*closed)(void *context);
    void *closed_context;
    bool closing;
    int handles;
};

/* ---- What the threads tell --------------------------------------------- */

static void say(struct mqtt *mqtt, const struct role *role, bool problem, const char *words)
{
    char line[MQTT_WHY + READER_SETTING_TEXT + 128];

    snprintf(line, sizeof line, "mqtt: %s:%u: %s%s", role->target.host, (unsigned)role->target.port,
             words, role->reader.role == READER_MQTT_ORIGINAL ? " (the original topics)" : "");
    mqtt->config.say(mqtt->config.context, problem, line);
}

/* A problem is said when it begins and when it becomes another one. */
static void say_state(struct mqtt *mqtt, struct role *role)
{
    char words[MQTT_WHY + 32];

    if (role->news.state == READER_MQTT_CONNECTED) {
        say(mqtt, role, false, "connected");
        role->said[0] = 0;
    } else if (role->news.why[0] != 0 && strcmp(role->said, role->news.why) != 0) {
        snprintf(words, sizeof words, "%s; trying again", role->news.why);
        say(mqtt, role, true, words);
        snprintf(role->said, sizeof role->said, "%s", role->news.why);
    }
}

static void take_news(struct mqtt *mqtt, struct role *role)
{
    struct mqtt_news before = role->news;
    struct mqtt_notice notice;

    mqtt_line_news(role->line, &role->news);
    bool was = before.state == READER_MQTT_CONNECTED;
    bool is = role->news.state == READER_MQTT_CONNECTED;
    bool anew = role->news.connection != before.connection;
    if (was && (!is || anew))
        reader_mqtt_connected(&role->reader, false);
    if (is && (!was || anew))
        reader_mqtt_connected(&role->reader, true);
    if (role->news.state != before.state || anew || strcmp(role->news.why, before.why) != 0)
        say_state(mqtt, role);
    while (mqtt_line_notice(role->line, &notice))
        reader_mqtt_received(&role->reader, notice.topic, notice.payload, notice.size);
}

static void end_if_ended(struct mqtt *mqtt);

static void on_async(uv_async_t *async)
{
    struct mqtt *mqtt = async->data;

    if (mqtt->closing) {
        end_if_ended(mqtt);
        return;
    }
    for (int i = 0; i < ROLES; i++)
        take_news(mqtt, &mqtt->role[i]);
    mqtt->config.due(mqtt->config.context);
}

static void wake(void *context)
{
    struct mqtt *mqtt = context;
    uv_async_send(&mqtt->async);
}

/* ---- Settings ---------------------------------------------------------- */

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

/* False if it is no mqtt://HOST[:PORT] or mqtts://HOST[:PORT]. */
static bool set_address(struct mqtt_target *target, const char *url)
{
    target->tls = strncmp(url, "mqtts://", 8) == 0;
    if (!target->tls && strncmp(url, "mqtt://", 7) != 0)
        return false;
    const char *host = url + (target->tls ? 8 : 7), *port;
    bool brackets = host[0] == '[';
    host += brackets;
    size_t length = strcspn(host, brackets ? "]" : ":");
    if (length == 0 || length >= sizeof target->host || (brackets && host[length] == 0))
        return false;
    memcpy(target->host, host, length);
    port = host + length + brackets;
    target->port = target->tls ? 8883 : 1883;
    if (*port == 0)
        return true;
    char *end;
    long number = *port == ':' ? strtol(port + 1, &end, 10) : 0;
    if (number <= 0 || number > UINT16_MAX || *end != 0)
        return false;
    target->port = (uint16_t)number;
    return true;
}

static void set_target(struct mqtt_target *target, const struct reader_mqtt *reader)
{
    const struct reader_settings *s = reader->bridge->settings;

    memset(target, 0, sizeof *target);
    if (!reader_mqtt_wanted(reader) || !set_address(target, s->mqtt_url)) {
        memset(target, 0, sizeof *target);
        return;
    }
    copy(target->user, sizeof target->user, s->mqtt_user);
    copy(target->password, sizeof target->password, s->mqtt_password);
    copy(target->ca, sizeof target->ca, s->mqtt_ca);
    copy(target->cert, sizeof target->cert, s->mqtt_cert);
    copy(target->key, sizeof target->key, s->mqtt_key);
    copy(target->will, sizeof target->will, reader_mqtt_will(reader, target->will_topic));
    if (!reader_mqtt_subscription(reader, target->subscription))
        target->subscription[0] = 0;
}

/* Texts are compared up to their ends only: what is behind these is not defined. */
static bool same_target(const struct mqtt_target *a, const struct mqtt_target *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port && a->tls == b->tls &&
           strcmp(a->user, b->user) == 0 && strcmp(a->password, b->password) == 0 &&
           strcmp(a->ca, b->ca) == 0 && strcmp(a->cert, b->cert) == 0 &&
           strcmp(a->key, b->key) == 0 && strcmp(a->will_topic, b->will_topic) == 0 &&
           strcmp(a->will, b->will) == 0 && strcmp(a->subscription, b->subscription) == 0;
}

static void settle(struct role *role)
{
    struct mqtt_target target;

    set_target(&target, &role->reader);
    if (same_target(&target, &role->target))
        return;
    if (role->news.state == READER_MQTT_CONNECTED)
        reader_mqtt_connected(&role->reader, false);
    role->target = target;
    role->said[0] = 0;
    /* What the thread tells from now on is news. */
    role->news.state = target.host[0] == 0 ? READER_MQTT_OFF : READER_MQTT_CONNECTING;
    role->news.why[0] = 0;
    mqtt_line_want(role->line, target.host[0] == 0 ? NULL : &target);
}

void mqtt_settings(struct mqtt *mqtt)
{
    for (int i = 0; i < ROLES; i++)
        settle(&mqtt->role[i]);
}

/* ---- Publishing -------------------------------------------------------- */

static void publish(struct mqtt *mqtt, struct role *role, mep_time now,
                    const struct reader_mqtt_message *message)
{
    struct reader_out out;

    mqtt->payload.count = 0;
    growing_out(&mqtt->payload, &out);
    reader_mqtt_payload(&role->reader, now, message, &out);
    if (!out.failed)
        mqtt_line_publish(role->line, message->topic, mqtt->payload.bytes, mqtt->payload.count,
                          message->qos, message->retain);
}

void mqtt_turn(struct mqtt *mqtt, mep_time now)
{
    for (int i = 0; i < ROLES; i++) {
        struct role *role = &mqtt->role[i];
        struct reader_mqtt_message message;
        while (role->news.state == READER_MQTT_CONNECTED && mqtt_line_room(role->line) &&
               reader_mqtt_next(&role->reader, now, &message))
            publish(mqtt, role, now, &message);
    }
}

mep_time mqtt_wake(const struct mqtt *mqtt, mep_time now)
{
    mep_time first = MEP_NEVER;

    for (int i = 0; i < ROLES; i++) {
        const struct role *role = &mqtt->role[i];
        if (role->news.state != READER_MQTT_CONNECTED || !mqtt_line_room(role->line))
            continue;
        mep_time due = reader_mqtt_wake(&role->reader, now);
        first = due < first ? due : first;
    }
    return first;
}

enum reader_mqtt_state mqtt_state(const struct mqtt *mqtt, const char **why)
{
    static const int badness[] = {[READER_MQTT_OFF] = 0,
                                  [READER_MQTT_CONNECTED] = 1,
                                  [READER_MQTT_CONNECTING] = 2,
                                  [READER_MQTT_FAILED] = 3,
                                  [READER_MQTT_REFUSED] = 4};
    const struct role *worst = &mqtt->role[0];

    for (int i = 1; i < ROLES; i++) {
        if (badness[mqtt->role[i].news.state] > badness[worst->news.state])
            worst = &mqtt->role[i];
    }
    *why = worst->news.why;
    return worst->news.state;
}

/* ---- Beginning and ending ---------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct mqtt *mqtt = handle->data;

    if (--mqtt->handles != 0)
        return;
    void (*closed)(void *) = mqtt->closed;
    void *context = mqtt->closed_context;
    growing_free(&mqtt->payload);
    explicit_bzero(mqtt, sizeof *mqtt);
    free(mqtt);
    if (closed != NULL)
        closed(context);
}

static void let_go(struct mqtt *mqtt)
{
    for (int i = 0; i < ROLES; i++) {
        if (mqtt->role[i].line != NULL)
            mqtt_line_free(mqtt->role[i].line);
        mqtt->role[i].line = NULL;
    }
    uv_close((uv_handle_t *)&mqtt->async, on_closed);
    uv_close((uv_handle_t *)&mqtt->ending, on_closed);
}

static void end_if_ended(struct mqtt *mqtt)
{
    struct mqtt_news news;
    bool ended = true;

    for (int i = 0; i < ROLES && ended; i++) {
        if (mqtt->role[i].line == NULL)
            return;
        mqtt_line_news(mqtt->role[i].line, &news);
        ended = news.ended;
    }
    if (ended)
        let_go(mqtt);
}

static void took_too_long(uv_timer_t *timer)
{
    let_go(timer->data);
}

struct mqtt *mqtt_open(const struct mqtt_config *config)
{
    struct mqtt *mqtt = calloc(1, sizeof *mqtt);

    if (mqtt == NULL || mosquitto_lib_init() != MOSQ_ERR_SUCCESS) {
        free(mqtt);
        return NULL;
    }
    mqtt->config = *config;
    growing_init(&mqtt->payload, PAYLOAD_MAX);
    mqtt->async.data = mqtt->ending.data = mqtt;
    mqtt->handles = 2;
    if (uv_async_init(config->loop, &mqtt->async, on_async) != 0)
        abort();
    uv_timer_init(config->loop, &mqtt->ending);
    for (int i = 0; i < ROLES; i++) {
        struct role *role = &mqtt->role[i];
        reader_mqtt_init(&role->reader, config->bridge,
                         i == 0 ? READER_MQTT_MAIN : READER_MQTT_ORIGINAL);
        role->line = mqtt_line_start(wake, mqtt);
        if (role->line == NULL)
            abort(); /* no memory or no thread at the very beginning */
    }
    mqtt_settings(mqtt);
    return mqtt;
}

void mqtt_close(struct mqtt *mqtt, void (*closed)(void *context), void *context)
{
    mqtt->closed = closed;
    mqtt->closed_context = context;
    mqtt->closing = true;
    for (int i = 0; i < ROLES; i++)
        mqtt_line_end(mqtt->role[i].line);
    uv_timer_start(&mqtt->ending, took_too_long, END_MS, 0);
    uv_async_send(&mqtt->async);
}

#include "reader/bridge/mqtt.h"

#include "reader/bridge/discovery.h"

#include <string.h>

enum {
    SECOND = 1000000,
    LEGACY_US = 10000000,  /* as the original firmware did */
    SUBSCRIBE_US = 3000000 /* in which Home Assistant subscribes to what it was told of */
};

/* ---- Settings ---- */

/* What has an interval of its own. */
enum kind {
    KIND_POWER,
    KIND_ENERGY,
    KIND_OTHER,
    KINDS
};

static const uint8_t kind_of[METER_UNITS] = {
    [METER_UNIT_NONE] = KIND_OTHER,     [METER_UNIT_WH] = KIND_ENERGY,
    [METER_UNIT_VARH] = KIND_ENERGY,    [METER_UNIT_VAH] = KIND_ENERGY,
    [METER_UNIT_W] = KIND_POWER,        [METER_UNIT_VAR] = KIND_POWER,
    [METER_UNIT_VA] = KIND_POWER,       [METER_UNIT_MA] = KIND_OTHER,
    [METER_UNIT_MV] = KIND_OTHER,       [METER_UNIT_MHZ] = KIND_OTHER,
    [METER_UNIT_PERMILLE] = KIND_OTHER, [METER_UNIT_CENTIDEGREE] = KIND_OTHER,
    [METER_UNIT_A] = KIND_OTHER,        [METER_UNIT_V] = KIND_OTHER,
    [METER_UNIT_HZ] = KIND_OTHER,       [METER_UNIT_PERCENT] = KIND_OTHER,
    [METER_UNIT_MS] = KIND_OTHER,       [METER_UNIT_S] = KIND_ENERGY,
    [METER_UNIT_MIN] = KIND_OTHER,      [METER_UNIT_BYTES] = KIND_OTHER,
};

static mep_time shortest(const struct reader_settings *s, enum kind kind)
{
    const int32_t seconds[KINDS] = {s->mqtt_power_min_s, s->mqtt_energy_min_s, s->mqtt_other_min_s};
    return (mep_time)seconds[kind] * SECOND;
}

/* One message holds all: the most impatient kind decides. */
static mep_time longest(const struct reader_settings *s)
{
    int32_t least = s->mqtt_power_max_s;

    least = s->mqtt_energy_max_s < least ? s->mqtt_energy_max_s : least;
    least = s->mqtt_other_max_s < least ? s->mqtt_other_max_s : least;
    return (mep_time)least * SECOND;
}

static mep_time earlier(mep_time a, mep_time b)
{
    return a < b ? a : b;
}

/* ---- Topics ---- */

static void write_topic(char topic[READER_MQTT_TOPIC_SIZE], const char *const *parts)
{
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, topic, READER_MQTT_TOPIC_SIZE);
    for (; *parts != NULL; parts++)
        reader_out_text(&out, *parts);
}

static void discovery_topic(const struct reader_settings *s, const char *id,
                            char topic[READER_MQTT_TOPIC_SIZE])
{
    char base[sizeof s->mqtt_topic];

    memcpy(base, s->mqtt_topic, sizeof base);
    reader_mqtt_plain(base);
    write_topic(topic, (const char *const[]){s->mqtt_discovery_prefix, "/device/", base, "_", id,
                                             "/config", NULL});
}

static void message_topic(const struct reader_mqtt *mqtt, struct reader_mqtt_message *message)
{
    const struct reader_settings *s = mqtt->bridge->settings;
    char id[READER_MQTT_ID_SIZE] = "";

    if (message->meter != NULL)
        reader_mqtt_id(message->meter, id);
    switch (message->kind) {
    case READER_MQTT_ONLINE:
        reader_mqtt_will(mqtt, message->topic);
        break;
    case READER_MQTT_DISCOVERY:
        discovery_topic(s, id, message->topic);
        break;
    case READER_MQTT_STATE:
        write_topic(message->topic, (const char *const[]){s->mqtt_topic, "/", id, "/state", NULL});
        break;
    case READER_MQTT_LINK:
        write_topic(message->topic, (const char *const[]){s->mqtt_topic, "/", id, "/link", NULL});
        break;
    case READER_MQTT_LEGACY:
        write_topic(message->topic, (const char *const[]){s->mqtt_legacy_topic, "/",
                                                          reader_legacy_topic_name(message->legacy),
                                                          "/mydatajson", NULL});
        break;
    }
}

const char *reader_mqtt_will(const struct reader_mqtt *mqtt, char topic[READER_MQTT_TOPIC_SIZE])
{
    const struct reader_settings *s = mqtt->bridge->settings;
    bool original = mqtt->role == READER_MQTT_ORIGINAL;

    write_topic(topic, original ? (const char *const[]){s->mqtt_legacy_topic, "/lwt", NULL}
                                : (const char *const[]){s->mqtt_topic, "/status", NULL});
    return original ? "Offline" : "offline";
}

bool reader_mqtt_subscription(const struct reader_mqtt *mqtt, char topic[READER_MQTT_TOPIC_SIZE])
{
    const struct reader_settings *s = mqtt->bridge->settings;

    write_topic(topic, (const char *const[]){s->mqtt_discovery_prefix, "/status", NULL});
    return mqtt->role == READER_MQTT_MAIN && s->mqtt_discovery;
}

/* ---- The connection ---- */

void reader_mqtt_init(struct reader_mqtt *mqtt, struct reader_bridge *bridge,
                      enum reader_mqtt_role role)
{
    *mqtt =
        (struct reader_mqtt){.bridge = bridge, .role = role, .next_legacy = READER_LEGACY_TOPICS};
}

bool reader_mqtt_wanted(const struct reader_mqtt *mqtt)
{
    const struct reader_settings *s = mqtt->bridge->settings;

    return s->mqtt_url[0] != 0 && (mqtt->role == READER_MQTT_MAIN || s->mqtt_legacy_topic[0] != 0);
}

static void announce_again(struct reader_mqtt *mqtt)
{
    for (size_t i = 0; i < mqtt->bridge->meters; i++)
        mqtt->bridge->meter[i]->published.discovered = false;
}

void reader_mqtt_connected(struct reader_mqtt *mqtt, bool connected)
{
    mqtt->connected = connected;
    mqtt->online_due = connected;
    mqtt->next_legacy = READER_LEGACY_TOPICS;
    for (size_t i = 0; i < mqtt->bridge->meters; i++) {
        struct reader_published *published = &mqtt->bridge->meter[i]->published;
        if (mqtt->role == READER_MQTT_ORIGINAL) {
            published->legacy_known = false;
        } else {
            published->state_known = false;
            published->link_known = false;
            published->news = true;
        }
    }
    if (mqtt->role == READER_MQTT_MAIN)
        announce_again(mqtt);
}

void reader_mqtt_received(struct reader_mqtt *mqtt, const char *topic, const char *payload,
                          size_t size)
{
    static const char online[] = "online";
    char expected[READER_MQTT_TOPIC_SIZE];

    if (reader_mqtt_subscription(mqtt, expected) && strcmp(topic, expected) == 0 &&
        size == sizeof online - 1 && memcmp(payload, online, size) == 0)
        announce_again(mqtt);
}

/* ---- What is due ---- */

/* Going through a reading beside what was published last. */
struct comparison {
    struct reader_published *published;
    size_t index;
    bool changed[KINDS];
    bool keep; /* instead of comparing */
};

static void compare(void *context, const struct reader_value *value)
{
    struct comparison *c = context;

    if (value->kind != READER_INTEGER || value->unit == METER_UNIT_MS ||
        c->index >= READER_PUBLISHED_MAX)
        return; /* texts are known by their meter; age and clock change for ever */
    if (c->keep)
        c->published->value[c->index] = value->integer;
    else if (c->index >= c->published->count || c->published->value[c->index] != value->integer)
        c->changed[kind_of[value->unit]] = true;
    c->index++;
}

static bool is_fresh(const struct reader_meter *meter, mep_time now, struct comparison *c)
{
    return reader_values(meter->reader, now, compare, c) != 0;
}

/* When the newest reading may be published. */
static void look_at_news(const struct reader_settings *s, struct reader_meter *meter, mep_time now)
{
    struct reader_published *p = &meter->published;
    struct comparison c = {.published = p};

    p->news = false;
    p->discovered = p->discovered && p->names == reader_discovery_names(meter);
    p->state_due = MEP_NEVER;
    if (!is_fresh(meter, now, &c))
        return;
    c.changed[KIND_OTHER] |= c.index != p->count;
    p->state_due = p->state_known ? p->state_at + longest(s) : now;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (c.changed[kind] && p->state_known)
            p->state_due = earlier(p->state_due, p->state_at + shortest(s, (enum kind)kind));
    }
}

static bool take_state(const struct reader_settings *s, struct reader_meter *meter, mep_time now)
{
    struct reader_published *p = &meter->published;
    struct comparison c = {.published = p, .keep = true};

    if (p->news)
        look_at_news(s, meter, now);
    if (now < p->state_due)
        return false;
    if (!is_fresh(meter, now, &c)) {
        p->state_due = MEP_NEVER;
        return false;
    }
    p->count = c.index;
    p->state_at = now;
    p->state_known = true;
    p->state_due = now + longest(s);
    return true;
}

static mep_time link_due(const struct reader_settings *s, const struct reader_meter *meter)
{
    const struct reader_published *p = &meter->published;

    if (!p->link_known || p->link != (int)reader_link(meter->reader))
        return INT64_MIN;
    if (p->quality != reader_meter_quality_percent(meter))
        return p->link_at + earlier(shortest(s, KIND_OTHER), longest(s));
    return p->link_at + longest(s);
}

static bool take_link(const struct reader_settings *s, struct reader_meter *meter, mep_time now)
{
    struct reader_published *p = &meter->published;

    if (now < link_due(s, meter))
        return false;
    p->link = (int)reader_link(meter->reader);
    p->quality = reader_meter_quality_percent(meter);
    p->link_at = now;
    p->link_known = true;
    return true;
}

static bool take_discovery(const struct reader_settings *s, struct reader_meter *meter,
                           mep_time now)
{
    struct reader_published *p = &meter->published;
    size_t names = 0;

    if (s->mqtt_discovery && !p->discovered)
        names = reader_discovery_names(meter);
    if (names == 0)
        return false;
    p->names = names;
    p->discovered = true;
    p->again_at = now + SUBSCRIBE_US;
    return true;
}

static bool take_any(const struct reader_settings *s, struct reader_meter *meter, mep_time now,
                     enum reader_mqtt_kind *kind)
{
    struct reader_published *p = &meter->published;

    if (p->again_at != 0 && now >= p->again_at) {
        p->again_at = 0;
        p->state_known = false;
        p->link_known = false;
        p->news = true;
    }
    if (take_discovery(s, meter, now))
        *kind = READER_MQTT_DISCOVERY;
    else if (take_link(s, meter, now))
        *kind = READER_MQTT_LINK;
    else if (take_state(s, meter, now))
        *kind = READER_MQTT_STATE;
    else
        return false;
    return true;
}

/* Meter after meter, so that none waits for another one's news. */
static bool next_of_meters(struct reader_mqtt *mqtt, mep_time now,
                           struct reader_mqtt_message *message)
{
    const struct reader_bridge *bridge = mqtt->bridge;

    for (size_t i = 0; i < bridge->meters; i++) {
        struct reader_meter *meter = bridge->meter[(mqtt->next_meter + i) % bridge->meters];
        if (!take_any(bridge->settings, meter, now, &message->kind))
            continue;
        mqtt->next_meter = (mqtt->next_meter + i + 1) % bridge->meters;
        message->meter = meter;
        return true;
    }
    return false;
}

static struct reader_meter *legacy_meter(const struct reader_mqtt *mqtt)
{
    return mqtt->bridge->meters != 0 ? mqtt->bridge->meter[0] : NULL;
}

static mep_time legacy_due(const struct reader_published *p)
{
    return p->legacy_known ? p->legacy_at + LEGACY_US : INT64_MIN;
}

/* All five are of one reading, as far as the connection takes them in one go. */
static bool next_legacy(struct reader_mqtt *mqtt, mep_time now, struct reader_mqtt_message *message)
{
    struct reader_meter *meter = legacy_meter(mqtt);
    struct reader_out out;

    if (meter == NULL)
        return false;
    if (mqtt->next_legacy == READER_LEGACY_TOPICS && now >= legacy_due(&meter->published)) {
        meter->published.legacy_at = now;
        meter->published.legacy_known = true;
        mqtt->next_legacy = 0;
    }
    if (mqtt->next_legacy == READER_LEGACY_TOPICS)
        return false;
    message->kind = READER_MQTT_LEGACY;
    message->legacy = (enum reader_legacy_topic)mqtt->next_legacy++;
    message->meter = meter;
    reader_out_init(&out, NULL, NULL);
    if (reader_legacy_document(meter, message->legacy, now, &out))
        return true;
    mqtt->next_legacy = READER_LEGACY_TOPICS; /* nothing fresh: not ten seconds more */
    meter->published.legacy_at = now - LEGACY_US + SECOND;
    return false;
}

bool reader_mqtt_next(struct reader_mqtt *mqtt, mep_time now, struct reader_mqtt_message *message)
{
    memset(message, 0, sizeof *message);
    if (!mqtt->connected)
        return false;
    if (mqtt->online_due) {
        mqtt->online_due = false;
        message->kind = READER_MQTT_ONLINE;
    } else if (mqtt->role == READER_MQTT_MAIN ? !next_of_meters(mqtt, now, message)
                                              : !next_legacy(mqtt, now, message)) {
        return false;
    }
    message->retain = message->kind == READER_MQTT_ONLINE || message->kind == READER_MQTT_DISCOVERY;
    message->qos = message->retain ? 1 : 0;
    message_topic(mqtt, message);
    return true;
}

/* ---- Payloads ---- */

static void link_payload(const struct reader_meter *meter, mep_time now, struct reader_out *out)
{
    int64_t age = reader_meter_age_ms(meter, now);
    int quality = reader_meter_quality_percent(meter);

    reader_json_begin(out, NULL);
    reader_json_string(out, "link", reader_link_name(reader_link(meter->reader)));
    if (quality >= 0)
        reader_json_integer(out, "quality_percent", quality);
    if (age >= 0)
        reader_json_integer(out, "age_ms", age);
    reader_json_end(out);
}

void reader_mqtt_payload(struct reader_mqtt *mqtt, mep_time now,
                         const struct reader_mqtt_message *message, struct reader_out *out)
{
    switch (message->kind) {
    case READER_MQTT_ONLINE:
        reader_out_text(out, mqtt->role == READER_MQTT_ORIGINAL ? "Online" : "online");
        break;
    case READER_MQTT_DISCOVERY:
        reader_discovery(mqtt->bridge, message->meter, out);
        break;
    case READER_MQTT_STATE:
        reader_document_reading(message->meter, now, out);
        break;
    case READER_MQTT_LINK:
        link_payload(message->meter, now, out);
        break;
    case READER_MQTT_LEGACY:
        reader_legacy_document(message->meter, message->legacy, now, out);
        break;
    }
}

/* ---- When ---- */

static mep_time wake_for_meter(const struct reader_settings *s, const struct reader_meter *meter)
{
    const struct reader_published *p = &meter->published;
    mep_time wake = earlier(p->state_due, link_due(s, meter));

    if (p->news)
        return INT64_MIN;
    return p->again_at != 0 ? earlier(wake, p->again_at) : wake;
}

mep_time reader_mqtt_wake(const struct reader_mqtt *mqtt, mep_time now)
{
    const struct reader_bridge *bridge = mqtt->bridge;
    const struct reader_meter *original = legacy_meter(mqtt);
    mep_time wake = MEP_NEVER;

    if (!mqtt->connected)
        return MEP_NEVER;
    if (mqtt->role == READER_MQTT_ORIGINAL && original != NULL)
        wake = legacy_due(&original->published);
    for (size_t i = 0; i < bridge->meters && mqtt->role == READER_MQTT_MAIN; i++)
        wake = earlier(wake, wake_for_meter(bridge->settings, bridge->meter[i]));
    if (mqtt->online_due || mqtt->next_legacy != READER_LEGACY_TOPICS || wake < now)
        return now;
    return wake;
}

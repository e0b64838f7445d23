/*
 * MQTT: what to publish, where and when. The host connects, subscribes to
 * reader_mqtt_subscription(), sets the last will, and publishes what
 * reader_mqtt_next() gives, as long as it takes it.
 *
 * Topics, T being mqtt.topic: T/status (last will: online, offline; retained),
 * T/SERIAL/state (a reading as one object; not retained, since values expire),
 * T/SERIAL/link (link state, quality, age), DISCOVERY/device/T_SERIAL/config
 * (retained). SERIAL is the meter's serial number with '_' for what is neither a
 * letter, a digit, '-' nor '_'; as long as none is known, its name in the
 * settings. Slashes in T become '_' in T_SERIAL. A last will being one for each connection, the topics of the original
 * firmware (LEGACY/lwt and five more, of the first meter) go over a second one.
 *
 * State is published when one of its values has changed and the minimum interval
 * of its kind has gone by since the state was, or when the shortest of the maximum
 * intervals has; nothing stale ever is, and neither the age nor the meter's clock
 * is a change. The link is published at once when its state changes. A new
 * connection gets all anew, with the newest total; so does Home Assistant a few
 * seconds after it was told what there is, when it has subscribed. State and link
 * have QoS 0, since what was lost is old when it could be repeated.
 *
 * The original topics come every 10 s while readings are fresh.
 */
#ifndef READER_MQTT_H
#define READER_MQTT_H

#include "reader/bridge/bridge.h"

enum {
    READER_MQTT_TOPIC_SIZE = 192
};

enum reader_mqtt_kind {
    READER_MQTT_ONLINE, /* where the last will is */
    READER_MQTT_DISCOVERY,
    READER_MQTT_STATE,
    READER_MQTT_LINK,
    READER_MQTT_LEGACY /* and which one */
};

struct reader_mqtt_message {
    enum reader_mqtt_kind kind;
    enum reader_legacy_topic legacy;
    struct reader_meter *meter;
    char topic[READER_MQTT_TOPIC_SIZE];
    int qos;
    bool retain;
};

enum reader_mqtt_role {
    READER_MQTT_MAIN,
    READER_MQTT_ORIGINAL /* the topics of the original firmware */
};

struct reader_mqtt {
    struct reader_bridge *bridge;
    enum reader_mqtt_role role;
    bool connected, online_due;
    size_t next_meter;
    unsigned next_legacy;
};

void reader_mqtt_init(struct reader_mqtt *mqtt, struct reader_bridge *bridge,
                      enum reader_mqtt_role role);

/* Whether the settings want this connection. */
bool reader_mqtt_wanted(const struct reader_mqtt *mqtt);

/* The connection came or went. */
void reader_mqtt_connected(struct reader_mqtt *mqtt, bool connected);

/* What came on the subscribed topic: Home Assistant is back. */
void reader_mqtt_received(struct reader_mqtt *mqtt, const char *topic, const char *payload,
                          size_t size);

/* Where the last will goes, retained, QoS 1; returns its payload: "offline" or "Offline". */
const char *reader_mqtt_will(const struct reader_mqtt *mqtt, char topic[READER_MQTT_TOPIC_SIZE]);

/* What to subscribe to; false: nothing. */
bool reader_mqtt_subscription(const struct reader_mqtt *mqtt, char topic[READER_MQTT_TOPIC_SIZE]);

/* The next message that is due now; it counts as published. False: none is. */
bool reader_mqtt_next(struct reader_mqtt *mqtt, mep_time now, struct reader_mqtt_message *message);

/* Writes its payload. */
void reader_mqtt_payload(struct reader_mqtt *mqtt, mep_time now,
                         const struct reader_mqtt_message *message, struct reader_out *out);

/* When to ask again at the latest; a new reading is another reason. */
mep_time reader_mqtt_wake(const struct reader_mqtt *mqtt, mep_time now);

#endif

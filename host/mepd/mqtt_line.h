/*
 * One connection to a broker on a thread of its own, which lasts as long as the
 * line does and connects again and again to what is wanted. Functions are for the
 * loop's thread and wait for nothing.
 */
#ifndef MEPD_MQTT_LINE_H
#define MEPD_MQTT_LINE_H

#include "host/mepd/mqtt.h"

enum {
    MQTT_NOTICE_TOPIC = READER_MQTT_TOPIC_SIZE,
    MQTT_NOTICE_SIZE = 64, /* longer messages are not for us */
    MQTT_NOTICES = 8       /* of which the newest are kept */
};

/* Where to connect to and as whom. To be all zero before it is filled in: it is compared. */
struct mqtt_target {
    char host[READER_SETTING_TEXT];
    uint16_t port;
    bool tls;
    char user[128], password[128]; /* empty user: none */
    char ca[READER_SETTING_TEXT], cert[READER_SETTING_TEXT], key[READER_SETTING_TEXT];
    char will_topic[READER_MQTT_TOPIC_SIZE], will[16]; /* retained, QoS 1 */
    char subscription[READER_MQTT_TOPIC_SIZE];         /* empty: none */
};

/* A message that came. */
struct mqtt_notice {
    char topic[MQTT_NOTICE_TOPIC];
    char payload[MQTT_NOTICE_SIZE];
    size_t size;
};

struct mqtt_news {
    enum reader_mqtt_state state;
    char why[MQTT_WHY];  /* FAILED, REFUSED; empty otherwise */
    unsigned connection; /* how many there have been with this one */
    bool ended;
};

struct mqtt_line;

/* `wake` is called from the thread when there is news, or room after there was none. NULL: no
 * memory or no thread. */
struct mqtt_line *mqtt_line_start(void (*wake)(void *context), void *context);

/* What is wanted from now on; NULL: nothing. */
void mqtt_line_want(struct mqtt_line *line, const struct mqtt_target *target);

void mqtt_line_news(struct mqtt_line *line, struct mqtt_news *news);
bool mqtt_line_notice(struct mqtt_line *line, struct mqtt_notice *notice);

/* Whether a message would be taken: connected, and not too many that are not sent yet. */
bool mqtt_line_room(struct mqtt_line *line);
bool mqtt_line_publish(struct mqtt_line *line, const char *topic, const void *payload, size_t size,
                       int qos, bool retain);

/* Asks the thread to end: news says when it has, and then, or before if that takes too long, */
void mqtt_line_end(struct mqtt_line *line);

/* lets go of the line. A thread that has not ended frees it when it does. */
void mqtt_line_free(struct mqtt_line *line);

#endif

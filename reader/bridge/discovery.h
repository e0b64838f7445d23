/* What Home Assistant is told of a meter, by device-based MQTT discovery. mqtt.c's own. */
#ifndef READER_DISCOVERY_H
#define READER_DISCOVERY_H

#include "reader/bridge/bridge.h"

enum {
    READER_MQTT_ID_SIZE = 34 /* of a meter in topics, with its NUL */
};

/* Replaces what is neither a letter, a digit, '-' nor '_'. */
void reader_mqtt_plain(char *text);

/* A meter's name in topics; see mqtt.h. */
void reader_mqtt_id(const struct reader_meter *meter, char id[READER_MQTT_ID_SIZE]);

/* How many values there are to tell of; 0: none is known yet. */
size_t reader_discovery_names(const struct reader_meter *meter);

/*
 * The payload: a component for every value that the meter has, and the removal of
 * all that it might have had before it was reconfigured. Values come from the
 * topics T/ID/state and T/ID/link, T/status says whether we are there.
 */
void reader_discovery(const struct reader_bridge *bridge, const struct reader_meter *meter,
                      struct reader_out *out);

#endif

/* What settings.c and file.c share. */
#ifndef READER_SETTINGS_INTERNAL_H
#define READER_SETTINGS_INTERNAL_H

#include "reader/settings/settings.h"

enum {
    SETTING_DECIMALS = 4, /* of READER_SETTING_DECIMAL */
    SETTING_KEYS_MAX = 64 /* keys that there may be: the file's reader remembers them in 64 bits */
};

/* A name taken apart: a key, a meter's key, or a meter (setting NULL). */
struct setting_place {
    const struct reader_setting *setting;
    char meter[READER_NAME_SIZE]; /* "": none */
};

/* False if there is nothing of that name. */
bool setting_place_of(const char *name, struct setting_place *place);

/* Whether this many bytes can be a meter's name. */
bool setting_is_meter_name(const char *text, size_t size);

/* A meter's key (meter true) or one of the others; NULL if there is none. */
const struct reader_setting *setting_by_key(const char *key, size_t size, bool meter);

/* The meter of this name, which begins to exist if it did not; NULL: no room, and problem says so.
 */
struct reader_meter_settings *setting_meter(struct reader_settings *settings, const char *name);

/* What is wrong with a key that there is not, and which there are, in settings->problem. */
const char *setting_unknown(struct reader_settings *settings, const char *key, bool meter);

#endif

/*
 * mepd's configuration: a file, which the settings page changes too, and over it
 * what the command line says.
 */
#ifndef HOST_MEPD_CONFIG_H
#define HOST_MEPD_CONFIG_H

#include "reader/settings/settings.h"

enum {
    CONFIG_METERS_MAX = 256,
    CONFIG_PATH_SIZE = 512,
    CONFIG_PROBLEM_SIZE = 1024
};

/* What is in force, or might be. */
struct config {
    struct reader_settings settings;
    struct reader_meter_settings meter[CONFIG_METERS_MAX];
    struct mep_key key[CONFIG_METERS_MAX]; /* of each meter, read from its file if it names one */
};

enum config_option {
    CONFIG_METER, /* uri and key of the file's first meter, or of one named "meter" */
    CONFIG_KEY,
    CONFIG_HTTP,
    CONFIG_DATA,
    CONFIG_MQTT,
    CONFIG_LEGACY_TOPIC,
    CONFIG_OPTIONS
};

/* Where the configuration comes from. */
struct config_source {
    char path[CONFIG_PATH_SIZE];        /* of the file */
    bool given;                         /* by --config: it must be there */
    const char *option[CONFIG_OPTIONS]; /* NULL: not given */
    char key[CONFIG_PATH_SIZE];         /* what option[CONFIG_KEY] points to, if it was an option */
    bool key_of_environment;            /* which is for nobody if there is no meter, or sim: */
};

/* Without --config the file is mepd.conf in the directory of the data. */
void config_source_default(struct config_source *source);

/*
 * Reads all of it anew. NULL, and one line that says where and what, if
 * something is wrong; to be freed with config_free().
 */
struct config *config_load(const struct config_source *source, char problem[CONFIG_PROBLEM_SIZE]);

void config_free(struct config *config);

/* Whether something can be in force that is right in itself; if not, why. */
typedef bool config_accept_fn(void *context, const struct config *config,
                              char problem[CONFIG_PROBLEM_SIZE]);

/*
 * Changes keys in the file, all or none, if `accept` (NULL: everything) accepts
 * what is in force then, which is what it gives. Comments stay; the file's mode
 * too, and a new one can be read by its owner only. NULL, and what is wrong, if it
 * cannot be: nothing was changed.
 */
struct config *config_change(const struct config_source *source, const char *const *names,
                             const char *const *values, size_t count, config_accept_fn *accept,
                             void *context, char problem[CONFIG_PROBLEM_SIZE]);

/* Whether the command line sets this key. */
bool config_is_fixed(const struct config_source *source, const struct config *config,
                     const char *name);

#endif

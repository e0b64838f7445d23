/*
 * The board's settings between flash and RAM: the text that is stored, what is
 * read from it, and changes, backups and restores of both together. All or
 * nothing: what was refused, or not written, leaves everything as it was.
 */
#ifndef FW_CONFIG_H
#define FW_CONFIG_H

#include "firmware/logic/store.h"
#include "firmware/logic/tolerant.h"
#include "reader/reader.h"

enum {
    FW_CONFIG_TEXT = 3072, /* characters of all settings */
    FW_CONFIG_METERS = 1
};

struct fw_config {
    struct reader_settings *settings; /* the caller's, with one meter called "meter", */
    struct reader_meter_settings *section;
    const char *uri; /* whose line is this */

    struct fw_store store;
    size_t size; /* of the text that counts */
    int skipped; /* lines of it that were not understood */
    uint8_t stored[FW_STORE_HEADER + FW_CONFIG_TEXT];
    char scratch[2][FW_CONFIG_TEXT];
    char problem[READER_SETTING_PROBLEM + READER_SETTING_NAME + 4];
    struct reader_settings tried;
    struct reader_meter_settings tried_section[FW_CONFIG_METERS];
};

/* Reads what is stored. */
void fw_config_load(struct fw_config *config, struct reader_settings *settings,
                    struct reader_meter_settings *section, const char *uri,
                    const struct fw_store_flash *flash);

/*
 * Changes settings as reader_host's change() does. NULL, or in one line what is
 * wrong, beginning with "KEY: " if it is about one.
 */
const char *fw_config_change(struct fw_config *config, const char *const *names,
                             const char *const *values, size_t count);

/* NULL, or what is wrong, as above: the Wi-Fi's settings are tried before they are kept. */
const char *fw_config_untried(const char *const *names, size_t count);

/* All settings as text, without secrets unless wanted; holds until the next call. */
const char *fw_config_backup(struct fw_config *config, bool secrets, size_t *size);

/* Puts a backup in place of all settings. A secret that it lacks stays. */
const char *fw_config_restore(struct fw_config *config, const char *text, size_t size,
                              unsigned *line);

/* ---- The meter's reader ---- */

/* What the section means for a reader at a line of so many baud; the key is to be wiped after use. */
void fw_config_reader(const struct reader_meter_settings *section, uint32_t baud,
                      struct reader_config *reader);

/* A reader that goes by one of them need not begin anew for the other. */
bool fw_config_is_same_reader(const struct reader_config *a, const struct reader_config *b);

#endif

/*
 * The board's settings. The first byte chooses: what another version, or a fault,
 * left in the flash, or a backup that is restored. Whatever was in the flash, a
 * password can be set afterwards; a backup counts whole or not at all, says which
 * line is wrong, and what it gave is in the next backup.
 */
#define _GNU_SOURCE /* memmem */
#include "firmware/logic/config.h"

#include <stdlib.h>
#include <string.h>

static struct {
    uint8_t bytes[FW_STORE_SLOTS][FW_STORE_HEADER + FW_CONFIG_TEXT];
    size_t size[FW_STORE_SLOTS];
} flash;
static struct fw_config config;
static struct reader_settings settings;
static struct reader_meter_settings section[FW_CONFIG_METERS];

#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static size_t read_slot(void *context, unsigned slot, uint8_t *bytes, size_t size)
{
    size_t count = flash.size[slot] < size ? flash.size[slot] : size;

    (void)context;
    memcpy(bytes, flash.bytes[slot], count);
    return count;
}

static bool write_slot(void *context, unsigned slot, const uint8_t *bytes, size_t count)
{
    (void)context;
    NEED(count <= sizeof flash.bytes[slot]);
    memcpy(flash.bytes[slot], bytes, count);
    flash.size[slot] = count;
    return true;
}

static void load(void)
{
    static const struct fw_store_flash ops = {NULL, read_slot, write_slot};

    memset(&config, 0, sizeof config);
    fw_config_load(&config, &settings, section, "uart:", &ops);
    NEED(settings.meters == 1 && strcmp(section[0].uri, "uart:") == 0);
}

static const char *set(const char *name, const char *value)
{
    return fw_config_change(&config, &name, &value, 1);
}

/* Text that a header with the right sum is put before: only that gets past the store. */
static void load_left_over(const uint8_t *text, size_t size)
{
    struct fw_store_flash ops = {NULL, read_slot, write_slot};
    static uint8_t buffer[FW_STORE_HEADER + FW_CONFIG_TEXT];
    struct fw_store store;

    fw_store_init(&store, &ops, buffer, sizeof buffer);
    fw_store_load(&store, &(size_t){0}, &(unsigned){0});
    fw_store_save(&store, (const char *)text, size);
    load();
    NEED(config.skipped >= 0);
    const char *problem = set("http.public", "false");
    NEED(problem == NULL || strstr(problem, "too long") != NULL || config.skipped != 0);
    load();
    NEED(problem != NULL || config.skipped != 0 || !settings.http_public);
}

static void restore(const char *text, size_t size)
{
    static char first[FW_CONFIG_TEXT];
    unsigned line = 0, lines = 1;
    size_t count, again;

    load();
    NEED(set("mqtt.password", "br0ker-p4ss") == NULL);
    const char *kept = fw_config_backup(&config, true, &count);
    memcpy(first, kept, count);
    const char *problem = fw_config_restore(&config, text, size, &line);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    if (problem != NULL) {
        NEED(line <= lines && strlen(problem) > 10 && strchr(problem, '\n') == NULL);
        load();
        kept = fw_config_backup(&config, true, &again);
        NEED(again == count && memcmp(kept, first, count) == 0);
        return;
    }
    NEED(settings.mqtt_password[0] != 0); /* what a backup lacks of secrets stays */
    kept = fw_config_backup(&config, false, &count);
    NEED(memmem(kept, count, "br0ker-p4ss", 11) == NULL ||
         memmem(text, size, "br0ker-p4ss", 11) != NULL);
    /* Lines may move and the last be ended the first time, but not again. */
    for (int i = 0; i < 2; i++) {
        memcpy(first, kept, count);
        NEED(fw_config_restore(&config, first, count, &line) == NULL);
        kept = fw_config_backup(&config, false, &again);
        NEED(i == 0 || (again == count && memcmp(kept, first, count) == 0));
        count = again;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > FW_CONFIG_TEXT)
        return 0;
    memset(&flash, 0, sizeof flash);
    char *text = malloc(size - 1);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    if (data[0] == 0) {
        for (unsigned slot = 0; slot < FW_STORE_SLOTS; slot++)
            write_slot(NULL, slot, data + 1, size - 1);
        load();
        NEED(set("http.public", "false") == NULL && !settings.http_public);
    } else if (data[0] % 2 != 0) {
        load_left_over(data + 1, size - 1);
    } else {
        restore(text, size - 1);
    }
    free(text);
    return 0;
}

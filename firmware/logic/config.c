#include "firmware/logic/config.h"

#include <string.h>

/* No key was renamed yet. */
static const struct fw_renamed renamed[] = {{0, NULL, NULL}};

static const char too_long[] = "the settings are too long; 3072 characters in all are accepted";

static const char *stored_text(const struct fw_config *config)
{
    return (const char *)config->stored + FW_STORE_HEADER;
}

/* Keys of mepd's alone, such as names of files, mean nothing here. */
static void forget_hosts_keys(struct reader_settings *settings)
{
    for (size_t i = 0; i < reader_settings_count; i++) {
        const struct reader_setting *s = &reader_settings_keys[i];
        if ((s->flags & READER_SETTING_HOST) != 0 && (s->flags & READER_SETTING_METER) == 0)
            reader_settings_set(settings, s->key, NULL);
    }
}

/* What the keys cannot tell by themselves; a meter whose key is still to come is no fault. */
static bool is_consistent(struct reader_settings *settings, struct reader_settings_problem *problem)
{
    size_t meters = settings->meters;

    settings->meters = 0;
    bool good = reader_settings_check(settings, problem);
    settings->meters = meters;
    return good;
}

/* Another version may have judged differently; nobody is kept from changes by what does not agree. */
static int make_consistent(struct reader_settings *settings)
{
    struct reader_settings_problem problem;
    int changes = 0;

    while (changes < 8 && !is_consistent(settings, &problem)) {
        reader_settings_set(settings, problem.key, NULL);
        changes++;
    }
    return changes;
}

static void read_stored(struct fw_config *c)
{
    struct reader_settings_problem problem;
    unsigned version = FW_STORE_VERSION;

    if (fw_store_load(&c->store, &c->size, &version) == NULL)
        c->size = 0;
    reader_settings_init(c->settings, c->section, FW_CONFIG_METERS);
    /* Set before, so that no other meter's section takes its place, and after what is read. */
    reader_settings_set(c->settings, "meter.meter.uri", c->uri);
    c->skipped = fw_settings_read(c->settings, stored_text(c), c->size, version, renamed,
                                  c->scratch[0], FW_CONFIG_TEXT, &problem);
    forget_hosts_keys(c->settings);
    c->skipped += make_consistent(c->settings);
    reader_settings_set(c->settings, "meter.meter.uri", c->uri);
}

void fw_config_load(struct fw_config *c, struct reader_settings *settings,
                    struct reader_meter_settings *section, const char *uri,
                    const struct fw_store_flash *flash)
{
    c->settings = settings;
    c->section = section;
    c->uri = uri;
    fw_store_init(&c->store, flash, c->stored, sizeof c->stored);
    read_stored(c);
}

/* ---- A text that is edited again and again, by turns in two places ---- */

struct draft {
    struct fw_config *config;
    const char *text;
    size_t size, which;
};

static bool edit(struct draft *draft, const char *name, const char *value)
{
    struct reader_buffer buffer;
    struct reader_out out;
    char *to = draft->config->scratch[draft->which];

    reader_out_buffer(&out, &buffer, to, FW_CONFIG_TEXT);
    reader_settings_edit(draft->text, draft->size, name, value, &out);
    draft->text = to;
    draft->size = buffer.length;
    draft->which = 1 - draft->which;
    return !out.failed;
}

static const char *about(struct fw_config *c, const char *name, const char *why)
{
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, c->problem, sizeof c->problem);
    if (name[0] != 0) {
        reader_out_text(&out, name);
        reader_out_text(&out, ": ");
    }
    reader_out_text(&out, why);
    return c->problem;
}

static const char *keep(struct fw_config *c, const struct draft *draft)
{
    bool saved = fw_store_save(&c->store, draft->text, draft->size);

    read_stored(c);
    return saved ? NULL : "the settings could not be written to flash";
}

/* ---- Changes ---- */

static const char *check(struct fw_config *c, struct reader_settings *settings)
{
    struct reader_settings_problem problem;

    return is_consistent(settings, &problem) ? NULL : about(c, problem.key, problem.text);
}

static const char *change(struct draft *draft, const char *name, const char *value)
{
    struct fw_config *c = draft->config;
    const struct reader_setting *setting = reader_setting_find(name);
    const char *wrong;

    if (setting == NULL || (setting->flags & READER_SETTING_HOST) != 0)
        return about(c, name, "is no setting of the board; /api/v1/config lists them");
    if ((wrong = reader_settings_set(c->settings, name, value)) != NULL)
        return about(c, name, wrong);
    return edit(draft, name, value) ? NULL : too_long;
}

const char *fw_config_change(struct fw_config *c, const char *const *names,
                             const char *const *values, size_t count)
{
    struct draft draft = {.config = c, .text = stored_text(c), .size = c->size};
    const char *wrong = NULL;

    for (size_t i = 0; i < count && wrong == NULL; i++)
        wrong = change(&draft, names[i], values[i]);
    if (wrong == NULL)
        wrong = check(c, c->settings);
    if (wrong == NULL)
        return keep(c, &draft);
    read_stored(c); /* what was tried is undone */
    return wrong;
}

/* ---- Backup and restore ---- */

/* Goes through the secrets: a key's full name, and what is set. */
static const char *next_secret(const struct fw_config *c, size_t *index,
                               char name[READER_SETTING_NAME])
{
    for (; *index < reader_settings_count; ++*index) {
        const struct reader_setting *s = &reader_settings_keys[*index];
        struct reader_buffer buffer;
        struct reader_out out;
        bool of_meter = (s->flags & READER_SETTING_METER) != 0;
        const char *base = of_meter ? (const char *)c->section : (const char *)c->settings;
        if ((s->flags & READER_SETTING_SECRET) == 0 || base[s->offset] == 0)
            continue;
        reader_out_buffer(&out, &buffer, name, READER_SETTING_NAME);
        reader_out_text(&out, of_meter ? "meter.meter." : "");
        reader_out_text(&out, s->key);
        ++*index;
        return base + s->offset;
    }
    return NULL;
}

const char *fw_config_untried(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], "wifi.ssid") == 0 || strcmp(names[i], "wifi.password") == 0)
            return "wifi.ssid: is set at /setup, where it is tried before it is kept";
    }
    return NULL;
}

const char *fw_config_backup(struct fw_config *c, bool secrets, size_t *size)
{
    struct draft draft = {.config = c, .text = stored_text(c), .size = c->size};
    char name[READER_SETTING_NAME];
    size_t index = 0;

    while (!secrets && next_secret(c, &index, name) != NULL)
        edit(&draft, name, NULL);
    *size = draft.size;
    return draft.text;
}

const char *fw_config_restore(struct fw_config *c, const char *text, size_t size, unsigned *line)
{
    struct draft draft = {.config = c, .text = text, .size = size};
    struct reader_settings_problem problem;
    char name[READER_SETTING_NAME];
    const char *value, *wrong;
    size_t index = 0;

    *line = 0;
    reader_settings_init(&c->tried, c->tried_section, FW_CONFIG_METERS);
    if (!reader_settings_read(&c->tried, text, size, &problem)) {
        *line = problem.line;
        return about(c, problem.key, problem.text);
    }
    if (c->tried.meters != 0 && strcmp(c->tried_section[0].name, "meter") != 0)
        return "the board's meter is called meter; a section [meter meter] is accepted";
    reader_settings_set(&c->tried, "meter.meter.uri", c->uri);
    forget_hosts_keys(&c->tried);
    if ((wrong = check(c, &c->tried)) != NULL)
        return wrong;
    while ((value = next_secret(c, &index, name)) != NULL) {
        if (!reader_settings_is_set(&c->tried, name) && !edit(&draft, name, value))
            return too_long;
    }
    return draft.size > FW_CONFIG_TEXT ? too_long : keep(c, &draft);
}

/* ---- The meter's reader ---- */

void fw_config_reader(const struct reader_meter_settings *section, uint32_t baud,
                      struct reader_config *reader)
{
    struct mep_key key;
    bool set = mep_key_parse(section->key, strlen(section->key), &key) == MEP_KEY_OK;

    if (!set)
        memset(&key, 0, sizeof key);
    reader_config_init(reader, &key);
    reader->client.encrypt = section->encrypt;
    reader->client.baud = baud;
    reader->period_us = section->period_s * (mep_time)1000000;
    reader->no_key = !set;
    mep_key_wipe(&key);
}

bool fw_config_is_same_reader(const struct reader_config *a, const struct reader_config *b)
{
    return a->no_key == b->no_key && a->client.encrypt == b->client.encrypt &&
           a->period_us == b->period_us &&
           memcmp(a->client.key.bytes, b->client.key.bytes, sizeof a->client.key.bytes) == 0;
}

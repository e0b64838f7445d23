#include "host/mepd/config.h"

#include "host/mepd/file.h"
#include "host/mepd/growing.h"
#include "host/sim/sim.h"
#include "host/uri.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MAX = 1 << 20,
    KEY_FILE_MAX = 64 /* longer than any key, so that longer texts are refused */
};

static const char *const option_names[CONFIG_OPTIONS] = {
    [CONFIG_METER] = "--meter", [CONFIG_KEY] = "--key",   [CONFIG_HTTP] = "--http",
    [CONFIG_DATA] = "--data",   [CONFIG_MQTT] = "--mqtt", [CONFIG_LEGACY_TOPIC] = "--legacy-topic",
};

static bool fail(char problem[CONFIG_PROBLEM_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(char problem[CONFIG_PROBLEM_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(problem, CONFIG_PROBLEM_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

void config_source_default(struct config_source *source)
{
    if (source->given)
        return;
    const struct reader_setting *data = reader_setting_find("data");
    const char *folder =
        source->option[CONFIG_DATA] != NULL ? source->option[CONFIG_DATA] : data->fallback;
    snprintf(source->path, sizeof source->path, "%s/mepd.conf", folder);
}

/* ---- The command line -------------------------------------------------- */

/* The setting that an option stands for, in force; false if it is not given. */
static bool option_key(const struct config_source *source, const struct config *config,
                       enum config_option option, char name[READER_SETTING_NAME])
{
    static const char *const keys[CONFIG_OPTIONS] = {
        [CONFIG_METER] = "uri",        [CONFIG_KEY] = "key",
        [CONFIG_HTTP] = "http.listen", [CONFIG_DATA] = "data",
        [CONFIG_MQTT] = "mqtt.url",    [CONFIG_LEGACY_TOPIC] = "mqtt.legacy_topic",
    };
    if (source->option[option] == NULL)
        return false;
    if (option == CONFIG_KEY && source->key_of_environment &&
        (config->settings.meters == 0 || strcmp(config->meter[0].uri, "sim:") == 0))
        return false;
    if (option == CONFIG_METER || option == CONFIG_KEY)
        snprintf(name, READER_SETTING_NAME, "meter.%s.%s",
                 config->settings.meters == 0 ? "meter" : config->meter[0].name, keys[option]);
    else
        snprintf(name, READER_SETTING_NAME, "%s", keys[option]);
    return true;
}

static bool apply_options(const struct config_source *source, struct config *config,
                          char problem[CONFIG_PROBLEM_SIZE])
{
    char name[READER_SETTING_NAME];

    for (enum config_option i = 0; i < CONFIG_OPTIONS; i++) {
        if (!option_key(source, config, i, name))
            continue;
        const char *wrong = reader_settings_set(&config->settings, name, source->option[i]);
        if (wrong != NULL)
            return fail(problem, "%s: %s", option_names[i], wrong);
    }
    return true;
}

bool config_is_fixed(const struct config_source *source, const struct config *config,
                     const char *name)
{
    char fixed[READER_SETTING_NAME];

    for (enum config_option i = 0; i < CONFIG_OPTIONS; i++) {
        if (!option_key(source, config, i, fixed))
            continue;
        if (strcmp(name, fixed) == 0)
            return true;
        /* Nor can the meter be taken out whose uri or key it is. */
        size_t length = strlen(name);
        if (i <= CONFIG_KEY && strncmp(name, fixed, length) == 0 && fixed[length] == '.')
            return true;
    }
    return false;
}

/* ---- Keys of meters ---------------------------------------------------- */

static bool read_key(const struct reader_meter_settings *meter, struct mep_key *key,
                     char problem[CONFIG_PROBLEM_SIZE])
{
    const char *text = meter->key;
    char *content = NULL;
    size_t length = strlen(text);

    if (text[0] == 0)
        text = sim_default_mbk, length = strlen(text); /* of sim:, which alone needs none */
    if (text[0] == '@') {
        content = file_read(text + 1, KEY_FILE_MAX, &length);
        if (content == NULL)
            return fail(
                problem,
                "meter.%s.key: key file %s: %s; a file with the key on one line is accepted",
                meter->name, text + 1, errno == EFBIG ? "longer than any key" : strerror(errno));
        text = content;
        if (length != 0 && text[length - 1] == '\n')
            length--;
    }
    enum mep_key_error error = mep_key_parse(text, length, key);
    if (content != NULL)
        explicit_bzero(content, length);
    free(content);
    return error == MEP_KEY_OK ||
           fail(problem, "meter.%s.key: %s", meter->name, mep_key_strerror(error));
}

/* What the portable declaration cannot know of this host. */
static bool check_meters(struct config *config, char problem[CONFIG_PROBLEM_SIZE])
{
    for (size_t i = 0; i < config->settings.meters; i++) {
        struct uri uri;
        const char *wrong = uri_parse(config->meter[i].uri, &uri);
        if (wrong != NULL)
            return fail(problem, "meter.%s.uri: %s %s", config->meter[i].name, config->meter[i].uri,
                        wrong);
        if (!read_key(&config->meter[i], &config->key[i], problem))
            return false;
    }
    return true;
}

/* ---- All of it --------------------------------------------------------- */

static bool check(struct config *config, char problem[CONFIG_PROBLEM_SIZE])
{
    struct reader_settings_problem wrong;

    if (!reader_settings_check(&config->settings, &wrong))
        return fail(problem, "%s: %s", wrong.key, wrong.text);
    return check_meters(config, problem);
}

static bool read_text(const struct config_source *source, struct config *config, const char *text,
                      size_t size, char problem[CONFIG_PROBLEM_SIZE])
{
    struct reader_settings_problem wrong;

    if (reader_settings_read(&config->settings, text, size, &wrong))
        return true;
    return fail(problem, "%s:%u: %s%s%s", source->path, wrong.line, wrong.key,
                wrong.key[0] == 0 ? "" : ": ", wrong.text);
}

/* What is in force with this text in the file. */
static struct config *make(const struct config_source *source, const char *text, size_t size,
                           char problem[CONFIG_PROBLEM_SIZE])
{
    struct config *config = calloc(1, sizeof *config);

    if (config == NULL) {
        fail(problem, "no memory for the configuration");
        return NULL;
    }
    reader_settings_init(&config->settings, config->meter, CONFIG_METERS_MAX);
    if (read_text(source, config, text, size, problem) && apply_options(source, config, problem) &&
        check(config, problem))
        return config;
    config_free(config);
    return NULL;
}

static char *read_file(const struct config_source *source, size_t *size,
                       char problem[CONFIG_PROBLEM_SIZE])
{
    char *text = file_read(source->path, FILE_MAX, size);

    if (text == NULL && (errno == ENOENT || errno == ENOTDIR) && !source->given) {
        *size = 0;
        text = calloc(1, 1);
    } else if (text == NULL) {
        fail(problem, "%s: %s", source->path, strerror(errno));
    }
    return text;
}

static void free_text(char *text, size_t size)
{
    if (text != NULL)
        explicit_bzero(text, size);
    free(text);
}

struct config *config_load(const struct config_source *source, char problem[CONFIG_PROBLEM_SIZE])
{
    size_t size;
    char *text = read_file(source, &size, problem);

    if (text == NULL)
        return NULL;
    struct config *config = make(source, text, size, problem);
    free_text(text, size);
    return config;
}

void config_free(struct config *config)
{
    if (config != NULL)
        explicit_bzero(config, sizeof *config);
    free(config);
}

/* ---- Changes ----------------------------------------------------------- */

/* What the settings page may not set: a file of this host whose content would be tried as key. */
static bool names_file(const char *name, const char *value)
{
    const struct reader_setting *setting = reader_setting_find(name);

    return setting != NULL && value != NULL && value[0] == '@' &&
           (setting->flags & READER_SETTING_METER) != 0 &&
           (setting->flags & READER_SETTING_SECRET) != 0;
}

/* The file's text with a change, if it is one that the settings can take. */
static bool edit(struct growing *text, struct config *config, const char *name, const char *value,
                 char problem[CONFIG_PROBLEM_SIZE])
{
    struct growing next;
    struct reader_out out;
    const char *wrong = reader_settings_set(&config->settings, name, value);

    if (wrong == NULL && names_file(name, value))
        wrong = "a file that holds the key can only be named in the configuration file";
    if (wrong != NULL)
        return fail(problem, "%s: %s", name, wrong);
    growing_init(&next, FILE_MAX);
    growing_out(&next, &out);
    reader_settings_edit(growing_text(text), text->count, name, value, &out);
    growing_free(text);
    *text = next;
    return !out.failed || fail(problem, "the configuration has become too long");
}

static bool edit_all(const struct config_source *source, struct growing *text,
                     const char *const *names, const char *const *values, size_t count,
                     char problem[CONFIG_PROBLEM_SIZE])
{
    struct config *config = calloc(1, sizeof *config);
    bool ok = config != NULL;

    if (ok) {
        reader_settings_init(&config->settings, config->meter, CONFIG_METERS_MAX);
        ok = read_text(source, config, growing_text(text), text->count, problem);
    }
    for (size_t i = 0; i < count && ok; i++)
        ok = edit(text, config, names[i], values[i], problem);
    config_free(config);
    return ok;
}

struct config *config_change(const struct config_source *source, const char *const *names,
                             const char *const *values, size_t count, config_accept_fn *accept,
                             void *context, char problem[CONFIG_PROBLEM_SIZE])
{
    struct growing text;
    struct config *config = NULL;

    growing_init(&text, FILE_MAX);
    text.bytes = read_file(source, &text.count, problem);
    text.room = text.count + 1;
    if (text.bytes != NULL && edit_all(source, &text, names, values, count, problem))
        config = make(source, growing_text(&text), text.count, problem);
    bool ok = config != NULL && (accept == NULL || accept(context, config, problem));
    if (ok && !file_replace(source->path, growing_text(&text), text.count))
        ok = fail(problem, "%s: %s", source->path, strerror(errno));
    growing_free(&text);
    if (ok)
        return config;
    config_free(config);
    return NULL;
}

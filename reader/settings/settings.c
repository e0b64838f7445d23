#include "reader/settings/internal.h"

#include "reader/text/utf8.h"

#include <string.h>

static const char meter_prefix[] = "meter.";

/* ---- Names ---- */

bool setting_is_meter_name(const char *text, size_t size)
{
    if (size == 0 || size >= READER_NAME_SIZE)
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' &&
            c != '_')
            return false;
    }
    return true;
}

const struct reader_setting *setting_by_key(const char *key, size_t size, bool meter)
{
    for (size_t i = 0; i < reader_settings_count; i++) {
        const struct reader_setting *setting = &reader_settings_keys[i];
        if (((setting->flags & READER_SETTING_METER) != 0) == meter &&
            strlen(setting->key) == size && memcmp(setting->key, key, size) == 0)
            return setting;
    }
    return NULL;
}

bool setting_place_of(const char *name, struct setting_place *place)
{
    memset(place, 0, sizeof *place);
    if (strncmp(name, meter_prefix, sizeof meter_prefix - 1) != 0) {
        place->setting = setting_by_key(name, strlen(name), false);
        return place->setting != NULL;
    }
    name += sizeof meter_prefix - 1;
    size_t length = strcspn(name, ".");
    if (!setting_is_meter_name(name, length))
        return false;
    memcpy(place->meter, name, length);
    if (name[length] == 0)
        return true;
    place->setting = setting_by_key(name + length + 1, strlen(name + length + 1), true);
    return place->setting != NULL;
}

const struct reader_setting *reader_setting_find(const char *name)
{
    struct setting_place place;
    return setting_place_of(name, &place) ? place.setting : NULL;
}

/* ---- Meters ---- */

static size_t meter_index(const struct reader_settings *settings, const char *name)
{
    size_t i = 0;

    while (i < settings->meters && strcmp(settings->meter[i].name, name) != 0)
        i++;
    return i;
}

/* Where a value is; NULL if its meter does not exist. */
static const void *value_at(const struct reader_settings *settings,
                            const struct setting_place *place)
{
    const char *base = (const char *)settings;

    if (place->meter[0] != 0) {
        size_t i = meter_index(settings, place->meter);
        if (i == settings->meters)
            return NULL;
        base = (const char *)&settings->meter[i];
    }
    return base + place->setting->offset;
}

/* ---- What is wrong, in settings->problem ---- */

static struct reader_out problem_out(struct reader_settings *settings, struct reader_buffer *buffer)
{
    struct reader_out out;
    reader_out_buffer(&out, buffer, settings->problem, sizeof settings->problem);
    return out;
}

/* A number as the file has it. */
static void number(struct reader_out *out, const struct reader_setting *setting, int32_t value)
{
    reader_out_decimal(out, value, setting->kind == READER_SETTING_DECIMAL ? SETTING_DECIMALS : 0);
}

static const char *wrong_number(struct reader_settings *settings,
                                const struct reader_setting *setting, const char *what)
{
    struct reader_buffer buffer;
    struct reader_out out = problem_out(settings, &buffer);

    reader_out_text(&out, what);
    reader_out_text(&out, setting->kind == READER_SETTING_DECIMAL
                              ? "; numbers with up to 4 decimals from "
                              : "; whole numbers from ");
    number(&out, setting, setting->min);
    reader_out_text(&out, " to ");
    number(&out, setting, setting->max);
    reader_out_text(&out, " are accepted");
    return settings->problem;
}

static const char *wrong_choice(struct reader_settings *settings,
                                const struct reader_setting *setting)
{
    struct reader_buffer buffer;
    struct reader_out out = problem_out(settings, &buffer);

    reader_out_text(&out, "is none of the choices; ");
    for (size_t i = 0; setting->choices[i] != NULL; i++) {
        if (i != 0)
            reader_out_text(&out, setting->choices[i + 1] == NULL ? " and " : ", ");
        reader_out_text(&out, setting->choices[i]);
    }
    reader_out_text(&out, " are accepted");
    return settings->problem;
}

static const char *too_long(struct reader_settings *settings, const struct reader_setting *setting)
{
    struct reader_buffer buffer;
    struct reader_out out = problem_out(settings, &buffer);

    reader_out_text(&out, "is too long; up to ");
    reader_out_integer(&out, (int64_t)setting->size - 1);
    reader_out_text(&out, " bytes are accepted");
    return settings->problem;
}

static const char *too_many(struct reader_settings *settings)
{
    struct reader_buffer buffer;
    struct reader_out out = problem_out(settings, &buffer);

    reader_out_text(&out, "is one meter too many; up to ");
    reader_out_integer(&out, (int64_t)settings->meters_max);
    reader_out_text(&out, " are accepted");
    return settings->problem;
}

/* How much of a key is its group with the dot: "mqtt."; 0 of one without. */
static size_t group(const char *key)
{
    const char *dot = strchr(key, '.');
    return dot == NULL ? 0 : (size_t)(dot + 1 - key);
}

static bool in_list(const struct reader_setting *setting, const char *key, bool meter)
{
    return ((setting->flags & READER_SETTING_METER) != 0) == meter &&
           (key == NULL || (group(setting->key) != 0 && group(setting->key) == group(key) &&
                            memcmp(setting->key, key, group(key)) == 0));
}

const char *setting_unknown(struct reader_settings *settings, const char *key, bool meter)
{
    static const char unknown[] = "is not known; ";
    struct reader_buffer buffer;
    struct reader_out out = problem_out(settings, &buffer);
    size_t listed = 0;

    reader_out_text(&out, unknown);
    for (size_t i = 0; i < reader_settings_count; i++) {
        const struct reader_setting *setting = &reader_settings_keys[i];
        if (!in_list(setting, meter ? NULL : key, meter))
            continue;
        if (listed++ != 0)
            reader_out_text(&out, ", ");
        reader_out_text(&out, setting->key);
    }
    if (listed == 0)
        reader_out_text(&out, "http., history., mqtt. and cost. keys, data, language, log.level "
                              "and [meter NAME] sections");
    reader_out_text(&out, " are accepted");
    return settings->problem;
}

/* ---- Texts to values ---- */

static bool is_plain_text(const char *text)
{
    for (size_t at = 0, length = strlen(text), size; at < length; at += size) {
        uint32_t character = reader_utf8_next((const uint8_t *)text + at, length - at, &size);
        if (character < 0x20 || (character >= 0x7f && character < 0xa0) ||
            (character == 0xfffd && size == 1))
            return false;
    }
    return true;
}

static const char *to_string(struct reader_settings *settings, const struct reader_setting *setting,
                             const char *text, char *value)
{
    const char *problem = setting->check == NULL ? NULL : setting->check(text);
    size_t length = strlen(text);

    if (length >= setting->size)
        return too_long(settings, setting);
    if (!is_plain_text(text))
        return "holds a control character or is not UTF-8; a line of text is accepted";
    if (problem != NULL)
        return problem;
    memmove(value, text, length + 1);
    memset(value + length, 0, setting->size - length); /* nothing stays of a longer secret */
    return NULL;
}

static const char *to_bool(const char *text, bool *value)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0) {
            *value = i % 2 != 0;
            return NULL;
        }
    return "is neither yes nor no; yes, no, true, false, on and off are accepted";
}

static bool take_digit(const char **text, int64_t *number)
{
    if (**text < '0' || **text > '9')
        return false;
    *number = *number * 10 + (**text - '0');
    ++*text;
    return true;
}

static const char *to_number(struct reader_settings *settings, const struct reader_setting *setting,
                             const char *text, int32_t *value)
{
    unsigned decimals = setting->kind == READER_SETTING_DECIMAL ? SETTING_DECIMALS : 0;
    bool negative = text[0] == '-';
    int64_t got = 0;

    text += negative;
    if (!take_digit(&text, &got))
        return wrong_number(settings, setting, "is no such number");
    for (int digits = 1; take_digit(&text, &got); digits++)
        if (digits > 9)
            return wrong_number(settings, setting, "is out of range");
    if (decimals != 0 && text[0] == '.' && text[1] != 0)
        for (text++; decimals != 0 && take_digit(&text, &got);)
            decimals--;
    if (text[0] != 0)
        return wrong_number(settings, setting, "is no such number");
    for (; decimals != 0; decimals--)
        got *= 10;
    got = negative ? -got : got;
    if (got < setting->min || got > setting->max)
        return wrong_number(settings, setting, "is out of range");
    *value = (int32_t)got;
    return NULL;
}

static const char *to_choice(struct reader_settings *settings, const struct reader_setting *setting,
                             const char *text, int32_t *value)
{
    for (int32_t i = 0; setting->choices[i] != NULL; i++)
        if (strcmp(text, setting->choices[i]) == 0) {
            *value = i;
            return NULL;
        }
    return wrong_choice(settings, setting);
}

static const char *to_value(struct reader_settings *settings, const struct reader_setting *setting,
                            const char *text, void *value)
{
    switch (setting->kind) {
    case READER_SETTING_STRING:
    case READER_SETTING_PASSWORD:
        return to_string(settings, setting, text, value);
    case READER_SETTING_BOOL:
        return to_bool(text, value);
    case READER_SETTING_INTEGER:
    case READER_SETTING_DECIMAL:
        return to_number(settings, setting, text, value);
    case READER_SETTING_CHOICE:
        return to_choice(settings, setting, text, value);
    }
    return "cannot be set";
}

/* Gives each key of a meter, or each other, its default. */
static void set_defaults(struct reader_settings *settings, char *base, bool meter)
{
    for (size_t i = 0; i < reader_settings_count; i++) {
        const struct reader_setting *setting = &reader_settings_keys[i];
        if (((setting->flags & READER_SETTING_METER) != 0) == meter)
            to_value(settings, setting, setting->fallback, base + setting->offset);
    }
}

void reader_settings_init(struct reader_settings *settings, struct reader_meter_settings *meter,
                          size_t meters_max)
{
    memset(settings, 0, sizeof *settings);
    settings->meter = meter;
    settings->meters_max = meters_max;
    set_defaults(settings, (char *)settings, false);
}

struct reader_meter_settings *setting_meter(struct reader_settings *settings, const char *name)
{
    size_t i = meter_index(settings, name);

    if (i < settings->meters)
        return &settings->meter[i];
    if (i == settings->meters_max) {
        too_many(settings);
        return NULL;
    }
    struct reader_meter_settings *meter = &settings->meter[settings->meters++];
    memset(meter, 0, sizeof *meter);
    memcpy(meter->name, name, strlen(name));
    set_defaults(settings, (char *)meter, true);
    return meter;
}

static void remove_meter(struct reader_settings *settings, const char *name)
{
    size_t i = meter_index(settings, name);

    if (i == settings->meters)
        return;
    settings->meters--;
    memmove(&settings->meter[i], &settings->meter[i + 1],
            (settings->meters - i) * sizeof settings->meter[i]);
    memset(&settings->meter[settings->meters], 0, sizeof settings->meter[i]);
}

static const char *set_of_meter(struct reader_settings *settings, const struct setting_place *place,
                                const char *text)
{
    bool known = meter_index(settings, place->meter) < settings->meters;

    if (text == NULL && !known)
        return NULL;
    struct reader_meter_settings *meter = setting_meter(settings, place->meter);
    if (meter == NULL)
        return settings->problem;
    const char *problem =
        to_value(settings, place->setting, text != NULL ? text : place->setting->fallback,
                 (char *)meter + place->setting->offset);
    if (problem != NULL && !known)
        remove_meter(settings, place->meter);
    return problem;
}

const char *reader_settings_set(struct reader_settings *settings, const char *name,
                                const char *text)
{
    struct setting_place place;

    if (!setting_place_of(name, &place))
        return place.meter[0] != 0 ? setting_unknown(settings, NULL, true)
               : strncmp(name, meter_prefix, sizeof meter_prefix - 1) == 0
                   ? "names no meter; meter.NAME.KEY, NAME being up to 32 of A-Z a-z 0-9 - and _, "
                     "is accepted"
                   : setting_unknown(settings, name, false);
    if (place.setting == NULL) {
        if (text != NULL)
            return "is a meter and no value; its keys meter.NAME.uri and others are accepted";
        remove_meter(settings, place.meter);
        return NULL;
    }
    if (place.meter[0] != 0)
        return set_of_meter(settings, &place, text);
    return to_value(settings, place.setting, text != NULL ? text : place.setting->fallback,
                    (char *)settings + place.setting->offset);
}

/* ---- Values to texts ---- */

void reader_settings_value(const struct reader_settings *settings, const char *name,
                           struct reader_out *out)
{
    struct setting_place place;

    if (!setting_place_of(name, &place) || place.setting == NULL ||
        (place.setting->flags & READER_SETTING_SECRET) != 0)
        return;
    const void *value = value_at(settings, &place);
    if (value == NULL)
        return;
    switch (place.setting->kind) {
    case READER_SETTING_STRING:
    case READER_SETTING_PASSWORD:
        reader_out_text(out, value);
        break;
    case READER_SETTING_BOOL:
        reader_out_text(out, *(const bool *)value ? "yes" : "no");
        break;
    case READER_SETTING_INTEGER:
    case READER_SETTING_DECIMAL:
        number(out, place.setting, *(const int32_t *)value);
        break;
    case READER_SETTING_CHOICE:
        reader_out_text(out, place.setting->choices[*(const int32_t *)value]);
        break;
    }
}

bool reader_settings_is_set(const struct reader_settings *settings, const char *name)
{
    struct setting_place place;

    if (!setting_place_of(name, &place) || place.setting == NULL ||
        (place.setting->kind != READER_SETTING_STRING &&
         place.setting->kind != READER_SETTING_PASSWORD))
        return false;
    const char *value = value_at(settings, &place);
    return value != NULL && value[0] != 0;
}

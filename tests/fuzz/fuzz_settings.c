/*
 * A file of settings and a change to it. The first byte says which key, the
 * second how long its new value is, which follows; the rest is the file. A wrong
 * file names a line it has; a change to a good one changes that key and no other.
 */
#include "reader/settings/settings.h"

#include <stdlib.h>
#include <string.h>

enum {
    METERS = 3,
    TEXT_SIZE = 1 << 20
};

struct state {
    struct reader_meter_settings meter[METERS];
    struct reader_settings settings;
    struct reader_settings_problem problem;
};

static bool read(struct state *s, const char *text, size_t size)
{
    memset(s, 0, sizeof *s);
    reader_settings_init(&s->settings, s->meter, METERS);
    return reader_settings_read(&s->settings, text, size, &s->problem);
}

/* A line of text that is not too long, about a line that there is. */
static void check_problem(const struct state *s, const char *text, size_t size)
{
    size_t lines = 1;

    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    if (s->problem.line == 0 || s->problem.line > lines || s->problem.text == NULL ||
        strlen(s->problem.text) < 10 || strchr(s->problem.text, '\n') != NULL ||
        memchr(s->problem.key, 0, sizeof s->problem.key) == NULL)
        abort();
}

static const char *name_of(size_t index, char name[READER_SETTING_NAME])
{
    const struct reader_setting *setting = &reader_settings_keys[index % reader_settings_count];
    static const char *const meters[] = {"meter.a.", "meter.house.", "meter.b2."};
    const char *meter = (setting->flags & READER_SETTING_METER) == 0
                            ? ""
                            : meters[index / reader_settings_count % 3];

    strcpy(name, meter);
    strcat(name, setting->key);
    return name;
}

/* Both hold the same: pointers and texts of what was wrong aside. */
static bool is_same(const struct state *a, const struct state *b)
{
    return memcmp(&a->settings, &b->settings, offsetof(struct reader_settings, meter)) == 0 &&
           a->settings.meters == b->settings.meters &&
           memcmp(a->meter, b->meter, a->settings.meters * sizeof *a->meter) == 0;
}

static size_t edit(const char *text, size_t size, const char *name, const char *value, char *to)
{
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, to, TEXT_SIZE);
    reader_settings_edit(text, size, name, value, &out);
    if (out.failed)
        abort();
    return buffer.length;
}

static void check_edits(const char *text, size_t size, const char *name, const char *value)
{
    static struct state wanted, got;
    static char edited[TEXT_SIZE];

    read(&wanted, text, size);
    if (reader_settings_set(&wanted.settings, name, value) != NULL)
        return;
    size_t length = edit(text, size, name, value, edited);
    if (!read(&got, edited, length) || !is_same(&wanted, &got))
        abort();
    length = edit(text, size, name, NULL, edited);
    read(&wanted, text, size);
    if (reader_settings_set(&wanted.settings, name, NULL) != NULL || !read(&got, edited, length) ||
        !is_same(&wanted, &got))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct state s;
    char name[READER_SETTING_NAME], value[256];

    if (size < 2 || size - 2 < data[1] || size > TEXT_SIZE / 2)
        return 0;
    size_t length = data[1];
    memcpy(value, data + 2, length);
    value[length] = 0;
    name_of(data[0], name);
    size -= 2 + length;
    char *text = malloc(size + (size == 0));
    if (text == NULL)
        return 0;
    memcpy(text, data + 2 + length, size);
    if (read(&s, text, size))
        check_edits(text, size, name, value);
    else
        check_problem(&s, text, size);
    free(text);
    return 0;
}

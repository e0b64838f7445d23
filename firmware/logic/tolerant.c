#include "firmware/logic/tolerant.h"

#include <string.h>

/* The line's key, with its end; NULL: none. */
static const char *key_of(const char *line, const char *end, size_t *size)
{
    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    *size = 0;
    while (line + *size < end && strchr(" \t=#[\r", line[*size]) == NULL)
        ++*size;
    return *size != 0 ? line : NULL;
}

static const char *new_name(const char *key, size_t size, unsigned version,
                            const struct fw_renamed *renamed)
{
    for (; renamed != NULL && renamed->up_to != 0; renamed++) {
        if (version <= renamed->up_to && strlen(renamed->from) == size &&
            memcmp(renamed->from, key, size) == 0)
            return renamed->to;
    }
    return NULL;
}

static void rename_keys(const char *text, size_t size, unsigned version,
                        const struct fw_renamed *renamed, struct reader_out *out)
{
    for (size_t at = 0; at < size;) {
        const char *line = text + at;
        const char *newline = memchr(line, '\n', size - at);
        const char *end = newline != NULL ? newline + 1 : text + size;
        size_t key_size;
        const char *key = key_of(line, end, &key_size);
        const char *to = key != NULL ? new_name(key, key_size, version, renamed) : NULL;

        if (to != NULL) {
            reader_out_text(out, to);
            line = key + key_size;
        }
        reader_out_bytes(out, line, (size_t)(end - line));
        at = (size_t)(end - text);
    }
}

static bool comment_out(char *text, size_t size, unsigned line)
{
    size_t at = 0;

    for (unsigned n = 1; n < line; n++) {
        char *newline = memchr(text + at, '\n', size - at);
        if (newline == NULL)
            return false;
        at = (size_t)(newline - text) + 1;
    }
    if (at >= size || text[at] == '#' || text[at] == '\n')
        return false;
    for (; at < size && text[at] != '\n'; at++)
        text[at] = '#';
    return true;
}

int fw_settings_read(struct reader_settings *settings, const char *text, size_t size,
                     unsigned version, const struct fw_renamed *renamed, char *scratch,
                     size_t scratch_size, struct reader_settings_problem *problem)
{
    struct reader_buffer buffer;
    struct reader_out out;
    int skipped = 0;

    reader_out_buffer(&out, &buffer, scratch, scratch_size);
    rename_keys(text, size, version, renamed, &out);
    if (out.failed)
        return -1;
    while (!reader_settings_read(settings, scratch, buffer.length, problem)) {
        skipped++;
        if (!comment_out(scratch, buffer.length, problem->line))
            break;
    }
    return skipped;
}

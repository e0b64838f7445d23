#include "host/mepd/growing.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROOM = 1024
};

void growing_init(struct growing *text, size_t most)
{
    memset(text, 0, sizeof *text);
    text->most = most;
}

void growing_free(struct growing *text)
{
    if (text->bytes != NULL)
        explicit_bzero(text->bytes, text->room);
    free(text->bytes);
    growing_init(text, text->most);
}

const char *growing_text(const struct growing *text)
{
    return text->bytes == NULL ? "" : text->bytes;
}

static bool make_room(struct growing *text, size_t needed)
{
    size_t room = text->room == 0 ? FIRST_ROOM : text->room;

    while (room < needed)
        room *= 2;
    char *bytes = room == text->room ? text->bytes : realloc(text->bytes, room);
    if (bytes == NULL)
        return false;
    text->bytes = bytes;
    text->room = room;
    return true;
}

static bool append(void *context, const char *bytes, size_t count)
{
    struct growing *text = context;

    if (count > text->most - text->count || !make_room(text, text->count + count + 1))
        return false;
    memcpy(text->bytes + text->count, bytes, count);
    text->count += count;
    text->bytes[text->count] = 0;
    return true;
}

void growing_out(struct growing *text, struct reader_out *out)
{
    reader_out_init(out, append, text);
}

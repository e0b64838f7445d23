/*
 * JSON from the network: an exact copy on the heap shows any read beyond it. What
 * is taken is text that, written anew, reads the same.
 */
#include "reader/text/json_in.h"
#include "reader/text/out.h"
#include "reader/text/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
    MEMBERS = 200,
    TEXT_SIZE = MEMBERS * 6 * (READER_JSON_NAME_SIZE + READER_JSON_TEXT_SIZE) /* all escaped */
};

static void check_text(const char *text, size_t room)
{
    const char *end = memchr(text, 0, room);

    if (end == NULL)
        abort();
    for (size_t at = 0, length = (size_t)(end - text), size; at < length; at += size) {
        uint32_t character = reader_utf8_next((const uint8_t *)text + at, length - at, &size);
        if (character == 0xfffd && size == 1)
            abort();
    }
}

static bool read_all(const char *json, size_t size, struct reader_json_member *members,
                     size_t *count)
{
    struct reader_json_in in;
    struct reader_json_member member;

    *count = 0;
    reader_json_in_init(&in, json, size);
    while (reader_json_in_next(&in, &member)) {
        check_text(member.name, sizeof member.name);
        check_text(member.text, sizeof member.text);
        if (*count < MEMBERS)
            members[(*count)++] = member;
    }
    if (reader_json_in_next(&in, &member) || in.at > size)
        abort();
    if (in.problem == NULL && !in.ended)
        abort();
    return in.problem == NULL;
}

/* Numbers, bools and null have no other text than their own. */
static void write_all(struct reader_out *out, const struct reader_json_member *members,
                      size_t count)
{
    reader_out_text(out, "{");
    for (size_t i = 0; i < count; i++) {
        if (i != 0)
            reader_out_text(out, ",");
        out->comma = false;
        reader_json_string(out, NULL, members[i].name);
        reader_out_text(out, ":");
        out->comma = false;
        if (members[i].kind == READER_JSON_STRING)
            reader_json_string(out, NULL, members[i].text);
        else
            reader_out_text(out, members[i].text);
    }
    reader_out_text(out, "}");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reader_json_member members[MEMBERS], again[MEMBERS];
    static char text[TEXT_SIZE];
    size_t count, count_again;
    struct reader_buffer buffer;
    struct reader_out out;
    char *json = malloc(size + (size == 0));

    if (json == NULL)
        return 0;
    memcpy(json, data, size);
    bool good = read_all(json, size, members, &count);
    free(json);
    if (!good || count == MEMBERS)
        return 0;
    reader_out_buffer(&out, &buffer, text, sizeof text);
    write_all(&out, members, count);
    if (out.failed)
        abort();
    if (!read_all(text, buffer.length, again, &count_again) || count_again != count)
        abort();
    for (size_t i = 0; i < count; i++)
        if (again[i].kind != members[i].kind || strcmp(again[i].name, members[i].name) != 0 ||
            strcmp(again[i].text, members[i].text) != 0)
            abort();
    return 0;
}

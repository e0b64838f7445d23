#include "host/json_out.h"

#include "host/utf8.h"

#include <inttypes.h>
#include <string.h>

static void quoted(FILE *out, const uint8_t *bytes, size_t count)
{
    fputc('"', out);
    for (size_t at = 0, size; at < count; at += size) {
        uint32_t character = utf8_next(bytes + at, count - at, &size);
        if (character == '"' || character == '\\')
            fprintf(out, "\\%c", (int)character);
        else if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0xfffd)
            fprintf(out, "\\u%04" PRIx32, character);
        else
            fwrite(bytes + at, 1, size, out);
    }
    fputc('"', out);
}

static void member(struct json *json, const char *name)
{
    if (json->comma)
        fputc(',', json->out);
    json->comma = true;
    if (name == NULL)
        return;
    quoted(json->out, (const uint8_t *)name, strlen(name));
    fputc(':', json->out);
}

void json_begin(struct json *json, const char *name)
{
    member(json, name);
    json->comma = false;
    fputc('{', json->out);
}

void json_end(struct json *json)
{
    json->comma = true;
    fputc('}', json->out);
}

void json_integer(struct json *json, const char *name, int64_t value)
{
    member(json, name);
    fprintf(json->out, "%" PRId64, value);
}

void json_bool(struct json *json, const char *name, bool value)
{
    member(json, name);
    fputs(value ? "true" : "false", json->out);
}

void json_string(struct json *json, const char *name, const char *text)
{
    json_bytes(json, name, (const uint8_t *)text, strlen(text));
}

void json_bytes(struct json *json, const char *name, const uint8_t *bytes, size_t count)
{
    member(json, name);
    quoted(json->out, bytes, count);
}

void json_hex(struct json *json, const char *name, const uint8_t *bytes, size_t count)
{
    member(json, name);
    fputc('"', json->out);
    for (size_t i = 0; i < count; i++)
        fprintf(json->out, "%02x", bytes[i]);
    fputc('"', json->out);
}

void json_words(struct json *json, const char *name, const char *const *words, size_t count)
{
    member(json, name);
    fputc('[', json->out);
    for (size_t i = 0; i < count; i++) {
        if (i != 0)
            fputc(',', json->out);
        quoted(json->out, (const uint8_t *)words[i], strlen(words[i]));
    }
    fputc(']', json->out);
}

#include "reader/text/out.h"

#include "reader/text/utf8.h"

#include <string.h>

void reader_out_init(struct reader_out *out, reader_out_fn *fn, void *context)
{
    *out = (struct reader_out){.fn = fn, .context = context};
}

void reader_out_bytes(struct reader_out *out, const char *bytes, size_t count)
{
    if (out->failed || count == 0)
        return;
    if (out->fn == NULL || out->fn(out->context, bytes, count))
        out->total += count;
    else
        out->failed = true;
}

void reader_out_text(struct reader_out *out, const char *text)
{
    reader_out_bytes(out, text, strlen(text));
}

void reader_out_integer(struct reader_out *out, int64_t value)
{
    reader_out_decimal(out, value, 0);
}

void reader_out_decimal(struct reader_out *out, int64_t value, unsigned decimals)
{
    char text[24]; /* 19 digits, a sign, a point and zeros before a small fraction */
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    for (; decimals != 0 && rest % 10 == 0; decimals--)
        rest /= 10;
    for (unsigned digits = 0; digits <= decimals || rest != 0; digits++) {
        if (digits == decimals && digits != 0)
            text[--at] = '.';
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (value < 0)
        text[--at] = '-';
    reader_out_bytes(out, text + at, sizeof text - at);
}

static void hex_byte(uint8_t byte, char text[2])
{
    static const char digits[] = "0123456789abcdef";
    text[0] = digits[byte >> 4];
    text[1] = digits[byte & 15];
}

void reader_out_hex(struct reader_out *out, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[2];
        hex_byte(bytes[i], text);
        reader_out_bytes(out, text, sizeof text);
    }
}

/* ---- JSON ---- */

/* Only what needs it is escaped: the C1 controls and U+FFFD, lest terminals or eyes mistake them. */
static bool needs_escape(uint32_t character)
{
    return character < 0x20 || character == '"' || character == '\\' ||
           (character >= 0x7f && character < 0xa0) || character == 0xfffd;
}

static void escape(struct reader_out *out, uint32_t character)
{
    char text[6] = {'\\', 'u'};

    if (character == '"' || character == '\\') {
        text[1] = (char)character;
        reader_out_bytes(out, text, 2);
    } else {
        hex_byte((uint8_t)(character >> 8), text + 2);
        hex_byte((uint8_t)character, text + 4);
        reader_out_bytes(out, text, sizeof text);
    }
}

static void quoted(struct reader_out *out, const uint8_t *bytes, size_t count)
{
    size_t plain = 0; /* of the bytes before `at`, the first not yet written */

    reader_out_bytes(out, "\"", 1);
    for (size_t at = 0, size; at < count; at += size) {
        uint32_t character = reader_utf8_next(bytes + at, count - at, &size);
        if (!needs_escape(character))
            continue;
        reader_out_bytes(out, (const char *)bytes + plain, at - plain);
        escape(out, character);
        plain = at + size;
    }
    reader_out_bytes(out, (const char *)bytes + plain, count - plain);
    reader_out_bytes(out, "\"", 1);
}

static void member(struct reader_out *out, const char *name)
{
    if (out->comma)
        reader_out_bytes(out, ",", 1);
    out->comma = true;
    if (name == NULL)
        return;
    quoted(out, (const uint8_t *)name, strlen(name));
    reader_out_bytes(out, ":", 1);
}

static void begin(struct reader_out *out, const char *name, const char *bracket)
{
    member(out, name);
    out->comma = false;
    reader_out_bytes(out, bracket, 1);
}

static void end(struct reader_out *out, const char *bracket)
{
    out->comma = true;
    reader_out_bytes(out, bracket, 1);
}

void reader_json_begin(struct reader_out *out, const char *name)
{
    begin(out, name, "{");
}

void reader_json_begin_array(struct reader_out *out, const char *name)
{
    begin(out, name, "[");
}

void reader_json_end(struct reader_out *out)
{
    end(out, "}");
}

void reader_json_end_array(struct reader_out *out)
{
    end(out, "]");
}

void reader_json_integer(struct reader_out *out, const char *name, int64_t value)
{
    member(out, name);
    reader_out_integer(out, value);
}

void reader_json_decimal(struct reader_out *out, const char *name, int64_t value, unsigned decimals)
{
    member(out, name);
    reader_out_decimal(out, value, decimals);
}

void reader_json_bool(struct reader_out *out, const char *name, bool value)
{
    member(out, name);
    reader_out_text(out, value ? "true" : "false");
}

void reader_json_null(struct reader_out *out, const char *name)
{
    member(out, name);
    reader_out_text(out, "null");
}

void reader_json_string(struct reader_out *out, const char *name, const char *text)
{
    reader_json_bytes(out, name, (const uint8_t *)text, strlen(text));
}

void reader_json_bytes(struct reader_out *out, const char *name, const uint8_t *bytes, size_t count)
{
    member(out, name);
    quoted(out, bytes, count);
}

void reader_json_hex(struct reader_out *out, const char *name, const uint8_t *bytes, size_t count)
{
    member(out, name);
    reader_out_bytes(out, "\"", 1);
    reader_out_hex(out, bytes, count);
    reader_out_bytes(out, "\"", 1);
}

/* ---- Into a buffer ---- */

static bool append(void *context, const char *bytes, size_t count)
{
    struct reader_buffer *buffer = context;

    if (count >= buffer->size - buffer->length)
        return false;
    memcpy(buffer->text + buffer->length, bytes, count);
    buffer->length += count;
    buffer->text[buffer->length] = 0;
    return true;
}

void reader_out_buffer(struct reader_out *out, struct reader_buffer *buffer, char *text,
                       size_t size)
{
    *buffer = (struct reader_buffer){.text = text, .size = size};
    text[0] = 0;
    reader_out_init(out, append, buffer);
}

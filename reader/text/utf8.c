#include "reader/text/utf8.h"

#include <stdbool.h>
#include <string.h>

enum {
    REPLACEMENT = 0xfffd
};

uint32_t reader_utf8_next(const uint8_t *bytes, size_t count, size_t *size)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = bytes[0];
    size_t length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    *size = 1;
    if (length == 1)
        return first;
    if (length == 0 || first >= 0xf8 || length > count)
        return REPLACEMENT;
    uint32_t character = first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return REPLACEMENT;
        character = character << 6 | (bytes[i] & 0x3fu);
    }
    if (character < least[length] || character > 0x10ffff ||
        (character >= 0xd800 && character <= 0xdfff))
        return REPLACEMENT;
    *size = length;
    return character;
}

size_t reader_utf8_put(uint32_t character, uint8_t bytes[4])
{
    static const uint8_t mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

    for (size_t i = length; i-- > 1; character >>= 6)
        bytes[i] = (uint8_t)(0x80 | (character & 0x3f));
    bytes[0] = (uint8_t)((length == 1 ? 0 : mark[length]) | character);
    return length;
}

char *reader_utf8_clean(const uint8_t *bytes, size_t count, char *out, size_t size)
{
    static const uint8_t replacement[] = {0xef, 0xbf, 0xbd};
    size_t used = 0;

    for (size_t at = 0, step; at < count; at += step) {
        uint32_t character = reader_utf8_next(bytes + at, count - at, &step);
        bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
        bool odd = control || character == REPLACEMENT;
        size_t length = odd ? sizeof replacement : step;
        if (used + length >= size)
            break;
        memcpy(out + used, odd ? replacement : bytes + at, length);
        used += length;
    }
    out[used] = 0;
    return out;
}

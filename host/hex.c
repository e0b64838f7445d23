#include "host/hex.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

const char *hex_parse(const char *text, uint8_t *out, size_t size, size_t *count)
{
    size_t digits = 0;

    for (; *text != 0; text++) {
        if (*text == ' ' || *text == ':' || *text == '\t' || *text == '\n')
            continue;
        int value = digit(*text);
        if (value < 0)
            return "has a character that is no hex digit; digits with or without spaces and colons "
                   "are accepted";
        if (digits / 2 >= size)
            return "is longer than anything the protocol can carry";
        if (digits % 2 == 0)
            out[digits / 2] = (uint8_t)(value << 4);
        else
            out[digits / 2] |= (uint8_t)value;
        digits++;
    }
    if (digits == 0)
        return "is empty; hex digits are accepted";
    if (digits % 2 != 0)
        return "has an odd number of hex digits; two for each byte are accepted";
    *count = digits / 2;
    return NULL;
}

char *hex_text(const uint8_t *bytes, size_t count, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * count] = 0;
    return text;
}

#include "mep/key.h"

#include <string.h>

enum {
    NO_DIGIT = 0xff
};

static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A' + 10);
    return NO_DIGIT;
}

static bool all_hex(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (hex_digit(text[i]) == NO_DIGIT)
            return false;
    return true;
}

static enum mep_key_error parse_ascii(const char *text, size_t length, struct mep_key *key)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return MEP_KEY_E_ASCII;
    memcpy(key->bytes, text, MEP_KEY_SIZE);
    key->form = length == 16 ? MEP_KEY_ASCII_16 : MEP_KEY_ASCII_20;
    key->looks_like_hex = all_hex(text, length);
    return MEP_KEY_OK;
}

static enum mep_key_error parse_hex(const char *text, size_t length, struct mep_key *key)
{
    if (!all_hex(text, length))
        return MEP_KEY_E_HEX;
    for (size_t i = 0; i < MEP_KEY_SIZE; i++)
        key->bytes[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    key->form = length == 32 ? MEP_KEY_HEX_32 : MEP_KEY_HEX_40;
    key->looks_like_hex = false;
    return MEP_KEY_OK;
}

enum mep_key_error mep_key_parse(const char *text, size_t length, struct mep_key *key)
{
    static const char prefix[] = "hex:";
    const size_t prefix_length = sizeof prefix - 1;

    switch (length) {
    case 16:
    case 20:
        return parse_ascii(text, length, key);
    case 32:
    case 40:
        return parse_hex(text, length, key);
    case 36:
    case 44:
        if (memcmp(text, prefix, prefix_length) == 0)
            return parse_hex(text + prefix_length, length - prefix_length, key);
        return MEP_KEY_E_LENGTH;
    default:
        return MEP_KEY_E_LENGTH;
    }
}

const char *mep_key_strerror(enum mep_key_error error)
{
    switch (error) {
    case MEP_KEY_OK:
        return "key ok";
    case MEP_KEY_E_LENGTH:
        return "key has the wrong length: 16 or 20 characters, or 32 or 40 hex digits, are "
               "accepted";
    case MEP_KEY_E_HEX:
        return "key has a character that is no hex digit: a key of 32 or 40 characters is hex";
    case MEP_KEY_E_ASCII:
        return "key has a character that cannot be printed: a key of 16 or 20 characters is ASCII";
    }
    return "unknown key error";
}

const char *mep_key_form_name(enum mep_key_form form)
{
    switch (form) {
    case MEP_KEY_ASCII_16:
        return "16 ASCII characters";
    case MEP_KEY_ASCII_20:
        return "20 ASCII characters, of which the first 16 are used";
    case MEP_KEY_HEX_32:
        return "32 hex digits, 16 bytes";
    case MEP_KEY_HEX_40:
        return "40 hex digits, of which the first 32 (16 bytes) are used";
    }
    return "unknown form";
}

void mep_key_wipe(struct mep_key *key)
{
    volatile uint8_t *byte = key->bytes;
    for (size_t i = 0; i < sizeof key->bytes; i++)
        byte[i] = 0;
}

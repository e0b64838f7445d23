/* What the board's keys take. */
#include "reader/settings/checks.h"

#include <string.h>

const char *reader_check_wifi_password(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || (length >= 8 && length <= 63))
        return NULL;
    if (length == 64 && strspn(text, "0123456789abcdefABCDEF") == 64)
        return NULL;
    return "has the wrong length; 8 to 63 characters, 64 hex digits, or nothing for an open "
           "network are accepted";
}

const char *reader_check_hostname(const char *text)
{
    size_t length = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");

    if (length != 0 && text[length] == 0 && text[0] != '-' && text[length - 1] != '-')
        return NULL;
    return "is no name of a device; letters, digits and - inside are accepted";
}

/* Four numbers up to 255; gives what follows, or NULL. */
static const char *address(const char *text)
{
    for (int i = 0; i < 4; i++) {
        size_t digits = strspn(text, "0123456789");
        unsigned value = 0;
        if (digits == 0 || digits > 3)
            return NULL;
        for (; digits != 0; digits--)
            value = value * 10 + (unsigned)(*text++ - '0');
        if (value > 255 || (i < 3 && *text++ != '.'))
            return NULL;
    }
    return text;
}

const char *reader_check_address(const char *text)
{
    const char *rest = address(text);

    if (text[0] == 0 || (rest != NULL && rest[0] == 0))
        return NULL;
    return "is no address; one such as 192.168.1.1 is accepted, or nothing";
}

const char *reader_check_network(const char *text)
{
    const char *rest = address(text);

    if (text[0] == 0)
        return NULL;
    if (rest != NULL && rest[0] == '/') {
        size_t digits = strspn(++rest, "0123456789");
        int bits = digits == 1   ? rest[0] - '0'
                   : digits == 2 ? (rest[0] - '0') * 10 + rest[1] - '0'
                                 : 0;
        if (rest[digits] == 0 && bits >= 8 && bits <= 30)
            return NULL;
    }
    return "is no address with the length of its network; one such as 192.168.1.20/24 is accepted, "
           "or nothing for DHCP";
}

#include "reader/settings/checks.h"

#include "mep/key.h"

#include <string.h>

static const char letters_and_digits[] = "0123456789"
                                         "abcdefghijklmnopqrstuvwxyz"
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool is_among(char c, const char *more)
{
    return c != 0 && (strchr(letters_and_digits, c) != NULL || strchr(more, c) != NULL);
}

/* The length of what begins as a host name, an IPv4 address or an IPv6 address in brackets; 0: none
 * of them. */
static size_t host_length(const char *text)
{
    size_t length = 0;

    if (text[0] == '[') {
        length = strspn(text + 1, "0123456789abcdefABCDEF:.") + 1;
        return length > 2 && text[length] == ']' ? length + 1 : 0;
    }
    while (is_among(text[length], ".-_"))
        length++;
    return length;
}

/* A port and nothing after it. */
static bool is_port(const char *text, uint32_t least)
{
    size_t digits = strspn(text, "0123456789");
    uint32_t port = 0;

    if (digits == 0 || digits > 5 || text[digits] != 0)
        return false;
    for (size_t i = 0; i < digits; i++)
        port = port * 10 + (uint32_t)(text[i] - '0');
    return port >= least && port <= 65535;
}

const char *reader_check_listen(const char *text)
{
    size_t length = host_length(text);

    if (text[0] == 0)
        return NULL;
    if (length == 0 || text[length] != ':')
        return "names no host and port; 127.0.0.1:8080, 0.0.0.0:80 and [::1]:8080 are accepted";
    if (!is_port(text + length + 1, 0))
        return "has no port of 1 to 65535, or 0 for any that is free";
    return NULL;
}

const char *reader_check_hosts(const char *text)
{
    while (*text != 0) {
        size_t gap = strspn(text, " ,");
        size_t length = host_length(text + gap);
        if (length == 0 && text[gap] != 0)
            return "holds what is no host name; names and addresses without ports, separated by "
                   "spaces, are accepted";
        text += gap + length;
        if (*text != 0 && *text != ' ' && *text != ',')
            return "holds what is no host name; names and addresses without ports, separated by "
                   "spaces, are accepted";
    }
    return NULL;
}

/* After a dollar sign, so many of these and more; gives what follows, or NULL. */
static const char *part(const char *text, const char *more)
{
    size_t length = 1;

    if (text == NULL || text[0] != '$')
        return NULL;
    while (is_among(text[length], more))
        length++;
    return length > 1 ? text + length : NULL;
}

const char *reader_check_password_hash(const char *text)
{
    static const char scheme[] = "pbkdf2-sha256";
    const char *rest = text + sizeof scheme - 1;

    if (text[0] == 0)
        return NULL;
    if (strncmp(text, scheme, sizeof scheme - 1) == 0 && rest[0] == '$') {
        size_t digits = strspn(rest + 1, "0123456789");
        if (digits > 0 && digits < 9) {
            rest = part(part(rest + 1 + digits, "+/="), "+/=");
            if (rest != NULL && rest[0] == 0)
                return NULL;
        }
    }
    return "is no hash of a password; pbkdf2-sha256$ITERATIONS$SALT$HASH is accepted, as setting a "
           "password on the web page makes it, never the password itself";
}

const char *reader_check_mqtt_url(const char *text)
{
    const char *host = text + (strncmp(text, "mqtts://", 8) == 0 ? 8 : 7);

    if (text[0] == 0)
        return NULL;
    if (strncmp(text, "mqtt://", 7) != 0 && strncmp(text, "mqtts://", 8) != 0)
        return "has another scheme; mqtt://HOST, mqtts://HOST and either with :PORT are accepted";
    if (strchr(host, '@') != NULL)
        return "holds a user name; that and the password have keys of their own, mqtt.user and "
               "mqtt.password";
    size_t length = host_length(host);
    if (length == 0 || (host[length] != 0 && host[length] != ':'))
        return "names no host; mqtt://HOST, mqtts://HOST and either with :PORT are accepted";
    if (host[length] == ':' && !is_port(host + length + 1, 1))
        return "has no port of 1 to 65535; without one it is 1883, or 8883 of mqtts";
    return NULL;
}

const char *reader_check_optional_topic(const char *text)
{
    size_t length = strlen(text);

    if (strpbrk(text, "+#") != NULL)
        return "holds + or #; a topic without these is accepted";
    if (length != 0 && (text[0] == '/' || text[0] == '$' || text[length - 1] == '/'))
        return "begins with / or $, or ends with /; a topic such as home/meter is accepted";
    return NULL;
}

const char *reader_check_topic(const char *text)
{
    return text[0] == 0 ? "is empty; a topic such as meplink is accepted"
                        : reader_check_optional_topic(text);
}

const char *reader_check_currency(const char *text)
{
    return text[0] == 0 ? "is empty; EUR, DKK, kr and the like are accepted" : NULL;
}

const char *reader_check_meter_key(const char *text)
{
    struct mep_key key;

    if (text[0] == 0)
        return NULL;
    if (text[0] == '@')
        return text[1] != 0 ? NULL
                            : "has no file after the @; @FILE, such as @/etc/mepd/house.key, is "
                              "accepted";
    enum mep_key_error error = mep_key_parse(text, strlen(text), &key);
    mep_key_wipe(&key);
    return error == MEP_KEY_OK ? NULL : mep_key_strerror(error);
}

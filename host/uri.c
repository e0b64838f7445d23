#include "host/uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCEPTED "; accepted are /dev/ttyUSB0, /dev/ttyUSB0?baud=9600, tcp://host:port and sim:"

bool uri_baud_known(uint32_t baud)
{
    static const uint32_t known[] = {300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (baud == known[i])
            return true;
    return false;
}

/* A number of up to 6 digits and nothing else; 0 if it is none. */
static uint32_t number(const char *text)
{
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length > 6 || text[length] != 0)
        return 0;
    return (uint32_t)strtoul(text, NULL, 10);
}

static const char *parse_tcp(const char *text, struct uri *uri)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - text);
    bool bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';

    if (bracketed) {
        text++;
        length -= 2;
    }
    if (length == 0 || strcspn(text, bracketed ? "/[]" : "/[]:") < length)
        return "names no host and port" ACCEPTED;
    uint32_t port = number(colon + 1);
    if (port == 0 || port > 65535)
        return "has no port of 1 to 65535" ACCEPTED;
    memcpy(uri->path, text, length);
    uri->path[length] = 0;
    snprintf(uri->port, sizeof uri->port, "%u", port);
    uri->kind = URI_TCP;
    return NULL;
}

static const char *parse_serial(const char *text, struct uri *uri)
{
    const char *question = strchr(text, '?');
    size_t length = question == NULL ? strlen(text) : (size_t)(question - text);

    uri->baud = 9600;
    if (question != NULL) {
        if (strncmp(question, "?baud=", 6) != 0)
            return "has an unknown setting after the question mark" ACCEPTED;
        uri->baud = number(question + 6);
        if (!uri_baud_known(uri->baud))
            return "has an unknown speed; accepted are baud=300, 600, 1200, 2400, 4800, 9600, "
                   "19200, 38400, 57600 and 115200";
    }
    memcpy(uri->path, text, length);
    uri->path[length] = 0;
    uri->kind = URI_SERIAL;
    return NULL;
}

const char *uri_parse(const char *text, struct uri *uri)
{
    static const char tcp[] = "tcp://";

    memset(uri, 0, sizeof *uri);
    if (strlen(text) >= URI_TEXT_MAX)
        return "is too long" ACCEPTED;
    if (strcmp(text, "sim:") == 0) {
        uri->kind = URI_SIM;
        return NULL;
    }
    if (strncmp(text, tcp, sizeof tcp - 1) == 0)
        return parse_tcp(text + sizeof tcp - 1, uri);
    if (text[0] == '/' && text[1] != 0 && text[1] != '?')
        return parse_serial(text, uri);
    return "is not understood" ACCEPTED;
}

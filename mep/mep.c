#include "mep/mep.h"

const char *mep_code_strerror(unsigned code)
{
    switch (code) {
    case MEP_CODE_OK:
        return "ok";
    case MEP_CODE_UNRECOGNISED:
        return "request not recognised";
    case MEP_CODE_UNSUPPORTED:
        return "request not supported";
    case MEP_CODE_NO_PERMISSION:
        return "no permission (key or hardware lock)";
    case MEP_CODE_NOT_POSSIBLE:
        return "operation not possible";
    case MEP_CODE_TABLE_NOT_POSSIBLE:
        return "table operation not possible";
    case MEP_CODE_SERVICE_STATE:
        return "wrong service state (no TLS session)";
    case MEP_CODE_AUTHENTICATION:
        return "authentication failure";
    case MEP_CODE_SEQUENCE:
        return "wrong sequence number";
    default:
        return "unknown response code";
    }
}

static int upper(char c)
{
    return (c >= 'a' && c <= 'z') ? c - 'a' + 'A' : c;
}

bool mep_name_parse(const char *name, enum mep_kind *kind, uint16_t *number)
{
    int family = upper(name[0]);
    if (family != 'B' && family != 'E')
        return false;
    int letter = upper(name[1]);
    if (letter != 'T' && letter != 'P')
        return false;

    uint16_t value = 0;
    const char *digit = name + 2;
    for (; *digit >= '0' && *digit <= '9' && value < MEP_EXTENDED; digit++)
        value = (uint16_t)(value * 10 + (*digit - '0'));
    if (digit == name + 2 || *digit != '\0' || value >= MEP_EXTENDED)
        return false;

    *kind = letter == 'T' ? MEP_TABLE : MEP_PROCEDURE;
    *number = (uint16_t)(value + (family == 'E' ? MEP_EXTENDED : 0));
    return true;
}

/* The client's enums in words; apart from the client so that a small device can leave them out. */
#include "mep/client.h"

const char *mep_outcome_strerror(enum mep_outcome outcome)
{
    switch (outcome) {
    case MEP_OUTCOME_OK:
        return "ok";
    case MEP_OUTCOME_REFUSED:
        return "the meter refused the request";
    case MEP_OUTCOME_AUTH:
        return "authentication failure: wrong key, or the request was damaged";
    case MEP_OUTCOME_SEQUENCE:
        return "the meter kept refusing the sequence number";
    case MEP_OUTCOME_SILENT:
        return "no answer";
    case MEP_OUTCOME_SHORT:
        return "the answer was cut short";
    case MEP_OUTCOME_BAD_DIGEST:
        return "the answer was damaged (its digest does not verify)";
    case MEP_OUTCOME_MALFORMED:
        return "the answer contradicts itself or the request";
    case MEP_OUTCOME_TLS:
        return "the port speaks TLS";
    case MEP_OUTCOMES:
        break;
    }
    return "unknown outcome";
}

const char *mep_result_strerror(enum mep_result result)
{
    switch (result) {
    case MEP_OK:
        return "ok";
    case MEP_E_BUSY:
        return "a request is already under way";
    case MEP_E_RANGE:
        return "table offset or count out of range";
    case MEP_E_NOT_ALLOWED:
        return "writing this was not allowed by name";
    case MEP_E_TOO_OFTEN:
        return "this write would exceed the wear limit of 4 an hour";
    case MEP_E_NOT_WRITABLE:
        return "no key can write this";
    }
    return "unknown result";
}

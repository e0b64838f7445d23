#include "firmware/logic/improv.h"

#include <string.h>

static const uint8_t header[] = {'I', 'M', 'P', 'R', 'O', 'V', 1};

enum {
    AT_TYPE = sizeof header,
    AT_LENGTH,
    AT_DATA,
    TYPE_STATE = 1,
    TYPE_ERROR = 2,
    TYPE_COMMAND = 3,
    TYPE_RESULT = 4
};

void fw_improv_init(struct fw_improv *improv)
{
    memset(improv, 0, sizeof *improv);
}

static uint8_t sum(const uint8_t *bytes, size_t count)
{
    unsigned total = 0;

    while (count-- != 0)
        total += *bytes++;
    return (uint8_t)total;
}

/* A text with its length before it; false: it does not fit or is not there. */
static bool take_text(const uint8_t **at, const uint8_t *end, char *text, size_t size)
{
    if (*at == end)
        return false;
    size_t length = *(*at)++;
    if (length >= size || length > (size_t)(end - *at) || memchr(*at, 0, length) != NULL)
        return false;
    memcpy(text, *at, length);
    text[length] = 0;
    *at += length;
    return true;
}

/* A whole packet with the right sum. */
static enum fw_improv_command understand(struct fw_improv *improv)
{
    const uint8_t *data = improv->packet + AT_DATA;
    size_t count = improv->packet[AT_LENGTH];

    if (improv->packet[AT_TYPE] != TYPE_COMMAND)
        return FW_IMPROV_NONE;
    improv->error = FW_IMPROV_INVALID;
    if (count < 2 || data[1] != count - 2)
        return FW_IMPROV_NONE;
    if (data[0] < FW_IMPROV_JOIN || data[0] > FW_IMPROV_SCAN) {
        improv->error = FW_IMPROV_UNKNOWN;
        return FW_IMPROV_NONE;
    }
    if (data[0] == FW_IMPROV_JOIN) {
        const uint8_t *at = data + 2, *end = data + count;
        if (!take_text(&at, end, improv->ssid, sizeof improv->ssid) || improv->ssid[0] == 0 ||
            !take_text(&at, end, improv->password, sizeof improv->password) || at != end)
            return FW_IMPROV_NONE;
    }
    improv->error = FW_IMPROV_OK;
    return (enum fw_improv_command)data[0];
}

enum fw_improv_command fw_improv_byte(struct fw_improv *improv, uint8_t byte)
{
    improv->error = FW_IMPROV_OK;
    if (improv->got < sizeof header && byte != header[improv->got]) {
        improv->got = 0;
        if (byte != header[0])
            return FW_IMPROV_NONE;
    }
    improv->packet[improv->got++] = byte;
    if (improv->got < AT_DATA + 1U)
        return FW_IMPROV_NONE;
    size_t whole = AT_DATA + (size_t)improv->packet[AT_LENGTH];
    if (improv->got <= whole)
        return FW_IMPROV_NONE;
    improv->got = 0;
    enum fw_improv_command command = FW_IMPROV_NONE;
    if (byte == sum(improv->packet, whole))
        command = understand(improv);
    else
        improv->error = FW_IMPROV_INVALID;
    memset(improv->packet, 0, sizeof improv->packet);
    return command;
}

/* Finishes a packet whose data is there. */
static size_t finish(uint8_t type, size_t count, uint8_t *packet)
{
    memcpy(packet, header, sizeof header);
    packet[AT_TYPE] = type;
    packet[AT_LENGTH] = (uint8_t)count;
    packet[AT_DATA + count] = sum(packet, AT_DATA + count);
    packet[AT_DATA + count + 1] = '\n';
    return AT_DATA + count + 2;
}

size_t fw_improv_tell_state(enum fw_improv_state state, uint8_t packet[FW_IMPROV_PACKET])
{
    packet[AT_DATA] = (uint8_t)state;
    return finish(TYPE_STATE, 1, packet);
}

size_t fw_improv_tell_error(enum fw_improv_error error, uint8_t packet[FW_IMPROV_PACKET])
{
    packet[AT_DATA] = (uint8_t)error;
    return finish(TYPE_ERROR, 1, packet);
}

size_t fw_improv_tell_result(enum fw_improv_command command, const char *const *texts, size_t count,
                             uint8_t packet[FW_IMPROV_PACKET])
{
    uint8_t *data = packet + AT_DATA;
    size_t at = 2;

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(texts[i]), room = 255 - at - (count - i);
        if (length > room)
            length = room;
        data[at++] = (uint8_t)length;
        memcpy(data + at, texts[i], length);
        at += length;
    }
    data[0] = (uint8_t)command;
    data[1] = (uint8_t)(at - 2);
    return finish(TYPE_RESULT, at, packet);
}

#include "firmware/logic/improv.h"

#include "reader/text/out.h"

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
            !take_text(&at, end, improv->password, sizeof improv->password) || at != end) {
            memset(improv->password, 0, sizeof improv->password);
            return FW_IMPROV_NONE;
        }
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

/* ---- The board's side ---- */

enum {
    NETWORKS = 12,
    INFO = 4
};

void fw_improv_board_init(struct fw_improv_board *board, const struct fw_improv_host *host)
{
    memset(board, 0, sizeof *board);
    fw_improv_init(&board->improv);
    board->host = host;
}

static void send(struct fw_improv_board *board, size_t size)
{
    board->host->send(board->packet, size);
}

static void tell_state(struct fw_improv_board *board, bool online)
{
    send(board, fw_improv_tell_state(board->provisioning ? FW_IMPROV_PROVISIONING
                                     : online            ? FW_IMPROV_PROVISIONED
                                                         : FW_IMPROV_READY,
                                     board->packet));
}

static void tell_error(struct fw_improv_board *board, enum fw_improv_error error)
{
    send(board, fw_improv_tell_error(error, board->packet));
}

/* Where the browser goes on; without an address there is nowhere. */
static void tell_address(struct fw_improv_board *board, enum fw_improv_command command, bool online,
                         const char *address)
{
    char url[32];
    const char *texts[] = {url};
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, url, sizeof url);
    reader_out_text(&out, "http://");
    reader_out_text(&out, address);
    reader_out_text(&out, "/");
    send(board, fw_improv_tell_result(command, texts, online, board->packet));
}

static void tell_networks(struct fw_improv_board *board)
{
    struct fw_seen seen[NETWORKS];
    size_t count = board->host->scan(seen, NETWORKS);

    for (size_t i = 0; i < count; i++) {
        char rssi[8];
        const char *texts[] = {seen[i].ssid, rssi, seen[i].open ? "NO" : "YES"};
        struct reader_buffer buffer;
        struct reader_out out;
        reader_out_buffer(&out, &buffer, rssi, sizeof rssi);
        reader_out_integer(&out, seen[i].rssi);
        send(board, fw_improv_tell_result(FW_IMPROV_SCAN, texts, 3, board->packet));
    }
    send(board, fw_improv_tell_result(FW_IMPROV_SCAN, NULL, 0, board->packet));
}

static void obey(struct fw_improv_board *board, enum fw_improv_command command, bool online,
                 const char *address)
{
    struct fw_improv *improv = &board->improv;

    switch (command) {
    case FW_IMPROV_JOIN:
        if (board->host->join(improv->ssid, improv->password))
            board->provisioning = true;
        else /* what was asked for before goes on, and its end is told */
            tell_error(board, FW_IMPROV_CANNOT_CONNECT);
        memset(improv->password, 0, sizeof improv->password);
        tell_state(board, online);
        break;
    case FW_IMPROV_GET_STATE:
        tell_state(board, online);
        if (online)
            tell_address(board, command, online, address);
        break;
    case FW_IMPROV_GET_INFO:
        send(board, fw_improv_tell_result(command, board->host->info(), INFO, board->packet));
        break;
    case FW_IMPROV_SCAN:
        tell_networks(board);
        break;
    case FW_IMPROV_NONE:
        if (improv->error != FW_IMPROV_OK)
            tell_error(board, improv->error);
        break;
    }
}

void fw_improv_turn(struct fw_improv_board *board, const uint8_t *bytes, size_t count,
                    enum fw_trial trial, bool online, const char *address)
{
    if (board->provisioning && trial != FW_TRIAL_RUNNING) {
        board->provisioning = false;
        if (trial == FW_TRIAL_FAILED)
            tell_error(board, FW_IMPROV_CANNOT_CONNECT);
        tell_state(board, online);
        if (trial == FW_TRIAL_OK)
            tell_address(board, FW_IMPROV_JOIN, online, address);
    }
    for (size_t i = 0; i < count; i++)
        obey(board, fw_improv_byte(&board->improv, bytes[i]), online, address);
}

#include "mep/server.h"

#include <string.h>

enum state {
    IDLE,
    THINKING,
    SENDING
};

enum {
    BITS_PER_BYTE = 10,
    SEGMENT = 117,             /* response bytes between two pauses (p.21) */
    ALERT_PERIOD_US = 1000000, /* also the hold-off after a frame (p.21) */
    CONFIGURATION_JUMP = 25,   /* p.55 */
    PSN_FIRST = 5,             /* procedure sequence numbers of a MEP client (p.51) */
    PSN_LAST = 9
};

static const mep_time LONG_AGO = INT64_MIN / 2;

void mep_server_config_init(struct mep_server_config *config, const struct mep_key *mak,
                            const struct mep_key *mbk)
{
    memset(config, 0, sizeof *config);
    config->mak = *mak;
    config->mbk = *mbk;
    config->sequence = 1;
    config->baud = 9600;
    config->gap_us = 50000;
    config->think_us = 30000;
    config->throttle_us = 100000;
    config->pause_us = 25000;
}

void mep_server_init(struct mep_server *s, const struct mep_server_config *config,
                     const struct mep_server_ops *ops, void *context)
{
    memset(s, 0, sizeof *s);
    s->config = *config;
    s->ops = ops;
    s->context = context;
    s->sequence = config->sequence;
    s->last_byte = s->last_frame = s->last_served = s->last_alert = LONG_AGO;
}

static mep_time line_time(const struct mep_server *s, size_t bytes)
{
    if (s->config.baud == 0)
        return 0;
    return (mep_time)bytes * BITS_PER_BYTE * 1000000 / s->config.baud;
}

static mep_time later(mep_time a, mep_time b)
{
    return a > b ? a : b;
}

/* ---- Procedures (p.49-52) ---------------------------------------------- */

/* Which table holds the result of a procedure for this client. */
static uint16_t result_table(const struct mep_server *s)
{
    if (s->config.second_port)
        return MEP_ET85;
    return s->et59_response ? MEP_ET59 : MEP_BT08;
}

static uint8_t call_procedure(struct mep_server *s, unsigned right, const uint8_t *data,
                              size_t count)
{
    if (count < 3)
        return MEP_CODE_TABLE_NOT_POSSIBLE;
    uint16_t number = (uint16_t)((data[0] | data[1] << 8) & 0xfff);
    uint8_t psn = data[2];
    if (psn < PSN_FIRST || psn > PSN_LAST || psn == s->procedure_sequence)
        return MEP_CODE_NOT_POSSIBLE;
    s->procedure_sequence = psn;

    enum mep_procedure_result result = MEP_PROCEDURE_NOT_AUTHORISED;
    size_t result_count = 0;
    if ((mep_access(MEP_PROCEDURE, number) & right) != 0)
        result =
            s->ops->call(s->context, number, data + 3, count - 3, s->result + 4, &result_count);
    s->result[0] = (uint8_t)number;
    s->result[1] = (uint8_t)(number >> 8);
    s->result[2] = psn;
    s->result[3] = (uint8_t)result;
    s->result_size = (uint8_t)(4 + result_count);
    return MEP_CODE_OK;
}

static uint8_t read_result(const struct mep_server *s, uint32_t offset, uint16_t count,
                           uint8_t *into, uint16_t *got)
{
    if (offset > s->result_size)
        return MEP_CODE_NOT_POSSIBLE;
    size_t rest = s->result_size - offset;
    *got = (uint16_t)(count < rest ? count : rest);
    memcpy(into, s->result + offset, *got);
    return MEP_CODE_OK;
}

/* ---- Serving ----------------------------------------------------------- */

/* Carries a request out; gives the response message's size in `out`. */
static size_t carry_out(struct mep_server *s, unsigned right, const struct mep_request *request,
                        uint8_t *out)
{
    uint16_t got = 0;

    if (mep_service_reads(request->service)) {
        uint16_t count = request->count < MEP_READ_MAX ? request->count : MEP_READ_MAX;
        if (request->table == result_table(s))
            out[0] = read_result(s, request->offset, count, out + 3, &got);
        else
            out[0] =
                s->ops->read(s->context, request->table, request->offset, count, out + 3, &got);
        if (out[0] != MEP_CODE_OK)
            return 1;
        mep_put16(out + 1, got);
        return 3u + got;
    }
    if ((mep_access(MEP_TABLE, request->table) & right) == 0) {
        s->counters.no_permissions++;
        out[0] = MEP_CODE_NO_PERMISSION;
    } else if (request->table == MEP_BT07) {
        out[0] = call_procedure(s, right, request->data, request->count);
    } else {
        out[0] = s->ops->write(s->context, request->table, request->offset, request->data,
                               request->count);
    }
    return 1;
}

/* Answers the frame that arrived; gives the size of the response frame, 0 for none. */
static size_t serve(struct mep_server *s)
{
    /* As in a TLS handshake (p.17): a ServerHello record, whose content does not matter here. */
    static const uint8_t tls_hello[] = {MEP_CODE_OK, 0x16, 0x03, 0x03, 0x00,
                                        0x04,        0x0e, 0x00, 0x00, 0x00};
    uint8_t *frame = s->frame.bytes;
    size_t size = s->frame.length, message_size = 0;
    struct mep_exchange exchange;
    struct mep_request request;
    uint32_t sequence = 0;

    s->counters.served++;
    if (s->config.tls_only) {
        if (frame[0] != MEP_TLS_HANDSHAKE)
            return 0;
        memcpy(frame, tls_hello, sizeof tls_hello);
        return sizeof tls_hello;
    }

    const uint8_t *key = s->config.mak.bytes;
    unsigned right = MEP_MAK_WRITES;
    bool open = mep_open_request(&exchange, key, frame, size, &message_size, &sequence);
    if (!open) {
        key = s->config.mbk.bytes;
        right = MEP_MBK_WRITES;
        open = mep_open_request(&exchange, key, frame, size, &message_size, &sequence);
    }
    if (!open) {
        s->counters.auth_failures++;
        frame[0] = MEP_CODE_AUTHENTICATION;
        memset(&exchange, 0, sizeof exchange);
        return mep_seal_response(&exchange, key, frame, 1);
    }
    /* s->sequence is the next number; up to 7 beyond it are as good. */
    if (sequence - s->sequence >= MEP_SEQUENCE_WINDOW) {
        s->counters.wrong_sequences++;
        frame[0] = MEP_CODE_SEQUENCE;
        mep_put32(frame + 1, s->sequence);
        return mep_seal_response(&exchange, key, frame, 1 + MEP_SEQUENCE_SIZE);
    }
    s->sequence = sequence + 1;

    uint8_t response[MEP_FRAME_MAX];
    if (mep_request_decode(frame, message_size, &request)) {
        size = carry_out(s, right, &request, response);
    } else {
        response[0] = MEP_CODE_UNRECOGNISED;
        size = 1;
    }
    memcpy(frame, response, size);
    return mep_seal_response(&exchange, key, frame, size);
}

/* ---- Bytes and time ---------------------------------------------------- */

/* A request that stopped for too long is none. */
static void check_gap(struct mep_server *s, mep_time now)
{
    if (s->state != IDLE || !mep_frame_partial(&s->frame) || now - s->last_byte <= s->config.gap_us)
        return;
    s->counters.gaps++;
    mep_frame_reset(&s->frame);
}

void mep_server_input(struct mep_server *s, mep_time now, const uint8_t *bytes, size_t count)
{
    if (count == 0)
        return;
    check_gap(s, now - line_time(s, count - 1));
    s->last_byte = now;
    for (size_t i = 0; i < count && s->state == IDLE; i++) {
        if (mep_frame_push(&s->frame, bytes[i]) != MEP_FRAME_COMPLETE)
            continue;
        s->counters.frames++;
        s->last_frame = now;
        s->send_at = later(now + s->config.think_us, s->last_served + s->config.throttle_us);
        s->state = THINKING;
    }
}

static void sent_all(struct mep_server *s)
{
    s->state = IDLE;
    mep_frame_reset(&s->frame);
    if (s->next_baud != 0) {
        s->config.baud = s->next_baud;
        s->next_baud = 0;
    }
}

static size_t send_some(struct mep_server *s, mep_time now, uint8_t *bytes, size_t size)
{
    size_t total = MEP_LENGTH_SIZE + (size_t)s->frame.length;
    size_t segment_end = ((size_t)s->sent / SEGMENT + 1) * SEGMENT;
    uint8_t length[MEP_LENGTH_SIZE];
    size_t count = 0;

    mep_put16(length, s->frame.length);
    if (segment_end > total)
        segment_end = total;
    for (; count < size && s->sent < segment_end; count++, s->sent++)
        bytes[count] =
            s->sent < MEP_LENGTH_SIZE ? length[s->sent] : s->frame.bytes[s->sent - MEP_LENGTH_SIZE];
    s->send_end = later(s->send_end, now) + line_time(s, count);
    s->send_at = s->send_end;
    if (s->sent == total)
        sent_all(s);
    else if (s->sent == segment_end)
        s->send_at += s->config.pause_us;
    return count;
}

static bool alert_due(const struct mep_server *s, mep_time now)
{
    return s->alert && now - s->last_frame >= ALERT_PERIOD_US &&
           now - s->last_alert >= ALERT_PERIOD_US && !mep_frame_partial(&s->frame);
}

size_t mep_server_output(struct mep_server *s, mep_time now, uint8_t *bytes, size_t size)
{
    check_gap(s, now);
    if (s->state == THINKING && now >= s->send_at) {
        s->last_served = now;
        s->frame.length = (uint16_t)serve(s);
        s->sent = 0;
        s->state = SENDING;
        if (s->frame.length == 0)
            sent_all(s);
    }
    if (s->state == SENDING && now >= s->send_at)
        return send_some(s, now, bytes, size);
    if (s->state == IDLE && size >= MEP_LENGTH_SIZE && alert_due(s, now)) {
        s->last_alert = now;
        s->counters.alerts++;
        memset(bytes, 0, MEP_LENGTH_SIZE);
        return MEP_LENGTH_SIZE;
    }
    return 0;
}

mep_time mep_server_wake(const struct mep_server *s)
{
    if (s->state != IDLE)
        return s->send_at;
    if (!s->alert)
        return MEP_NEVER;
    mep_time due = later(s->last_frame, s->last_alert) + ALERT_PERIOD_US;
    if (mep_frame_partial(&s->frame))
        due = later(due, s->last_byte + s->config.gap_us + 1);
    return due;
}

void mep_server_set_alert(struct mep_server *s, bool alert)
{
    s->alert = alert;
}

void mep_server_configuration_changed(struct mep_server *s)
{
    s->sequence += CONFIGURATION_JUMP;
}

void mep_server_restart(struct mep_server *s, mep_time now)
{
    sent_all(s);
    s->result_size = 0;
    s->procedure_sequence = 0;
    s->last_byte = s->last_frame = s->last_alert = now;
}

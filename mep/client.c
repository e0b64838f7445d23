#include "mep/client.h"

#include "mep/tls.h"

#include <string.h>

enum state {
    IDLE,
    WAITING,
    SENDING,
    LISTENING
};

enum {
    PENDING_DONE = 1 << 0,
    PENDING_ALERT = 1 << 1,
    PENDING_SEQUENCE = 1 << 2,
    PENDING_BAUD = 1 << 3,

    BITS_PER_BYTE = 10,       /* 8N1 with its start and stop bits */
    SEND_GAP_US = 50000,      /* longest pause between two bytes of a request (p.21) */
    NOISE_LIMIT_US = 1000000, /* longest wait for a line that does not fall quiet */
    SEQUENCE_ATTEMPTS = 3,    /* 0x0c in a row for one request */
    CHUNK_MIN = 32,           /* table bytes in a read that is not worth splitting */
    CHUNK_DAMAGED = 6,        /* damaged answers in a row before shorter ones are tried: on a line
                               * that damages one in five, chance does it once in some days */
    CHUNK_TRIED = 3,          /* the same for longer ones on trial */
    CUT_OFF = 16,             /* a weak transmitter stops well before the end, and at about the
                               * same place as before: such an answer counts double */
    CHUNK_CLEAN = 16,         /* clean ones before longer ones are tried again, at first */
    CHUNK_CLEAN_MAX = 4096
};

void mep_client_config_init(struct mep_client_config *config, const struct mep_key *key)
{
    memset(config, 0, sizeof *config);
    config->key = *key;
    config->retries = 2;
    config->baud = 9600;
    config->timeout_us = 500000;
    config->gap_us = 100000;
    config->spacing_us = 100000;
}

void mep_client_init(struct mep_client *c, const struct mep_client_config *config)
{
    memset(c, 0, sizeof *c);
    c->config = *config;
    c->not_before = INT64_MIN / 2;
    c->last_byte = INT64_MIN / 2;
    c->chunk_limit = MEP_READ_MAX;
    c->chunk_patience = CHUNK_CLEAN;
}

static mep_time later(mep_time a, mep_time b)
{
    return a > b ? a : b;
}

/* How long bytes are on the line. */
static mep_time line_time(const struct mep_client *c, size_t bytes)
{
    if (c->config.baud == 0)
        return 0;
    return (mep_time)bytes * BITS_PER_BYTE * 1000000 / c->config.baud;
}

static bool is_read(const struct mep_client *c)
{
    return mep_service_reads(c->request.service);
}

static bool is_probe(const struct mep_client *c)
{
    return c->request.service == MEP_TLS_HANDSHAKE || c->request.service == MEP_TLS_TERMINATE;
}

/* ---- Beginning a request ---------------------------------------------- */

static enum mep_result begin(struct mep_client *c, const struct mep_request *request)
{
    if (mep_client_busy(c))
        return MEP_E_BUSY;
    if (request->offset > 0xffffff || (uint32_t)request->offset + request->count > 0x1000000)
        return MEP_E_RANGE;
    c->request = *request;
    c->state = WAITING;
    c->attempts = 0;
    c->sequence_attempts = 0;
    c->is_retry = false;
    c->same_bytes = false;
    c->read_so_far = 0;
    c->new_baud = 0;
    memset(&c->done, 0, sizeof c->done);
    c->done.type = MEP_EVENT_DONE;
    c->counters.requests++;
    return MEP_OK;
}

enum mep_result mep_client_read(struct mep_client *c, uint16_t table, uint32_t offset,
                                uint16_t count, uint8_t *into)
{
    struct mep_request request = {MEP_READ_PARTIAL, table, offset, count, NULL};
    if (count == 0)
        return MEP_E_RANGE;
    enum mep_result result = begin(c, &request);
    if (result == MEP_OK)
        c->into = into;
    return result;
}

enum mep_result mep_client_read_full(struct mep_client *c, uint16_t table, uint16_t count,
                                     uint8_t *into)
{
    struct mep_request request = {MEP_READ, table, 0, count, NULL};
    if (count == 0 || count > MEP_READ_MAX)
        return MEP_E_RANGE;
    enum mep_result result = begin(c, &request);
    if (result == MEP_OK)
        c->into = into;
    return result;
}

enum mep_result mep_client_write(struct mep_client *c, mep_time now, uint16_t table,
                                 uint32_t offset, const uint8_t *data, uint16_t count,
                                 uint32_t new_baud)
{
    struct mep_request request = {MEP_WRITE_PARTIAL, table, offset, count, data};

    if (mep_client_busy(c))
        return MEP_E_BUSY;
    if (count == 0 || count > MEP_WRITE_MAX || offset > 0xffffff)
        return MEP_E_RANGE;
    switch (mep_budget_check(&c->budget, &request, now)) {
    case MEP_PERMITTED:
        break;
    case MEP_NOT_ALLOWED:
        return MEP_E_NOT_ALLOWED;
    case MEP_TOO_OFTEN:
        return MEP_E_TOO_OFTEN;
    case MEP_NOT_WRITABLE:
        return MEP_E_NOT_WRITABLE;
    }
    enum mep_result result = begin(c, &request);
    if (result == MEP_OK) {
        mep_budget_spend(&c->budget, &request, now);
        c->new_baud = new_baud;
    }
    return result;
}

enum mep_result mep_client_probe_tls(struct mep_client *c)
{
    struct mep_request request = {MEP_TLS_HANDSHAKE, 0, 0, 0, NULL};
    return begin(c, &request);
}

bool mep_client_busy(const struct mep_client *c)
{
    return c->state != IDLE || (c->pending & PENDING_DONE) != 0;
}

/* ---- How attempts end -------------------------------------------------- */

static void finish(struct mep_client *c, enum mep_outcome outcome, mep_time now)
{
    c->done.outcome = outcome;
    c->done.count = c->read_so_far;
    c->done.at = now;
    c->state = IDLE;
    c->pending |= PENDING_DONE;
}

/* Whether this outcome of a long read may be cured by shorter ones. */
static void learn_damaged(struct mep_client *c, enum mep_outcome outcome)
{
    if (outcome != MEP_OUTCOME_SHORT && outcome != MEP_OUTCOME_BAD_DIGEST)
        return;
    if (c->request.service != MEP_READ_PARTIAL || c->chunk <= CHUNK_MIN)
        return;
    /* What is no longer than what went well before the trial proves nothing about it. */
    bool on_trial = c->chunk_on_trial && c->chunk > c->chunk_limit / 2;
    c->chunk_clean = 0;
    c->chunk_damaged = (uint8_t)(c->chunk_damaged + (c->cut_alike ? 2 : 1));
    if (c->chunk_damaged < (on_trial ? CHUNK_TRIED : CHUNK_DAMAGED))
        return;
    c->chunk_damaged = 0;
    c->chunk_limit = c->chunk / 2 > CHUNK_MIN ? c->chunk / 2 : CHUNK_MIN;
    if (on_trial && c->chunk_patience < CHUNK_CLEAN_MAX)
        c->chunk_patience *= 2;
    c->chunk_on_trial = false;
}

static void learn_clean(struct mep_client *c)
{
    c->chunk_damaged = 0;
    if (c->chunk < c->chunk_limit)
        return; /* proves nothing */
    if (c->chunk_on_trial) {
        c->chunk_on_trial = false;
        c->chunk_patience = CHUNK_CLEAN;
    }
    if (c->chunk_limit == MEP_READ_MAX || ++c->chunk_clean < c->chunk_patience)
        return;
    c->chunk_clean = 0;
    c->chunk_on_trial = true;
    c->chunk_limit = c->chunk_limit < MEP_READ_MAX / 2 ? c->chunk_limit * 2 : MEP_READ_MAX;
}

/* The hello or its goodbye is over. Whatever came of the hello, a session may stand. */
static void probe_went_on(struct mep_client *c, enum mep_outcome outcome, mep_time now)
{
    if (c->request.service == MEP_TLS_HANDSHAKE) {
        c->counters.outcomes[outcome]++;
        c->done.outcome = outcome;
        c->request.service = MEP_TLS_TERMINATE;
        c->state = WAITING;
    } else {
        finish(c, c->done.outcome, now);
    }
}

/* The attempt brought no answer to go by. */
static void attempt_failed(struct mep_client *c, enum mep_outcome outcome, mep_time now)
{
    bool may_have_happened = outcome != MEP_OUTCOME_AUTH;

    if (is_probe(c)) {
        probe_went_on(c, outcome, now);
        return;
    }
    c->counters.outcomes[outcome]++;
    learn_damaged(c, outcome);
    mep_frame_reset(&c->frame);
    c->late_possible = outcome == MEP_OUTCOME_SILENT;
    c->noisy = outcome != MEP_OUTCOME_SILENT && outcome != MEP_OUTCOME_AUTH;
    c->not_before = later(c->not_before, now);
    c->same_bytes = may_have_happened && c->rule == MEP_RETRY_SAME;
    c->is_retry = may_have_happened;

    bool repeatable = is_read(c) || !may_have_happened;
    if (!repeatable || c->attempts > c->config.retries)
        finish(c, outcome, now);
    else
        c->state = WAITING;
}

/* 0x0c: the meter tells where its numbers are. */
static void adopt_sequence(struct mep_client *c, uint32_t sequence, mep_time now)
{
    uint32_t ahead = c->sequence - c->accepted_sequence;

    c->counters.outcomes[MEP_OUTCOME_SEQUENCE]++;
    c->pending |= PENDING_SEQUENCE;
    if (c->synced && c->is_retry && (c->same_bytes || ahead <= MEP_SEQUENCE_WINDOW)) {
        /* The number was one that the meter should have liked: try the other rule. */
        enum mep_retry_rule used = c->same_bytes ? MEP_RETRY_SAME : MEP_RETRY_NEXT;
        c->counters.rule_refused[used]++;
        c->rule = used == MEP_RETRY_SAME ? MEP_RETRY_NEXT : MEP_RETRY_SAME;
    }
    c->sequence = sequence;
    c->accepted_sequence = sequence;
    c->synced = true;
    c->same_bytes = false;
    c->is_retry = false;
    if (++c->sequence_attempts >= SEQUENCE_ATTEMPTS) {
        finish(c, MEP_OUTCOME_SEQUENCE, now);
    } else {
        c->attempts--; /* it cost nothing of the retries */
        c->state = WAITING;
    }
}

static void accept(struct mep_client *c, const struct mep_response *response, mep_time now)
{
    c->counters.outcomes[MEP_OUTCOME_OK]++;
    if (c->new_baud != 0) {
        c->config.baud = c->new_baud;
        c->pending |= PENDING_BAUD;
    }
    if (!is_read(c)) {
        finish(c, MEP_OUTCOME_OK, now);
        return;
    }
    learn_clean(c);
    memcpy(c->into + c->read_so_far, response->data, response->count);
    c->read_so_far = (uint16_t)(c->read_so_far + response->count);
    c->done.parts++;
    c->attempts = 0;
    c->sequence_attempts = 0;
    if (response->count < c->chunk || c->read_so_far >= c->request.count)
        finish(c, MEP_OUTCOME_OK, now);
    else
        c->state = WAITING;
}

/* A verified answer of any kind. */
static void answered(struct mep_client *c, const uint8_t *message, size_t size, mep_time now)
{
    struct mep_response response;

    c->counters.auth_in_a_row = 0;
    c->late_possible = false;
    c->noisy = false;
    if (!mep_response_decode(message, size, c->request.service, &response) ||
        response.count > c->chunk) {
        c->counters.outcomes[MEP_OUTCOME_MALFORMED]++;
        finish(c, MEP_OUTCOME_MALFORMED, now);
        return;
    }
    if (response.code == MEP_CODE_SEQUENCE) {
        adopt_sequence(c, response.sequence, now);
        return;
    }
    if (c->is_retry)
        c->counters.rule_accepted[c->same_bytes ? MEP_RETRY_SAME : MEP_RETRY_NEXT]++;
    c->accepted_sequence = c->sequence;
    c->synced = true;
    c->is_retry = false;
    c->same_bytes = false;
    c->done.code = response.code;
    if (response.code == MEP_CODE_OK) {
        accept(c, &response, now);
    } else if (response.code == MEP_CODE_AUTHENTICATION) {
        /* It verifies, so the key is right: the request was damaged on its way. */
        attempt_failed(c, MEP_OUTCOME_AUTH, now);
    } else {
        c->counters.outcomes[MEP_OUTCOME_REFUSED]++;
        finish(c, MEP_OUTCOME_REFUSED, now);
    }
}

static void frame_arrived(struct mep_client *c, mep_time now)
{
    uint8_t *frame = c->frame.bytes;
    size_t size = c->frame.length, message_size;

    if (c->state != LISTENING) {
        c->counters.strays++;
        return;
    }
    if (is_probe(c)) {
        bool tls = mep_tls_answer(frame, size);
        if (c->request.service == MEP_TLS_HANDSHAKE)
            c->done.code = frame[0];
        probe_went_on(c, tls ? MEP_OUTCOME_TLS : MEP_OUTCOME_REFUSED, now);
        return;
    }
    if (mep_open_response(&c->exchange, c->config.key.bytes, frame, size, &message_size)) {
        answered(c, frame, message_size, now);
        return;
    }
    c->done.code = frame[0];
    if (frame[0] == MEP_CODE_AUTHENTICATION && (size == 1 || size == 1 + MEP_DIGEST_SIZE)) {
        if (c->counters.auth_in_a_row < UINT8_MAX)
            c->counters.auth_in_a_row++;
        attempt_failed(c, MEP_OUTCOME_AUTH, now);
    } else if (size <= MEP_DIGEST_SIZE) {
        attempt_failed(c, MEP_OUTCOME_SHORT, now);
    } else if (c->late_possible) {
        /* Most likely the answer to an attempt that was given up; ours may still come. */
        c->counters.strays++;
    } else {
        attempt_failed(c, MEP_OUTCOME_BAD_DIGEST, now);
    }
}

/* ---- Bytes and time ---------------------------------------------------- */

/* An answer stopped before its end: where, and was it there that the one before did? */
static void note_cut(struct mep_client *c)
{
    uint16_t at = c->frame.received, before = c->cut_at;

    c->cut_alike = c->frame.length - at > CUT_OFF && at + CUT_OFF > before && before + CUT_OFF > at;
    c->cut_at = at;
}

/* The sender paused longer than it may within a frame. */
static void check_gap(struct mep_client *c, mep_time now)
{
    if (c->state == SENDING || !mep_frame_partial(&c->frame))
        return;
    if (now - c->last_byte <= c->config.gap_us)
        return;
    bool begun = c->frame.header == 2;
    c->done.code = c->frame.received != 0 ? c->frame.bytes[0] : 0;
    note_cut(c);
    mep_frame_reset(&c->frame);
    if (c->state == LISTENING && begun)
        attempt_failed(c, MEP_OUTCOME_SHORT, now);
}

void mep_client_input(struct mep_client *c, mep_time now, const uint8_t *bytes, size_t count)
{
    if (count == 0)
        return;
    /* The caller knows when it fetched them; the first was here earlier. */
    check_gap(c, now - line_time(c, count - 1));
    c->last_byte = now;
    for (size_t i = 0; i < count; i++) {
        if (c->state == SENDING) {
            c->counters.garbage++; /* our request is not out yet: no answer to it */
            continue;
        }
        switch (mep_frame_push(&c->frame, bytes[i])) {
        case MEP_FRAME_NOTHING:
            break;
        case MEP_FRAME_COMPLETE:
            frame_arrived(c, now);
            break;
        case MEP_FRAME_ALERT:
            c->counters.alerts++;
            c->pending |= PENDING_ALERT;
            break;
        case MEP_FRAME_GARBAGE:
            c->counters.garbage++;
            break;
        }
    }
}

static void begin_attempt(struct mep_client *c, mep_time now)
{
    struct mep_request part = c->request;
    uint8_t *frame = c->frame.bytes;

    mep_frame_reset(&c->frame);
    if (is_probe(c)) {
        c->frame.length =
            (uint16_t)(c->request.service == MEP_TLS_HANDSHAKE ? mep_tls_hello(frame)
                                                               : mep_tls_goodbye(frame));
    } else {
        if (part.service == MEP_READ_PARTIAL) {
            part.offset += c->read_so_far;
            part.count = (uint16_t)(part.count - c->read_so_far);
            if (part.count > c->chunk_limit)
                part.count = c->chunk_limit;
        }
        c->chunk = part.count;
        if (!c->same_bytes)
            c->sequence++;
        size_t size = mep_request_encode(&part, frame);
        c->frame.length = (uint16_t)mep_seal_request(&c->exchange, c->config.key.bytes, c->sequence,
                                                     c->config.encrypt, frame, size);
    }
    c->cut_alike = false;
    c->attempts++;
    c->counters.attempts++;
    c->sent = 0;
    c->send_begin = now;
    c->send_end = now;
    c->state = SENDING;
}

/* Hands out the next bytes of the frame with its length field. */
static size_t send_some(struct mep_client *c, mep_time now, uint8_t *bytes, size_t size)
{
    size_t total = MEP_LENGTH_SIZE + (size_t)c->frame.length, count = 0;
    uint8_t length[MEP_LENGTH_SIZE];

    mep_put16(length, c->frame.length);
    for (; count < size && c->sent < total; count++, c->sent++)
        bytes[count] =
            c->sent < MEP_LENGTH_SIZE ? length[c->sent] : c->frame.bytes[c->sent - MEP_LENGTH_SIZE];
    c->send_end = later(c->send_end, now) + line_time(c, count);
    if (c->sent == total) {
        c->state = LISTENING;
        c->deadline = c->send_end + c->config.timeout_us;
        c->not_before = c->send_begin + c->config.spacing_us;
        mep_frame_reset(&c->frame);
    }
    return count;
}

/* When the next attempt may begin. */
static mep_time send_time(const struct mep_client *c)
{
    if (!c->noisy)
        return c->not_before;
    mep_time quiet = c->last_byte + c->config.gap_us;
    mep_time limit = c->not_before + NOISE_LIMIT_US;
    return later(c->not_before, quiet < limit ? quiet : limit);
}

size_t mep_client_output(struct mep_client *c, mep_time now, uint8_t *bytes, size_t size)
{
    check_gap(c, now);
    if (c->state == LISTENING && now >= c->deadline && !mep_frame_partial(&c->frame))
        attempt_failed(c, MEP_OUTCOME_SILENT, now);
    if (c->state == WAITING && now >= send_time(c))
        begin_attempt(c, now);
    if (c->state != SENDING || size == 0)
        return 0;
    if (c->sent != 0 && now - c->send_end > SEND_GAP_US) {
        /* The meter has given this request up; what we would add makes no sense to it. */
        attempt_failed(c, MEP_OUTCOME_SILENT, now);
        c->not_before = now + c->config.spacing_us;
        return 0;
    }
    return send_some(c, now, bytes, size);
}

bool mep_client_event(struct mep_client *c, struct mep_event *event)
{
    static const struct {
        uint8_t pending;
        enum mep_event_type type;
    } order[] = {
        {PENDING_BAUD, MEP_EVENT_BAUD},
        {PENDING_ALERT, MEP_EVENT_ALERT},
        {PENDING_SEQUENCE, MEP_EVENT_SEQUENCE},
        {PENDING_DONE, MEP_EVENT_DONE},
    };

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if ((c->pending & order[i].pending) == 0)
            continue;
        c->pending &= (uint8_t)~order[i].pending;
        if (order[i].type == MEP_EVENT_DONE)
            *event = c->done;
        else
            *event = (struct mep_event){.type = order[i].type, .baud = c->config.baud};
        return true;
    }
    return false;
}

mep_time mep_client_wake(const struct mep_client *c)
{
    switch ((enum state)c->state) {
    case IDLE:
        break;
    case WAITING:
        return send_time(c);
    case SENDING:
        return c->send_end;
    case LISTENING:
        /* A pause is too long only when it is longer than the gap. */
        if (mep_frame_partial(&c->frame))
            return c->last_byte + c->config.gap_us + 1;
        return c->deadline;
    }
    return MEP_NEVER;
}

uint16_t mep_client_read_limit(const struct mep_client *c)
{
    return c->chunk_limit;
}

void mep_client_line_reset(struct mep_client *c, mep_time now)
{
    if (c->state == SENDING || c->state == LISTENING)
        attempt_failed(c, MEP_OUTCOME_SILENT, now);
    mep_frame_reset(&c->frame);
}

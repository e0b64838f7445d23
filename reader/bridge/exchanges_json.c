/* The last exchanges as JSON, and what must not be seen of them. */
#include "mep/tls.h"
#include "reader/bridge/exchanges.h"
#include "reader/text/value.h"

#include <string.h>

enum {
    MEANING_SIZE = 120,
    MASKED_MAX = MEP_DIGEST_SIZE /* bytes that asterisks are written for */
};

/* ---- Parts ---- */

static void part(struct reader_out *out, const char *name, const uint8_t *bytes, size_t count,
                 const char *meaning)
{
    reader_json_begin(out, NULL);
    reader_json_string(out, "name", name);
    reader_json_hex(out, "hex", bytes, count);
    reader_json_string(out, "meaning", meaning);
    reader_json_end(out);
}

static void masked(struct reader_out *out, const char *name, size_t count, const char *meaning)
{
    static const char asterisks[] = "****************";
    size_t shown = count < MASKED_MAX ? count : MASKED_MAX;

    _Static_assert(sizeof asterisks == 2 * MASKED_MAX + 1, "two a byte");
    reader_json_begin(out, NULL);
    reader_json_string(out, "name", name);
    reader_json_string(out, "hex", asterisks + 2 * (MASKED_MAX - shown));
    reader_json_string(out, "meaning", meaning);
    reader_json_end(out);
}

static const char *counted(char text[MEANING_SIZE], size_t count, const char *what)
{
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, text, MEANING_SIZE);
    reader_out_integer(&out, (int64_t)count);
    reader_out_text(&out, count == 1 ? " byte" : " bytes");
    reader_out_text(&out, what);
    return text;
}

static void digest(struct reader_out *out)
{
    masked(out, "digest", MEP_DIGEST_SIZE, "not shown, since it reveals something of the key");
}

static void length(struct reader_out *out, const uint8_t *bytes, const char *what)
{
    char text[MEANING_SIZE];
    part(out, "length", bytes, MEP_LENGTH_SIZE, counted(text, mep_get16(bytes), what));
}

static void hidden(struct reader_out *out, const char *name, size_t count, const char *what)
{
    char text[MEANING_SIZE];
    masked(out, name, count, counted(text, count, what));
}

/* ---- Tables ---- */

static const char *table_name(uint16_t number, char text[MEANING_SIZE])
{
    bool extended = number >= MEP_EXTENDED;
    uint16_t rest = (uint16_t)(number - (extended ? MEP_EXTENDED : 0));
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, text, MEANING_SIZE);
    reader_out_text(&out, extended ? "ET" : "BT");
    reader_out_text(&out, rest < 10 ? "0" : "");
    reader_out_integer(&out, rest);
    return text;
}

/* A table that is not known may hold anything. */
static bool may_hold_keys(const struct meter_table *table)
{
    for (size_t i = 0; table != NULL && i < table->field_count; i++)
        if (table->fields[i].type == METER_SECRET)
            return true;
    return table == NULL;
}

/* ---- One exchange, opened ---- */

struct opened {
    const struct reader_exchange *x;
    const struct reader *reader;
    struct reader_out *out;

    /* The request, if it verifies. */
    bool ours, probe;
    struct mep_exchange seal;
    struct mep_request request;
    uint8_t message[READER_EXCHANGE_REQUEST]; /* decrypted, without length field */
    size_t message_size;

    /* The response: bytes before the frame that verifies, in it, and after it. */
    size_t before, size, after;
    bool verified, understood;
    struct mep_response response;
    size_t response_message;
    struct mep_frame frame; /* decrypted, if it verified */
};

static bool is_probe(const struct reader_exchange *x)
{
    uint8_t bytes[READER_EXCHANGE_REQUEST];
    size_t size = mep_tls_hello(bytes);

    if (x->request_size == MEP_LENGTH_SIZE + size &&
        memcmp(x->request + MEP_LENGTH_SIZE, bytes, size) == 0)
        return true;
    size = mep_tls_goodbye(bytes);
    return x->request_size == MEP_LENGTH_SIZE + size &&
           memcmp(x->request + MEP_LENGTH_SIZE, bytes, size) == 0;
}

static void open_request(struct opened *o)
{
    const struct reader_exchange *x = o->x;
    uint32_t sequence;

    o->probe = is_probe(x);
    if (o->probe || x->request_size > sizeof x->request || x->request_size < MEP_LENGTH_SIZE ||
        mep_get16(x->request) != x->request_size - MEP_LENGTH_SIZE)
        return;
    size_t size = mep_get16(x->request);
    memcpy(o->message, x->request + MEP_LENGTH_SIZE, size);
    o->ours = mep_open_request(&o->seal, o->reader->config.client.key.bytes, o->message, size,
                               &o->message_size, &sequence) &&
              mep_request_decode(o->message, o->message_size, &o->request);
}

static size_t kept(const struct reader_exchange *x)
{
    return x->response_size < sizeof x->response ? x->response_size : sizeof x->response;
}

/* Looks for a frame that verifies, as the client does. */
static void open_response(struct opened *o)
{
    const uint8_t *key = o->reader->config.client.key.bytes;
    size_t count = kept(o->x);

    mep_frame_reset(&o->frame);
    for (size_t i = 0; o->ours && !o->verified && i < count; i++) {
        if (mep_frame_push(&o->frame, o->x->response[i]) != MEP_FRAME_COMPLETE)
            continue;
        o->verified =
            mep_open_response(&o->seal, key, o->frame.bytes, o->frame.length, &o->response_message);
        o->size = MEP_LENGTH_SIZE + (size_t)o->frame.length;
        o->before = i + 1 - o->size;
        o->after = o->x->response_size - (i + 1);
    }
    o->understood = o->verified &&
                    mep_response_decode(o->frame.bytes, o->response_message, o->request.service,
                                        &o->response) &&
                    o->response.count <= o->request.count;
}

/* ---- The request ---- */

static const char *service_text(unsigned service)
{
    switch (service) {
    case MEP_READ:
        return "read a whole table";
    case MEP_READ_PARTIAL:
        return "read a part of a table";
    case MEP_WRITE:
        return "write a whole table";
    default:
        return "write a part of a table";
    }
}

static void show_table_of_request(const struct opened *o)
{
    const struct meter_table *table = meter_table_by_number(o->request.table);
    struct reader_buffer buffer;
    struct reader_out out;
    char name[MEANING_SIZE], text[MEANING_SIZE];

    reader_out_buffer(&out, &buffer, text, sizeof text);
    reader_out_text(&out, table_name(o->request.table, name));
    reader_out_text(&out, ", ");
    reader_out_text(&out, table != NULL ? table->title : "not known here");
    part(o->out, "table", o->message + 1, 2, text);
}

static void show_offset(const struct opened *o)
{
    struct reader_buffer buffer;
    struct reader_out out;
    char text[MEANING_SIZE];

    reader_out_buffer(&out, &buffer, text, sizeof text);
    reader_out_text(&out, "from byte ");
    reader_out_integer(&out, o->request.offset);
    reader_out_text(&out, " on");
    part(o->out, "offset", o->message + 3, 3, text);
}

static void show_our_request(const struct opened *o)
{
    unsigned service = o->request.service;
    bool partial = service == MEP_READ_PARTIAL || service == MEP_WRITE_PARTIAL;
    size_t at = partial ? 6 : 3;
    char text[MEANING_SIZE];

    part(o->out, "service", o->message, 1, service_text(service));
    show_table_of_request(o);
    if (partial)
        show_offset(o);
    part(o->out, "count", o->message + at, 2, counted(text, o->request.count, ""));
    at += 2;
    if (at < o->message_size)
        hidden(o->out, "data", o->message_size - at, ", not shown");
    part(o->out, "sequence", o->message + o->message_size, MEP_SEQUENCE_SIZE,
         "the number of this request");
    digest(o->out);
}

static void show_request(const struct opened *o)
{
    const struct reader_exchange *x = o->x;

    reader_json_begin_array(o->out, "request");
    if (o->ours) {
        length(o->out, x->request, " follow");
        show_our_request(o);
    } else if (o->probe) {
        length(o->out, x->request, " follow");
        part(o->out, "service", x->request + MEP_LENGTH_SIZE, 1,
             x->request[MEP_LENGTH_SIZE] == MEP_TLS_HANDSHAKE ? "begin a TLS session"
                                                              : "end a TLS session");
        part(o->out, "record", x->request + MEP_LENGTH_SIZE + 1,
             (size_t)x->request_size - MEP_LENGTH_SIZE - 1, "what TLS says; no secret is in it");
    } else {
        hidden(
            o->out, "request", x->request_size,
            " that do not verify with the key that is set, such as those of a key that was tried");
    }
    reader_json_end_array(o->out);
}

/* ---- The response ---- */

static void show_data(const struct opened *o)
{
    const struct meter_table *table = meter_table_by_number(o->request.table);

    if (o->response.count == 0)
        return;
    if (may_hold_keys(table)) {
        hidden(o->out, "data", o->response.count, ", not shown, since this table may hold keys");
    } else {
        char text[MEANING_SIZE];
        part(o->out, "data", o->response.data, o->response.count,
             counted(text, o->response.count, " of the table"));
    }
}

static void show_verified(const struct opened *o)
{
    const uint8_t *frame = o->frame.bytes;
    uint8_t field[MEP_LENGTH_SIZE];
    char text[MEANING_SIZE];

    mep_put16(field, o->frame.length);
    length(o->out, field, " follow");
    part(o->out, "code", frame, 1, mep_code_strerror(frame[0]));
    if (!o->understood) {
        hidden(o->out, "rest", o->response_message - 1, " that contradict the request");
    } else if (o->response.code == MEP_CODE_SEQUENCE) {
        part(o->out, "sequence", frame + 1, MEP_SEQUENCE_SIZE, "where the meter's numbers are");
    } else if (o->response.data != NULL) {
        part(o->out, "count", frame + 1, 2, counted(text, o->response.count, ""));
        show_data(o);
    }
    digest(o->out);
}

static const uint8_t *skip_alerts(const uint8_t *bytes, size_t *count)
{
    while (*count >= MEP_LENGTH_SIZE && mep_get16(bytes) == 0) {
        bytes += MEP_LENGTH_SIZE;
        *count -= MEP_LENGTH_SIZE;
    }
    return bytes;
}

/* What is not (part of) the answer that verifies: alerts, and what nobody should see. */
static void show_others(const struct opened *o, size_t from, size_t count)
{
    static const uint8_t alert[MEP_LENGTH_SIZE] = {0};
    size_t rest = count, inside = from < kept(o->x) ? kept(o->x) - from : 0;

    if (inside >= count)
        skip_alerts(o->x->response + from, &rest);
    for (size_t alerts = (count - rest) / MEP_LENGTH_SIZE; alerts != 0; alerts--)
        part(o->out, "alert", alert, sizeof alert, "alert: the meter has something to tell (ET13)");
    if (rest != 0)
        hidden(o->out, "other", rest, " that are no part of the answer");
}

/* What can be said of a response of one whole frame that does not verify. */
enum whole {
    NOT_WHOLE,
    WHOLE_AUTH,  /* 0x0b, which a meter with another key cannot sign for us */
    WHOLE_SHORT, /* has no room for a digest */
    WHOLE_FRAME
};

static enum whole whole_frame(const uint8_t *bytes, size_t count)
{
    size_t size = count - MEP_LENGTH_SIZE;

    if (count <= MEP_LENGTH_SIZE || count > MEP_WIRE_MAX || mep_get16(bytes) != size)
        return NOT_WHOLE;
    if (bytes[MEP_LENGTH_SIZE] == MEP_CODE_AUTHENTICATION &&
        (size == 1 || size == 1 + MEP_DIGEST_SIZE))
        return WHOLE_AUTH;
    return size <= MEP_DIGEST_SIZE ? WHOLE_SHORT : WHOLE_FRAME;
}

/* A length that tells nothing but what this request can be answered with. */
static bool is_likely_length(const struct opened *o, size_t size)
{
    size_t refusal = 1 + MEP_DIGEST_SIZE;

    return o->ours && (size == refusal || size == refusal + MEP_SEQUENCE_SIZE ||
                       size == refusal + 2 + o->request.count);
}

static void show_unverified(const struct opened *o, const uint8_t *bytes, size_t count)
{
    size_t size = count - MEP_LENGTH_SIZE;
    enum whole whole = whole_frame(bytes, count);
    const uint8_t *code = bytes + MEP_LENGTH_SIZE;
    /* Of an encrypted answer the code is, too. */
    bool plain = o->probe || (o->ours && !o->seal.encrypted);

    if (whole == WHOLE_AUTH) {
        length(o->out, bytes, " follow");
        part(o->out, "code", code, 1, mep_code_strerror(*code));
        if (size > 1)
            digest(o->out);
    } else if (whole == WHOLE_FRAME && plain && *code <= MEP_CODE_SEQUENCE) {
        length(o->out, bytes, " follow");
        part(o->out, "code", code, 1, mep_code_strerror(*code));
        hidden(o->out, "rest", size - 1,
               o->probe ? ", not shown" : " that do not verify, not shown");
    } else if (whole != NOT_WHOLE) {
        length(o->out, bytes, " follow");
        hidden(o->out, "rest", size,
               whole == WHOLE_SHORT ? ", too few for an answer" : " that do not verify, not shown");
    } else if (count > MEP_LENGTH_SIZE && mep_get16(bytes) > size &&
               is_likely_length(o, mep_get16(bytes))) {
        length(o->out, bytes, " should follow");
        hidden(o->out, "rest", size, " came, not shown");
    } else {
        hidden(o->out, "rest", count, " that are no frame, not shown");
    }
}

static void show_response(const struct opened *o)
{
    size_t count = kept(o->x);
    const uint8_t *bytes = skip_alerts(o->x->response, &count);

    reader_json_begin_array(o->out, "response");
    if (o->verified) {
        show_others(o, 0, o->before);
        show_verified(o);
        show_others(o, o->before + o->size, o->after);
    } else {
        show_others(o, 0, (size_t)(bytes - o->x->response));
        if (o->x->response_size > sizeof o->x->response)
            hidden(o->out, "rest", (size_t)o->x->response_size - (size_t)(bytes - o->x->response),
                   " that are no frame, not shown");
        else if (count != 0)
            show_unverified(o, bytes, count);
    }
    reader_json_end_array(o->out);
}

/* ---- All of it ---- */

static const char *outcome_name(const struct opened *o, bool is_newest)
{
    static const char *const names[MEP_OUTCOMES] = {
        [MEP_OUTCOME_OK] = "ok",
        [MEP_OUTCOME_REFUSED] = "refused",
        [MEP_OUTCOME_AUTH] = "auth",
        [MEP_OUTCOME_SEQUENCE] = "sequence",
        [MEP_OUTCOME_SILENT] = "silent",
        [MEP_OUTCOME_SHORT] = "short",
        [MEP_OUTCOME_BAD_DIGEST] = "unverified",
        [MEP_OUTCOME_MALFORMED] = "malformed",
        [MEP_OUTCOME_TLS] = "tls",
    };
    size_t count = kept(o->x);
    const uint8_t *bytes = skip_alerts(o->x->response, &count);

    if (o->x->outcome < MEP_OUTCOMES)
        return names[o->x->outcome];
    if (o->verified)
        return "late";
    if (is_newest && mep_client_busy(reader_client(o->reader)))
        return "waiting";
    if (count == 0)
        return "silent";
    if (o->probe && whole_frame(bytes, count) != NOT_WHOLE)
        return bytes[MEP_LENGTH_SIZE] == MEP_CODE_OK ? "ok" : "refused";
    return whole_frame(bytes, count) == WHOLE_FRAME ? "unverified" : "short";
}

static void show_values(const struct opened *o)
{
    const struct meter_table *table = meter_table_by_number(o->request.table);

    if (!o->understood || o->response.count == 0 || table == NULL)
        return;
    reader_json_begin_array(o->out, "values");
    meter_decode(table, &reader_info(o->reader)->dimensions, o->request.offset, o->response.data,
                 o->response.count, reader_json_value_fn, o->out);
    reader_json_end_array(o->out);
}

static void show(const struct reader_exchange *x, const struct reader *reader, mep_time now,
                 bool is_newest, struct reader_out *out)
{
    struct opened o = {.x = x, .reader = reader, .out = out};

    open_request(&o);
    open_response(&o);
    reader_json_begin(out, NULL);
    reader_json_integer(out, "age_ms", (now - x->sent_at) / 1000);
    if (x->response_size != 0)
        reader_json_integer(out, "duration_ms", (x->answered_at - x->sent_at) / 1000);
    if (o.ours) {
        char text[MEANING_SIZE];
        reader_json_string(out, "table", table_name(o.request.table, text));
    }
    reader_json_string(out, "outcome", outcome_name(&o, is_newest));
    if (o.ours && o.seal.encrypted)
        reader_json_bool(out, "encrypted", true);
    show_request(&o);
    show_response(&o);
    show_values(&o);
    reader_json_end(out);
}

void reader_exchanges_json(const struct reader_exchanges *log, const struct reader *reader,
                           mep_time now, struct reader_out *out, const char *name)
{
    uint32_t count = log->count < READER_EXCHANGES ? log->count : READER_EXCHANGES;

    reader_json_begin_array(out, name);
    for (uint32_t i = 1; i <= count; i++)
        show(&log->ring[(log->count - i) % READER_EXCHANGES], reader, now, i == 1, out);
    reader_json_end_array(out);
}

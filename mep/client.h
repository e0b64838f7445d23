/*
 * The client: asks a meter, one request at a time, and lets nothing out that
 * does not verify.
 *
 * It has no clock and no line of its own. The caller hands in bytes and the
 * time, takes out bytes to send and events, and comes back when asked to:
 *
 *     mep_client_input(c, now, received, count);
 *     while ((n = mep_client_output(c, now, buffer, sizeof buffer)) != 0)
 *         send(buffer, n);
 *     while (mep_client_event(c, &event))
 *         ...
 *     sleep until mep_client_wake(c) or more bytes
 *
 * Bytes that have arrived must be handed in before output is asked for, or a
 * response that waits in the caller's buffer may be taken for a silent meter.
 */
#ifndef MEP_CLIENT_H
#define MEP_CLIENT_H

#include "mep/budget.h"
#include "mep/frame.h"
#include "mep/key.h"
#include "mep/message.h"
#include "mep/reach.h"

struct mep_client_config {
    struct mep_key key;
    bool encrypt;        /* RC4 for every request (appendix B) */
    uint8_t retries;     /* attempts after the first, for a read that fails */
    uint32_t baud;       /* bits per second of a serial line; 0: bytes take no time (TCP) */
    uint32_t timeout_us; /* from our last byte to the response's first two (p.21: 500 ms) */
    uint32_t gap_us;     /* longest pause within a response; beyond it the rest is lost. A line that
                          * gathers bytes hands them on sooner than this. */
    uint32_t spacing_us; /* between the beginnings of two requests (p.21: 100 ms) */
};

/* The guide's timing for a serial line at 9600 baud; two retries, no encryption. */
void mep_client_config_init(struct mep_client_config *config, const struct mep_key *key);

/* How an attempt, and in the end a request, came out. */
enum mep_outcome {
    MEP_OUTCOME_OK,       /* verified, code 0 */
    MEP_OUTCOME_REFUSED,  /* verified, another code: see code */
    MEP_OUTCOME_AUTH,     /* 0x0b: wrong key or a request damaged on the way; often unverifiable */
    MEP_OUTCOME_SEQUENCE, /* verified 0x0c, again and again */
    MEP_OUTCOME_SILENT,   /* no answer in time */
    MEP_OUTCOME_SHORT,    /* a frame that stopped before its end, or is too short for a digest */
    MEP_OUTCOME_BAD_DIGEST, /* a whole frame that does not verify */
    MEP_OUTCOME_MALFORMED,  /* verifies, yet its fields contradict each other or the request */
    MEP_OUTCOME_TLS,        /* answer to mep_client_probe_tls: a TLS record */
    MEP_OUTCOMES
};
const char *mep_outcome_strerror(enum mep_outcome outcome);

/* The two ways of the guide to repeat a request whose answer did not come. */
enum mep_retry_rule {
    MEP_RETRY_NEXT, /* next sequence number, new digest (p.11) */
    MEP_RETRY_SAME  /* the same bytes again (p.21) */
};

enum mep_event_type {
    MEP_EVENT_DONE,     /* the request came to its end: outcome, code, count, parts */
    MEP_EVENT_ALERT,    /* 00 00: something waits in ET13's alert flags; not authenticated */
    MEP_EVENT_SEQUENCE, /* the meter gave a new number: compare the IDT version (ET04.116, p.55) */
    MEP_EVENT_BAUD      /* set the line to `baud` now: a write that asked for it was answered */
};

struct mep_event {
    enum mep_event_type type;
    enum mep_outcome outcome;
    uint8_t code;   /* response code; on SHORT the frame's first byte */
    uint8_t parts;  /* reads the answer was joined from; 1 is a coherent snapshot */
    uint16_t count; /* verified bytes at `into` */
    mep_time at;    /* when the last of them was received */
    uint32_t baud;
};

/* Everything that ever happened, by attempt. */
struct mep_client_counters {
    uint32_t requests;
    uint32_t attempts;
    uint32_t outcomes[MEP_OUTCOMES];
    uint32_t alerts;
    uint32_t strays;           /* frames nobody waited for, late answers among them */
    uint32_t garbage;          /* bytes that belonged to no frame */
    uint32_t rule_accepted[2]; /* retries answered, by enum mep_retry_rule */
    uint32_t rule_refused[2];  /* retries answered by 0x0c */
    uint8_t auth_in_a_row;     /* 0x0b answers since the last verified one; stays at 255 */
};

struct mep_client {
    struct mep_client_config config;
    struct mep_budget budget;
    struct mep_client_counters counters;

    /* The rest is the client's own. */
    struct mep_frame frame; /* what we send, then what we receive */
    struct mep_exchange exchange;
    struct mep_request request;
    uint8_t *into;
    struct mep_event done;
    mep_time send_begin, send_end, not_before, last_byte, deadline;
    uint32_t sequence, accepted_sequence;
    uint32_t new_baud;
    uint16_t read_so_far, chunk, sent;
    struct mep_reach reach;
    uint8_t state, pending, attempts, sequence_attempts;
    uint8_t rule;
    bool synced; /* accepted_sequence is the meter's */
    bool same_bytes, is_retry, late_possible, noisy;
};

enum mep_result {
    MEP_OK = 0,
    MEP_E_BUSY,        /* a request is in flight, or its DONE has not been fetched */
    MEP_E_RANGE,       /* table, offset or count that no request can carry */
    MEP_E_NOT_ALLOWED, /* writing it was not allowed by name: mep_budget_allow(&c->budget, ...) */
    MEP_E_TOO_OFTEN,   /* would wear the meter's memory out */
    MEP_E_NOT_WRITABLE /* appendix C: no key can write it */
};
const char *mep_result_strerror(enum mep_result result);

void mep_client_init(struct mep_client *client, const struct mep_client_config *config);

/*
 * Begins to read `count` bytes of a table from `offset` (0x3f). Longer than a
 * frame, or longer than what arrives undamaged, is read in parts and joined.
 * `into` must hold count bytes until DONE; only verified bytes are put there.
 * A table that ends early gives fewer.
 */
enum mep_result mep_client_read(struct mep_client *client, uint16_t table, uint32_t offset,
                                uint16_t count, uint8_t *into);

/* The same for a whole table with 0x30, in one part; some meters refuse it for BT23. */
enum mep_result mep_client_read_full(struct mep_client *client, uint16_t table, uint16_t count,
                                     uint8_t *into);

/*
 * Begins a write, if it was allowed by name and the budget has room. Data must
 * stay until DONE. A write whose answer is lost is not repeated, since it may
 * have been carried out: the outcome then says so by being SILENT, SHORT or
 * BAD_DIGEST. `new_baud` is the line speed that the write sets (ET13), else 0.
 */
enum mep_result mep_client_write(struct mep_client *client, mep_time now, uint16_t table,
                                 uint32_t offset, const uint8_t *data, uint16_t count,
                                 uint32_t new_baud);

/*
 * Asks with a TLS hello (p.8) whether the port wants TLS; ends in
 * MEP_OUTCOME_TLS, SILENT or another. Ends a session it may have begun.
 */
enum mep_result mep_client_probe_tls(struct mep_client *client);

/* Whether a request is under way or its DONE waits to be fetched. */
bool mep_client_busy(const struct mep_client *client);

void mep_client_input(struct mep_client *client, mep_time now, const uint8_t *bytes, size_t count);

/* Bytes to send now; 0 when there are none. Also lets time do its work. */
size_t mep_client_output(struct mep_client *client, mep_time now, uint8_t *bytes, size_t size);

/* Takes the next event; false when there is none. */
bool mep_client_event(struct mep_client *client, struct mep_event *event);

/* When to call mep_client_output again, or MEP_NEVER. */
mep_time mep_client_wake(const struct mep_client *client);

/* The longest read that is likely to arrive undamaged in one part; MEP_READ_MAX on a good line. */
uint16_t mep_client_read_limit(const struct mep_client *client);

/* The line was opened anew: forgets half frames and gives up nothing else. */
void mep_client_line_reset(struct mep_client *client, mep_time now);

#endif

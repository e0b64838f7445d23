/*
 * The server: what a meter does on its MEP port. The simulated meter is made
 * of it, and every test of the client talks to it.
 *
 * Like the client it is fed and drained:
 *
 *     mep_server_input(s, now, received, count);
 *     while ((n = mep_server_output(s, now, buffer, sizeof buffer)) != 0)
 *         send(buffer, n);
 *     sleep until mep_server_wake(s) or more bytes
 */
#ifndef MEP_SERVER_H
#define MEP_SERVER_H

#include "mep/access.h"
#include "mep/frame.h"
#include "mep/key.h"
#include "mep/message.h"

enum {
    MEP_PROCEDURE_RESULT_MAX = 60
};

/* Result codes of procedures (p.52). */
enum mep_procedure_result {
    MEP_PROCEDURE_DONE = 0,
    MEP_PROCEDURE_INCOMPLETE = 1,
    MEP_PROCEDURE_BAD_PARAMETER = 2,
    MEP_PROCEDURE_CONFLICT = 3,
    MEP_PROCEDURE_TIMING = 4,
    MEP_PROCEDURE_NOT_AUTHORISED = 5,
    MEP_PROCEDURE_UNKNOWN = 6
};

/* What is behind the port. Each is given `context`. */
struct mep_server_ops {
    /*
     * Puts up to `count` bytes of a table from `offset` into `into` (room for
     * MEP_READ_MAX) and their number into *got. Gives a response code;
     * MEP_CODE_NOT_POSSIBLE for a table that is missing.
     */
    uint8_t (*read)(void *context, uint16_t table, uint32_t offset, uint16_t count, uint8_t *into,
                    uint16_t *got);
    /* Changes a table; rights are already checked. Gives a response code. */
    uint8_t (*write)(void *context, uint16_t table, uint32_t offset, const uint8_t *data,
                     uint16_t count);
    /* Runs a procedure; rights are already checked. Up to MEP_PROCEDURE_RESULT_MAX result bytes. */
    enum mep_procedure_result (*call)(void *context, uint16_t procedure, const uint8_t *parameters,
                                      size_t count, uint8_t *result, size_t *result_count);
};

struct mep_server_config {
    struct mep_key mak, mbk;
    uint32_t sequence;    /* first number that will be accepted */
    uint32_t baud;        /* 0: bytes take no time */
    uint32_t gap_us;      /* longest pause within a request (p.21: 50 ms) */
    uint32_t think_us;    /* from a request's last byte to the response's first */
    uint32_t throttle_us; /* between two requests served (p.21: 100 ms) */
    uint32_t pause_us;    /* after each 117 bytes of a response (p.21: 25 ms) */
    bool second_port;     /* MEP client 2: results of procedures in ET85 */
    bool tls_only;        /* answers a TLS hello and nothing else */
};

/* The guide's timing at 9600 baud, 30 ms to think, port 1, and these keys. */
void mep_server_config_init(struct mep_server_config *config, const struct mep_key *mak,
                            const struct mep_key *mbk);

struct mep_server_counters {
    uint32_t frames, served, auth_failures, wrong_sequences, no_permissions, alerts, gaps;
};

struct mep_server {
    struct mep_server_config config;
    const struct mep_server_ops *ops;
    void *context;
    struct mep_server_counters counters;
    bool et59_response; /* ET50.30.1: results in ET59 instead of BT08; the ops keep it up to date */
    uint32_t next_baud; /* set by the ops on a write to ET13: effective after the response (p.20) */

    uint32_t sequence; /* the next number; others at the meter may move it */

    /* The rest is the server's own. */
    struct mep_frame frame;
    mep_time last_byte, last_frame, last_served, last_alert, send_at, send_end;
    uint16_t sent;
    uint8_t result[4 + MEP_PROCEDURE_RESULT_MAX];
    uint8_t result_size;
    uint8_t procedure_sequence;
    uint8_t state;
    bool alert;
};

void mep_server_init(struct mep_server *server, const struct mep_server_config *config,
                     const struct mep_server_ops *ops, void *context);

void mep_server_input(struct mep_server *server, mep_time now, const uint8_t *bytes, size_t count);
size_t mep_server_output(struct mep_server *server, mep_time now, uint8_t *bytes, size_t size);
mep_time mep_server_wake(const struct mep_server *server);

/* While set, 00 00 goes out once a second, but not within 1 s after a frame came in (p.16, 21). */
void mep_server_set_alert(struct mep_server *server, bool alert);

/* The configuration changed: the sequence number jumps by 25 (p.55). */
void mep_server_configuration_changed(struct mep_server *server);

/* Power came back: line state and pending procedure results are lost, the number is kept. */
void mep_server_restart(struct mep_server *server, mep_time now);

#endif

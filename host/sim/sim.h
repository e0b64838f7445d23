/*
 * A simulated meter in a simulated house, at the end of a simulated line on
 * which everything that goes wrong in homes can go wrong.
 *
 * It has no clock, no heap and no line of its own: like mep/'s client and server
 * it is fed and drained, and the time is handed in. A client joined to it:
 *
 *     while ((n = mep_client_output(c, now, buffer, sizeof buffer)) != 0)
 *         sim_input(s, now, buffer, n);
 *     while ((n = sim_output(s, now, buffer, sizeof buffer)) != 0)
 *         mep_client_input(c, now, buffer, n);
 *     ... events ...
 *     now = the earlier of mep_client_wake(c) and sim_wake(s)
 *
 * Whatever it does follows from the configuration, its seed, and when it was
 * given which bytes; it does not depend on how often it is called.
 */
#ifndef SIM_H
#define SIM_H

#include "host/sim/house.h"
#include "host/sim/line.h"
#include "host/sim/profile.h"
#include "host/sim/random.h"
#include "mep/server.h"
#include "meter/meter.h"

enum {
    SIM_TIERS_MAX = 8,
    SIM_ENERGIES = 10,   /* import, export, varh Q1..Q4, VAh Q1..Q4 */
    SIM_ET50_SIZE = 142, /* of two MEP clients with 6 data sources each */
    SIM_ET13_KEPT = 9    /* bytes of a MEP client's entry that can be written */
};

/* ---- What is simulated ---- */

enum sim_model {
    SIM_REFERENCE, /* 3 phases, solar, firmware 3.80; BT23 220 bytes, BT28 220 bytes */
    SIM_SINGLE,    /* 1 phase; the others' values are 0 and ET04 says they are inactive */
    SIM_OLD,       /* firmware 3.10.21: 26 present values, no power by phase, no averages */
    SIM_CT,        /* current transformers 40:1 in BT15, energy registers in units of 10 Wh */
    SIM_GEN4,      /* firmware 4.30, two MEP ports (this is the second), 84 present values */
    SIM_LARGE,     /* the same with 8 tiers: BT23 is 684 bytes */
    SIM_MODELS
};

/* "reference", "single", ...; NULL beyond the last. */
const char *sim_model_name(unsigned model);
bool sim_model_by_name(const char *name, enum sim_model *model);

/*
 * Faults. Up to FOREIGN_SEQ the rate is the probability for one exchange, which
 * is a request and what answers it; from RECONFIGURE on it is times per hour on
 * average (at most 3600). What can hit either direction hits each as often.
 */
enum sim_fault {
    SIM_FLIP,        /* one to three bits of one byte inverted */
    SIM_DROP,        /* one to eight bytes lost */
    SIM_DUP,         /* a byte doubled */
    SIM_INSERT,      /* one to eight bytes put in */
    SIM_LOSE,        /* a whole request or answer lost */
    SIM_LATE,        /* the answer comes 100 to 1500 ms later */
    SIM_TRUNCATE,    /* an answer of more than truncate_bytes stops there (weak ENABLE) */
    SIM_ALERT,       /* 00 00 while the request is on the line, right before or after the answer */
    SIM_FOREIGN_SEQ, /* another client moved the sequence number by 1 to 40 */
    SIM_RECONFIGURE, /* new IDT version, other order of BT22, other sizes, sequence number + 25 */
    SIM_OPTICAL,     /* silent for 5 to 180 s: the meter's UART is switched to the optical port */
    SIM_REBOOT,      /* no power for 2 to 20 s; the sequence number is kept or not */
    SIM_REKEY,       /* other keys for 10 to 120 s, then the old ones again */
    SIM_FAULTS
};

/* "flip", "drop", ..., "foreign-seq", ...; NULL beyond the last. */
const char *sim_fault_name(unsigned fault);
bool sim_fault_by_name(const char *name, enum sim_fault *fault);
/* The highest rate that makes sense: 1, or 3600 where it is times per hour. */
double sim_fault_rate_max(enum sim_fault fault);

/* Keys that a simulated meter has unless told otherwise: 16 ASCII characters each. */
extern const char sim_default_mbk[];
extern const char sim_default_mak[];

struct sim_config {
    enum sim_model model;
    uint64_t seed;
    struct mep_key mbk, mak;
    uint32_t baud;           /* 0: bytes take no time, and the meter neither thinks nor throttles */
    int64_t unix_start;      /* UTC when it is started */
    int64_t import_start_wh; /* negative: 60 to 70 MWh by the seed, as after some years */
    uint16_t truncate_bytes; /* where SIM_TRUNCATE cuts */
    double rate[SIM_FAULTS]; /* all 0: a meter and a line without faults */
};

/* The reference meter at 9600 baud without faults, default keys, 2026-01-01T00:00:00Z, seed 1. */
void sim_config_init(struct sim_config *config);

/* ---- What is behind the port ---- */

/*
 * The meter proper: what it measures, counts and keeps. It looks at the house
 * once a second: power is that of the second under way, registers are as of its
 * beginning and the exact sum of the powers since the start.
 */
struct sim_meter {
    struct sim_house house;
    struct meter_dimensions dims; /* layout of the tables, as it is now */
    enum sim_model model;
    int64_t unix_now;                                /* UTC, whole seconds */
    int64_t energy_mws[SIM_TIERS_MAX][SIM_ENERGIES]; /* mWs, mvars, mVAs by tier */
    uint32_t outage_s, outages, errors, pulses[2];
    uint8_t idt_version;
    uint8_t tariff; /* 0 .. tiers - 1, as in BT55 */
    uint8_t alert_flags;
    uint8_t et13[2][SIM_ET13_KEPT];
    uint8_t et50[SIM_ET50_SIZE];
    uint32_t serial;
    struct sim_profile profile;
};

/* One thing the meter really has, under its name in the project's data model. */
struct sim_truth_value {
    const char *name;
    const char *text; /* NULL: it is a number */
    int64_t integer;
};
typedef void sim_truth_fn(void *context, const struct sim_truth_value *value);

/* Hands out everything the meter has right now; pointers hold as long as the call. */
void sim_truth(const struct sim_meter *meter, sim_truth_fn *fn, void *context);

/* ---- Meter, line and faults together ---- */

/* A request for a table that the meter carried out; procedures and their results are not told.
 * Later answers may show older things, never others. */
struct sim_served {
    mep_time at;
    uint16_t table;
    uint32_t offset;
    uint16_t count; /* bytes in the answer, or written */
    uint8_t code;
    bool write;
};

/*
 * Called while the simulation runs; either may be NULL. In `served` the meter
 * is as it was for that very answer: sim_truth gives what the answer must say.
 */
struct sim_observer {
    void (*served)(void *context, const struct sim_meter *meter, const struct sim_served *served);
    void (*fault)(void *context, enum sim_fault fault, mep_time from, mep_time until);
    void *context;
};

/* What is to go wrong, and what is going wrong. */
struct sim_faults {
    struct sim_random random;
    uint32_t chance[SIM_FAULTS]; /* of 2^32 - 1: for an exchange, or for a second */
    uint16_t forced;             /* bit n: fault n happens in the next exchange */
    uint16_t in_request;         /* the same: what the request under way suffers */
    uint16_t in_answer;
    uint8_t burst;        /* bytes or bits hit at once */
    uint8_t hit_at;       /* byte of the request */
    uint8_t request_seen; /* bytes of the request so far, stopping at 255 */
    bool rebooting;
    bool alert_after; /* the answer, not before it */
    uint16_t answer_hit_at, answer_seen, answer_size;
    uint16_t truncate_bytes;
    mep_time request_end; /* when the last byte of the request is through */
    mep_time answer_delay;
    mep_time silent_until, rekeyed_until, disturbed_until;
};

struct sim_counters {
    uint32_t exchanges; /* requests that were begun */
    uint32_t faults[SIM_FAULTS];
};

/* Caller-owned; sim_init sets everything. */
struct sim {
    struct sim_meter meter;
    struct mep_server server;
    struct sim_counters counters;

    /* The rest is the simulation's own. */
    struct sim_observer observer;
    struct sim_faults faults;
    struct sim_line up, down;
    struct mep_key mbk, mak;
    uint32_t line_baud;
    mep_time now, next_tick;
    mep_time asked_at; /* when the server last had nothing to send */
    bool fast;
};

/* `sim` is not to be moved afterwards. */
void sim_init(struct sim *sim, const struct sim_config *config, mep_time now);
void sim_observe(struct sim *sim, const struct sim_observer *observer);

/* Bytes that the client sends, beginning now; they take their time on the line. */
void sim_input(struct sim *sim, mep_time now, const uint8_t *bytes, size_t count);

/* Bytes that have arrived at the client by now. */
size_t sim_output(struct sim *sim, mep_time now, uint8_t *bytes, size_t size);

/* When there may be output, or MEP_NEVER. */
mep_time sim_wake(const struct sim *sim);

/* Lets time pass without the line: brings `sim->meter` up to date. */
void sim_advance(struct sim *sim, mep_time now);

/* The speed of the client's end. While it is not the meter's, both receive rubbish. 0, as at
 * first: it always fits. */
void sim_set_baud(struct sim *sim, uint32_t baud);

/* An alert condition begins or ends: 00 00 once a second, a flag in ET13. */
void sim_set_alert(struct sim *sim, bool alert);

/*
 * Makes one fault happen: those of an exchange in the next one, the others now
 * unless the meter is silent anyway.
 */
void sim_cause(struct sim *sim, enum sim_fault fault);

/* Whether silence, or refusing the right key, is legitimate now: optical, reboot, rekey. */
bool sim_disturbed(const struct sim *sim, mep_time now);

/* When the last of these ended or will end; INT64_MIN if there was none. */
mep_time sim_disturbed_until(const struct sim *sim);

#endif

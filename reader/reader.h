/*
 * The reader: what to read from a meter and when, what to believe of it, and
 * what to publish. It owns a client and is fed and drained like one:
 *
 *     reader_input(r, now, received, count);
 *     while ((n = reader_output(r, now, buffer, sizeof buffer)) != 0)
 *         send(buffer, n);
 *     while (reader_event(r, &event))
 *         if (event.type == READER_EVENT_READING)
 *             reader_values(r, now, on_value, context);
 *     sleep until reader_wake(r) or more bytes
 *
 * All in this order at each turn. No heap, no I/O, no clock, no globals: `now`
 * is any steadily rising clock in microseconds. The reader only ever reads.
 *
 * What it does. First it reads what identifies and dimensions the meter (ET04,
 * ET03, BT01, BT21, ET42, BT22, BT27, BT15, BT20, ET55, ET11, ET70); what a
 * meter does not have, it does without. Then, a round each period, it reads
 * BT23 and BT28 with one request each, so that a table's values belong
 * together. If BT23 exceeds a frame, its total block is read each round, and
 * once in `tiers_us` a few rounds read a piece with tariff blocks instead; no
 * table is asked for more than once a round (p.51). What is left of a period
 * goes to the clock (BT52), the tariff (BT55), the alert flags (ET13, p.82) and
 * to whether this is still the same meter with the same dimensions (ET03,
 * ET04.116). Rounds begin at whole periods, whatever a round before took.
 *
 * What it believes. Only verified answers; nothing is published before both
 * BT23 and BT28 were verified (or refused as not there). After the meter gave a
 * new sequence number nothing is published until the IDT version and the serial
 * number were found unchanged (p.55); if the IDT version did change, the
 * dimensions are read anew, and if the program ID or the serial number did, so
 * is everything.
 *
 * Import, export and their sum must not fall, except at the rollover (ET42,
 * p.119; if unknown, 10^5 .. 10^9 units), nor grow faster than 1.5 times the
 * maximum current times the rated voltage (ET04; if unknown 200 A and 400 V)
 * on three phases and through the ratios of BT15 allow. If one of the three
 * does, the round's answer of BT23 is rejected as a whole: the energies
 * published stay those accepted last, with their age, until they are stale; all
 * from BT28 goes on. What the meter says consistently for READER_LOWER_ROUNDS
 * rounds (values that fell) or READER_HIGHER_ROUNDS rounds (that grew too fast)
 * is accepted after all and flagged. A new serial number begins anew.
 *
 * RAM: all state is in struct reader, see sizeof: about 4.6 KB, of it 0.9 KB
 * the client, on 32-bit and 64-bit machines.
 */
#ifndef READER_H
#define READER_H

#include "mep/client.h"
#include "meter/meter.h"

enum {
    READER_BLOCKS_MAX = 9,     /* of BT23: the total and eight tiers */
    READER_SUMS_SIZE = 704,    /* bytes of summations kept: 19 x 9 x 4 fit */
    READER_PRESENT_SIZE = 384, /* bytes of BT28's present values kept: 96 of them */
    READER_SERIAL_SIZE = 30,   /* ET03 */
    READER_LOWER_ROUNDS = 3,   /* rounds in which fallen energies must agree to be accepted */
    READER_HIGHER_ROUNDS = 60, /* the same for energies that grew too fast */
    READER_KEY_REFUSALS = 5    /* 0x0b in a row that mean the key: damaged requests earn it too */
};

/* Times in microseconds. */
struct reader_config {
    struct mep_client_config client;
    mep_time period_us;       /* between rounds; 1 s. Less exceeds what the guide advises (p.51);
                               * 0: back to back, for measuring */
    mep_time tiers_us;        /* between tariff blocks, if BT23 exceeds a frame; 60 s */
    mep_time clock_us;        /* between reads of BT52; 10 s */
    mep_time tariff_us;       /* between reads of BT55; 10 s */
    mep_time alert_us;        /* between reads of the alert flags; 60 s; sooner after an alert */
    mep_time check_us;        /* between checks of serial number and IDT version; 60 s */
    mep_time stale_us;        /* a value not verified for so much longer than it should have been
                               * is no longer given; 15 s */
    mep_time silent_after_us; /* without an answer: the meter is silent; 5 s */
    bool no_key; /* the client's is none: nothing is asked but by reader_try_key(), until
                  * reader_set_key(); false */
};

/* The defaults above and those of mep_client_config_init(). */
void reader_config_init(struct reader_config *config, const struct mep_key *key);

/* ---- What is known of the link, in a person's terms ---- */

enum reader_link {
    READER_LINK_STARTING,    /* no answer yet, and not long enough to say more */
    READER_LINK_OK,          /* verified answers come */
    READER_LINK_NEVER_HEARD, /* silent from the start */
    READER_LINK_WENT_SILENT, /* answered before; maybe an optical session (p.20), recovers */
    READER_LINK_KEY_REFUSED, /* READER_KEY_REFUSALS times 0x0b in a row */
    READER_LINK_TLS_LIKELY,  /* a TLS hello was answered */
    READER_LINK_DAMAGED,     /* half of the answers or more are short or do not verify */
    READER_LINKS
};

/* A word for machines ("ok", "never_heard"), a sentence, and likely causes; one line each. */
const char *reader_link_name(enum reader_link link);
const char *reader_link_text(enum reader_link link);
const char *reader_link_causes(enum reader_link link); /* "" when all is well */

/* ---- Readings ---- */

/* What is remarkable about a reading. */
enum reader_flag {
    READER_FLAG_REJECTED = 1 << 0,   /* BT23 was implausible: energies are older ones, if any */
    READER_FLAG_RESTARTED = 1 << 1,  /* energies fell or leapt and are accepted after all */
    READER_FLAG_ROLLOVER = 1 << 2,   /* an energy began again from 0 (p.119) */
    READER_FLAG_PHASES = 1 << 3,     /* phase powers miss the total by over 5 W and over 1 % */
    READER_FLAG_NO_ENERGY = 1 << 4,  /* BT23 did not come this round: energies are older ones */
    READER_FLAG_NO_PRESENT = 1 << 5, /* BT28 did not come this round: its values are older ones */
    READER_FLAG_SPLIT = 1 << 6       /* a table came in parts, since long answers get damaged */
};

struct reader_reading {
    uint32_t number;      /* 1, 2, ...: readings since reader_init */
    uint32_t flags;       /* enum reader_flag */
    mep_time verified_at; /* the older of the total block's and BT28's answer; a stale one aside */
};

enum reader_kind {
    READER_INTEGER, /* integer, in `unit` */
    READER_TEXT,    /* text, `length` bytes and no NUL: any bytes the meter holds */
    READER_TIME     /* time, UTC */
};

/* One value under its name in the data model. Pointers hold during the call only. */
struct reader_value {
    const char *name;
    enum reader_kind kind;
    enum meter_unit unit;
    int64_t integer;
    const uint8_t *text;
    size_t length;
    struct meter_time time;
    mep_time verified_at; /* when the answer that it comes from was verified */
    bool extrapolated;    /* meter_time: read from BT52 at verified_at, and the time since added */
    bool before_ratio;    /* of a CT meter's BT28, and measured before the CT and VT ratio */
};

struct reader;

typedef void reader_value_fn(void *context, const struct reader_value *value);

/*
 * Gives every value of the newest reading that is not stale at `now` and has a
 * name in the data model, in a fixed order and each name once: serial, manufacturer, model, firmware,
 * meter_time, tariff, BT23's, BT28's, age_ms. What the meter does not have is
 * left out. Returns how many: 0 before the first reading, when BT28 and BT23
 * are stale, and while a reconfigured meter's dimensions are read anew.
 * meter_time is the meter's time when the reading was verified.
 */
size_t reader_values(const struct reader *reader, mep_time now, reader_value_fn *fn, void *context);

/*
 * Gives every value that readings of this meter can hold, by what it told of its
 * dimensions, in the same order but without content: verified_at is when it was
 * verified, however long ago, and MEP_NEVER if it never was since the dimensions
 * were read. Returns how many: 0 before the first reading and while dimensions
 * are read anew.
 */
size_t reader_value_names(const struct reader *reader, reader_value_fn *fn, void *context);

/* The same of every name that a reading of any meter can have. */
size_t reader_value_names_of_all(reader_value_fn *fn, void *context);

/* ---- What is known of the meter ---- */

/* Empty text, 0: not known or not there. Whole at READER_EVENT_INFO, until the next setup. */
struct reader_info {
    char serial[READER_SERIAL_SIZE + 1]; /* ET03, without trailing spaces */
    char manufacturer[5];                /* BT01 */
    char model[9];                       /* BT01 */
    char firmware[METER_VERSION_SIZE];   /* BT01, "3.10.21" */
    uint8_t program_id[8];               /* ET04.14 */
    uint8_t mep_port;                    /* ET70.142, 1 or 2; 0: one port only, or not known */
    uint8_t alert_flags;                 /* ET13, as last read (p.82) */
    bool alert_flags_known;
    struct meter_dimensions dimensions; /* to decode other tables by */
};

/* Counts since reader_init; the client's are in counters of reader_client(). */
struct reader_counters {
    uint32_t readings;
    uint32_t rejected;      /* answers of BT23 that were not plausible */
    uint32_t restarted;     /* of these, accepted after all */
    uint32_t rollovers;     /* readings with READER_FLAG_ROLLOVER */
    uint32_t flagged;       /* readings with READER_FLAG_PHASES */
    uint32_t rounds_failed; /* begun and without a reading */
    uint32_t rounds_missed; /* not begun since the line was busy or the meter gone */
    uint32_t setups;        /* times that dimensions were read; 1 is the start */
    uint32_t meters;        /* serial numbers met in a row; 1 is the start */
};

/* ---- Events ---- */

enum reader_event_type {
    READER_EVENT_LINK,    /* link changed */
    READER_EVENT_METER,   /* another serial number than before: counts start anew */
    READER_EVENT_INFO,    /* identity and dimensions were read, or read anew */
    READER_EVENT_READING, /* a new reading; if one was not fetched in time, the newest */
    READER_EVENT_ALERT,   /* the alert flags were read and are not what they were */
    READER_EVENT_TABLE,   /* reader_read() is done */
    READER_EVENT_KEY      /* reader_try_key() is done: table.outcome */
};

struct reader_event {
    enum reader_event_type type;
    enum reader_link link;
    struct reader_reading reading; /* the newest; number 0: none yet */
    uint8_t alert_flags;
    struct mep_event table; /* TABLE: outcome, code, parts, count, at */
};

/* ---- State: caller-owned; look through the functions ---- */

/* Tables as they were verified; only what readings are made of. */
struct reader_snapshot {
    uint8_t sums[READER_SUMS_SIZE]; /* summations, block after block */
    uint8_t present[READER_PRESENT_SIZE];
    mep_time block_at[READER_BLOCKS_MAX];
    mep_time present_at;
    uint16_t present_size;                 /* bytes verified; 0: none */
    uint8_t block_size[READER_BLOCKS_MAX]; /* the same, by block */
};

/* Import, export and their sum; negative: the meter does not have it. */
struct reader_energy {
    int64_t wh[3];
    mep_time at;
};

/* What is being read into scratch. */
struct reader_fetch {
    uint32_t offset; /* of the first byte */
    uint16_t table;
    uint16_t count; /* bytes wanted */
    uint16_t got;   /* bytes verified */
    uint16_t asked; /* bytes in the request under way */
    uint8_t requests;
    bool full; /* with 0x30 */
};

/* A table that the host asked for. */
struct reader_wish {
    mep_time since; /* it was first seen */
    uint8_t *into;
    uint32_t offset;
    uint16_t table;
    uint16_t count;
    bool wanted;
    struct mep_event done;
};

/* A key that the host wants to try. */
struct reader_trial {
    struct mep_key key;
    bool wanted, running;
    struct mep_event done;
    uint32_t sequence; /* the client's number, before */
    uint8_t byte;      /* what the meter is asked for */
    uint8_t refusals;  /* of the key that is set, in a row, before */
};

enum {
    READER_EXTRAS = 7
};

struct reader {
    struct reader_config config;
    struct mep_client client;
    struct reader_counters counters;
    struct reader_info info;

    struct reader_snapshot snapshot[2]; /* the published one and the one being made */
    struct reader_reading reading;
    struct reader_energy baseline;  /* accepted last */
    struct reader_energy candidate; /* rejected last */
    struct reader_fetch fetch;
    struct reader_wish wish;
    struct reader_trial trial;
    uint8_t scratch[MEP_READ_MAX];
    uint8_t serial[READER_SERIAL_SIZE];

    mep_time wake_at;            /* when there is something to begin */
    mep_time slot;               /* when the next round is due */
    mep_time retry_at;           /* a link in trouble is not tried before */
    mep_time heard_at;           /* the last sign of life */
    mep_time probe_at;           /* no TLS hello before */
    mep_time due[READER_EXTRAS]; /* what is read beside the rounds */
    mep_time identity_at, clock_at, tariff_at, alerts_at;
    int64_t clock;         /* BT52 at clock_at, in seconds since 1970 */
    int64_t reading_clock; /* the same at the reading */
    mep_time reading_clock_at;
    uint32_t missing;                     /* by item: the meter refused it */
    uint32_t damaged, undamaged, answers; /* the client's counts when last looked at */
    uint16_t damage;                      /* 4096ths of recent answers */

    uint8_t link, pending;
    uint8_t silent_requests; /* in a row */
    uint8_t item;            /* what is being asked for */
    uint8_t step;            /* of the setup */
    uint8_t round;           /* how far it is */
    uint8_t next_block;      /* of BT23's pieces; 0: from the beginning */
    uint8_t tariff;
    uint8_t candidate_rounds;
    uint8_t published; /* index into snapshot */
    uint32_t round_flags;
    bool started, setup_done, heard, verified, has_reading;
    bool program_known, same_program; /* ET04's program ID, and the setup found it unchanged */
    bool serial_known, clock_known, tariff_known, reading_clock_known, baseline_known;
    bool check_idt, check_serial; /* before anything is published */
    bool probe_wanted, got_energy, got_present, energy_full, present_full;
    bool pieces; /* this round reads tariff blocks too */
};

void reader_init(struct reader *reader, const struct reader_config *config);

void reader_input(struct reader *reader, mep_time now, const uint8_t *bytes, size_t count);

/* Bytes to send now; 0 when there are none. Also lets time do its work. */
size_t reader_output(struct reader *reader, mep_time now, uint8_t *bytes, size_t size);

/* Takes the next event; false when there is none. */
bool reader_event(struct reader *reader, struct reader_event *event);

/* When to call reader_output again at the latest. */
mep_time reader_wake(const struct reader *reader);

/* The line was opened anew. */
void reader_line_reset(struct reader *reader, mep_time now);

/*
 * Asks the meter once with another key whether it takes it, beside the rounds;
 * all else goes on with the key that was set. Ends in READER_EVENT_KEY: OK or
 * REFUSED, it does; AUTH, it does not; SILENT, SHORT and others say nothing about
 * the key. False if one is already being tried.
 */
bool reader_try_key(struct reader *reader, const struct mep_key *key);

/* Another key from now on; tried at once. */
void reader_set_key(struct reader *reader, mep_time now, const struct mep_key *key);

enum reader_link reader_link(const struct reader *reader);
const struct reader_info *reader_info(const struct reader *reader);
const struct reader_counters *reader_counters(const struct reader *reader);
const struct mep_client *reader_client(const struct reader *reader);

/*
 * Reads any table beside the rounds, as soon as a period has time for it and
 * within a few seconds in any case. `into` must hold count bytes until
 * READER_EVENT_TABLE. False if one is already wanted, or count is 0 or larger
 * than MEP_READ_MAX.
 */
bool reader_read(struct reader *reader, uint16_t table, uint32_t offset, uint16_t count,
                 uint8_t *into);

#endif

/*
 * The bridge: what mepd on Linux and the board's firmware have in common beyond
 * reading: the meters of one device, their documents, HTTP, MQTT and history.
 * The host binds it to sockets, files and threads; behaviour is here.
 *
 * No heap, no I/O, no clock: the host hands in `now` (see reader.h) and, for what
 * bears a date, the seconds since 1970. All calls come from one thread.
 */
#ifndef READER_BRIDGE_H
#define READER_BRIDGE_H

#include "reader/bridge/exchanges.h"
#include "reader/history.h"
#include "reader/reader.h"
#include "reader/settings/settings.h"
#include "reader/text/json_in.h"

/* ---- A meter ---- */

enum reader_job {
    READER_JOB_NONE,
    READER_JOB_WANTED, /* somebody waits for it */
    READER_JOB_RUNNING,
    READER_JOB_DONE /* until the one who waited took it, or READER_JOB_KEPT_US went by */
};
enum {
    READER_JOB_KEPT_US = 5000000,  /* a result that nobody fetched */
    READER_JOB_LIMIT_US = 20000000 /* a job that does not get on: DONE, and SILENT */
};

/*
 * A table that somebody wants to see, read in pieces of a frame beside the
 * rounds. Begun by reader_meter_want_table(); to let go of it at any time, set
 * the state to NONE.
 */
enum {
    READER_TABLE_SIZE = 4096
};
struct reader_table_job {
    enum reader_job state;
    mep_time at; /* when the state was entered, or the last piece came */
    const struct meter_table *table;
    size_t size; /* of the table; no more than READER_TABLE_SIZE of it are read */
    size_t got;  /* bytes verified: a table may end early */
    enum mep_outcome outcome;
    uint8_t code;
    uint16_t asked;           /* bytes of the piece that is being read into `bytes`; 0: none is */
    uint32_t ticket, waiting; /* http.c's own: requests wait for it, so many */
    uint8_t bytes[READER_TABLE_SIZE];
};

/* A key that somebody wants to try: reader_meter_want_key(), and the same. */
struct reader_key_job {
    enum reader_job state;
    mep_time at;
    struct mep_key key; /* forgotten once it was tried */
    enum mep_outcome outcome;
    bool asked;
    uint32_t ticket; /* http.c's own: the request that waits for it */
};

/* The share of attempts that were answered and verified, newer ones counting more. */
struct reader_quality {
    uint32_t attempts, verified; /* the client's counts when last looked at */
    uint32_t share;              /* 65536: all */
    uint8_t known;               /* attempts it rests on, at most 64 */
};

/* What MQTT published last; mqtt.c's own. */
enum {
    READER_PUBLISHED_MAX = 192
};
struct reader_published {
    int64_t value[READER_PUBLISHED_MAX]; /* in the order of reader_values() */
    size_t count;
    mep_time state_at, link_at, legacy_at;
    mep_time state_due; /* not before; MEP_NEVER: not before there is news */
    mep_time again_at;  /* all anew, for who has just heard of it; 0: no need */
    size_t names;       /* that Home Assistant was told of */
    int link, quality;
    bool discovered, state_known, link_known, legacy_known;
    bool news; /* a reading that was not looked at yet */
};

/* Some values of the newest reading, for what goes through all meters value by value. */
enum {
    READER_GATHERED = 8
};
struct reader_gathered {
    int64_t value[READER_GATHERED];
    uint8_t has; /* bit i: value i is fresh */
};

/*
 * One meter of a bridge; the reader, its history and the log are the caller's,
 * who feeds them. NULL log or history: this device has none.
 */
struct reader_meter {
    const struct reader_meter_settings *settings;
    struct reader *reader;
    struct reader_history *history;
    struct reader_exchanges *log;
    const char *line_problem; /* NULL: the line is open; else why not, in a few words */

    struct reader_table_job table;
    struct reader_key_job key;
    struct reader_quality quality;
    struct reader_published published;
    struct reader_gathered gathered;
    mep_time verified_at; /* of the newest reading */
    bool has_reading;
    uint32_t news; /* rises with each reading, change of link and of information */
    uint32_t readings, links, infos; /* the same apart */
};

void reader_meter_init(struct reader_meter *meter, const struct reader_meter_settings *settings,
                       struct reader *reader, struct reader_history *history,
                       struct reader_exchanges *log);

/* To be told every event of the reader, before or after the history. */
void reader_meter_event(struct reader_meter *meter, mep_time now, const struct reader_event *event);

/* At each turn, before reader_history_turn: begins what somebody waits for. */
void reader_meter_turn(struct reader_meter *meter, mep_time now);

/*
 * Begin what meter->table or meter->key then tells of. False: another one is not
 * done yet, or its result not yet taken.
 */
bool reader_meter_want_table(struct reader_meter *meter, mep_time now,
                             const struct meter_table *table);
bool reader_meter_want_key(struct reader_meter *meter, mep_time now, const struct mep_key *key);

/* ---- What the host does for the bridge ---- */

/* One point of a series. */
struct reader_point {
    int64_t time;    /* seconds since 1970 */
    int64_t value;   /* totals: the register at `time`; others: the mean of the step */
    bool from_meter; /* its load profile; otherwise sampled */
};
typedef void reader_point_fn(void *context, const struct reader_point *point);

struct reader_series {
    const char *serial; /* of the meter whose points are wanted */
    const char *name;   /* "energy_import_wh" */
    int64_t from, to;   /* from <= time < to, seconds since 1970 */
    int32_t step_s; /* the last point (totals) or the mean (others) of each step from `from` on */
};

/* What a page is made of. */
struct reader_asset {
    const char *path, *type; /* "/assets/index-1a2b.js", "text/javascript" */
    const uint8_t *gzip;
    size_t size;
    const char *etag;
    bool immutable; /* its name changes with its content */
    bool own_rules; /* its own Content-Security-Policy is in it, and the pages' would stop it */
};

enum reader_mqtt_state {
    READER_MQTT_OFF,
    READER_MQTT_CONNECTING,
    READER_MQTT_CONNECTED,
    READER_MQTT_REFUSED, /* credentials or certificate */
    READER_MQTT_FAILED   /* cannot be reached; tried again */
};

enum {
    READER_SALT_SIZE = 16,
    READER_HASH_SIZE = 32,
    READER_KDF_ITERATIONS = 600000 /* PBKDF2-HMAC-SHA256, of new passwords; see reader_host */
};

struct reader_host {
    void *context;

    /* Random bytes fit for keys. */
    void (*random)(void *context, uint8_t *bytes, size_t count);

    /*
     * Begins PBKDF2-HMAC-SHA256 of a password, which is copied; the host calls
     * reader_bridge_derived() once it is done, not from within. False: not now.
     */
    bool (*derive)(void *context, const char *password, const uint8_t salt[READER_SALT_SIZE],
                   uint32_t iterations);

    /* Gives the points of a series, oldest first; false if they cannot be had. */
    bool (*series)(void *context, const struct reader_series *series, reader_point_fn *fn,
                   void *fn_context);

    /*
     * Stores and applies changed settings: `changed` names count keys and
     * `values` their texts (NULL: the default). NULL, or in one line what went
     * wrong, which begins with "KEY: " if it is about what a key was to be. All or
     * nothing. What it applies may wait until the call is over.
     */
    const char *(*change)(void *context, const char *const *changed, const char *const *values,
                          size_t count);

    /* True if a key was given on the command line and cannot be changed. */
    bool (*is_fixed)(void *context, const char *name);

    /* NULL if there is none; `path` is not decoded or trusted. */
    const struct reader_asset *(*asset)(void *context, const char *path);

    /* A connected broker, and if not, why: one line, no secrets. Either may be NULL. */
    enum reader_mqtt_state (*mqtt)(void *context, const char **why);
    bool (*store_ok)(void *context); /* NULL: this device stores nothing */

    uint32_t
        iterations; /* of new passwords, on a device too slow for READER_KDF_ITERATIONS; 0: that */

    unsigned lacks; /* enum reader_setting_flag: this device has no keys with one of these */
};

/* ---- The bridge ---- */

enum {
    READER_SESSIONS = 8,
    READER_SESSION_ID = 32,      /* characters of a session's name, hex */
    READER_SESSION_IDLE_S = 3600 /* without a request; and 24 h in all */
};

struct reader_session {
    char id[READER_SESSION_ID + 1], csrf[READER_SESSION_ID + 1];
    mep_time seen_at, began_at;
    uint32_t number;   /* no two have the same */
    uint32_t password; /* a checksum of what was set when it began: another one ends it */
    bool used;
};

/* A password being checked, or made into its hash. */
struct reader_derive_job {
    enum reader_job state;
    mep_time at;
    uint32_t ticket; /* of the request that it is for */
    uint8_t salt[READER_SALT_SIZE];
    uint8_t hash[READER_HASH_SIZE];
    uint32_t iterations;
    bool ok;
};

/* What one request needs while it is answered; the stack of a board is small. */
enum {
    READER_CHANGES_MAX = 32, /* settings changed at once */
    READER_TIMES_MAX = 64,   /* of a history */
    READER_SCRATCH = 8192
};
struct reader_scratch {
    const char *names[READER_CHANGES_MAX], *values[READER_CHANGES_MAX];
    int64_t times[READER_TIMES_MAX];
    struct reader_json_member member;
    char text[READER_SCRATCH];
    char password[160]; /* its hash */
};

struct reader_bridge {
    const struct reader_host *host;
    struct reader_settings *settings;
    struct reader_meter *const *meter;
    size_t meters;
    const char *software, *version; /* "mepd", "0.2.0" */
    const char *hostname;           /* under which it is reached beside http.hosts; NULL: none */
    mep_time started_at;

    /* The rest is the bridge's own: look through the functions. */
    struct reader_session session[READER_SESSIONS];
    struct reader_derive_job derive;
    uint32_t tickets;
    uint32_t attempts; /* of logging in that failed, in a row */
    mep_time attempt_at;
    struct reader_scratch scratch;
};

void reader_bridge_init(struct reader_bridge *bridge, const struct reader_host *host,
                        struct reader_settings *settings, const char *software, const char *version,
                        mep_time now);

/* Those that there are now; all sessions stay. */
void reader_bridge_set_meters(struct reader_bridge *bridge, struct reader_meter *const *meter,
                              size_t meters);

/* What became of derive(); ok false: it failed. */
void reader_bridge_derived(struct reader_bridge *bridge, const uint8_t hash[READER_HASH_SIZE],
                           bool ok);

/* By its name or its serial number; NULL or "" is the first one; NULL if there is none. */
struct reader_meter *reader_bridge_find(const struct reader_bridge *bridge, const char *id);

/* ---- Documents: JSON of one meter, without a newline ---- */

/* The reading as one flat object in the data model's names; false, and nothing written: none is
 * fresh. */
bool reader_document_reading(const struct reader_meter *meter, mep_time now,
                             struct reader_out *out);
void reader_document_link(const struct reader_meter *meter, mep_time now, struct reader_out *out);
void reader_document_info(const struct reader_meter *meter, struct reader_out *out);

/* Age of the newest reading, fresh or not; -1: none yet. */
int64_t reader_meter_age_ms(const struct reader_meter *meter, mep_time now);

/* Of the last attempts, so many in a hundred were answered and verified; -1: none yet. */
int reader_meter_quality_percent(const struct reader_meter *meter);

/* ---- Shapes of the original firmware ---- */

/* What /getDashDataWS gives; false, and nothing written: no fresh reading. */
bool reader_legacy_dash(const struct reader_meter *meter, mep_time now, const char *version,
                        struct reader_out *out);

enum reader_legacy_topic {
    READER_LEGACY_SENSORS,
    READER_LEGACY_TOTAL,
    READER_LEGACY_FORWARD,
    READER_LEGACY_REVERSE,
    READER_LEGACY_FREQUENCY,
    READER_LEGACY_TOPICS
};
const char *reader_legacy_topic_name(enum reader_legacy_topic topic); /* "sensors" */
bool reader_legacy_document(const struct reader_meter *meter, enum reader_legacy_topic topic,
                            mep_time now, struct reader_out *out);

/* Prometheus' text format, of all meters. */
void reader_metrics(const struct reader_bridge *bridge, mep_time now, struct reader_out *out);

#endif

/*
 * What can be set: every key with its kind, range, default, secrecy and meaning,
 * declared once (keys.c) for the file, the web page, the API and the board.
 *
 * The file is lines of `key = value`; those of a meter stand below a line
 * `[meter NAME]`, all others above the first of these. '#' begins a comment where
 * a line or a value begins, or after white space; a value in double quotes may
 * hold it, and \" and \\ for these two. Elsewhere the keys of a meter are written
 * "meter.NAME.uri".
 */
#ifndef READER_SETTINGS_H
#define READER_SETTINGS_H

#include "mep/key.h"
#include "reader/text/out.h"

enum {
    READER_NAME_SIZE = 33, /* of a meter: 1 .. 32 of A-Z a-z 0-9 - and _ */
    READER_SETTING_TEXT = 257,
    READER_SETTING_LINE = 640, /* the longest line of a file, with its end */
    READER_SETTING_NAME = 80,  /* "meter.NAME.period_s" with its NUL */
    READER_SETTING_PROBLEM = 480
};

struct reader_meter_settings {
    char name[READER_NAME_SIZE];
    char uri[READER_SETTING_TEXT];
    char key[64]; /* as it was given; see mep/key.h. "@FILE", which only mepd knows to read, names
                   * a file that holds it. Secret. */
    bool encrypt;
    int32_t period_s;
};

/* What the board alone has. */
struct reader_board_settings {
    char wifi_ssid[33], wifi_password[65]; /* empty ssid: none yet */
    int32_t wifi_power_dbm;                /* the most it sends with */
    char hostname[33];                     /* also NAME.local */
    char address[19];                      /* "192.168.1.20/24"; empty: DHCP */
    char gateway[16], dns[16];             /* with `address`; empty: none */
    char time_server[65];                  /* empty: the meter's clock alone */
    char time_zone[65];                    /* as POSIX writes TZ */
    char syslog[65];                       /* address to log to by UDP; empty: none */
};

struct reader_settings {
    char http_listen[READER_SETTING_TEXT]; /* HOST:PORT, port 0 being any; empty: no HTTP */
    bool http_public;                      /* readable without login */
    char http_hosts[READER_SETTING_TEXT];  /* further names under which it is reached */
    char http_password[160]; /* "pbkdf2-sha256$ITERATIONS$SALT$HASH"; empty: no login */

    char data[READER_SETTING_TEXT]; /* directory; host only */
    int32_t history_sample_s, history_keep_days;

    char mqtt_url[READER_SETTING_TEXT]; /* mqtt://HOST[:PORT] or mqtts://; empty: none */
    char mqtt_user[128], mqtt_password[128];
    char mqtt_ca[READER_SETTING_TEXT], mqtt_cert[READER_SETTING_TEXT],
        mqtt_key[READER_SETTING_TEXT];
    char mqtt_topic[64], mqtt_discovery_prefix[64], mqtt_legacy_topic[64];
    bool mqtt_discovery;
    int32_t mqtt_power_min_s, mqtt_power_max_s;   /* W, VA, var */
    int32_t mqtt_energy_min_s, mqtt_energy_max_s; /* Wh, varh and other totals */
    int32_t mqtt_other_min_s, mqtt_other_max_s;
    int32_t mqtt_expire_s; /* Home Assistant: without news unavailable */

    char cost_currency[9];
    int32_t cost_import, cost_export, cost_fixed; /* 1/10000 per kWh, kWh and month */

    int32_t language, log_level; /* indexes of their choices */

    struct reader_board_settings board;

    struct reader_meter_settings *meter; /* the caller's, */
    size_t meters, meters_max;           /* so many of so many */

    char problem[READER_SETTING_PROBLEM]; /* where texts of what is wrong are made up */
};

enum reader_setting_kind {
    READER_SETTING_STRING,
    READER_SETTING_BOOL,    /* yes, no, true, false, on, off */
    READER_SETTING_INTEGER, /* min .. max */
    READER_SETTING_DECIMAL, /* stored as 1/10000; min .. max are too */
    READER_SETTING_CHOICE,  /* one of `choices` */
    READER_SETTING_PASSWORD /* only its hash is stored */
};

enum reader_setting_flag {
    READER_SETTING_SECRET = 1 << 0,  /* can be set, is never shown */
    READER_SETTING_RESTART = 1 << 1, /* takes effect when the program starts */
    READER_SETTING_METER = 1 << 2,   /* one for each meter */
    READER_SETTING_HOST = 1 << 3,    /* mepd only */
    READER_SETTING_BOARD = 1 << 4    /* the board only */
};

/* A key as declared. */
struct reader_setting {
    const char *key;  /* "mqtt.url"; of a meter: "uri" */
    const char *text; /* what it means, with its unit, for people */
    const char *fallback;
    enum reader_setting_kind kind;
    unsigned flags;
    int32_t min, max;
    const char *const *choices; /* ended by NULL */
    /* NULL, or gives what is wrong with a text, in words that fit after "KEY: " */
    const char *(*check)(const char *text);
    size_t offset, size; /* in struct reader_settings, or in that of a meter */
};

extern const struct reader_setting reader_settings_keys[];
extern const size_t reader_settings_count;

/* All defaults and no meter; `meter` has room for meters_max. */
void reader_settings_init(struct reader_settings *settings, struct reader_meter_settings *meter,
                          size_t meters_max);

/* The declaration behind "mqtt.url" or "meter.NAME.uri"; NULL if there is none. */
const struct reader_setting *reader_setting_find(const char *name);

/*
 * Sets a key from text, or with NULL back to its default. A meter that is named
 * for the first time begins to exist; "meter.NAME" with NULL ends it, and moves
 * those after it up. NULL, or in one line what is wrong and what is accepted, in
 * words that fit after "KEY: ", without a period and never quoting the value; it
 * holds until the next call. Wrong values change nothing. http.password takes
 * the hash, or "" for none.
 */
const char *reader_settings_set(struct reader_settings *settings, const char *name,
                                const char *text);

/* Writes a value as text that reader_settings_set takes; nothing for secrets. */
void reader_settings_value(const struct reader_settings *settings, const char *name,
                           struct reader_out *out);

/* Whether a secret is there. */
bool reader_settings_is_set(const struct reader_settings *settings, const char *name);

struct reader_settings_problem {
    unsigned line;                 /* of a file, from 1; 0: it is about all of it */
    char key[READER_SETTING_NAME]; /* "meter.house.uri"; "" if there is none */
    const char *text;              /* what is wrong and what is accepted */
};

/* What no key can tell by itself: no meter without a URI and (but for sim:) a key, no two with one
 * URI, no time whose minimum is above its maximum. False, and the first problem. */
bool reader_settings_check(const struct reader_settings *settings,
                           struct reader_settings_problem *problem);

/* ---- The file ---- */

/*
 * Reads a whole file over what is set. False at the first problem; what stood
 * before it is set then. Does not reader_settings_check(), since options may
 * complete it.
 */
bool reader_settings_read(struct reader_settings *settings, const char *text, size_t size,
                          struct reader_settings_problem *problem);

/*
 * Writes a file anew with one key changed, or with NULL taken out, and all else,
 * comments too, as it was; "meter.NAME" with NULL takes out the section. `name`
 * and `value` are what reader_settings_set() took, and the file one that
 * reader_settings_read() took. A key that was not there goes below its line in
 * the manual, if that is there, otherwise where its section ends.
 */
void reader_settings_edit(const char *text, size_t size, const char *name, const char *value,
                          struct reader_out *out);

/*
 * Writes a file with every key, its meaning and its default, commented out: the
 * manual. `flags` is READER_SETTING_HOST or _BOARD: keys of the other are left out.
 */
void reader_settings_manual(struct reader_out *out, unsigned flags);

#endif

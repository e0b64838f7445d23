/*
 * What the tables of an OSGP meter mean: bytes to named values and back.
 *
 * No heap, no I/O, no clock, no globals; everything belongs to the caller and
 * nothing is kept. Names are those of the project's data model; the unit is the
 * last part of a name and also in `unit`. The source is the MEP Client
 * Developer's Guide, 078-0372-01BD; page numbers are those printed in it.
 *
 * A client reads dimensions first and then decodes by them:
 *
 *   struct meter_dimensions dims;
 *   meter_dimensions_default(&dims);
 *   meter_dimensions_update(&dims, &meter_bt01, 0, bytes, count);   and BT20, BT21, BT22,
 *   ...                                                             BT27, BT15, ET04, ET42
 *   meter_decode(&meter_bt23, &dims, offset, bytes, count, on_value, context);
 *
 * `bytes` is table data alone, the `count` bytes that a verified response
 * carried; nothing here verifies a digest.
 */
#ifndef METER_H
#define METER_H

#include "meter/schema.h"

/* Room for the longest name and its NUL, and for a version as text. */
enum {
    METER_NAME_SIZE = 48,
    METER_VERSION_SIZE = 10
};

/* How many places of BT22 and BT27 are kept; the guide knows 19 and 84. */
enum {
    METER_SUMMATIONS_MAX = 32,
    METER_PRESENT_VALUES_MAX = 96
};

enum meter_result {
    METER_OK = 0,
    METER_E_FIELD, /* no such field in a table of these dimensions */
    METER_E_SIZE,  /* the bytes end before it */
    METER_E_KIND,  /* a number for a text, or the like */
    METER_E_RANGE  /* the value does not fit the field */
};

/* One line for people. */
const char *meter_strerror(enum meter_result result);

/* ---- Dimensions: what one table must know from others ---- */

/*
 * Defaults, for when a table cannot be read: 11 summations and 55 present
 * values in the guide's order, 4 tiers, no demands, CT and VT ratio 1, energy
 * register unit 1, 5 devices of 66 bytes, 6 data sources, 1 MEP client, 255
 * bytes of parameters and 12 of results. Unknown (0): firmware, rollover,
 * maximum current, rated voltage, IDT version, BT20's tiers.
 */
struct meter_dimensions {
    uint32_t value[METER_DIM_STORED]; /* by enum meter_dimension_id: use meter_dimension() */
    uint32_t known[2];                /* bit n: value n was told by the meter */
    uint8_t summation_source[METER_SUMMATIONS_MAX];
    uint8_t present_source[METER_PRESENT_VALUES_MAX];
};

void meter_dimensions_default(struct meter_dimensions *dims);

/*
 * Learns what the `count` bytes of a table from `offset` on tell: of BT00, BT01,
 * BT15, BT20, BT21, BT22, BT27, BT61, ET04, ET11, ET42 and ET55; of others nothing.
 * Values out of the guide's range are not believed. True if anything changed.
 * Order: BT01 and BT20 before ET55; BT21 before BT22 and BT27.
 */
bool meter_dimensions_update(struct meter_dimensions *dims, const struct meter_table *table,
                             uint32_t offset, const uint8_t *bytes, size_t count);

/* The number behind an id of enum meter_dimension_id, or a literal's own. */
uint32_t meter_dimension(const struct meter_dimensions *dims, unsigned id);

/* True if the meter told this number, false if it is a default. */
bool meter_dimension_known(const struct meter_dimensions *dims, unsigned id);

/* For a simulated meter: sets a number as if the meter had told it; false if out of range. */
bool meter_dimension_set(struct meter_dimensions *dims, unsigned id, uint32_t value);

/*
 * The number of Wh, or varh, at which energies of BT23 start again from 0, or 0
 * if unknown (ET42, p.118-119). Counted after multiplication with the energy
 * register unit: the guide gives the digits for a unit of 1 Wh and has units of
 * 10 and 100 postpone the rollover.
 */
int64_t meter_rollover_wh(const struct meter_dimensions *dims);

/* True if BT15 has a ratio other than 1: BT28 then has values before and after it. */
bool meter_is_ct(const struct meter_dimensions *dims);

/* ---- Decoding ---- */

enum meter_kind {
    METER_SIGNED,   /* integer */
    METER_UNSIGNED, /* integer */
    METER_BOOL,     /* integer: 0 or 1 */
    METER_STRING,   /* bytes, length: characters without padding; may be any byte but NUL */
    METER_RAW,      /* bytes, length */
    METER_TIME      /* time */
};

struct meter_time {
    uint16_t year; /* 2000..2099; the meter stores two digits (p.40) */
    uint8_t month;
    uint8_t day;
    uint8_t hour;
    uint8_t minute;
    uint8_t second;
};

/* One value. Pointers hold as long as the call they are handed to, or the caller's bytes. */
struct meter_value {
    char name[METER_NAME_SIZE];
    enum meter_kind kind;
    enum meter_unit unit;
    int64_t integer; /* Wh and varh: multiplied by the energy register unit */
    const uint8_t *bytes;
    size_t length;
    struct meter_time time;
    const struct meter_table *table;
    const struct meter_field *field;
    uint32_t offset; /* in the table */
    uint16_t since;  /* enum meter_firmware */
    bool sourced;    /* named after `source`: summations and present values, if known */
    uint8_t source;  /* ID in BT22 or BT27 */
    uint8_t place;   /* index in the innermost array, such as the place in BT28 */
    uint8_t tier;    /* BT23: 0 the total block, 1 the first tier */
    char text[METER_VERSION_SIZE];
};

typedef void meter_value_fn(void *context, const struct meter_value *value);

/*
 * Hands every value that lies wholly inside the `count` bytes read from
 * `offset` to `fn`, in the order of the schema, and returns how many. Bytes
 * alone decide how far it goes; what they do not hold, what this meter's
 * firmware does not have, and dates that are none, is left out.
 */
size_t meter_decode(const struct meter_table *table, const struct meter_dimensions *dims,
                    uint32_t offset, const uint8_t *bytes, size_t count, meter_value_fn *fn,
                    void *context);

/*
 * Turns a value of BT28 from the table's own name into the one it has in a
 * reading; values of other tables stay as they are. False: it has none there.
 * On a CT meter places 18-21 and 32-40 (after the CT and VT ratio) take the
 * names of 0-3, 26-31 and 4-6, which then have none; on others it is the former
 * that have none (p.216-218). Apparent power, power by quadrant, averages and
 * voltages have no counterpart after the ratio: on a CT meter they are still
 * before it.
 */
bool meter_reading_name(struct meter_value *value, const struct meter_dimensions *dims);

/* ---- Encoding: the exact inverse, for a simulated meter ---- */

/* The bytes of a whole table of these dimensions, counting reserved ones at its end. */
size_t meter_table_size(const struct meter_table *table, const struct meter_dimensions *dims);

/*
 * Goes through the fields of a table and writes those for which `fn` returns
 * true; it finds everything set but what it is to set itself: `integer`,
 * `bytes` and `length`, or `time`, as `kind` says. `length` says how many bytes
 * there is room for; METER_RAW takes exactly so many. Stops at the first value
 * that does not fit. Wh and varh are divided by the energy register unit,
 * rounding down.
 */
typedef bool meter_fill_fn(void *context, struct meter_value *value);

enum meter_result meter_fill(const struct meter_table *table, const struct meter_dimensions *dims,
                             uint8_t *bytes, size_t size, meter_fill_fn *fn, void *context);

/*
 * Writes one value by its name, as meter_decode gives it. Only `integer`,
 * `bytes` and `length`, or `time` of `value` are looked at, as `kind` says
 * (numbers and bools are one). Text is padded with NULs; a version may be text
 * ("3.10.21") or the number the meter stores.
 */
enum meter_result meter_encode(const struct meter_table *table, const struct meter_dimensions *dims,
                               const char *name, const struct meter_value *value, uint8_t *bytes,
                               size_t size);

/* ---- Listing ---- */

/* "BT23", "bt23", "23", "ET03", "2051" or "0x0803"; NULL if there is none. */
const struct meter_table *meter_table_by_name(const char *name);
const struct meter_table *meter_table_by_number(unsigned number);

/* Every value of a whole table of these dimensions, without content; returns how many. */
size_t meter_list(const struct meter_table *table, const struct meter_dimensions *dims,
                  meter_value_fn *fn, void *context);

/*
 * Where a value lies, for a partial read of it alone: its bytes, 0 if a table of
 * these dimensions has none of that name.
 */
size_t meter_locate(const struct meter_table *table, const struct meter_dimensions *dims,
                    const char *name, uint32_t *offset);

/* As text for people: "Wh", "" if none. */
const char *meter_unit_text(enum meter_unit unit);

/*
 * As the guide would print them: "ARRAY[BT21.3] of INT32", "BT21.3 + BT21.4",
 * "3.50". Cut to `size` bytes with the NUL; returns `text`.
 */
char *meter_type_text(const struct meter_field *field, char *text, size_t size);
char *meter_offset_text(const struct meter_field *field, char *text, size_t size);
char *meter_firmware_text(unsigned firmware, char *text, size_t size);

/* ---- Times ---- */

enum {
    METER_TIME_SIZE = 21
};

/* A date that exists. */
bool meter_time_valid(const struct meter_time *time);

/* RFC 3339 with Z for BT52; for a local clock drop the Z. Returns `text`. */
char *meter_time_text(const struct meter_time *time, char text[METER_TIME_SIZE]);

/* Seconds since 1970-01-01, taking the time as UTC; back, the nearest the meter can store. */
int64_t meter_time_unix(const struct meter_time *time);
struct meter_time meter_time_from_unix(int64_t seconds);

#endif

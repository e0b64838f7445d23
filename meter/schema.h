/*
 * How a table is described. One description serves decoding, encoding and the
 * listing of `mep table`; adding a table is adding one `struct meter_table`.
 *
 * A field is one element or an array of up to three levels. Where an element
 * lies follows from constants and from dimensions, numbers that the meter
 * tells in other tables ("ARRAY [ET11.0] of ET11.1-byte structure"):
 *
 *   base + at + sum(term.factor x term.dimension) + sum(index[k] x stride[k])
 *
 * Page numbers are those printed in the guide, 078-0372-01BD.
 */
#ifndef METER_SCHEMA_H
#define METER_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A number that sizes or places fields. Values from METER_LITERAL on stand for
 * themselves less METER_LITERAL, so that a constant can stand where a dimension
 * can. METER_DIM_NONE is 0.
 */
enum meter_dimension_id {
    METER_DIM_NONE,
    /* Told by the meter; the defaults are those of struct meter_dimensions. */
    METER_DIM_PARAMETER_LENGTH,   /* BT00.9 */
    METER_DIM_RESPONSE_LENGTH,    /* BT00.10 */
    METER_DIM_FIRMWARE,           /* BT01.14, as the meter codes it; 0: unknown */
    METER_DIM_RATIOS_APPLIED,     /* BT15.8.0 */
    METER_DIM_CT_RATIO,           /* BT15.9 */
    METER_DIM_VT_RATIO,           /* BT15.13 */
    METER_DIM_TIERS_MAX,          /* BT20.7; 0: unknown */
    METER_DIM_DATE_TIME,          /* BT21.0.1 */
    METER_DIM_RESET_COUNTER,      /* BT21.0.2 */
    METER_DIM_CUMULATIVE,         /* BT21.0.4 */
    METER_DIM_CONTINUOUS,         /* BT21.0.5 */
    METER_DIM_TIME_REMAINING,     /* BT21.0.6 */
    METER_DIM_SUMMATIONS,         /* BT21.3 */
    METER_DIM_DEMANDS,            /* BT21.4 */
    METER_DIM_COINCIDENTS,        /* BT21.5 */
    METER_DIM_OCCURRENCES,        /* BT21.6 */
    METER_DIM_TIERS,              /* BT21.7 */
    METER_DIM_PRESENT_DEMANDS,    /* BT21.8 */
    METER_DIM_PRESENT_VALUES,     /* BT21.9 */
    METER_DIM_MAX_CURRENT_A,      /* ET04.58; 0: unknown */
    METER_DIM_RATED_VOLTAGE_V,    /* ET04.60; 0: unknown */
    METER_DIM_IDT_VERSION,        /* ET04.116 */
    METER_DIM_DEVICES,            /* ET11.0 */
    METER_DIM_DEVICE_CONFIG_SIZE, /* ET11.1 */
    METER_DIM_DATA_SOURCES,       /* ET11.22 */
    METER_DIM_MEP_CLIENTS,        /* ET11.34 */
    METER_DIM_INTERFACE_LENGTH,   /* ET42.0 */
    METER_DIM_INTERFACE_FIXED,    /* ET42.2 */
    METER_DIM_INTERFACE_LOGS,     /* ET42.3 */
    METER_DIM_LOAD_CHANNELS,      /* ET42.29, BT61.11 */
    METER_DIM_LOAD_CHANNELS_2,    /* BT61.17 */
    METER_DIM_LOAD_CHANNELS_3,    /* BT61.23 */
    METER_DIM_LOAD_CHANNELS_4,    /* BT61.29 */
    METER_DIM_REQUIRED_LENGTH,    /* length of ET42's Required Section */
    METER_DIM_ENERGY_UNIT,        /* ET55.A+39, ET42: 1, 10 or 100 */
    METER_DIM_ROLLOVER_DIGITS,    /* ET42: 5..9; 0: unknown */
    METER_DIM_STORED,             /* how many of the above */
    /* Lists rather than numbers: only to be taught, never part of an offset. */
    METER_DIM_SUMMATION_SOURCES = METER_DIM_STORED, /* BT22.0 */
    METER_DIM_PRESENT_SOURCES,                      /* BT27.[BT21.8] */
    /* Follow from the above. */
    METER_DIM_BLOCKS,              /* BT23: the total block and the tiers' */
    METER_DIM_BLOCK_SIZE,          /* BT23: bytes in one of them */
    METER_DIM_EVENT_TIMES,         /* BT23: times in a demand record */
    METER_DIM_DEMAND_SIZE,         /* BT23: bytes in a demand record */
    METER_DIM_COINCIDENT_SIZE,     /* BT23: bytes in a coincident record */
    METER_DIM_COINCIDENTS_AT,      /* BT23: where they begin in a block */
    METER_DIM_DEMAND_FLAG_BYTES,   /* BT22: (BT21.4 + 7) / 8 */
    METER_DIM_PRESENT_DEMAND_SIZE, /* BT28: 4, or 7 with the time remaining */
    METER_DIM_PRESENT_AT,          /* BT28: where the present values begin */
    METER_DIM_MBUS_DEVICES,        /* ET13: the first four entries at most */
    METER_DIM_DOWNLINK_SIZE,       /* ET13: ET11.1 - 9 */
    METER_DIM_INBOUND_SIZE,        /* ET50: bytes in one client's entry */
    METER_DIM_REQUIRED_AT,         /* ET42: where the Required Section begins, 0: unknown */
    METER_DIM_REQUIRED_KNOWN,      /* ET42: 1 if that section was recognised */
    METER_DIM_GENERATION_4,        /* 1 from firmware 4.0 on */
    METER_DIM_STEP_TARIFF_AT,      /* ET55: the guide's A, 0: unknown */
    METER_DIM_LOAD_SETS,           /* BT61, BT63, ET21: entries; bytes tell if there are fewer */
    METER_DIM_LOAD_INTERNAL_SIZE,  /* ET21: bytes in one data set's entry */
    METER_DIM_LOAD_CONTROL_2,      /* BT62: where data set 2 begins */
    METER_DIM_LOAD_CONTROL_3,      /* BT62: 3 */
    METER_DIM_LOAD_CONTROL_4,      /* BT62: 4 */
    METER_DIM_COUNT,
    METER_LITERAL = 0x80
};

/* How an element is stored; all little-endian but METER_VERSION (p.40). */
enum meter_type {
    METER_UINT8,
    METER_UINT16,
    METER_UINT32,
    METER_INT8,
    METER_INT16,
    METER_INT24,
    METER_INT32, /* also the guide's NI_FMAT1 and NI_FMAT2 */
    METER_INT40,
    METER_INT48,
    METER_TEXT,    /* `length` characters, ended by NUL or spaces if shorter */
    METER_BYTES,   /* `length` bytes: arrays without meaning of their own, SET */
    METER_SECRET,  /* the same, of a key: listed, never decoded */
    METER_LTIME,   /* year, month, day, hour, minute, second */
    METER_STIME,   /* the same without second */
    METER_HMS,     /* TIME: hour, minute, second; given in seconds */
    METER_VERSION, /* big-endian 4 bits major, 7 minor, 5 build (p.198) */
    METER_TYPES
};

/* The unit of a value; it is also the last part of its name. */
enum meter_unit {
    METER_UNIT_NONE,
    METER_UNIT_WH,
    METER_UNIT_VARH,
    METER_UNIT_VAH,
    METER_UNIT_W,
    METER_UNIT_VAR,
    METER_UNIT_VA,
    METER_UNIT_MA,
    METER_UNIT_MV,
    METER_UNIT_MHZ,
    METER_UNIT_PERMILLE,
    METER_UNIT_CENTIDEGREE,
    METER_UNIT_A,
    METER_UNIT_V,
    METER_UNIT_HZ,
    METER_UNIT_PERCENT,
    METER_UNIT_MS,
    METER_UNIT_S,
    METER_UNIT_MIN,
    METER_UNIT_BYTES,
    METER_UNITS
};

/* Firmware versions as the meter codes them in BT01. */
enum meter_firmware {
    METER_FW_ANY = 0,
    METER_FW_3_0 = 0x3000,
    METER_FW_3_10 = 0x3140,
    METER_FW_3_40 = 0x3500,
    METER_FW_3_50 = 0x3640,
    METER_FW_3_60 = 0x3780,
    METER_FW_3_70 = 0x38c0,
    METER_FW_3_80 = 0x3a00,
    METER_FW_4_0 = 0x4000,
    METER_FW_4_10 = 0x4140,
    METER_FW_4_30 = 0x43c0
};

/* What the index of an array level says in a name. */
enum meter_naming {
    METER_FROM_1,    /* '#' becomes index + 1 */
    METER_FROM_0,    /* '#' becomes the index */
    METER_TIER,      /* '@' becomes nothing for index 0, "_t1".. for the others */
    METER_SUMMATION, /* the name follows from BT22 at that place */
    METER_PRESENT    /* the name follows from BT27 at that place */
};

struct meter_term {
    uint8_t factor;
    uint8_t dimension;
};

struct meter_level {
    uint8_t count;  /* dimension or literal; METER_DIM_NONE: the level is not used */
    uint8_t stride; /* the same; METER_DIM_NONE: the size of one element */
    uint8_t naming; /* enum meter_naming */
    uint8_t first;  /* the first index that has this field */
};

enum {
    METER_FIELD_LEVELS = 3,
    METER_FIELD_TERMS = 4
};

/*
 * Neighbouring fields with the same base and the same stride at level 0 are one
 * structure: they are gone through entry by entry, and a field that does not
 * fit in the stride is one this meter does not have yet.
 */
struct meter_field {
    const char *name; /* see enum meter_naming for '#' and '@' */
    uint16_t at;
    uint16_t since;  /* enum meter_firmware */
    uint8_t type;    /* enum meter_type */
    uint8_t bit;     /* bit fields: the lowest bit in the word of that type */
    uint8_t bits;    /* bit fields: how many; 0: the whole word */
    uint8_t length;  /* METER_TEXT, METER_BYTES, METER_SECRET: dimension or literal */
    uint8_t unit;    /* enum meter_unit */
    uint8_t scale;   /* dimension by which Wh and varh are multiplied */
    uint8_t when;    /* there only if this dimension is not 0 */
    uint8_t teaches; /* the dimension this field tells */
    uint8_t base;    /* dimension or literal */
    struct meter_term term[METER_FIELD_TERMS];
    struct meter_level level[METER_FIELD_LEVELS];
};

struct meter_table {
    const char *name;  /* "BT23" */
    const char *title; /* in the guide's words */
    const struct meter_field *fields;
    uint16_t field_count;
    uint16_t number; /* BTnn = nn, ETnn = 2048 + nn */
    uint16_t page;   /* of the guide */
    uint16_t size;   /* at least so many bytes, counting reserved ones */
};

/*
 * A source, or several in a row, as BT22 and BT27 name them (p.204-206). '#' in
 * the name becomes `number` for the first, one more for each next.
 */
struct meter_source {
    const char *name;
    uint16_t since; /* enum meter_firmware */
    uint8_t first;
    uint8_t count;
    uint8_t number;
    uint8_t unit;    /* enum meter_unit */
    bool total_only; /* not populated in tier blocks (p.208-209) */
};

/* In the order of the guide's BT23 and BT28, which is the default of BT22 and BT27. */
extern const struct meter_source meter_summation_sources[];
extern const size_t meter_summation_source_count;
extern const struct meter_source meter_present_sources[];
extern const size_t meter_present_source_count;

extern const struct meter_table meter_bt00; /* General Configuration */
extern const struct meter_table meter_bt01; /* General Manufacturer Information */
extern const struct meter_table meter_bt07; /* Procedure Initiate: the header */
extern const struct meter_table meter_bt08; /* Procedure Response: the header */
extern const struct meter_table meter_bt15; /* Constants */
extern const struct meter_table meter_bt20; /* Dimension Register */
extern const struct meter_table meter_bt21; /* Actual Register */
extern const struct meter_table meter_bt22; /* Data Selection */
extern const struct meter_table meter_bt23; /* Current Register Data */
extern const struct meter_table meter_bt27; /* Present Register Selection */
extern const struct meter_table meter_bt28; /* Present Register Data */
extern const struct meter_table meter_bt52; /* UTC Clock */
extern const struct meter_table meter_bt55; /* Local Clock State */
extern const struct meter_table meter_bt61; /* Actual Load Profile */
extern const struct meter_table meter_bt62; /* Load Profile Control */
extern const struct meter_table meter_bt63; /* Load Profile Status */
extern const struct meter_table meter_et03; /* Utility Information */
extern const struct meter_table meter_et04; /* System Information */
extern const struct meter_table meter_et11; /* MFG Dimension Table */
extern const struct meter_table meter_et13; /* MEP/M-Bus Device Configuration */
extern const struct meter_table meter_et21; /* Load Profile Internal Configuration */
extern const struct meter_table meter_et42; /* Interface Definition */
extern const struct meter_table meter_et50; /* MEP Inbound Data Space */
extern const struct meter_table meter_et55; /* Meter Configuration */
extern const struct meter_table meter_et59; /* MEP Procedure Response: the header */
extern const struct meter_table meter_et66; /* Load Profile Source ID Mapping */
extern const struct meter_table meter_et70; /* RAM Only Status */

/* All of them, by number. */
extern const struct meter_table *const meter_tables[];
extern const size_t meter_table_count;

#endif

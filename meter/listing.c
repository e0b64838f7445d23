#include "meter/meter.h"

#include <string.h>

#include "meter/walk.h"

const struct meter_table *const meter_tables[] = {
    &meter_bt00, &meter_bt01, &meter_bt07, &meter_bt08, &meter_bt15, &meter_bt20, &meter_bt21,
    &meter_bt22, &meter_bt23, &meter_bt27, &meter_bt28, &meter_bt52, &meter_bt55, &meter_bt61,
    &meter_bt62, &meter_bt63, &meter_et03, &meter_et04, &meter_et11, &meter_et13, &meter_et21,
    &meter_et42, &meter_et50, &meter_et55, &meter_et59, &meter_et66, &meter_et70,
};
const size_t meter_table_count = sizeof meter_tables / sizeof meter_tables[0];

const struct meter_table *meter_table_by_number(unsigned number)
{
    for (size_t i = 0; i < meter_table_count; i++) {
        if (meter_tables[i]->number == number)
            return meter_tables[i];
    }
    return NULL;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (c | 32) - 'a' + 10;
    return 99;
}

const struct meter_table *meter_table_by_name(const char *name)
{
    unsigned number = 0;
    unsigned first = 0;
    int base = 10;
    char kind = (char)(name[0] | 32);
    if ((kind == 'b' || kind == 'e') && (name[1] | 32) == 't') {
        first = kind == 'e' ? 2048 : 0;
        name += 2;
    } else if (name[0] == '0' && (name[1] | 32) == 'x') {
        base = 16;
        name += 2;
    }
    if (!*name)
        return NULL;
    for (; *name; name++) {
        if (digit_of(*name) >= base || number > 0xffff)
            return NULL;
        number = number * (unsigned)base + (unsigned)digit_of(*name);
    }
    return meter_table_by_number(number + first);
}

struct listing {
    meter_value_fn *fn;
    void *context;
    size_t values;
};

static bool list_one(struct meter_walk *walk)
{
    struct listing *listing = walk->context;
    listing->values++;
    listing->fn(listing->context, &walk->value);
    return true;
}

size_t meter_list(const struct meter_table *table, const struct meter_dimensions *dims,
                  meter_value_fn *fn, void *context)
{
    struct listing listing = {fn, context, 0};
    struct meter_walk walk = {.table = table, .dims = dims, .visit = list_one};
    walk.high = (uint32_t)meter_table_size(table, dims);
    walk.context = &listing;
    meter_walk(&walk);
    return listing.values;
}

struct search {
    const char *name;
    uint32_t offset;
};

static bool is_other_name(struct meter_walk *walk)
{
    struct search *search = walk->context;
    search->offset = walk->value.offset;
    return strcmp(walk->value.name, search->name) != 0;
}

size_t meter_locate(const struct meter_table *table, const struct meter_dimensions *dims,
                    const char *name, uint32_t *offset)
{
    struct search search = {name, 0};
    struct meter_walk walk = {.table = table, .dims = dims, .visit = is_other_name};
    walk.high = METER_TABLE_MAX;
    walk.context = &search;
    if (meter_walk(&walk))
        return 0;
    *offset = search.offset;
    return walk.size;
}

/* ---- Text for people ---- */

const char *meter_strerror(enum meter_result result)
{
    switch (result) {
    case METER_OK:
        return "done";
    case METER_E_FIELD:
        return "the table has no such field";
    case METER_E_SIZE:
        return "the bytes end before the field";
    case METER_E_KIND:
        return "the field takes another kind of value";
    case METER_E_RANGE:
        return "the value does not fit the field";
    }
    return "unknown result";
}

const char *meter_unit_text(enum meter_unit unit)
{
    static const char *const texts[METER_UNITS] = {
        [METER_UNIT_NONE] = "",
        [METER_UNIT_WH] = "Wh",
        [METER_UNIT_VARH] = "varh",
        [METER_UNIT_VAH] = "VAh",
        [METER_UNIT_W] = "W",
        [METER_UNIT_VAR] = "var",
        [METER_UNIT_VA] = "VA",
        [METER_UNIT_MA] = "mA",
        [METER_UNIT_MV] = "mV",
        [METER_UNIT_MHZ] = "mHz",
        [METER_UNIT_PERMILLE] = "1/1000",
        [METER_UNIT_CENTIDEGREE] = "0.01 deg",
        [METER_UNIT_A] = "A",
        [METER_UNIT_V] = "V",
        [METER_UNIT_HZ] = "Hz",
        [METER_UNIT_PERCENT] = "%",
        [METER_UNIT_MS] = "ms",
        [METER_UNIT_S] = "s",
        [METER_UNIT_MIN] = "min",
        [METER_UNIT_BYTES] = "bytes",
    };
    return (unsigned)unit < METER_UNITS ? texts[unit] : "";
}

static const char *const dimension_texts[METER_DIM_COUNT] = {
    [METER_DIM_PARAMETER_LENGTH] = "BT00.9",
    [METER_DIM_RESPONSE_LENGTH] = "BT00.10",
    [METER_DIM_FIRMWARE] = "BT01.14",
    [METER_DIM_RATIOS_APPLIED] = "BT15.8.0",
    [METER_DIM_CT_RATIO] = "BT15.9",
    [METER_DIM_VT_RATIO] = "BT15.13",
    [METER_DIM_TIERS_MAX] = "BT20.7",
    [METER_DIM_DATE_TIME] = "BT21.0.1",
    [METER_DIM_RESET_COUNTER] = "BT21.0.2",
    [METER_DIM_CUMULATIVE] = "BT21.0.4",
    [METER_DIM_CONTINUOUS] = "BT21.0.5",
    [METER_DIM_TIME_REMAINING] = "BT21.0.6",
    [METER_DIM_SUMMATIONS] = "BT21.3",
    [METER_DIM_DEMANDS] = "BT21.4",
    [METER_DIM_COINCIDENTS] = "BT21.5",
    [METER_DIM_OCCURRENCES] = "BT21.6",
    [METER_DIM_TIERS] = "BT21.7",
    [METER_DIM_PRESENT_DEMANDS] = "BT21.8",
    [METER_DIM_PRESENT_VALUES] = "BT21.9",
    [METER_DIM_MAX_CURRENT_A] = "ET04.58",
    [METER_DIM_RATED_VOLTAGE_V] = "ET04.60",
    [METER_DIM_IDT_VERSION] = "ET04.116",
    [METER_DIM_DEVICES] = "ET11.0",
    [METER_DIM_DEVICE_CONFIG_SIZE] = "ET11.1",
    [METER_DIM_DATA_SOURCES] = "ET11.22",
    [METER_DIM_MEP_CLIENTS] = "ET11.34",
    [METER_DIM_INTERFACE_LENGTH] = "ET42.0",
    [METER_DIM_INTERFACE_FIXED] = "ET42.2",
    [METER_DIM_INTERFACE_LOGS] = "ET42.3",
    [METER_DIM_LOAD_CHANNELS] = "BT61.11",
    [METER_DIM_LOAD_CHANNELS_2] = "BT61.17",
    [METER_DIM_LOAD_CHANNELS_3] = "BT61.23",
    [METER_DIM_LOAD_CHANNELS_4] = "BT61.29",
    [METER_DIM_REQUIRED_LENGTH] = "ET42 required section length",
    [METER_DIM_ENERGY_UNIT] = "energy register unit",
    [METER_DIM_ROLLOVER_DIGITS] = "rollover digits",
    [METER_DIM_PRESENT_SOURCES] = "BT27",
    [METER_DIM_SUMMATION_SOURCES] = "BT22",
    [METER_DIM_BLOCKS] = "1+BT21.7",
    [METER_DIM_BLOCK_SIZE] = "block",
    [METER_DIM_EVENT_TIMES] = "(BT21.6 if BT21.0.1)",
    [METER_DIM_DEMAND_SIZE] = "DmdRcd",
    [METER_DIM_COINCIDENT_SIZE] = "CoinRcd",
    [METER_DIM_COINCIDENTS_AT] = "(4*BT21.3+BT21.4*DmdRcd)",
    [METER_DIM_DEMAND_FLAG_BYTES] = "(BT21.4+7)/8",
    [METER_DIM_PRESENT_DEMAND_SIZE] = "(4+3*BT21.0.6)",
    [METER_DIM_PRESENT_AT] = "(4+3*BT21.0.6)*BT21.8",
    [METER_DIM_MBUS_DEVICES] = "min(4,ET11.0)",
    [METER_DIM_DOWNLINK_SIZE] = "ET11.1-9",
    [METER_DIM_INBOUND_SIZE] = "(35+6*ET11.22)",
    [METER_DIM_REQUIRED_AT] = "(ET42.0-8)",
    [METER_DIM_REQUIRED_KNOWN] = "ET42 required section",
    [METER_DIM_GENERATION_4] = "[firmware 4.0+]",
    [METER_DIM_LOAD_SETS] = "data sets",
    [METER_DIM_LOAD_INTERNAL_SIZE] = "ET21 entry",
    [METER_DIM_LOAD_CONTROL_2] = "(3*BT61.11+1)",
    [METER_DIM_LOAD_CONTROL_3] = "(3*(BT61.11+BT61.17)+2)",
    [METER_DIM_LOAD_CONTROL_4] = "(3*(BT61.11+BT61.17+BT61.23)+3)",
    [METER_DIM_STEP_TARIFF_AT] = "(146+[firmware 4.0+]+4*(BT20.7-1))",
};

struct text {
    char *out;
    size_t size;
    size_t used;
};

static void add(struct text *text, const char *more)
{
    for (; *more && text->used + 1 < text->size; more++)
        text->out[text->used++] = *more;
    if (text->size)
        text->out[text->used] = 0;
}

static void add_number(struct text *text, uint32_t number)
{
    char digits[11];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    add(text, at);
}

static void add_dimension(struct text *text, unsigned id)
{
    if (id >= METER_LITERAL)
        add_number(text, id - METER_LITERAL);
    else if (id < METER_DIM_COUNT && dimension_texts[id])
        add(text, dimension_texts[id]);
}

char *meter_type_text(const struct meter_field *field, char *text, size_t size)
{
    static const char *const types[METER_TYPES] = {
        "UINT8", "UINT16", "UINT32", "INT8",   "INT16",      "INT24",      "INT32", "INT40",
        "INT48", "CHAR",   "BYTE",   "SECRET", "LTIME_DATE", "STIME_DATE", "TIME",  "VERSION"};
    struct text to = {text, size, 0};
    add(&to, "");
    for (unsigned k = 0; k < METER_FIELD_LEVELS && field->level[k].count; k++) {
        add(&to, "ARRAY[");
        add_dimension(&to, field->level[k].count);
        add(&to, "] of ");
    }
    if (field->length) {
        add(&to, "ARRAY[");
        add_dimension(&to, field->length);
        add(&to, "] of ");
    }
    if (!field->bits) {
        add(&to, types[field->type]);
        return text;
    }
    add(&to, field->bits == 1 ? "BOOL(" : "UINT(");
    add_number(&to, field->bit);
    if (field->bits > 1) {
        add(&to, "..");
        add_number(&to, (uint32_t)(field->bit + field->bits - 1));
    }
    add(&to, ")");
    return text;
}

static void add_term(struct text *text, uint32_t factor, unsigned id)
{
    if (text->used)
        add(text, " + ");
    if (factor != 1) {
        add_number(text, factor);
        add(text, "*");
    }
    add_dimension(text, id);
}

char *meter_offset_text(const struct meter_field *field, char *text, size_t size)
{
    struct text to = {text, size, 0};
    add(&to, "");
    if (field->base)
        add_term(&to, 1, field->base);
    if (field->at) {
        add(&to, to.used ? " + " : "");
        add_number(&to, field->at);
    }
    for (unsigned i = 0; i < METER_FIELD_TERMS; i++) {
        if (field->term[i].factor)
            add_term(&to, field->term[i].factor, field->term[i].dimension);
    }
    if (!to.used)
        add(&to, "0");
    for (unsigned k = 0; k < METER_FIELD_LEVELS; k++) {
        if (field->level[k].stride) {
            add_term(&to, 1, field->level[k].stride);
            add(&to, k ? "*j" : "*i");
        }
    }
    return text;
}

char *meter_firmware_text(unsigned firmware, char *text, size_t size)
{
    struct text to = {text, size, 0};
    add(&to, "");
    if (firmware == METER_FW_ANY)
        return text;
    add_number(&to, firmware >> 12);
    add(&to, ".");
    add_number(&to, firmware >> 5 & 127);
    return text;
}

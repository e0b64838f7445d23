#include "meter/meter.h"

#include <string.h>

static void set_default_sources(uint8_t *list, size_t capacity, const struct meter_source *source,
                                size_t count)
{
    size_t place = 0;
    memset(list, 0, capacity);
    for (; count; count--, source++) {
        for (unsigned i = 0; i < source->count && place < capacity; i++)
            list[place++] = (uint8_t)(source->first + i);
    }
}

void meter_dimensions_default(struct meter_dimensions *dims)
{
    static const struct {
        uint8_t id;
        uint8_t value;
    } defaults[] = {
        {METER_DIM_PARAMETER_LENGTH, 255},
        {METER_DIM_RESPONSE_LENGTH, 12},
        {METER_DIM_CT_RATIO, 1},
        {METER_DIM_VT_RATIO, 1},
        {METER_DIM_DATE_TIME, 1},
        {METER_DIM_SUMMATIONS, 11},
        {METER_DIM_TIERS, 4},
        {METER_DIM_PRESENT_VALUES, 55},
        {METER_DIM_DEVICES, 5},
        {METER_DIM_DEVICE_CONFIG_SIZE, 66},
        {METER_DIM_DATA_SOURCES, 6},
        {METER_DIM_MEP_CLIENTS, 1},
        {METER_DIM_ENERGY_UNIT, 1},
    };
    memset(dims, 0, sizeof *dims);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        dims->value[defaults[i].id] = defaults[i].value;
    set_default_sources(dims->summation_source, METER_SUMMATIONS_MAX, meter_summation_sources,
                        meter_summation_source_count);
    set_default_sources(dims->present_source, METER_PRESENT_VALUES_MAX, meter_present_sources,
                        meter_present_source_count);
}

static uint32_t required_at(const uint32_t *value)
{
    enum {
        REQUIRED_SIZE = 8
    };
    uint32_t length = value[METER_DIM_INTERFACE_LENGTH];
    uint32_t fixed = value[METER_DIM_INTERFACE_FIXED];
    return fixed && length >= fixed + REQUIRED_SIZE ? length - REQUIRED_SIZE : 0;
}

static uint32_t step_tariff_at(const uint32_t *value)
{
    if (!value[METER_DIM_FIRMWARE] || !value[METER_DIM_TIERS_MAX])
        return 0;
    uint32_t first = value[METER_DIM_FIRMWARE] >= METER_FW_4_0 ? 147 : 146;
    return first + 4 * (value[METER_DIM_TIERS_MAX] - 1);
}

/* Without a known firmware: the most there can be. Modules number theirs otherwise, from 1 on. */
static uint32_t load_sets(const uint32_t *value)
{
    uint32_t firmware = value[METER_DIM_FIRMWARE];
    return firmware >= METER_FW_3_0 && firmware < METER_FW_3_50 ? 1 : 4;
}

static uint32_t load_internal_size(const uint32_t *value)
{
    uint32_t firmware = value[METER_DIM_FIRMWARE];
    return firmware >= METER_FW_3_0 && firmware < METER_FW_3_60 ? 111 : 131;
}

static uint32_t derived(const struct meter_dimensions *dims, unsigned id)
{
    const uint32_t *value = dims->value;
    uint32_t times = value[METER_DIM_DATE_TIME] ? value[METER_DIM_OCCURRENCES] : 0;
    uint32_t demand_size =
        5 * times + 4 * (value[METER_DIM_CUMULATIVE] + value[METER_DIM_CONTINUOUS] +
                         value[METER_DIM_OCCURRENCES]);
    uint32_t coincident_size = 4 * value[METER_DIM_OCCURRENCES];
    uint32_t coincidents_at =
        4 * value[METER_DIM_SUMMATIONS] + value[METER_DIM_DEMANDS] * demand_size;
    uint32_t present_demand_size = 4 + 3 * value[METER_DIM_TIME_REMAINING];

    switch (id) {
    case METER_DIM_BLOCKS:
        return 1 + value[METER_DIM_TIERS];
    case METER_DIM_BLOCK_SIZE:
        return coincidents_at + value[METER_DIM_COINCIDENTS] * coincident_size;
    case METER_DIM_EVENT_TIMES:
        return times;
    case METER_DIM_DEMAND_SIZE:
        return demand_size;
    case METER_DIM_COINCIDENT_SIZE:
        return coincident_size;
    case METER_DIM_COINCIDENTS_AT:
        return coincidents_at;
    case METER_DIM_DEMAND_FLAG_BYTES:
        return (value[METER_DIM_DEMANDS] + 7) / 8;
    case METER_DIM_PRESENT_DEMAND_SIZE:
        return present_demand_size;
    case METER_DIM_PRESENT_AT:
        return value[METER_DIM_PRESENT_DEMANDS] * present_demand_size;
    case METER_DIM_MBUS_DEVICES:
        return value[METER_DIM_DEVICES] < 4 ? value[METER_DIM_DEVICES] : 4;
    case METER_DIM_DOWNLINK_SIZE:
        return value[METER_DIM_DEVICE_CONFIG_SIZE] > 9 ? value[METER_DIM_DEVICE_CONFIG_SIZE] - 9
                                                       : 0;
    case METER_DIM_INBOUND_SIZE:
        return 35 + 6 * value[METER_DIM_DATA_SOURCES];
    case METER_DIM_REQUIRED_AT:
        return required_at(value);
    case METER_DIM_REQUIRED_KNOWN:
        return value[METER_DIM_REQUIRED_LENGTH] == 8;
    case METER_DIM_GENERATION_4:
        return value[METER_DIM_FIRMWARE] >= METER_FW_4_0;
    case METER_DIM_STEP_TARIFF_AT:
        return step_tariff_at(value);
    case METER_DIM_LOAD_SETS:
        return load_sets(value);
    case METER_DIM_LOAD_INTERNAL_SIZE:
        return load_internal_size(value);
    case METER_DIM_LOAD_CONTROL_2:
        return 3 * value[METER_DIM_LOAD_CHANNELS] + 1;
    case METER_DIM_LOAD_CONTROL_3:
        return 3 * (value[METER_DIM_LOAD_CHANNELS] + value[METER_DIM_LOAD_CHANNELS_2]) + 2;
    case METER_DIM_LOAD_CONTROL_4:
        return 3 * (value[METER_DIM_LOAD_CHANNELS] + value[METER_DIM_LOAD_CHANNELS_2] +
                    value[METER_DIM_LOAD_CHANNELS_3]) +
               3;
    default:
        return 0;
    }
}

uint32_t meter_dimension(const struct meter_dimensions *dims, unsigned id)
{
    if (id >= METER_LITERAL)
        return id - METER_LITERAL;
    return id < METER_DIM_STORED ? dims->value[id] : derived(dims, id);
}

bool meter_dimension_known(const struct meter_dimensions *dims, unsigned id)
{
    return id < METER_DIM_STORED && (dims->known[id / 32] >> id % 32 & 1);
}

static bool believable(unsigned id, uint32_t value)
{
    switch (id) {
    case METER_DIM_ENERGY_UNIT:
        return value == 1 || value == 10 || value == 100;
    case METER_DIM_ROLLOVER_DIGITS:
        return value >= 5 && value <= 9;
    case METER_DIM_CT_RATIO:
    case METER_DIM_VT_RATIO:
        return value >= 1 && value <= INT32_MAX;
    case METER_DIM_MEP_CLIENTS:
        return value >= 1 && value <= 255;
    case METER_DIM_MAX_CURRENT_A:
    case METER_DIM_RATED_VOLTAGE_V:
    case METER_DIM_INTERFACE_LENGTH:
        return value <= UINT16_MAX;
    case METER_DIM_FIRMWARE:
        return value >= 1 && value <= UINT16_MAX;
    case METER_DIM_RATIOS_APPLIED:
    case METER_DIM_DATE_TIME:
    case METER_DIM_RESET_COUNTER:
    case METER_DIM_CUMULATIVE:
    case METER_DIM_CONTINUOUS:
    case METER_DIM_TIME_REMAINING:
        return value <= 1;
    default:
        return value <= UINT8_MAX;
    }
}

bool meter_dimension_set(struct meter_dimensions *dims, unsigned id, uint32_t value)
{
    if (id == METER_DIM_NONE || id >= METER_DIM_STORED || !believable(id, value))
        return false;
    dims->value[id] = value;
    dims->known[id / 32] |= UINT32_C(1) << id % 32;
    return true;
}

struct learner {
    struct meter_dimensions *dims;
    bool changed;
};

static void learn_source(struct learner *learner, uint8_t *list, unsigned capacity,
                         const struct meter_value *value)
{
    if (value->place < capacity && list[value->place] != value->integer) {
        list[value->place] = (uint8_t)value->integer;
        learner->changed = true;
    }
}

static void learn(void *context, const struct meter_value *value)
{
    struct learner *learner = context;
    struct meter_dimensions *dims = learner->dims;
    unsigned id = value->field->teaches;

    if (id == METER_DIM_SUMMATION_SOURCES) {
        learn_source(learner, dims->summation_source, METER_SUMMATIONS_MAX, value);
    } else if (id == METER_DIM_PRESENT_SOURCES) {
        learn_source(learner, dims->present_source, METER_PRESENT_VALUES_MAX, value);
    } else if (id != METER_DIM_NONE && value->integer >= 0 && value->integer <= UINT32_MAX) {
        uint32_t before = dims->value[id];
        if (meter_dimension_set(dims, id, (uint32_t)value->integer) && dims->value[id] != before)
            learner->changed = true;
    }
}

/*
 * Decoding looks at the very dimensions that it teaches: ET42 sizes its later
 * parts in its first bytes.
 */
bool meter_dimensions_update(struct meter_dimensions *dims, const struct meter_table *table,
                             uint32_t offset, const uint8_t *bytes, size_t count)
{
    struct learner learner = {dims, false};
    meter_decode(table, dims, offset, bytes, count, learn, &learner);
    return learner.changed;
}

int64_t meter_rollover_wh(const struct meter_dimensions *dims)
{
    int64_t modulus =
        dims->value[METER_DIM_ROLLOVER_DIGITS] ? dims->value[METER_DIM_ENERGY_UNIT] : 0;
    for (uint32_t i = 0; i < dims->value[METER_DIM_ROLLOVER_DIGITS]; i++)
        modulus *= 10;
    return modulus;
}

bool meter_is_ct(const struct meter_dimensions *dims)
{
    return dims->value[METER_DIM_CT_RATIO] != 1 || dims->value[METER_DIM_VT_RATIO] != 1;
}

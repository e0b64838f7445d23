/* What describes a load profile, and where that places its blocks. */
#include "meter/profile.h"

#include <string.h>

enum {
    END_TIME = 5, /* bytes of STIME at the beginning of a block */
    END_READING = 4,
    VALUE = 4,
    FORMAT_INT32 = 32,
    INTERVAL_DAY = 84, /* stands for 24 hours */
    INTERVAL_MAX = 60,
    FIRST_MAPPED = 112, /* source IDs that ET66 explains (p.205) */
    LAST_MAPPED = 163,
    OPTION_END_READINGS = 1 << 0, /* of ET42.32, which is ET21.93 (p.97) */
    OPTION_SCALED = 1 << 1,
    OPTION_ANSI = 1 << 3,
    CLOCK_CHANGE_S = 3600,
    TABLE_END = 0x1000000 /* offsets have 24 bits (p.10) */
};

const char *meter_profile_strerror(enum meter_profile_problem problem)
{
    switch (problem) {
    case METER_PROFILE_OK:
        return "the load profile can be read";
    case METER_PROFILE_UNKNOWN:
        return "the meter does not tell how its load profile is laid out";
    case METER_PROFILE_ABSENT:
        return "the meter has no load profile configured";
    case METER_PROFILE_UNSUPPORTED:
        return "the load profile has a form that the guide does not describe";
    case METER_PROFILE_IMPLAUSIBLE:
        return "the load profile's dimensions are larger than the guide allows";
    }
    return "unknown problem";
}

void meter_profile_init(struct meter_profile *profile, unsigned set)
{
    memset(profile, 0, sizeof *profile);
    profile->set = (uint8_t)(set % METER_PROFILE_SETS);
    profile->format = FORMAT_INT32;
    for (unsigned i = 0; i < METER_PROFILE_CHANNELS_MAX; i++)
        profile->source[i] = METER_PROFILE_NO_SOURCE;
}

/* ---- Learning ---- */

enum told {
    TOLD_END_READINGS,
    TOLD_SCALED_SETS,
    TOLD_BLOCKS,
    TOLD_INTERVALS,
    TOLD_INTERVAL_MIN,
    TOLD_FORMAT,
    TOLD_SOURCE,
    TOLD_MAPPING,
    TOLD_DESCENDING,
    TOLD_ACTIVE,
    TOLD_VALID_BLOCKS,
    TOLD_LAST_BLOCK,
    TOLD_SEQUENCE,
    TOLD_VALID_INTERVALS,
    TOLD_BLOCK_BYTES,
    TOLD_HEADER_BYTES,
    TOLD_LAST_INTERVAL,
    TOLD_SIMPLE_STATUS_AT,
    TOLD_SIMPLE_STATUS_BYTES,
    TOLD_INTERVAL_BYTES,
    TOLD_CHANNEL_0_AT,
    TOLD_CONFIGURATION,
    TOLD_IN_PROGRESS,
    TOLD_SCALED,
    TOLD_ANSI,
    TOLD_OPTIONS,
    TOLD_CHANNELS /* of set 1, to this + 3 */
};

/* '?' is the number of the data set. */
static const struct {
    const struct meter_table *table;
    const char *name;
    uint8_t told;
    bool by_set; /* an array in which `place` is the data set */
} fields[] = {
    {&meter_bt61, "end_readings", TOLD_END_READINGS, false},
    {&meter_bt61, "scaled_sets", TOLD_SCALED_SETS, false},
    {&meter_bt61, "set_#_blocks", TOLD_BLOCKS, true},
    {&meter_bt61, "set_#_intervals", TOLD_INTERVALS, true},
    {&meter_bt61, "set_#_interval_min", TOLD_INTERVAL_MIN, true},
    {&meter_bt61, "set_1_channels", TOLD_CHANNELS, false},
    {&meter_bt61, "set_2_channels", TOLD_CHANNELS + 1, false},
    {&meter_bt61, "set_3_channels", TOLD_CHANNELS + 2, false},
    {&meter_bt61, "set_4_channels", TOLD_CHANNELS + 3, false},
    {&meter_bt62, "set_?_source_#", TOLD_SOURCE, false},
    {&meter_bt62, "set_?_format", TOLD_FORMAT, false},
    {&meter_bt63, "set_#_descending_blocks", TOLD_DESCENDING, true},
    {&meter_bt63, "set_#_descending_intervals", TOLD_DESCENDING, true},
    {&meter_bt63, "set_#_active", TOLD_ACTIVE, true},
    {&meter_bt63, "set_#_valid_blocks", TOLD_VALID_BLOCKS, true},
    {&meter_bt63, "set_#_last_block", TOLD_LAST_BLOCK, true},
    {&meter_bt63, "set_#_last_block_sequence", TOLD_SEQUENCE, true},
    {&meter_bt63, "set_#_valid_intervals", TOLD_VALID_INTERVALS, true},
    {&meter_et21, "set_#_block_bytes", TOLD_BLOCK_BYTES, true},
    {&meter_et21, "set_#_header_bytes", TOLD_HEADER_BYTES, true},
    {&meter_et21, "set_#_last_interval", TOLD_LAST_INTERVAL, true},
    {&meter_et21, "set_#_simple_status_at", TOLD_SIMPLE_STATUS_AT, true},
    {&meter_et21, "set_#_simple_status_bytes", TOLD_SIMPLE_STATUS_BYTES, true},
    {&meter_et21, "set_#_interval_bytes", TOLD_INTERVAL_BYTES, true},
    {&meter_et21, "set_#_channel_0_at", TOLD_CHANNEL_0_AT, true},
    {&meter_et21, "set_#_configuration_id", TOLD_CONFIGURATION, true},
    {&meter_et21, "set_#_interval_in_progress", TOLD_IN_PROGRESS, true},
    {&meter_et21, "set_#_end_readings", TOLD_END_READINGS, true},
    {&meter_et21, "set_#_scaled", TOLD_SCALED, true},
    {&meter_et21, "set_#_ansi", TOLD_ANSI, true},
    {&meter_et42, "load_profile_blocks", TOLD_BLOCKS, false},
    {&meter_et42, "load_profile_channels", TOLD_CHANNELS, false},
    {&meter_et42, "load_profile_interval_min", TOLD_INTERVAL_MIN, false},
    {&meter_et42, "load_profile_options", TOLD_OPTIONS, false},
    {&meter_et42, "load_profile_block_intervals", TOLD_INTERVALS, false},
    {&meter_et42, "load_profile_source_#", TOLD_SOURCE, false},
    {&meter_et66, "extended_source_#", TOLD_MAPPING, false},
};

static void take_mapping(struct meter_profile *p, unsigned place, uint16_t extended)
{
    for (unsigned i = 0; i < METER_PROFILE_CHANNELS_MAX; i++)
        if (p->source[i] == FIRST_MAPPED + place)
            p->source[i] = extended;
}

static void take_options(struct meter_profile *p, unsigned options)
{
    p->end_readings = (options & OPTION_END_READINGS) != 0;
    p->scaled |= (options & OPTION_SCALED) != 0;
    p->ansi = (options & OPTION_ANSI) != 0;
}

/* BT63 and ET21: how far the meter is. */
static void take_progress(struct meter_profile *p, unsigned told, uint32_t number)
{
    switch (told) {
    case TOLD_DESCENDING:
        p->descending |= number != 0;
        break;
    case TOLD_ACTIVE:
        p->active = number != 0;
        break;
    case TOLD_VALID_BLOCKS:
        p->valid_blocks = (uint16_t)number;
        break;
    case TOLD_LAST_BLOCK:
        p->last_block = (uint16_t)number;
        break;
    case TOLD_SEQUENCE:
        p->sequence = number;
        p->status_known = true;
        break;
    case TOLD_VALID_INTERVALS:
        p->valid_intervals = (uint16_t)number;
        break;
    case TOLD_LAST_INTERVAL:
        p->last_interval = (uint16_t)number;
        break;
    case TOLD_CONFIGURATION:
        p->configuration_id = number;
        break;
    case TOLD_IN_PROGRESS:
        p->in_progress = (uint16_t)number;
        break;
    default:
        break;
    }
}

/* ET21: the sizes, as the meter has worked them out. */
static void take_size(struct meter_profile *p, unsigned told, uint32_t number)
{
    switch (told) {
    case TOLD_BLOCK_BYTES:
        p->block_bytes = number;
        break;
    case TOLD_HEADER_BYTES:
        p->header_bytes = (uint16_t)number;
        break;
    case TOLD_SIMPLE_STATUS_AT:
        p->simple_status_at = (uint8_t)number;
        break;
    case TOLD_SIMPLE_STATUS_BYTES:
        p->simple_status_bytes = (uint8_t)number;
        break;
    case TOLD_INTERVAL_BYTES:
        p->interval_bytes = (uint8_t)number;
        break;
    case TOLD_CHANNEL_0_AT:
        p->channel_0_at = (uint8_t)number;
        p->internal_known = true;
        break;
    default:
        take_progress(p, told, number);
    }
}

static void take(struct meter_profile *p, unsigned told, unsigned place, uint32_t number)
{
    switch (told) {
    case TOLD_END_READINGS:
        p->end_readings = number != 0;
        break;
    case TOLD_SCALED_SETS:
        p->scaled_sets = (uint8_t)number;
        break;
    case TOLD_BLOCKS:
        p->blocks = (uint16_t)number;
        p->configured = true;
        break;
    case TOLD_INTERVALS:
        p->intervals = (uint16_t)number;
        break;
    case TOLD_INTERVAL_MIN:
        p->interval_min = (uint8_t)number;
        break;
    case TOLD_FORMAT:
        p->format = (uint8_t)number;
        break;
    case TOLD_SOURCE:
        if (place < METER_PROFILE_CHANNELS_MAX)
            p->source[place] = (uint16_t)number;
        break;
    case TOLD_MAPPING:
        take_mapping(p, place, (uint16_t)number);
        break;
    case TOLD_SCALED:
        p->scaled |= number != 0;
        break;
    case TOLD_ANSI:
        p->ansi = number != 0;
        break;
    case TOLD_OPTIONS:
        take_options(p, number);
        break;
    default:
        if (told >= TOLD_CHANNELS)
            p->channels[told - TOLD_CHANNELS] = (uint8_t)number;
        else
            take_size(p, told, number);
    }
}

static bool same_name(const char *pattern, const char *name, unsigned set)
{
    for (; *pattern != 0; pattern++, name++)
        if (*name != (*pattern == '?' ? (char)('1' + set) : *pattern))
            return false;
    return *name == 0;
}

static void take_value(void *context, const struct meter_value *value)
{
    struct meter_profile *p = context;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].table != value->table || (fields[i].by_set && value->place != p->set) ||
            !same_name(fields[i].name, value->field->name, p->set))
            continue;
        take(p, fields[i].told, value->place, (uint32_t)value->integer);
        return;
    }
}

void meter_profile_learn(struct meter_profile *profile, const struct meter_dimensions *dims,
                         const struct meter_table *table, uint32_t offset, const uint8_t *bytes,
                         size_t count)
{
    struct meter_dimensions here = *dims;

    if (table == &meter_et42 && profile->set != 0)
        return;
    for (unsigned i = 0; table == &meter_bt62 && i < METER_PROFILE_SETS; i++)
        (void)meter_dimension_set(&here, METER_DIM_LOAD_CHANNELS + i, profile->channels[i]);
    if (table == &meter_bt63)
        profile->descending = false;
    meter_decode(table, &here, offset, bytes, count, take_value, profile);
}

bool meter_profile_is_mapped(const struct meter_profile *profile)
{
    for (unsigned i = 0; i < METER_PROFILE_CHANNELS_MAX; i++)
        if (profile->source[i] >= FIRST_MAPPED && profile->source[i] <= LAST_MAPPED)
            return true;
    return false;
}

/* ---- Sizes ---- */

/* 0: none that the guide has. */
static uint32_t interval_s(const struct meter_profile *p)
{
    if (p->interval_min == INTERVAL_DAY && !p->ansi)
        return 86400;
    return p->interval_min <= INTERVAL_MAX || p->ansi ? p->interval_min * UINT32_C(60) : 0;
}

static struct meter_profile_layout computed(const struct meter_profile *p)
{
    struct meter_profile_layout layout = {.interval_s = interval_s(p)};
    unsigned channels = p->channels[p->set];

    layout.status = (uint16_t)(END_TIME + (p->end_readings ? END_READING * channels : 0));
    layout.header = (uint16_t)(layout.status + (p->intervals + 7) / 8);
    layout.values = (uint8_t)(channels / 2 + 1);
    layout.record = (uint8_t)(layout.values + VALUE * channels);
    layout.block = layout.header + (uint32_t)layout.record * p->intervals;
    return layout;
}

/* Takes over what ET21 has, if what must be there fits in it. */
static void refine(const struct meter_profile *p, struct meter_profile_layout *layout)
{
    uint32_t status_end = (uint32_t)p->simple_status_at + (p->intervals + 7u) / 8;
    uint32_t values_end = p->channel_0_at + (uint32_t)VALUE * p->channels[p->set];
    uint64_t end = p->header_bytes + (uint64_t)p->interval_bytes * p->intervals;

    if (!p->internal_known || p->header_bytes > METER_PROFILE_HEADER_MAX ||
        p->simple_status_at < END_TIME || status_end > p->header_bytes ||
        p->channel_0_at < layout->values || values_end > p->interval_bytes || end > p->block_bytes)
        return;
    layout->block = p->block_bytes;
    layout->header = p->header_bytes;
    layout->status = p->simple_status_at;
    layout->record = p->interval_bytes;
    layout->values = p->channel_0_at;
}

enum meter_profile_problem meter_profile_check(struct meter_profile *profile)
{
    unsigned channels = profile->channels[profile->set];

    if (!profile->configured)
        return METER_PROFILE_UNKNOWN;
    if (profile->blocks == 0 || profile->intervals == 0 || channels == 0)
        return METER_PROFILE_ABSENT;
    if (channels > METER_PROFILE_CHANNELS_MAX || profile->intervals > METER_PROFILE_INTERVALS_MAX)
        return METER_PROFILE_IMPLAUSIBLE;
    if (profile->format != FORMAT_INT32 || profile->descending || interval_s(profile) == 0)
        return METER_PROFILE_UNSUPPORTED;
    profile->layout = computed(profile);
    refine(profile, &profile->layout);
    if ((uint64_t)profile->layout.block * profile->blocks > TABLE_END)
        return METER_PROFILE_IMPLAUSIBLE;
    return METER_PROFILE_OK;
}

/* ---- Places ---- */

unsigned meter_profile_table(const struct meter_profile *profile)
{
    return METER_PROFILE_BT64 + profile->set;
}

uint16_t meter_profile_block(const struct meter_profile *profile, uint16_t back)
{
    uint32_t last = profile->last_block % profile->blocks;
    return (uint16_t)((last + profile->blocks - back % profile->blocks) % profile->blocks);
}

uint32_t meter_profile_at(const struct meter_profile *profile, uint16_t block, uint16_t interval)
{
    const struct meter_profile_layout *layout = &profile->layout;
    return block * layout->block + layout->header + (uint32_t)interval * layout->record;
}

uint16_t meter_profile_back(const struct meter_profile *profile, int64_t end, uint16_t newest,
                            int64_t after)
{
    int64_t length = (int64_t)profile->layout.interval_s * profile->intervals;
    int64_t begin = end - (int64_t)profile->layout.interval_s * (newest + 1);
    uint16_t valid =
        profile->valid_blocks < profile->blocks ? profile->valid_blocks : profile->blocks;

    if (valid == 0 || after >= begin + CLOCK_CHANGE_S)
        return 0;
    if (after < 0)
        after = 0;
    int64_t back = (begin + CLOCK_CHANGE_S - after + length - 1) / length;
    return (uint16_t)(back < valid ? back : valid - 1);
}

/* ---- Headers ---- */

bool meter_profile_processed(const struct meter_profile *profile, const uint8_t *header,
                             uint16_t interval)
{
    return interval < profile->intervals &&
           (header[profile->layout.status + interval / 8] >> interval % 8 & 1) != 0;
}

bool meter_profile_header(const struct meter_profile *profile, const uint8_t *header,
                          struct meter_profile_block *block)
{
    const struct meter_time time = {
        (uint16_t)(2000 + header[0]), header[1], header[2], header[3], header[4], 0};

    block->number = 0;
    for (uint16_t i = 0; i < profile->intervals; i++) {
        if (!meter_profile_processed(profile, header, i))
            continue;
        block->last = i;
        block->number++;
    }
    if (block->number == 0 || !meter_time_valid(&time))
        return false;
    block->end = meter_time_unix(&time);
    return true;
}

int64_t meter_profile_time(const struct meter_profile *profile,
                           const struct meter_profile_block *block, uint16_t interval)
{
    return block->end - ((int64_t)block->last - interval) * profile->layout.interval_s;
}

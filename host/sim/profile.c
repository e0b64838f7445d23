#include "host/sim/profile.h"
#include "host/sim/meter.h"

#include <string.h>

enum {
    HOUR_S = 3600,
    DAY_S = 86400,
    DAY_HOURS = 24,
    LOCAL_S = 3600,
    HEADER = 5 + 3,
    RECORD = 2 + 4 * SIM_PROFILE_CHANNELS,
    MISSING = 0xffff,  /* in place of a difference */
    QUIET_HOURS = 48,  /* without an outage before the simulation */
    OUTAGE_EACH = 12,  /* days, on average */
    COMMON_FAILED = 2, /* bit of the common status (p.240) */
    INT32_FORMAT = 32,
    CONFIGURATION = 0x4d45
};

/* ---- The past ---- */

/* A believable day of this house, local time, in Wh an hour. */
static const uint16_t usual_import[DAY_HOURS] = {250, 230,  220,  220,  230, 300, 700, 900,
                                                 520, 400,  380,  420,  600, 420, 380, 450,
                                                 800, 1400, 1600, 1300, 900, 700, 480, 320};
static const uint16_t usual_export[DAY_HOURS] = {0,    0,    0,    0,    0,    0,    60,   380,
                                                 1000, 1700, 2300, 2700, 2800, 2600, 2100, 1500,
                                                 800,  250,  20,   0,    0,    0,    0,    0};

static uint64_t drawn(const struct sim_profile *p, int64_t what)
{
    struct sim_random random = {p->seed ^ (uint64_t)what * UINT64_C(0xd1342543de82ef95)};
    return sim_random_next(&random);
}

/* The hours of a day in which an outage begins and before which it ends; the same if it was
 * shorter than an hour. */
static bool had_outage(const struct sim_profile *p, int64_t day, int64_t *from, int64_t *until)
{
    uint64_t draw = drawn(p, -day);

    if (draw % OUTAGE_EACH != 0)
        return false;
    *from = day * DAY_HOURS + (int64_t)(draw >> 8) % 16 + 1;
    *until = *from + ((draw >> 16 & 1) != 0 ? (int64_t)(draw >> 20 & 3) + 1 : 0);
    return *until < p->start / HOUR_S - QUIET_HOURS;
}

/* The hour that ended then; `value` has what was counted in it. */
static struct sim_interval past_hour(const struct sim_meter *meter, int64_t end)
{
    const struct sim_profile *p = &meter->profile;
    int64_t hour = end / HOUR_S - 1, from = 0, until = 0;
    unsigned of_day = (unsigned)((hour + LOCAL_S / HOUR_S) % DAY_HOURS);
    int64_t scale = sim_meter_ratio(meter), parts = meter->house.divisor;
    uint64_t day = drawn(p, hour / DAY_HOURS * DAY_S), here = drawn(p, end);
    bool failed = had_outage(p, hour / DAY_HOURS, &from, &until) && hour >= from && hour <= until;
    struct sim_interval interval = {.recorded = !failed || hour == until, .power_fail = failed};

    if (!interval.recorded)
        return interval;
    parts *= (int64_t)meter_dimension(&meter->dims, METER_DIM_ENERGY_UNIT) * 100 * 100;
    interval.value[0] = (uint32_t)(usual_import[of_day] * (70 + (int64_t)(day % 60)) *
                                   (60 + (int64_t)(here % 80)) * scale / parts);
    if (meter->house.solar)
        interval.value[1] = (uint32_t)(usual_export[of_day] * (10 + (int64_t)(day >> 8) % 90) *
                                       (80 + (int64_t)(here >> 8) % 30) * scale / parts);
    return interval;
}

/* ---- Since then ---- */

static size_t slot_of(int64_t end)
{
    return (size_t)(end / HOUR_S % SIM_PROFILE_HOURS);
}

/* The hour that ended then; `value` has what was counted in it. */
static struct sim_interval hour_of(const struct sim_meter *meter, int64_t end)
{
    const struct sim_profile *p = &meter->profile;
    struct sim_interval interval = {0};
    size_t slot = slot_of(end);

    if (end <= p->start)
        return past_hour(meter, end);
    interval.recorded = p->grown[slot][0] != MISSING;
    interval.power_fail = (p->failed[slot / 8] >> slot % 8 & 1) != 0;
    for (unsigned i = 0; interval.recorded && i < SIM_PROFILE_CHANNELS; i++)
        interval.value[i] = p->grown[slot][i];
    return interval;
}

static uint32_t rollover(const struct sim_meter *meter)
{
    return (uint32_t)(meter_rollover_wh(&meter->dims) /
                      meter_dimension(&meter->dims, METER_DIM_ENERGY_UNIT));
}

/* What channel `i` counts, as its register shows it, in the register's units. */
static uint32_t shown(const struct sim_meter *meter, unsigned i)
{
    int64_t wh = 0;

    (void)sim_meter_register(meter, i, 0, &wh);
    return (uint32_t)(wh / meter_dimension(&meter->dims, METER_DIM_ENERGY_UNIT));
}

/* The hour before that of `end`: from the registers at its end to those at its beginning. */
static void go_back(const struct sim_meter *meter, int64_t end, uint32_t *value)
{
    struct sim_interval hour = hour_of(meter, end);

    for (unsigned i = 0; i < SIM_PROFILE_CHANNELS; i++) {
        if (value[i] >= hour.value[i])
            value[i] -= hour.value[i];
        else /* a meter that began again from 0, or one that was new then */
            value[i] = end > meter->profile.start ? value[i] + rollover(meter) - hour.value[i] : 0;
    }
}

/* The registers at the end of an hour, recorded or not. */
static void registers_at(const struct sim_meter *meter, int64_t end, uint32_t *value)
{
    const struct sim_profile *p = &meter->profile;
    bool past = end <= p->start;

    memcpy(value, past ? p->base : p->last, sizeof p->base);
    int64_t at = past ? p->start : meter->unix_now / HOUR_S * HOUR_S;
    for (; at > end; at -= HOUR_S)
        go_back(meter, at, value);
}

struct sim_interval sim_profile_interval(const struct sim_meter *meter, int64_t end)
{
    struct sim_interval interval = hour_of(meter, end);

    registers_at(meter, end, interval.value);
    return interval;
}

int64_t sim_profile_end(const struct sim_meter *meter)
{
    int64_t end = meter->unix_now / HOUR_S * HOUR_S;

    while (!hour_of(meter, end).recorded)
        end -= HOUR_S;
    return end;
}

static void record(struct sim_meter *meter, bool powered)
{
    struct sim_profile *p = &meter->profile;
    size_t slot = slot_of(meter->unix_now);
    uint8_t bit = (uint8_t)(1u << slot % 8);

    p->failed[slot / 8] = (uint8_t)((p->failed[slot / 8] & ~bit) | (p->failing ? bit : 0));
    for (unsigned i = 0; i < SIM_PROFILE_CHANNELS; i++) {
        uint32_t now = shown(meter, i);
        uint32_t grown = now >= p->last[i] ? now - p->last[i] : now + rollover(meter) - p->last[i];
        if (grown >= MISSING)
            grown = MISSING - 1; /* the next hour has the rest */
        p->grown[slot][i] = (uint16_t)(powered ? grown : MISSING);
        if (powered)
            p->last[i] = (p->last[i] + grown) % rollover(meter);
    }
    p->failing = !powered;
}

void sim_profile_second(struct sim_meter *meter, bool powered)
{
    meter->profile.failing |= !powered;
    if (meter->unix_now % HOUR_S == 0)
        record(meter, powered);
}

void sim_profile_init(struct sim_meter *meter, uint64_t seed)
{
    struct sim_profile *p = &meter->profile;
    int64_t into_hour = meter->unix_now % HOUR_S;

    p->seed = seed;
    p->start = meter->unix_now - into_hour;
    struct sim_interval hour = past_hour(meter, p->start + HOUR_S);
    for (unsigned i = 0; i < SIM_PROFILE_CHANNELS; i++) {
        uint32_t part = (uint32_t)(hour.value[i] * into_hour / HOUR_S), now = shown(meter, i);
        p->base[i] = p->last[i] = now > part ? now - part : 0;
    }
}

/* ---- Tables ---- */

static int64_t day_of(int64_t end)
{
    return (end - HOUR_S) / DAY_S;
}

static unsigned hours_in_last_block(const struct sim_meter *meter)
{
    int64_t end = sim_profile_end(meter);
    unsigned hours = 0;

    for (int64_t at = day_of(end) * DAY_S + HOUR_S; at <= end; at += HOUR_S)
        hours += hour_of(meter, at).recorded;
    return hours;
}

/* What is the same in every simulated meter, besides 0. */
static const struct {
    const struct meter_table *table;
    const char *name;
    int32_t value;
} constants[] = {
    {&meter_bt61, "memory_bytes", SIM_PROFILE_SIZE},
    {&meter_bt61, "extended_status", 1},
    {&meter_bt61, "simple_status", 1},
    {&meter_bt61, "formats", INT32_FORMAT},
    {&meter_bt61, "set_1_blocks", SIM_PROFILE_DAYS},
    {&meter_bt61, "set_1_intervals", DAY_HOURS},
    {&meter_bt61, "set_1_interval_min", HOUR_S / 60},
    {&meter_bt62, "set_1_source_2", 1},
    {&meter_bt62, "set_1_format", INT32_FORMAT},
    {&meter_bt63, "set_1_circular", 1},
    {&meter_bt63, "set_1_active", 1},
    {&meter_bt63, "set_1_valid_blocks", SIM_PROFILE_DAYS},
    {&meter_et21, "set_1_block_bytes", SIM_PROFILE_BLOCK},
    {&meter_et21, "set_1_header_bytes", HEADER},
    {&meter_et21, "set_1_valid_blocks", SIM_PROFILE_DAYS},
    {&meter_et21, "set_1_simple_status_at", 5},
    {&meter_et21, "set_1_simple_status_bytes", DAY_HOURS / 8},
    {&meter_et21, "set_1_interval_0_at", HEADER},
    {&meter_et21, "set_1_interval_bytes", RECORD},
    {&meter_et21, "set_1_channel_0_at", SIM_PROFILE_CHANNELS / 2 + 1},
    {&meter_et21, "set_1_channels", SIM_PROFILE_CHANNELS},
    {&meter_et21, "set_1_interval_min", HOUR_S / 60},
    {&meter_et21, "set_1_source_2", 1},
    {&meter_et21, "set_1_configuration_id", CONFIGURATION},
    {&meter_et42, "load_profile_block_bytes", SIM_PROFILE_BLOCK},
    {&meter_et42, "load_profile_blocks", SIM_PROFILE_DAYS},
    {&meter_et42, "load_profile_interval_min", HOUR_S / 60},
    {&meter_et42, "load_profile_interval_bytes", RECORD},
    {&meter_et42, "load_profile_block_intervals", DAY_HOURS},
    {&meter_et42, "load_profile_source_2", 1},
};

static bool fill_progress(const struct sim_meter *meter, struct meter_value *value)
{
    int64_t end = sim_profile_end(meter), day = day_of(end);
    const char *name = value->name + strlen("set_1_");

    if (strcmp(name, "last_block") == 0)
        value->integer = day % SIM_PROFILE_DAYS;
    else if (strcmp(name, "last_block_sequence") == 0)
        value->integer = day;
    else if (strcmp(name, "valid_intervals") == 0)
        value->integer = hours_in_last_block(meter);
    else if (strcmp(name, "last_interval") == 0)
        value->integer = (end - day * DAY_S) / HOUR_S - 1;
    else if (strcmp(name, "block_start_time") == 0)
        value->time = meter_time_from_unix(day * DAY_S);
    else if (strcmp(name, "interval_end_time") == 0)
        value->time = meter_time_from_unix(end);
    else if (strcmp(name, "interval_end_local_time") == 0)
        value->time = meter_time_from_unix(end + LOCAL_S);
    else
        return false;
    return true;
}

bool sim_profile_fill(const struct sim_meter *meter, struct meter_value *value)
{
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (constants[i].table == value->table && strcmp(constants[i].name, value->name) == 0) {
            value->integer = constants[i].value;
            return true;
        }
    }
    return (value->table == &meter_bt63 || value->table == &meter_et21) &&
           strncmp(value->name, "set_1_", strlen("set_1_")) == 0 && fill_progress(meter, value);
}

/* ---- BT64 ---- */

/* What is left of an older day, and to be ignored, in place of an hour not recorded. */
static void put_rubbish(const struct sim_profile *p, int64_t end, uint8_t *bytes)
{
    uint64_t rubbish = drawn(p, ~end);

    for (unsigned i = 0; i < RECORD; i++)
        bytes[i] = (uint8_t)(rubbish >> i * 5);
}

static void put_block(const struct sim_meter *meter, int64_t day, uint8_t *block)
{
    int64_t last = sim_profile_end(meter), newest = 0;
    uint32_t value[SIM_PROFILE_CHANNELS];
    int64_t end = (day + 1) * DAY_S;

    memset(block, 0, SIM_PROFILE_BLOCK);
    registers_at(meter, end < last ? end : last, value);
    for (unsigned hour = DAY_HOURS; hour-- != 0; end -= HOUR_S) {
        uint8_t *bytes = block + HEADER + (size_t)hour * RECORD;
        struct sim_interval interval = {0};
        if (end <= last)
            interval = hour_of(meter, end);
        if (!interval.recorded) {
            put_rubbish(&meter->profile, end, bytes);
            continue;
        }
        if (newest == 0)
            newest = end;
        block[5 + hour / 8] |= (uint8_t)(1u << hour % 8);
        bytes[0] = (uint8_t)(interval.power_fail ? COMMON_FAILED << 4 : 0);
        for (unsigned i = 0; i < 4 * SIM_PROFILE_CHANNELS; i++)
            bytes[2 + i] = (uint8_t)(value[i / 4] >> i % 4 * 8);
        go_back(meter, end, value);
    }
    struct meter_time time = meter_time_from_unix(newest);
    const uint8_t stamp[] = {(uint8_t)(time.year - 2000), time.month, time.day, time.hour,
                             time.minute};
    memcpy(block, stamp, sizeof stamp);
}

void sim_profile_read(const struct sim_meter *meter, uint32_t offset, uint8_t *into, size_t count)
{
    uint8_t block[SIM_PROFILE_BLOCK];
    int64_t last = day_of(sim_profile_end(meter));

    while (count != 0) {
        int64_t slot = offset / SIM_PROFILE_BLOCK;
        size_t at = offset % SIM_PROFILE_BLOCK, part = SIM_PROFILE_BLOCK - at;
        int64_t back = (last - slot) % SIM_PROFILE_DAYS;
        if (part > count)
            part = count;
        put_block(meter, last - back, block);
        memcpy(into, block + at, part);
        into += part;
        offset += (uint32_t)part;
        count -= part;
    }
}

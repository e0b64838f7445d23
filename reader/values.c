/* A reading as a flat list of names and values. */
#include "reader/internal.h"

#include <string.h>

struct listing {
    const struct reader *reader;
    const struct meter_dimensions *dims;
    reader_value_fn *fn;
    void *context;
    mep_time verified_at;
    size_t values;
};

static void give(struct listing *listing, const struct reader_value *value)
{
    listing->fn(listing->context, value);
    listing->values++;
}

/* ---- Age ---- */

static bool is_fresh(const struct reader *r, mep_time now, mep_time verified_at, mep_time interval)
{
    return now - verified_at <= interval + r->config.stale_us;
}

static bool has_energy(const struct reader *r, mep_time now)
{
    const struct reader_snapshot *snapshot = &r->snapshot[r->published];
    return snapshot->block_size[0] != 0 &&
           is_fresh(r, now, snapshot->block_at[0], r->config.period_us);
}

static bool has_present(const struct reader *r, mep_time now)
{
    const struct reader_snapshot *snapshot = &r->snapshot[r->published];
    return snapshot->present_size != 0 &&
           is_fresh(r, now, snapshot->present_at, r->config.period_us);
}

mep_time reader_verified_at(const struct reader *r, mep_time now)
{
    const struct reader_snapshot *snapshot = &r->snapshot[r->published];
    mep_time energy = has_energy(r, now) ? snapshot->block_at[0] : now;
    mep_time present = has_present(r, now) ? snapshot->present_at : now;
    return energy < present ? energy : present;
}

/* ---- Registers ---- */

static bool is_power_or_current(enum meter_unit unit)
{
    return unit == METER_UNIT_W || unit == METER_UNIT_VAR || unit == METER_UNIT_VA ||
           unit == METER_UNIT_MA;
}

/* Whether the data model has a name for it: there are others that only tables list. */
static bool in_data_model(const struct meter_value *value)
{
    enum {
        TIER_SOURCES = 4,   /* import and export, active and reactive */
        PRESENT_LAST = 215, /* place 54, the averages of each phase */
        SUMMATION_LAST = 111
    };

    if (!value->sourced || strncmp(value->name, "source_", 7) == 0)
        return false;
    if (value->table == &meter_bt28)
        return value->source <= PRESENT_LAST;
    return value->tier == 0 ? value->source <= SUMMATION_LAST : value->source < TIER_SOURCES;
}

static void give_register(void *context, const struct meter_value *from_meter)
{
    struct listing *listing = context;
    const struct meter_dimensions *dims = listing->dims;
    struct meter_value value = *from_meter;

    if (!in_data_model(&value) || !meter_reading_name(&value, dims))
        return;
    bool renamed = value.source != from_meter->source;
    bool voltage = value.unit == METER_UNIT_MV && meter_dimension(dims, METER_DIM_VT_RATIO) != 1;
    struct reader_value out = {
        .name = value.name,
        .kind = READER_INTEGER,
        .unit = value.unit,
        .integer = value.integer,
        .verified_at = listing->verified_at,
        .before_ratio = value.table == &meter_bt28 && meter_is_ct(dims) && !renamed &&
                        (is_power_or_current(value.unit) || voltage),
    };
    give(listing, &out);
}

static void give_blocks(struct listing *listing, const struct reader_snapshot *snapshot,
                        mep_time now)
{
    const struct reader *r = listing->reader;
    struct reader_layout layout = reader_layout(r);
    mep_time tiers = reader_one_frame(&layout) ? r->config.period_us : r->config.tiers_us;

    for (uint32_t block = 0; block < layout.blocks; block++) {
        mep_time at = snapshot->block_at[block];
        if (snapshot->block_size[block] == 0 ||
            !is_fresh(r, now, at, block == 0 ? r->config.period_us : tiers))
            continue;
        listing->verified_at = at;
        meter_decode(&meter_bt23, &r->info.dimensions, layout.base + block * layout.stride,
                     snapshot->sums + (size_t)block * layout.sums, snapshot->block_size[block],
                     give_register, listing);
    }
}

static void give_present(struct listing *listing, const struct reader_snapshot *snapshot)
{
    const struct meter_dimensions *dims = &listing->reader->info.dimensions;

    listing->verified_at = snapshot->present_at;
    meter_decode(&meter_bt28, dims, meter_dimension(dims, METER_DIM_PRESENT_AT), snapshot->present,
                 snapshot->present_size, give_register, listing);
}

/* ---- The rest ---- */

static void give_text(struct listing *listing, const char *name, const char *text)
{
    struct reader_value value = {.name = name,
                                 .kind = READER_TEXT,
                                 .text = (const uint8_t *)text,
                                 .length = strlen(text),
                                 .verified_at = listing->reader->identity_at};
    if (value.length != 0)
        give(listing, &value);
}

static void give_identity(struct listing *listing)
{
    const struct reader_info *info = &listing->reader->info;

    give_text(listing, "serial", info->serial);
    give_text(listing, "manufacturer", info->manufacturer);
    give_text(listing, "model", info->model);
    give_text(listing, "firmware", info->firmware);
}

static void give_time_and_tariff(struct listing *listing, mep_time now)
{
    const struct reader *r = listing->reader;
    struct reader_value time = {.name = "meter_time",
                                .kind = READER_TIME,
                                .verified_at = r->reading_clock_at,
                                .extrapolated = true};
    struct reader_value tariff = {.name = "tariff",
                                  .kind = READER_INTEGER,
                                  .integer = r->tariff,
                                  .verified_at = r->tariff_at};

    if (r->reading_clock_known) {
        time.time = meter_time_from_unix(r->reading_clock);
        give(listing, &time);
    }
    if (r->tariff_known && is_fresh(r, now, r->tariff_at, r->config.tariff_us))
        give(listing, &tariff);
}

static void give_age(struct listing *listing, mep_time now)
{
    mep_time verified_at = reader_verified_at(listing->reader, now);
    struct reader_value value = {.name = "age_ms",
                                 .kind = READER_INTEGER,
                                 .unit = METER_UNIT_MS,
                                 .integer = (now - verified_at) / 1000,
                                 .verified_at = verified_at};
    give(listing, &value);
}

size_t reader_values(const struct reader *r, mep_time now, reader_value_fn *fn, void *context)
{
    const struct reader_snapshot *snapshot = &r->snapshot[r->published];
    struct listing listing = {
        .reader = r, .dims = &r->info.dimensions, .fn = fn, .context = context};

    if (!r->has_reading || (!has_energy(r, now) && !has_present(r, now)))
        return 0;
    give_identity(&listing);
    give_time_and_tariff(&listing, now);
    give_blocks(&listing, snapshot, now);
    if (has_present(r, now))
        give_present(&listing, snapshot);
    give_age(&listing, now);
    return listing.values;
}

/* ---- Names alone ---- */

/* When a register's answer was verified, if the snapshot has it. */
static mep_time register_at(const struct reader *r, const struct meter_value *value)
{
    const struct reader_snapshot *snapshot = &r->snapshot[r->published];
    struct reader_layout layout = reader_layout(r);
    const uint32_t size = 4; /* of every register */

    if (value->table == &meter_bt28) {
        uint32_t end = meter_dimension(&r->info.dimensions, METER_DIM_PRESENT_AT);
        return value->offset + size <= end + snapshot->present_size ? snapshot->present_at
                                                                    : MEP_NEVER;
    }
    if (value->tier >= layout.blocks)
        return MEP_NEVER;
    uint32_t begin = layout.base + value->tier * layout.stride;
    return value->offset + size <= begin + snapshot->block_size[value->tier]
               ? snapshot->block_at[value->tier]
               : MEP_NEVER;
}

static void name_register(void *context, const struct meter_value *value)
{
    struct listing *listing = context;

    listing->verified_at =
        listing->reader != NULL ? register_at(listing->reader, value) : MEP_NEVER;
    give_register(listing, value);
}

static void name_tariff(struct listing *listing, mep_time verified_at)
{
    struct reader_value value = {
        .name = "tariff", .kind = READER_INTEGER, .verified_at = verified_at};
    give(listing, &value);
}

static void name_registers(struct listing *listing)
{
    meter_list(&meter_bt23, listing->dims, name_register, listing);
    meter_list(&meter_bt28, listing->dims, name_register, listing);
}

size_t reader_value_names(const struct reader *r, reader_value_fn *fn, void *context)
{
    struct listing listing = {
        .reader = r, .dims = &r->info.dimensions, .fn = fn, .context = context};

    if (!r->has_reading)
        return 0;
    if (r->tariff_known)
        name_tariff(&listing, r->tariff_at);
    name_registers(&listing);
    return listing.values;
}

size_t reader_value_names_of_all(reader_value_fn *fn, void *context)
{
    struct meter_dimensions dims; /* of a meter that has all there is, in the guide's order */
    struct listing listing = {.dims = &dims, .fn = fn, .context = context};

    meter_dimensions_default(&dims);
    dims.value[METER_DIM_SUMMATIONS] = METER_SUMMATIONS_MAX;
    dims.value[METER_DIM_TIERS] = READER_BLOCKS_MAX - 1;
    dims.value[METER_DIM_PRESENT_VALUES] = METER_PRESENT_VALUES_MAX;
    name_tariff(&listing, MEP_NEVER);
    name_registers(&listing);
    return listing.values;
}

/* Whether a meter can have said that. */
#include "reader/internal.h"

enum {
    SOURCE_IMPORT = 8, /* in BT27 (p.204) */
    SOURCE_EXPORT = 9,
    SOURCE_IMPORT_L1 = 185,
    SOURCE_EXPORT_L1 = 188,
    PHASES = 3,
    PHASE_MISS_W = 5,
    PHASE_MISS_PERCENT = 1,
    CURRENT_UNKNOWN_A = 200,
    VOLTAGE_UNKNOWN_V = 400,
    SECONDS_AWRY = 2, /* registers move every 500 ms at most (p.208), answers take their time */
    DIGITS_MIN = 5,   /* p.119 */
    DIGITS_MAX = 9
};

static const int64_t POWER_CAP_W = 10000000000;
static const int64_t SECONDS_CAP = 100000000;

/* ---- Energies ---- */

static void take_energy(void *context, const struct meter_value *value)
{
    static const uint8_t sources[] = {0, 1, 6}; /* p.204 */
    struct reader_energy *energy = context;

    for (size_t i = 0; i < sizeof sources; i++) {
        if (value->sourced && value->tier == 0 && value->source == sources[i] &&
            value->unit == METER_UNIT_WH)
            energy->wh[i] = value->integer >= 0 ? value->integer : INT64_MIN;
    }
}

struct reader_energy reader_total(const struct reader *r, const uint8_t *sums, size_t size,
                                  mep_time at)
{
    struct reader_energy energy = {{-1, -1, -1}, at};
    meter_decode(&meter_bt23, &r->info.dimensions, reader_layout(r).base, sums, size, take_energy,
                 &energy);
    return energy;
}

static int64_t capped(int64_t number, int64_t cap)
{
    return number < cap ? number : cap;
}

/* The most watts that this meter can measure, with a margin. */
static int64_t power_limit(const struct meter_dimensions *dims)
{
    int64_t current = meter_dimension(dims, METER_DIM_MAX_CURRENT_A);
    int64_t voltage = meter_dimension(dims, METER_DIM_RATED_VOLTAGE_V);
    int64_t ratio = capped((int64_t)meter_dimension(dims, METER_DIM_CT_RATIO), 1000000) *
                    capped((int64_t)meter_dimension(dims, METER_DIM_VT_RATIO), 1000);

    if (current == 0)
        current = CURRENT_UNKNOWN_A;
    if (voltage == 0)
        voltage = VOLTAGE_UNKNOWN_V;
    int64_t primary = capped(PHASES * current * voltage, POWER_CAP_W);
    return ratio > POWER_CAP_W / primary ? POWER_CAP_W : primary * ratio * 3 / 2;
}

static int64_t growth_limit(const struct meter_dimensions *dims, mep_time elapsed)
{
    int64_t seconds = capped((elapsed > 0 ? elapsed : 0) / 1000000, SECONDS_CAP) + SECONDS_AWRY;
    return power_limit(dims) * seconds / 3600 + 1 +
           2 * (int64_t)meter_dimension(dims, METER_DIM_ENERGY_UNIT);
}

/* Whether a register that fell may have begun again from 0. */
static bool rolled_over(const struct meter_dimensions *dims, int64_t from, int64_t to,
                        int64_t limit)
{
    int64_t modulus = meter_rollover_wh(dims);
    if (modulus != 0)
        return from < modulus && to + modulus - from <= limit;

    modulus = meter_dimension(dims, METER_DIM_ENERGY_UNIT);
    for (unsigned digits = 1; digits <= DIGITS_MAX; digits++) {
        modulus *= 10;
        if (digits >= DIGITS_MIN && from < modulus && to + modulus - from <= limit)
            return true;
    }
    return false;
}

static enum reader_growth growth(const struct reader *r, const struct reader_energy *from,
                                 const struct reader_energy *to)
{
    const struct meter_dimensions *dims = &r->info.dimensions;
    int64_t limit = growth_limit(dims, to->at - from->at);
    enum reader_growth worst = GROWTH_PLAUSIBLE, one;

    for (size_t i = 0; i < sizeof to->wh / sizeof *to->wh; i++) {
        if (to->wh[i] == INT64_MIN)
            one = GROWTH_LOWER;
        else if (to->wh[i] < 0 || from->wh[i] < 0)
            one = GROWTH_PLAUSIBLE; /* the meter does not have it, or did not */
        else if (to->wh[i] >= from->wh[i])
            one = to->wh[i] - from->wh[i] <= limit ? GROWTH_PLAUSIBLE : GROWTH_TOO_FAST;
        else
            one = rolled_over(dims, from->wh[i], to->wh[i], limit) ? GROWTH_ROLLOVER : GROWTH_LOWER;
        if (one > worst)
            worst = one;
    }
    return worst;
}

/* What is implausible but said again and again is true in the end. */
static bool insisted_on(struct reader *r, const struct reader_energy *energy,
                        enum reader_growth how)
{
    bool consistent =
        r->candidate_rounds != 0 && growth(r, &r->candidate, energy) <= GROWTH_ROLLOVER;

    r->candidate_rounds = (uint8_t)(consistent ? r->candidate_rounds + 1 : 1);
    r->candidate = *energy;
    return r->candidate_rounds >=
           (how == GROWTH_LOWER ? READER_LOWER_ROUNDS : READER_HIGHER_ROUNDS);
}

bool reader_believe(struct reader *r, const struct reader_energy *energy)
{
    enum reader_growth how = growth(r, r->baseline_known ? &r->baseline : energy, energy);

    if (how > GROWTH_ROLLOVER) {
        r->counters.rejected++;
        if (!insisted_on(r, energy, how)) {
            r->round_flags |= READER_FLAG_REJECTED;
            return false;
        }
        r->round_flags |= READER_FLAG_RESTARTED;
        r->counters.restarted++;
    } else if (how == GROWTH_ROLLOVER) {
        r->round_flags |= READER_FLAG_ROLLOVER;
        r->counters.rollovers++;
    }
    r->candidate_rounds = 0;
    r->baseline = *energy;
    r->baseline_known = true;
    return true;
}

/* ---- Phase powers ---- */

struct powers {
    const struct meter_dimensions *dims;
    int64_t total, phases;
    bool have_total, have_phases;
};

static void take_power(void *context, const struct meter_value *from_meter)
{
    struct powers *powers = context;
    struct meter_value value = *from_meter;

    if (!value.sourced || !meter_reading_name(&value, powers->dims))
        return;
    unsigned import = (unsigned)value.source - SOURCE_IMPORT_L1;
    unsigned export = (unsigned)value.source - SOURCE_EXPORT_L1;
    if (value.source == SOURCE_IMPORT || value.source == SOURCE_EXPORT) {
        powers->total += value.source == SOURCE_IMPORT ? value.integer : -value.integer;
        powers->have_total = true;
    } else if (import < PHASES || export < PHASES) {
        powers->phases += import < PHASES ? value.integer : -value.integer;
        powers->have_phases = true;
    }
}

bool reader_phases_agree(const struct reader *r, const struct reader_snapshot *snapshot)
{
    struct powers powers = {.dims = &r->info.dimensions};

    meter_decode(&meter_bt28, powers.dims, meter_dimension(powers.dims, METER_DIM_PRESENT_AT),
                 snapshot->present, snapshot->present_size, take_power, &powers);
    if (!powers.have_total || !powers.have_phases)
        return true;
    int64_t miss = powers.total - powers.phases, total = powers.total;
    if (miss < 0)
        miss = -miss;
    if (total < 0)
        total = -total;
    return miss <= PHASE_MISS_W || miss * 100 <= total * PHASE_MISS_PERCENT;
}

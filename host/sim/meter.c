/* What the meter measures and counts. */
#include "host/sim/meter.h"

#include <inttypes.h>
#include <string.h>

enum {
    LOCAL_S = 3600, /* local time is UTC + 1 h, all year */
    DAY_S = 86400,
    MW_S_PER_WH = 3600 * 1000,
    ROLLOVER_WH = 100000000, /* 8 digits, times the energy register unit */
    TARIFFS = 4,

    IMPORT = 0, /* places in energy_mws */
    EXPORT = 1,
    VAR_Q1 = 2, /* to Q4 */
    VA_Q1 = 6   /* to Q4 */
};

/* What the models differ in. */
static const struct model {
    uint16_t firmware;
    uint8_t phases;
    uint8_t summations, tiers, present_values;
    uint8_t ports;
    uint8_t ct_ratio, energy_unit, divisor;
    uint16_t max_current_a;
} models[SIM_MODELS] = {
    [SIM_REFERENCE] = {METER_FW_3_80 | 17, 3, 11, 4, 55, 1, 1, 1, 1, 63},
    [SIM_SINGLE] = {METER_FW_3_80 | 17, 1, 11, 4, 55, 1, 1, 1, 1, 80},
    [SIM_OLD] = {METER_FW_3_10 | 21, 3, 11, 4, 26, 1, 1, 1, 1, 63},
    [SIM_CT] = {METER_FW_3_80 | 17, 3, 11, 4, 55, 1, 40, 10, 8, 6},
    [SIM_GEN4] = {METER_FW_4_30 | 3, 3, 19, 4, 84, 2, 1, 1, 1, 63},
    [SIM_LARGE] = {METER_FW_4_30 | 3, 3, 19, 8, 84, 2, 1, 1, 1, 63},
};

static void set_dimensions(struct meter_dimensions *dims, const struct model *model)
{
    bool has_required = model->firmware >= METER_FW_3_70;
    const struct {
        uint8_t id;
        uint16_t value;
    } values[] = {
        {METER_DIM_FIRMWARE, model->firmware},
        {METER_DIM_CT_RATIO, model->ct_ratio},
        {METER_DIM_TIERS_MAX, model->tiers},
        {METER_DIM_SUMMATIONS, model->summations},
        {METER_DIM_TIERS, model->tiers},
        {METER_DIM_PRESENT_VALUES, model->present_values},
        {METER_DIM_MAX_CURRENT_A, model->max_current_a},
        {METER_DIM_RATED_VOLTAGE_V, 230},
        {METER_DIM_DEVICES, 4 + model->ports},
        {METER_DIM_MEP_CLIENTS, model->ports},
        {METER_DIM_LOAD_CHANNELS, SIM_PROFILE_CHANNELS},
        {METER_DIM_INTERFACE_LENGTH, (has_required ? 50 : 42) + 2 * SIM_PROFILE_CHANNELS},
        {METER_DIM_INTERFACE_FIXED, 41},
        {METER_DIM_REQUIRED_LENGTH, has_required ? 8 : 0},
        {METER_DIM_ENERGY_UNIT, model->energy_unit},
        {METER_DIM_ROLLOVER_DIGITS, 8},
    };

    meter_dimensions_default(dims);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        meter_dimension_set(dims, values[i].id, values[i].value);
}

static unsigned tier_count(const struct sim_meter *meter)
{
    return meter_dimension(&meter->dims, METER_DIM_TIERS);
}

/* ---- Energies ---------------------------------------------------------- */

/* Splits what was counted before the simulation among the tiers. */
static void set_start(struct sim_meter *meter, unsigned energy, int64_t wh)
{
    static const uint8_t percent[TARIFFS] = {0, 40, 25, 15}; /* the first has the rest */
    int64_t rest = wh;

    for (unsigned tier = 1; tier < TARIFFS; tier++) {
        meter->energy_mws[tier][energy] = wh * percent[tier] / 100 * MW_S_PER_WH;
        rest -= wh * percent[tier] / 100;
    }
    meter->energy_mws[0][energy] = rest * MW_S_PER_WH;
}

static void set_starts(struct sim_meter *meter, int64_t import_wh)
{
    struct sim_random *random = &meter->house.random;
    int64_t drawn_wh = sim_random_between(random, 60000000, 70000000);

    set_start(meter, IMPORT, import_wh < 0 ? drawn_wh : import_wh);
    set_start(meter, EXPORT,
              meter->house.solar ? sim_random_between(random, 8000000, 12000000) : 0);
    for (unsigned q = 0; q < 4; q++) {
        set_start(meter, VAR_Q1 + q, sim_random_between(random, 1000000, 9000000));
        set_start(meter, VA_Q1 + q, sim_random_between(random, 1000000, 19000000));
    }
    meter->outage_s = sim_random_below(random, 30000);
    meter->outages = 1 + sim_random_below(random, 20);
    meter->errors = sim_random_below(random, 3);
    meter->pulses[0] = sim_random_below(random, 900000);
}

unsigned sim_quadrant(int64_t active, int64_t reactive)
{
    if (reactive >= 0)
        return active >= 0 ? 0 : 1;
    return active >= 0 ? 3 : 2;
}

struct sim_totals sim_meter_totals(const struct sim_meter *meter)
{
    struct sim_totals totals = {0};

    for (unsigned i = 0; i < SIM_PHASES; i++) {
        const struct sim_phase *phase = &meter->house.phase[i];
        totals.active += phase->active_mw;
        totals.reactive += phase->reactive_mvar;
        totals.apparent += phase->apparent_mva;
        totals.active_average += phase->active_average_mw;
    }
    totals.quadrant = sim_quadrant(totals.active, totals.reactive);
    return totals;
}

int64_t sim_meter_ratio(const struct sim_meter *meter)
{
    return (int64_t)meter_dimension(&meter->dims, METER_DIM_CT_RATIO) *
           meter_dimension(&meter->dims, METER_DIM_VT_RATIO);
}

/* Counts the second that ends. */
static void integrate(struct sim_meter *meter)
{
    struct sim_totals totals = sim_meter_totals(meter);
    int64_t *energy = meter->energy_mws[meter->tariff], ratio = sim_meter_ratio(meter);

    energy[totals.active >= 0 ? IMPORT : EXPORT] += imaxabs(totals.active) * ratio;
    energy[VAR_Q1 + totals.quadrant] += imaxabs(totals.reactive) * ratio;
    energy[VA_Q1 + totals.quadrant] += totals.apparent * ratio;
}

/* ---- Time and configuration -------------------------------------------- */

struct meter_time sim_meter_utc(const struct sim_meter *meter)
{
    return meter_time_from_unix(meter->unix_now);
}

struct meter_time sim_meter_local(const struct sim_meter *meter)
{
    return meter_time_from_unix(meter->unix_now + LOCAL_S);
}

/* Night, day, evening peak, week-end; the same again in summer on meters with 8 tiers. */
static uint8_t tariff_now(const struct sim_meter *meter)
{
    struct meter_time local = sim_meter_local(meter);
    int64_t weekday = ((meter->unix_now + LOCAL_S) / DAY_S + 4) % 7; /* 0 is Sunday */
    unsigned tariff = 0;

    if (weekday == 0 || weekday == 6)
        tariff = 3;
    else if (local.hour >= 17 && local.hour < 20)
        tariff = 2;
    else if (local.hour >= 6 && local.hour < 22)
        tariff = 1;
    if (tier_count(meter) == SIM_TIERS_MAX && local.month >= 4 && local.month <= 9)
        tariff += TARIFFS;
    return (uint8_t)(tariff % tier_count(meter));
}

static void go_on(struct sim_meter *meter)
{
    sim_house_second(&meter->house, (uint32_t)((meter->unix_now + LOCAL_S) % DAY_S));
    meter->tariff = tariff_now(meter);
}

void sim_meter_second(struct sim_meter *meter, bool powered)
{
    if (powered)
        integrate(meter);
    else
        meter->outage_s++;
    if (sim_random_below(&meter->house.random, 600) == 0)
        meter->pulses[0]++;
    meter->unix_now++;
    sim_profile_second(meter, powered);
    go_on(meter);
}

/*
 * Alternates between the layout that it began with and one with fewer tiers and
 * values, in which import and export have changed places: who decodes it by the
 * old one is wrong in a way that looks right.
 */
void sim_meter_reconfigure(struct sim_meter *meter)
{
    const struct model *model = &models[meter->model];
    struct meter_dimensions *dims = &meter->dims;
    bool first = meter_dimension(dims, METER_DIM_TIERS) == model->tiers;

    meter_dimension_set(dims, METER_DIM_TIERS, first ? model->tiers / 2u : model->tiers);
    meter_dimension_set(dims, METER_DIM_PRESENT_VALUES, model->present_values - (first ? 4u : 0u));
    for (unsigned i = 0; i < 4; i += 2) {
        uint8_t source = dims->summation_source[i];
        dims->summation_source[i] = dims->summation_source[i + 1];
        dims->summation_source[i + 1] = source;
    }
    meter->idt_version++;
    meter_dimension_set(dims, METER_DIM_IDT_VERSION, meter->idt_version);
    meter->tariff = tariff_now(meter);
}

unsigned sim_meter_port(const struct sim_meter *meter)
{
    return models[meter->model].ports - 1u;
}

void sim_meter_init(struct sim_meter *meter, const struct sim_config *config)
{
    const struct model *model = &models[config->model];

    memset(meter, 0, sizeof *meter);
    meter->model = config->model;
    meter->unix_now = config->unix_start;
    set_dimensions(&meter->dims, model);
    sim_house_init(&meter->house, config->seed, model->phases, config->model != SIM_OLD,
                   model->divisor);
    meter->serial = 10000000 + sim_random_below(&meter->house.random, 90000000);
    set_starts(meter, config->import_start_wh);
    meter->idt_version = 7;
    meter_dimension_set(&meter->dims, METER_DIM_IDT_VERSION, meter->idt_version);
    sim_profile_init(meter, config->seed);
    go_on(meter);
}

/* ---- What the tables say ----------------------------------------------- */

static int64_t counted(const struct sim_meter *meter, unsigned tier, unsigned energy)
{
    int64_t total = 0;

    if (tier != 0)
        return meter->energy_mws[tier - 1][energy];
    for (unsigned i = 0; i < SIM_TIERS_MAX; i++)
        total += meter->energy_mws[i][energy];
    return total;
}

/* In Wh or varh as the register shows it: in whole units, beginning again at the rollover. */
static int64_t shown(const struct sim_meter *meter, int64_t mws)
{
    int64_t unit = meter_dimension(&meter->dims, METER_DIM_ENERGY_UNIT);
    int64_t units = mws / MW_S_PER_WH / unit;
    return units % ROLLOVER_WH * unit;
}

static bool counter(const struct sim_meter *meter, unsigned source, int64_t *value)
{
    switch (source) {
    case 4:
        *value = meter->outage_s;
        return true;
    case 5:
        *value = meter->outages;
        return true;
    case 26:
    case 27:
        *value = meter->pulses[source - 26];
        return true;
    case 28:
        *value = meter->errors;
        return true;
    default:
        return false;
    }
}

bool sim_meter_register(const struct sim_meter *meter, unsigned source, unsigned tier,
                        int64_t *value)
{
    enum {
        FIRST_VAR = 108,
        FIRST_VA = 245 /* stands in for what the guide does not tell */
    };
    int64_t q[4], import = counted(meter, tier, IMPORT), export = counted(meter, tier, EXPORT);

    for (unsigned i = 0; i < 4; i++)
        q[i] = counted(meter, tier, VAR_Q1 + i);
    if (source == 0)
        *value = shown(meter, import);
    else if (source == 1)
        *value = shown(meter, export);
    else if (source == 2)
        *value = shown(meter, q[0] + q[1]);
    else if (source == 3)
        *value = shown(meter, q[2] + q[3]);
    else if (source == 6)
        *value = shown(meter, import + export);
    else if (source == 7)
        *value = shown(meter, import > export ? import - export : 0);
    else if (source >= FIRST_VAR && source < FIRST_VAR + 4)
        *value = shown(meter, q[source - FIRST_VAR]);
    else if (source >= FIRST_VA && source < FIRST_VA + 4)
        *value = shown(meter, counted(meter, tier, VA_Q1 + source - FIRST_VA));
    else
        return tier == 0 && counter(meter, source, value);
    return true;
}

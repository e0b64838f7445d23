/* What the meter shows in BT28, by the source IDs of BT27 (guide, p.204-206, 216-220). */
#include "host/sim/meter.h"

#include <inttypes.h>

/* Thousandths to whole ones, to the nearest. */
static int64_t rounded(int64_t milli)
{
    return milli >= 0 ? (milli + 500) / 1000 : -((500 - milli) / 1000);
}

static int64_t permille(int64_t part, int64_t whole)
{
    return whole == 0 ? 0 : part * 1000 / whole;
}

static int64_t positive(int64_t value)
{
    return value > 0 ? value : 0;
}

/* Of the neutral conductor, as if the three currents were 120 degrees apart. */
static int64_t neutral_ma(const struct sim_phase *phase)
{
    int64_t a = phase[0].current_ma, b = phase[1].current_ma, c = phase[2].current_ma;
    return sim_square_root(a * a + b * b + c * c - a * b - b * c - c * a);
}

static bool of_total(const struct sim_meter *meter, unsigned source, int64_t *value)
{
    struct sim_totals t = sim_meter_totals(meter);

    if (source >= 81 && source <= 84) { /* as 8 to 11, after the transformers' ratio */
        t.active *= sim_meter_ratio(meter);
        t.reactive *= sim_meter_ratio(meter);
        source -= 81 - 8;
    }
    if (source == 8 || source == 9)
        *value = rounded(positive(source == 8 ? t.active : -t.active));
    else if (source == 10 || source == 11)
        *value = rounded(positive(source == 10 ? t.reactive : -t.reactive));
    else if (source == 19)
        *value = meter->house.frequency_mhz;
    else if (source == 20)
        *value = rounded(t.apparent);
    else if (source >= 104 && source <= 107)
        *value = t.quadrant == source - 104 ? rounded(imaxabs(t.reactive)) : 0;
    else if (source == 208 || source == 209)
        *value = rounded(positive(source == 208 ? t.active_average : -t.active_average));
    else if (source >= 216 && source <= 219)
        *value = t.quadrant == source - 216 ? rounded(t.apparent) : 0;
    else if (source == 232)
        *value = neutral_ma(meter->house.phase);
    else if (source >= 236 && source <= 238)
        *value = 12000;
    else
        return false;
    return true;
}

/* What a phase can be asked. */
enum quantity {
    CURRENT,
    VOLTAGE,
    POWER_FACTOR,
    SIN_PHI,
    IMPORT,
    EXPORT,
    IMPORT_CT,
    EXPORT_CT,
    CURRENT_CT,
    VOLTAGE_AVERAGE,
    IMPORT_AVERAGE,
    EXPORT_AVERAGE,
    CURRENT_AVERAGE,
    REACTIVE_IMPORT,
    REACTIVE_EXPORT,
    APPARENT_Q /* four, Q1 to Q4 */
};

static int64_t of_phase(const struct sim_meter *meter, const struct sim_phase *phase, unsigned what)
{
    int64_t ct = meter_dimension(&meter->dims, METER_DIM_CT_RATIO);
    int64_t ratio = sim_meter_ratio(meter);

    switch (what) {
    case CURRENT:
        return phase->current_ma;
    case VOLTAGE:
        return phase->voltage_mv;
    case POWER_FACTOR:
        return permille(phase->active_mw, phase->apparent_mva);
    case SIN_PHI:
        return permille(phase->reactive_mvar, phase->apparent_mva);
    case IMPORT:
        return rounded(positive(phase->active_mw));
    case EXPORT:
        return rounded(positive(-(int64_t)phase->active_mw));
    case IMPORT_CT:
        return rounded(positive(phase->active_mw * ratio));
    case EXPORT_CT:
        return rounded(positive(-phase->active_mw * ratio));
    case CURRENT_CT:
        return phase->current_ma * ct;
    case VOLTAGE_AVERAGE:
        return phase->voltage_average_mv;
    case IMPORT_AVERAGE:
        return rounded(positive(phase->active_average_mw));
    case EXPORT_AVERAGE:
        return rounded(positive(-(int64_t)phase->active_average_mw));
    case CURRENT_AVERAGE:
        return phase->current_average_ma;
    case REACTIVE_IMPORT:
        return rounded(positive(phase->reactive_mvar));
    case REACTIVE_EXPORT:
        return rounded(positive(-(int64_t)phase->reactive_mvar));
    default:
        return sim_quadrant(phase->active_mw, phase->reactive_mvar) == what - APPARENT_Q
                   ? rounded(phase->apparent_mva)
                   : 0;
    }
}

/* IDs that name `count` phases in a row, beginning with `phase`. */
static const struct {
    uint8_t first, count, phase, what;
} by_phase[] = {
    {12, 3, 0, CURRENT},          {15, 3, 0, VOLTAGE},          {18, 1, 0, POWER_FACTOR},
    {21, 2, 1, POWER_FACTOR},     {23, 3, 0, SIN_PHI},          {185, 3, 0, IMPORT},
    {188, 3, 0, EXPORT},          {191, 3, 0, IMPORT_CT},       {194, 3, 0, EXPORT_CT},
    {197, 3, 0, CURRENT_CT},      {202, 3, 0, VOLTAGE},         {205, 3, 0, VOLTAGE_AVERAGE},
    {210, 3, 0, IMPORT_AVERAGE},  {213, 3, 0, EXPORT_AVERAGE},  {233, 3, 0, CURRENT_AVERAGE},
    {239, 3, 0, REACTIVE_IMPORT}, {242, 3, 0, REACTIVE_EXPORT},
};

bool sim_meter_present(const struct sim_meter *meter, unsigned source, int64_t *value)
{
    for (size_t i = 0; i < sizeof by_phase / sizeof *by_phase; i++) {
        unsigned beyond = source - by_phase[i].first;
        if (source < by_phase[i].first || beyond >= by_phase[i].count)
            continue;
        const struct sim_phase *phase = &meter->house.phase[by_phase[i].phase + beyond];
        *value = of_phase(meter, phase, by_phase[i].what);
        return true;
    }
    if (source >= 220 && source <= 231) {
        const struct sim_phase *phase = &meter->house.phase[(source - 220) / 4];
        *value = of_phase(meter, phase, APPARENT_Q + (source - 220) % 4);
        return true;
    }
    return of_total(meter, source, value);
}

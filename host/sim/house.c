#include "host/sim/house.h"

#include <string.h>

enum {
    L1 = 1 << 0,
    L2 = 1 << 1,
    L3 = 1 << 2,
    ALL = L1 | L2 | L3,
    DAY_S = 86400,
    NOMINAL_MV = 230000,
    WANDER_MAX_MV = 6000,
    SUNRISE_S = 6 * 3600,
    SUNSET_S = 20 * 3600,
    SOLAR_PEAK_W = 2000, /* each phase */
    SMOOTHING = 16       /* seconds that averages take to follow */
};

/* Hours of the day, one bit each. */
#define HOURS(from, to) (((UINT32_C(1) << ((to) - (from) + 1)) - 1) << (from))

struct appliance {
    uint16_t watts; /* each phase */
    int16_t vars;   /* each phase; negative: capacitive */
    uint16_t shortest_s, longest_s;
    uint16_t starts; /* in 100 days */
    uint8_t phases;
    uint32_t hours; /* in which it is started */
};

/* What is always on, by phase: stand-by supplies, whose filters are capacitive. */
static const struct {
    int16_t watts, vars;
} always[SIM_PHASES] = {{95, -205}, {55, -165}, {50, -180}};

static const struct appliance appliances[] = {
    {90, 80, 600, 1200, 3600, L2, HOURS(0, 23)},                       /* fridge */
    {110, 100, 500, 1500, 3000, L3, HOURS(0, 23)},                     /* freezer */
    {850, 520, 900, 2400, 1800, ALL, HOURS(0, 23)},                    /* heat pump */
    {140, -60, 3600, 9000, 300, L1, HOURS(6, 7) | HOURS(16, 21)},      /* lights */
    {160, -90, 3600, 10800, 300, L2, HOURS(15, 21)},                   /* television, computers */
    {2100, 0, 120, 240, 500, L1, HOURS(6, 9) | HOURS(15, 20)},         /* kettle */
    {1800, 0, 900, 2700, 150, L2 | L3, HOURS(11, 12) | HOURS(17, 18)}, /* hob and oven */
    {1250, 300, 120, 400, 300, L3, HOURS(6, 20)},                      /* microwave */
    {2000, 150, 900, 1500, 70, L3, HOURS(8, 19)},                      /* washing machine */
    {1900, 100, 1200, 1800, 90, L1, HOURS(19, 21)},                    /* dishwasher */
    {800, 250, 600, 1500, 40, L2, HOURS(9, 18)},                       /* vacuum cleaner */
    {3660, 180, 5400, 14400, 60, ALL, HOURS(18, 22)},                  /* car */
};

enum {
    APPLIANCES = sizeof appliances / sizeof *appliances
};
_Static_assert((int)APPLIANCES <= (int)SIM_APPLIANCES, "room in struct sim_house");

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

int32_t sim_square_root(int64_t square)
{
    int64_t root = 0;

    for (int64_t bit = INT64_C(1) << 31; bit != 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= square)
            root += bit;
    return (int32_t)root;
}

/* Started as often as the table says, at random moments of its hours. */
static void switch_appliance(struct sim_house *house, unsigned which, uint32_t hour)
{
    const struct appliance *a = &appliances[which];
    uint32_t hours = 0;

    if (house->left_s[which] != 0) {
        house->left_s[which]--;
        return;
    }
    if ((a->hours >> hour & 1) == 0)
        return;
    for (uint32_t rest = a->hours; rest != 0; rest >>= 1)
        hours += rest & 1;
    uint32_t chance = (uint32_t)(UINT64_C(0xffffffff) * a->starts / (UINT64_C(360000) * hours));
    if (sim_random_hit(&house->random, chance))
        house->left_s[which] =
            (uint16_t)sim_random_between(&house->random, a->shortest_s, a->longest_s);
}

/* Milliwatts that the sun gives to each phase: a parabola over the day, less the clouds. */
static int32_t solar_mw(const struct sim_house *house, uint32_t second_of_day)
{
    int64_t length = SUNSET_S - SUNRISE_S;
    int64_t since = (int64_t)second_of_day - SUNRISE_S, until = SUNSET_S - (int64_t)second_of_day;

    if (!house->solar || since <= 0 || until <= 0)
        return 0;
    return (int32_t)(4 * since * until * SOLAR_PEAK_W / (length * length) * house->cloud_permille);
}

/* Active and reactive power of one phase as its loads want it. */
static void add_loads(const struct sim_house *house, unsigned phase, int32_t *mw, int32_t *mvar)
{
    for (unsigned i = 0; i < SIM_PHASES; i++) {
        if (house->phases != 1 && i != phase)
            continue;
        *mw += always[i].watts * 1000;
        *mvar += always[i].vars * 1000;
    }
    for (unsigned i = 0; i < APPLIANCES; i++) {
        bool here = house->phases == 1 || (appliances[i].phases >> phase & 1) != 0;
        if (here && house->left_s[i] != 0) {
            *mw += appliances[i].watts * 1000;
            *mvar += appliances[i].vars * 1000;
        }
    }
    *mw /= house->divisor;
    *mvar /= house->divisor;
}

static int32_t smoothed(int32_t average, int32_t value)
{
    return average + (value - average) / SMOOTHING;
}

static void phase_second(struct sim_house *house, unsigned which, int32_t solar)
{
    struct sim_phase *phase = &house->phase[which];
    struct sim_random *random = &house->random;
    int32_t mw = 0, mvar = 0;

    add_loads(house, which, &mw, &mvar);
    mw += mw / 1000 * sim_random_between(random, -15, 15); /* nothing draws quite the same */
    mvar += mvar / 1000 * sim_random_between(random, -10, 10);
    mw -= solar / house->divisor;

    phase->wander_mv = clamp(phase->wander_mv + sim_random_between(random, -60, 60), -WANDER_MAX_MV,
                             WANDER_MAX_MV);
    /* The wires to the house have a quarter of an ohm. */
    phase->voltage_mv = NOMINAL_MV + phase->wander_mv - mw * house->divisor / 230 / 4;
    phase->active_mw = mw;
    phase->reactive_mvar = mvar;
    phase->apparent_mva = sim_square_root((int64_t)mw * mw + (int64_t)mvar * mvar);
    phase->current_ma = (int32_t)((int64_t)phase->apparent_mva * 1000 / phase->voltage_mv);

    phase->voltage_average_mv = smoothed(phase->voltage_average_mv, phase->voltage_mv);
    phase->current_average_ma = smoothed(phase->current_average_ma, phase->current_ma);
    phase->active_average_mw = smoothed(phase->active_average_mw, phase->active_mw);
}

void sim_house_second(struct sim_house *house, uint32_t second_of_day)
{
    struct sim_random *random = &house->random;

    for (unsigned i = 0; i < APPLIANCES; i++)
        switch_appliance(house, i, second_of_day % DAY_S / 3600);
    house->cloud_permille =
        clamp(house->cloud_permille + sim_random_between(random, -8, 8), 120, 1000);
    house->frequency_mhz =
        clamp(house->frequency_mhz + sim_random_between(random, -2, 2), 49900, 50100);
    int32_t solar = solar_mw(house, second_of_day);
    for (unsigned i = 0; i < house->phases; i++)
        phase_second(house, i, solar);
}

void sim_house_init(struct sim_house *house, uint64_t seed, unsigned phases, bool solar,
                    unsigned divisor)
{
    memset(house, 0, sizeof *house);
    house->random.state = seed;
    house->phases = (uint8_t)phases;
    house->solar = solar;
    house->divisor = (uint8_t)divisor;
    house->frequency_mhz = 50000;
    house->cloud_permille = 700;
    for (unsigned i = 0; i < phases; i++) {
        house->phase[i].wander_mv = sim_random_between(&house->random, -3000, 3000);
        house->phase[i].voltage_average_mv = NOMINAL_MV;
    }
}

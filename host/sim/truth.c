/*
 * What the meter has, under the names of the project's data model. These names
 * and where they come from are written down here a second time on purpose: the
 * tests compare them with what comes out of meter/'s schema.
 */
#include "host/sim/meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* By the source IDs of BT22; '@' stands for the tier and makes it one of each. */
static const struct {
    const char *name;
    uint8_t source;
} registers[] = {
    {"energy_import@_wh", 0},
    {"energy_export@_wh", 1},
    {"reactive_energy_import@_varh", 2},
    {"reactive_energy_export@_varh", 3},
    {"power_outage_s", 4},
    {"power_outages", 5},
    {"energy_sum@_wh", 6},
    {"energy_net@_wh", 7},
    {"pulse_1", 26},
    {"pulse_2", 27},
    {"error_count", 28},
    {"reactive_energy_q1@_varh", 108},
    {"reactive_energy_q2@_varh", 109},
    {"reactive_energy_q3@_varh", 110},
    {"reactive_energy_q4@_varh", 111},
};

/* By the source IDs of BT27, on meters with and without current transformers. */
static const struct {
    const char *name;
    uint8_t source, ct_source;
    uint8_t phases; /* '#' is 1 to so many */
} presents[] = {
    {"power_import_w", 8, 81, 0},
    {"power_export_w", 9, 82, 0},
    {"reactive_import_var", 10, 83, 0},
    {"reactive_export_var", 11, 84, 0},
    {"current_l#_ma", 12, 197, 3},
    {"voltage_l#_mv", 15, 15, 3},
    {"power_factor_l1_permille", 18, 18, 0},
    {"frequency_mhz", 19, 19, 0},
    {"apparent_power_va", 20, 20, 0},
    {"power_factor_l2_permille", 21, 21, 0},
    {"power_factor_l3_permille", 22, 22, 0},
    {"sin_phi_l#_permille", 23, 23, 3},
    {"reactive_q1_var", 104, 104, 0},
    {"reactive_q2_var", 105, 105, 0},
    {"reactive_q3_var", 106, 106, 0},
    {"reactive_q4_var", 107, 107, 0},
    {"power_import_l#_w", 185, 191, 3},
    {"power_export_l#_w", 188, 194, 3},
    {"voltage_continuous_l#_mv", 202, 202, 3},
    {"voltage_average_l#_mv", 205, 205, 3},
    {"power_import_average_w", 208, 208, 0},
    {"power_export_average_w", 209, 209, 0},
    {"power_import_average_l#_w", 210, 210, 3},
    {"power_export_average_l#_w", 213, 213, 3},
};

struct giving {
    const struct sim_meter *meter;
    sim_truth_fn *fn;
    void *context;
};

/* The name with `text` in place of `mark`, if it is there. */
static const char *named(char *out, const char *pattern, char mark, const char *text)
{
    const char *at = strchr(pattern, mark);

    if (at == NULL)
        return pattern;
    snprintf(out, METER_NAME_SIZE, "%.*s%s%s", (int)(at - pattern), pattern, text, at + 1);
    return out;
}

static void give(const struct giving *giving, const char *name, int64_t integer, const char *text)
{
    struct sim_truth_value value = {name, text, integer};
    giving->fn(giving->context, &value);
}

/* Whether BT22 or BT27 lists it, as they are configured now. */
static bool listed(const uint8_t *list, uint32_t count, unsigned source)
{
    return memchr(list, (int)source, count) != NULL;
}

static void give_register(const struct giving *giving, const char *pattern, unsigned tier,
                          int64_t value)
{
    char part[16] = "", name[METER_NAME_SIZE];

    if (tier != 0)
        snprintf(part, sizeof part, "_t%u", tier);
    give(giving, named(name, pattern, '@', part), value, NULL);
}

static void give_registers(const struct giving *giving)
{
    const struct meter_dimensions *dims = &giving->meter->dims;
    uint32_t count = meter_dimension(dims, METER_DIM_SUMMATIONS);

    for (size_t i = 0; i < sizeof registers / sizeof *registers; i++) {
        unsigned tiers = 0;
        if (!listed(dims->summation_source, count, registers[i].source))
            continue;
        if (strchr(registers[i].name, '@') != NULL)
            tiers = meter_dimension(dims, METER_DIM_TIERS);
        for (unsigned tier = 0; tier <= tiers; tier++) {
            int64_t value;
            if (sim_meter_register(giving->meter, registers[i].source, tier, &value))
                give_register(giving, registers[i].name, tier, value);
        }
    }
}

static bool of_absent_phase(const struct sim_meter *meter, const char *name)
{
    return meter->house.phases == 1 &&
           (strstr(name, "_l2_") != NULL || strstr(name, "_l3_") != NULL);
}

static void give_presents(const struct giving *giving)
{
    const struct sim_meter *meter = giving->meter;
    uint32_t count = meter_dimension(&meter->dims, METER_DIM_PRESENT_VALUES);

    for (size_t i = 0; i < sizeof presents / sizeof *presents; i++) {
        bool ct = sim_meter_ratio(meter) != 1;
        unsigned first = ct ? presents[i].ct_source : presents[i].source;
        unsigned rows = presents[i].phases != 0 ? presents[i].phases : 1;
        for (unsigned row = 0; row < rows; row++) {
            char digit[2] = {(char)('1' + row), 0}, text[METER_NAME_SIZE];
            const char *name = named(text, presents[i].name, '#', digit);
            int64_t value;
            if (!of_absent_phase(meter, name) &&
                listed(meter->dims.present_source, count, first + row) &&
                sim_meter_present(meter, first + row, &value))
                give(giving, name, value, NULL);
        }
    }
}

const char *sim_meter_text(const struct sim_meter *meter, const char *name, char *text)
{
    static const char *const models[SIM_MODELS] = {"SIM-3P", "SIM-1P", "SIM-OLD",
                                                   "SIM-CT", "SIM-G4", "SIM-G4L"};
    unsigned firmware = meter_dimension(&meter->dims, METER_DIM_FIRMWARE);

    if (strcmp(name, "manufacturer") == 0 || strcmp(name, "manufacturer_id") == 0)
        return "SIMU";
    if (strcmp(name, "model") == 0)
        return models[meter->model];
    if (strcmp(name, "serial") == 0)
        snprintf(text, METER_NAME_SIZE, "SIM%08" PRIu32, meter->serial);
    else if (strcmp(name, "firmware") == 0)
        snprintf(text, METER_NAME_SIZE, "%u.%02u.%02u", firmware >> 12, firmware >> 5 & 0x7f,
                 firmware & 0x1f);
    else
        return NULL;
    return text;
}

void sim_truth(const struct sim_meter *meter, sim_truth_fn *fn, void *context)
{
    static const char *const texts[] = {"serial", "manufacturer", "model", "firmware"};
    const struct giving giving = {meter, fn, context};
    struct meter_time utc = sim_meter_utc(meter);
    char text[METER_NAME_SIZE];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        give(&giving, texts[i], 0, sim_meter_text(meter, texts[i], text));
    give(&giving, "meter_time", meter->unix_now, meter_time_text(&utc, text));
    give(&giving, "tariff", meter->tariff, NULL);
    give_registers(&giving);
    give_presents(&giving);
}

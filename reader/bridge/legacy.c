/* What the original firmware served, for the software in homes that still asks for it. */
#include "reader/bridge/bridge.h"

#include <string.h>

enum {
    PHASES = 3,
    TOLERANCE_W = 3,  /* what the installed clients bear between the phases and the total */
    WEIGHT_BITS = 30, /* so that a weight times a power fits */
    TEXT_SIZE = 48,
    EPOCH_2000 = 946684800
};

/* What is needed of a reading; phase values in groups of three. */
enum slot {
    ENERGY_IMPORT,
    ENERGY_EXPORT,
    POWER_IMPORT,
    POWER_EXPORT,
    AVERAGE_IMPORT,
    AVERAGE_EXPORT,
    REACTIVE_IMPORT,
    REACTIVE_EXPORT,
    FREQUENCY,
    CURRENT,
    VOLTAGE = CURRENT + PHASES,
    POWER_FACTOR = VOLTAGE + PHASES,
    PHASE_IMPORT = POWER_FACTOR + PHASES,
    PHASE_EXPORT = PHASE_IMPORT + PHASES,
    PHASE_AVERAGE_IMPORT = PHASE_EXPORT + PHASES,
    PHASE_AVERAGE_EXPORT = PHASE_AVERAGE_IMPORT + PHASES,
    SLOTS = PHASE_AVERAGE_EXPORT + PHASES
};

static const char *const slot_names[SLOTS] = {
    [ENERGY_IMPORT] = "energy_import_wh",
    [ENERGY_EXPORT] = "energy_export_wh",
    [POWER_IMPORT] = "power_import_w",
    [POWER_EXPORT] = "power_export_w",
    [AVERAGE_IMPORT] = "power_import_average_w",
    [AVERAGE_EXPORT] = "power_export_average_w",
    [REACTIVE_IMPORT] = "reactive_import_var",
    [REACTIVE_EXPORT] = "reactive_export_var",
    [FREQUENCY] = "frequency_mhz",
    [CURRENT] = "current_l1_ma",
    "current_l2_ma",
    "current_l3_ma",
    [VOLTAGE] = "voltage_l1_mv",
    "voltage_l2_mv",
    "voltage_l3_mv",
    [POWER_FACTOR] = "power_factor_l1_permille",
    "power_factor_l2_permille",
    "power_factor_l3_permille",
    [PHASE_IMPORT] = "power_import_l1_w",
    "power_import_l2_w",
    "power_import_l3_w",
    [PHASE_EXPORT] = "power_export_l1_w",
    "power_export_l2_w",
    "power_export_l3_w",
    [PHASE_AVERAGE_IMPORT] = "power_import_average_l1_w",
    "power_import_average_l2_w",
    "power_import_average_l3_w",
    [PHASE_AVERAGE_EXPORT] = "power_export_average_l1_w",
    "power_export_average_l2_w",
    "power_export_average_l3_w",
};

struct snapshot {
    int64_t value[SLOTS]; /* 0 if the meter does not have it */
    bool has[SLOTS];
    struct meter_time time;
    bool has_time;
    mep_time verified_at;
};

/* ---- From the reading ---- */

static void take(void *context, const struct reader_value *value)
{
    struct snapshot *s = context;

    if (value->kind == READER_TIME) {
        s->time = value->time;
        s->has_time = true;
    }
    if (value->kind != READER_INTEGER || (value->before_ratio && value->unit == METER_UNIT_W))
        return; /* averages of a CT meter are before its ratio: no match for its powers */
    for (unsigned i = 0; i < SLOTS; i++) {
        if (strcmp(value->name, slot_names[i]) != 0)
            continue;
        s->value[i] = value->integer;
        s->has[i] = true;
        s->verified_at = value->verified_at;
    }
}

/* ---- Phases ---- */

/* A phase in use has a voltage. If none has, it is the first one. */
static unsigned live_phases(const struct snapshot *s, bool live[PHASES])
{
    unsigned count = 0;

    for (unsigned i = 0; i < PHASES; i++) {
        live[i] = s->value[VOLTAGE + i] > 0;
        count += live[i];
    }
    live[0] |= count == 0;
    return count == 0 ? 1 : count;
}

static int64_t total_w(const struct snapshot *s)
{
    return s->value[POWER_IMPORT] - s->value[POWER_EXPORT];
}

static int64_t net_w(const struct snapshot *s, unsigned phase)
{
    return s->value[PHASE_IMPORT + phase] - s->value[PHASE_EXPORT + phase];
}

static void set_net(struct snapshot *s, unsigned phase, int64_t watt)
{
    s->value[PHASE_IMPORT + phase] = watt > 0 ? watt : 0;
    s->value[PHASE_EXPORT + phase] = watt < 0 ? -watt : 0;
}

static int64_t missing_w(const struct snapshot *s)
{
    return total_w(s) - net_w(s, 0) - net_w(s, 1) - net_w(s, 2);
}

/* What the phases miss of the total, shared among those in use. */
static void spread(struct snapshot *s)
{
    bool live[PHASES];
    int64_t left = live_phases(s, live), missing = missing_w(s);

    for (unsigned i = 0; i < PHASES; i++) {
        if (!live[i])
            continue;
        int64_t share = missing / left;
        missing -= share;
        left--;
        set_net(s, i, net_w(s, i) + share);
    }
}

/* Voltage times current times power factor, in mW. */
static int64_t weight(const struct snapshot *s, unsigned phase)
{
    int64_t factor = s->has[POWER_FACTOR + phase] ? s->value[POWER_FACTOR + phase] : 1000;

    factor = factor > 1000 ? 1000 : factor < -1000 ? -1000 : factor;
    return s->value[VOLTAGE + phase] * s->value[CURRENT + phase] / 1000 * factor / 1000;
}

/* True if the phases' weights all have one sign: then they can be scaled to the total. */
static bool scale_weights(int64_t weight[PHASES])
{
    const int64_t limit = INT64_C(1) << WEIGHT_BITS;
    bool positive = false, negative = false;

    for (unsigned i = 0; i < PHASES; i++) {
        positive |= weight[i] > 0;
        negative |= weight[i] < 0;
        while (weight[i] > limit || weight[i] < -limit)
            for (unsigned j = 0; j < PHASES; j++)
                weight[j] /= 2;
    }
    return positive != negative;
}

/*
 * Of a meter that does not measure power by phase. Where its phases go in
 * different directions scaling would mean nothing: they then keep their watts.
 */
static void derive_phases(struct snapshot *s)
{
    int64_t watt[PHASES], scaled[PHASES];

    for (unsigned i = 0; i < PHASES; i++) {
        scaled[i] = weight(s, i);
        watt[i] = scaled[i] / 1000;
    }
    if (scale_weights(scaled)) {
        int64_t sum = scaled[0] + scaled[1] + scaled[2];
        for (unsigned i = 0; i < PHASES && sum != 0; i++)
            watt[i] = total_w(s) * scaled[i] / sum;
    }
    for (unsigned i = 0; i < PHASES; i++)
        set_net(s, i, watt[i]);
    spread(s);
}

static bool has_phases(const struct snapshot *s)
{
    for (unsigned i = 0; i < PHASES; i++) {
        if (s->has[PHASE_IMPORT + i] || s->has[PHASE_EXPORT + i])
            return true;
    }
    return false;
}

/* Clients reject a document whose phases miss the total; the total is what is billed, and stands. */
static void settle_phases(struct snapshot *s)
{
    bool live[PHASES];

    if (live_phases(s, live) == 1) {
        for (unsigned i = 0; i < PHASES; i++)
            set_net(s, i, live[i] ? total_w(s) : 0);
        return;
    }
    if (!has_phases(s))
        derive_phases(s);
    else if (missing_w(s) > TOLERANCE_W || missing_w(s) < -TOLERANCE_W)
        spread(s);
}

static void repeat(struct snapshot *s, unsigned average, unsigned instantaneous)
{
    if (!s->has[average])
        s->value[average] = s->value[instantaneous];
}

/* False unless both energy and power are fresh: half a document would be taken for zeros. */
static bool take_snapshot(const struct reader_meter *meter, mep_time now, struct snapshot *s)
{
    memset(s, 0, sizeof *s);
    reader_values(meter->reader, now, take, s);
    if (!s->has[ENERGY_IMPORT] || !s->has[POWER_IMPORT])
        return false;
    settle_phases(s);
    repeat(s, AVERAGE_IMPORT, POWER_IMPORT);
    repeat(s, AVERAGE_EXPORT, POWER_EXPORT);
    for (unsigned i = 0; i < PHASES; i++) {
        repeat(s, PHASE_AVERAGE_IMPORT + i, PHASE_IMPORT + i);
        repeat(s, PHASE_AVERAGE_EXPORT + i, PHASE_EXPORT + i);
    }
    return true;
}

/* ---- Writing ---- */

/* "L2" and the rest of a name. */
static void give_phase(struct reader_out *out, unsigned phase, const char *rest, int64_t value)
{
    char name[TEXT_SIZE] = {'L', (char)('1' + phase), 0};

    memcpy(name + 2, rest, strlen(rest) + 1);
    reader_json_integer(out, name, value);
}

static void give_phases(struct reader_out *out, const struct snapshot *s, const char *rest,
                        unsigned slot)
{
    for (unsigned i = 0; i < PHASES; i++)
        give_phase(out, i, rest, s->value[slot + i]);
}

static unsigned weekday(const struct meter_time *time)
{
    return (unsigned)((meter_time_unix(time) / 86400 + 4) % 7); /* 1970 began on a Thursday */
}

/* A meter without a clock gets one that began in 2000: what stands still is taken for a fault. */
static void give_times(struct reader_out *out, const struct snapshot *s)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    struct meter_time time =
        s->has_time ? s->time : meter_time_from_unix(EPOCH_2000 + s->verified_at / 1000000);
    char rfc[METER_TIME_SIZE], text[TEXT_SIZE];
    struct reader_buffer buffer;
    struct reader_out line;

    meter_time_text(&time, rfc); /* "2024-03-28T17:20:11Z" */
    reader_out_buffer(&line, &buffer, text, sizeof text);
    reader_out_bytes(&line, rfc, 10);
    reader_out_text(&line, " (");
    reader_out_text(&line, days[weekday(&time)]);
    reader_out_text(&line, ") @ ");
    reader_out_bytes(&line, rfc + 11, 8);
    reader_json_string(out, "CurrentDateTimeString", text);
    reader_out_buffer(&line, &buffer, text, sizeof text);
    reader_out_bytes(&line, rfc, 19);
    reader_out_text(&line, ".000Z");
    reader_json_string(out, "CurrentDateTime", text);
}

static void give_total(struct reader_out *out, const struct snapshot *s)
{
    reader_json_integer(out, "Fwd_Act_Wh", s->value[ENERGY_IMPORT]);
    reader_json_integer(out, "Rev_Act_Wh", s->value[ENERGY_EXPORT]);
}

static void give_texts(struct reader_out *out, const struct reader_info *info, const char *version)
{
    reader_json_string(out, "ESP_SW", "MEPlink");
    reader_json_string(out, "ESP_SW_By", "MEPlink");
    reader_json_string(out, "ESP_SW_Version", version);
    reader_json_string(out, "Meter_Manufacturer", info->manufacturer);
    reader_json_string(out, "Meter_Model", info->model);
    reader_json_string(out, "Meter_SW_Version", info->firmware);
    reader_json_string(out, "Utility_SN", info->serial);
}

bool reader_legacy_dash(const struct reader_meter *meter, mep_time now, const char *version,
                        struct reader_out *out)
{
    struct snapshot s;

    if (!take_snapshot(meter, now, &s))
        return false;
    reader_json_begin(out, NULL);
    give_texts(out, reader_info(meter->reader), version);
    give_times(out, &s);
    give_total(out, &s);
    reader_json_integer(out, "Fwd_W", s.value[POWER_IMPORT]);
    reader_json_integer(out, "Rev_W", s.value[POWER_EXPORT]);
    reader_json_integer(out, "Fwd_Avg_W", s.value[AVERAGE_IMPORT]);
    reader_json_integer(out, "Rev_Avg_W", s.value[AVERAGE_EXPORT]);
    reader_json_integer(out, "Freq_mHz", s.value[FREQUENCY]);
    give_phases(out, &s, "_RMS_A", CURRENT);
    give_phases(out, &s, "_RMS_V", VOLTAGE);
    give_phases(out, &s, "_Fwd_W", PHASE_IMPORT);
    give_phases(out, &s, "_Rev_W", PHASE_EXPORT);
    give_phases(out, &s, "_Fwd_Avg_W", PHASE_AVERAGE_IMPORT);
    give_phases(out, &s, "_Rev_Avg_W", PHASE_AVERAGE_EXPORT);
    reader_json_end(out);
    return true;
}

const char *reader_legacy_topic_name(enum reader_legacy_topic topic)
{
    static const char *const names[READER_LEGACY_TOPICS] = {
        [READER_LEGACY_SENSORS] = "sensors",
        [READER_LEGACY_TOTAL] = "meterConsumptionTotal",
        [READER_LEGACY_FORWARD] = "meterConsumptionFwd",
        [READER_LEGACY_REVERSE] = "meterConsumptionRev",
        [READER_LEGACY_FREQUENCY] = "frequency",
    };
    return (unsigned)topic < READER_LEGACY_TOPICS ? names[topic] : "";
}

bool reader_legacy_document(const struct reader_meter *meter, enum reader_legacy_topic topic,
                            mep_time now, struct reader_out *out)
{
    struct snapshot s;

    if (!take_snapshot(meter, now, &s))
        return false;
    reader_json_begin(out, NULL);
    switch (topic) {
    case READER_LEGACY_SENSORS:
        give_phases(out, &s, "_RMS_A", CURRENT);
        give_phases(out, &s, "_RMS_V", VOLTAGE);
        give_phases(out, &s, "_PF_Fac", POWER_FACTOR);
        reader_json_integer(out, "ExportReactive_VAr", s.value[REACTIVE_EXPORT]);
        reader_json_integer(out, "ImportReactive_VAr", s.value[REACTIVE_IMPORT]);
        break;
    case READER_LEGACY_TOTAL:
        give_total(out, &s);
        break;
    case READER_LEGACY_FORWARD:
        reader_json_integer(out, "Fwd_W", s.value[POWER_IMPORT]);
        reader_json_integer(out, "Fwd_Avg_W", s.value[AVERAGE_IMPORT]);
        give_phases(out, &s, "_Fwd_W", PHASE_IMPORT);
        give_phases(out, &s, "_Fwd_Avg_W", PHASE_AVERAGE_IMPORT);
        break;
    case READER_LEGACY_REVERSE:
        reader_json_integer(out, "Rev_W", s.value[POWER_EXPORT]);
        reader_json_integer(out, "Rev_Avg_W", s.value[AVERAGE_EXPORT]);
        give_phases(out, &s, "_Rev_W", PHASE_EXPORT);
        give_phases(out, &s, "_Rev_Avg_W", PHASE_AVERAGE_EXPORT);
        break;
    case READER_LEGACY_FREQUENCY:
    case READER_LEGACY_TOPICS:
        reader_json_integer(out, "Freq_mHz", s.value[FREQUENCY]);
        break;
    }
    reader_json_end(out);
    return true;
}

/* What an interval of the load profile says. */
#include "meter/profile.h"
#include "meter/walk.h"

#include <string.h>

enum {
    SOURCES = 245,   /* the guide's IDs end before it (p.203-206) */
    FIRST_TIER = 29, /* what each of four tiers counts, 11 IDs a tier */
    TIER_SOURCES = 11,
    TIERS = 4,
    TYPE_MBUS = 4, /* bits 15..12 of an extended ID (p.32); 0: a plain one */
    NOT_IN_TIERS = 0xff
};

/* ---- Status ---- */

static unsigned nibble(const uint8_t *record, unsigned index)
{
    return index % 2 == 0 ? record[index / 2] >> 4 : record[index / 2] & 15;
}

unsigned meter_profile_channel_status(const struct meter_profile *profile, const uint8_t *record,
                                      unsigned channel)
{
    return channel < profile->channels[profile->set] ? nibble(record, channel + 1) : 0;
}

uint32_t meter_profile_flags(const struct meter_profile *profile, const uint8_t *record)
{
    uint32_t flags = nibble(record, 0);

    for (unsigned i = 0; i < profile->channels[profile->set]; i++) {
        unsigned status = meter_profile_channel_status(profile, record, i);
        if (status != 0)
            flags |= (uint32_t)METER_PROFILE_STATUS << status;
    }
    return flags;
}

const char *meter_profile_flag_name(unsigned bit)
{
    static const char *const names[METER_PROFILE_FLAGS] = {
        "dst",         "power_fail", "clock_forward", "clock_back",  NULL,
        "overflow",    "partial",    "long",          "skipped",     "test_mode",
        "status_6",    "status_7",   "not_decrypted", "clock_error", "device_missing",
        "not_current", "opted_out",  "status_13",     "status_14",   "placeholder"};
    return bit < METER_PROFILE_FLAGS ? names[bit] : NULL;
}

/* What stands in the channel is not its value (p.240-241). */
static bool is_empty(unsigned status)
{
    enum {
        SKIPPED = 4,
        NOT_DECRYPTED = 8,
        DEVICE_MISSING = 10,
        OPTED_OUT = 12,
        PLACEHOLDER = 15
    };
    return status == SKIPPED || status == NOT_DECRYPTED || status == DEVICE_MISSING ||
           status == OPTED_OUT || status == PLACEHOLDER;
}

/* ---- Names ---- */

/* A total under the name that it has in BT23; false if it is none. */
static bool name_register(struct meter_value *value, unsigned id)
{
    static const uint8_t in_tier[TIER_SOURCES] = {
        0, 1, 2, 3, NOT_IN_TIERS, NOT_IN_TIERS, 6, 7, NOT_IN_TIERS, NOT_IN_TIERS, NOT_IN_TIERS};
    unsigned plain = id;

    if (id >= FIRST_TIER && id < FIRST_TIER + TIERS * TIER_SOURCES) {
        plain = in_tier[(id - FIRST_TIER) % TIER_SOURCES];
        value->tier = (uint8_t)(1 + (id - FIRST_TIER) / TIER_SOURCES);
    }
    const struct meter_source *source =
        meter_find_source(meter_summation_sources, meter_summation_source_count, plain);
    if (plain == NOT_IN_TIERS || source == NULL)
        return false;
    meter_name_source(value, source, (uint8_t)plain);
    return true;
}

/* A measurement under the name that it has in a reading. */
static bool name_present(struct meter_value *value, const struct meter_dimensions *dims,
                         unsigned id)
{
    const struct meter_source *source =
        meter_find_source(meter_present_sources, meter_present_source_count, id);

    if (source == NULL)
        return false;
    value->table = &meter_bt28;
    meter_name_source(value, source, (uint8_t)id);
    return meter_reading_name(value, dims);
}

static bool listed_before(const struct meter_profile *p, unsigned channel)
{
    for (unsigned i = 0; i < channel; i++)
        if (p->source[i] == p->source[channel])
            return true;
    return false;
}

/* The scalars of a set before this one move what BT62 says of this one. */
static bool sources_known(const struct meter_profile *p)
{
    return !p->scaled && (p->scaled_sets & ((2u << p->set) - 1)) == 0;
}

bool meter_profile_channel(const struct meter_profile *profile, const struct meter_dimensions *dims,
                           unsigned channel, struct meter_value *value)
{
    if (channel >= profile->channels[profile->set] || channel >= METER_PROFILE_CHANNELS_MAX)
        return false;
    unsigned id = profile->source[channel], type = id >> 12;
    const unsigned number[] = {channel + 1, 0};
    const unsigned mbus[] = {id >> 8 & 15, id & 31};

    memset(value, 0, sizeof *value);
    value->kind = METER_SIGNED;
    value->place = (uint8_t)channel;
    if (id == METER_PROFILE_NO_SOURCE || !sources_known(profile) ||
        listed_before(profile, channel)) {
        meter_compose(value, "channel_#", number);
    } else if (id >= SOURCES) {
        meter_compose(value, type == TYPE_MBUS ? "mbus_#_type_#" : "extended_#",
                      type == TYPE_MBUS ? mbus : &id);
    } else if (!name_register(value, id) && !name_present(value, dims, id)) {
        value->unit = METER_UNIT_NONE;
        value->sourced = false;
        value->tier = 0;
        meter_compose(value, "source_#", &id);
    }
    value->table = NULL;
    value->source = value->sourced ? (uint8_t)id : 0;
    return true;
}

/* ---- Values ---- */

static int64_t load_int32(const uint8_t *bytes)
{
    int64_t number = (int64_t)bytes[0] | (int64_t)bytes[1] << 8 | (int64_t)bytes[2] << 16 |
                     (int64_t)bytes[3] << 24;
    return number > INT32_MAX ? number - (INT64_C(1) << 32) : number;
}

size_t meter_profile_values(const struct meter_profile *profile,
                            const struct meter_dimensions *dims, const uint8_t *record,
                            meter_value_fn *fn, void *context)
{
    struct meter_value value;
    size_t values = 0;

    for (unsigned i = 0; meter_profile_channel(profile, dims, i, &value); i++) {
        if (is_empty(meter_profile_channel_status(profile, record, i)))
            continue;
        value.integer = load_int32(record + profile->layout.values + (size_t)4 * i);
        if (value.unit == METER_UNIT_WH || value.unit == METER_UNIT_VARH)
            value.integer *= meter_dimension(dims, METER_DIM_ENERGY_UNIT);
        fn(context, &value);
        values++;
    }
    return values;
}

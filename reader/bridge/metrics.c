/*
 * Prometheus' text format 0.0.4: family by family, each with the samples of all
 * meters, since a family must not be split. Values are gathered a few at a time.
 */
#include "reader/bridge/bridge.h"
#include "reader/bridge/titles.h"
#include "reader/text/utf8.h"

#include <string.h>

enum {
    LABEL_SIZE = 3 * READER_SERIAL_SIZE + 1 /* a byte that is no UTF-8 becomes three */
};

/* ---- The format ---- */

static void begin_family(struct reader_out *out, const char *name, const char *help,
                         const char *unit, const char *type)
{
    reader_out_text(out, "# HELP meplink_");
    reader_out_text(out, name);
    reader_out_text(out, " ");
    reader_out_text(out, help);
    if (unit[0] != 0) {
        reader_out_text(out, ", ");
        reader_out_text(out, unit);
    }
    reader_out_text(out, "\n# TYPE meplink_");
    reader_out_text(out, name);
    reader_out_text(out, " ");
    reader_out_text(out, type);
    reader_out_text(out, "\n");
}

static void label(struct reader_out *out, const char *name, const char *value)
{
    char clean[LABEL_SIZE];

    reader_utf8_clean((const uint8_t *)value, strlen(value), clean, sizeof clean);
    reader_out_text(out, name);
    reader_out_text(out, "=\"");
    for (const char *c = clean; *c != 0; c++) {
        if (*c == '"' || *c == '\\')
            reader_out_text(out, "\\");
        reader_out_bytes(out, c, 1);
    }
    reader_out_text(out, "\"");
}

static void begin_sample(struct reader_out *out, const char *name, const struct reader_meter *meter)
{
    reader_out_text(out, "meplink_");
    reader_out_text(out, name);
    reader_out_text(out, "{");
    label(out, "meter", reader_info(meter->reader)->serial);
    reader_out_text(out, ",");
    label(out, "id", meter->settings->name);
}

static void end_sample(struct reader_out *out, int64_t value, unsigned decimals)
{
    reader_out_text(out, "} ");
    reader_out_decimal(out, value, decimals);
    reader_out_text(out, "\n");
}

static void sample(struct reader_out *out, const char *name, const struct reader_meter *meter,
                   int64_t value, unsigned decimals)
{
    begin_sample(out, name, meter);
    end_sample(out, value, decimals);
}

/* ---- Values of readings ---- */

struct wanted {
    char name[READER_GATHERED][METER_NAME_SIZE];
    enum meter_unit unit[READER_GATHERED];
    size_t skip, count;
    struct reader_gathered *into;
};

static void want(void *context, const struct reader_value *value)
{
    struct wanted *wanted = context;

    if (wanted->skip != 0) {
        wanted->skip--;
    } else if (wanted->count < READER_GATHERED) {
        memcpy(wanted->name[wanted->count], value->name, strlen(value->name) + 1);
        wanted->unit[wanted->count++] = value->unit;
    }
}

static void gather(void *context, const struct reader_value *value)
{
    struct wanted *wanted = context;

    for (size_t i = 0; i < wanted->count && value->kind == READER_INTEGER; i++) {
        if (strcmp(value->name, wanted->name[i]) != 0)
            continue;
        wanted->into->value[i] = value->integer;
        wanted->into->has |= (uint8_t)(1u << i);
    }
}

static void give_value(const struct reader_bridge *bridge, const struct wanted *wanted,
                       size_t index, struct reader_out *out)
{
    const char *name = wanted->name[index];
    enum meter_unit unit = wanted->unit[index];
    char title[READER_TITLE_SIZE];
    bool begun = false;

    for (size_t i = 0; i < bridge->meters; i++) {
        const struct reader_gathered *gathered = &bridge->meter[i]->gathered;
        if ((gathered->has >> index & 1) == 0)
            continue;
        if (!begun)
            begin_family(out, name, reader_title(name, unit, title), meter_unit_text(unit),
                         reader_is_total(name, unit) ? "counter" : "gauge");
        begun = true;
        sample(out, name, bridge->meter[i], gathered->value[index], 0);
    }
}

static void give_values(const struct reader_bridge *bridge, mep_time now, struct reader_out *out)
{
    struct wanted wanted;

    for (size_t from = 0;; from += READER_GATHERED) {
        wanted.skip = from;
        wanted.count = 0;
        reader_value_names_of_all(want, &wanted);
        if (wanted.count == 0)
            return;
        for (size_t i = 0; i < bridge->meters; i++) {
            wanted.into = &bridge->meter[i]->gathered;
            wanted.into->has = 0;
            reader_values(bridge->meter[i]->reader, now, gather, &wanted);
        }
        for (size_t i = 0; i < wanted.count; i++)
            give_value(bridge, &wanted, i, out);
    }
}

/* ---- About meters ---- */

struct number {
    int64_t value;
    unsigned decimals;
    bool known;
};

static struct number whole(int64_t value)
{
    return (struct number){.value = value, .known = true};
}

static struct number link_ok(const struct reader_meter *meter, mep_time now)
{
    (void)now;
    return whole(reader_link(meter->reader) == READER_LINK_OK);
}

static struct number age(const struct reader_meter *meter, mep_time now)
{
    int64_t ms = reader_meter_age_ms(meter, now);
    return (struct number){.value = ms, .decimals = 3, .known = ms >= 0};
}

static struct number quality(const struct reader_meter *meter, mep_time now)
{
    int percent = reader_meter_quality_percent(meter);
    (void)now;
    return (struct number){.value = percent, .decimals = 2, .known = percent >= 0};
}

static void take_time(void *context, const struct reader_value *value)
{
    struct number *time = context;

    if (value->kind == READER_TIME)
        *time = whole(meter_time_unix(&value->time));
}

static struct number meter_clock(const struct reader_meter *meter, mep_time now)
{
    struct number time = {.known = false};

    reader_values(meter->reader, now, take_time, &time);
    return time;
}

static struct number alert_flags(const struct reader_meter *meter, mep_time now)
{
    const struct reader_info *info = reader_info(meter->reader);
    (void)now;
    return (struct number){.value = info->alert_flags, .known = info->alert_flags_known};
}

static void give_state(const struct reader_bridge *bridge, mep_time now, struct reader_out *out)
{
    static const struct {
        const char *name, *help;
        struct number (*number)(const struct reader_meter *meter, mep_time now);
    } families[] = {
        {"link_ok", "1 if the meter answers and nearly every answer verifies", link_ok},
        {"age_seconds", "Time since the newest reading was verified", age},
        {"quality_ratio", "Share of recent attempts that were answered and verified", quality},
        {"meter_time_seconds", "The meter's clock at its newest reading, since 1970", meter_clock},
        {"alert_flags", "The meter's alert flags, ET13", alert_flags},
    };

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        bool begun = false;
        for (size_t m = 0; m < bridge->meters; m++) {
            struct number number = families[i].number(bridge->meter[m], now);
            if (!number.known)
                continue;
            if (!begun)
                begin_family(out, families[i].name, families[i].help, "", "gauge");
            begun = true;
            sample(out, families[i].name, bridge->meter[m], number.value, number.decimals);
        }
    }
}

static uint32_t count_at(const void *counters, size_t offset)
{
    uint32_t count;
    memcpy(&count, (const uint8_t *)counters + offset, sizeof count);
    return count;
}

static void give_counts(const struct reader_bridge *bridge, struct reader_out *out)
{
    static const struct {
        const char *name, *help;
        bool of_client;
        size_t offset;
    } families[] = {
        {"readings_total", "Readings", false, offsetof(struct reader_counters, readings)},
        {"rejected_total", "Energies that were not plausible", false,
         offsetof(struct reader_counters, rejected)},
        {"restarted_total", "Implausible energies that were accepted after all", false,
         offsetof(struct reader_counters, restarted)},
        {"rollovers_total", "Readings with an energy that began again from 0", false,
         offsetof(struct reader_counters, rollovers)},
        {"flagged_total", "Readings whose phase powers miss the total", false,
         offsetof(struct reader_counters, flagged)},
        {"rounds_failed_total", "Rounds begun and without a reading", false,
         offsetof(struct reader_counters, rounds_failed)},
        {"rounds_missed_total", "Rounds not begun, the line being busy or the meter gone", false,
         offsetof(struct reader_counters, rounds_missed)},
        {"setups_total", "Times that the meter's dimensions were read", false,
         offsetof(struct reader_counters, setups)},
        {"requests_total", "Requests to the meter", true,
         offsetof(struct mep_client_counters, requests)},
        {"alerts_total", "Alerts from the meter", true,
         offsetof(struct mep_client_counters, alerts)},
        {"strays_total", "Frames from the meter that nobody waited for", true,
         offsetof(struct mep_client_counters, strays)},
        {"garbage_bytes_total", "Bytes that belonged to no frame", true,
         offsetof(struct mep_client_counters, garbage)},
    };

    for (size_t i = 0; i < sizeof families / sizeof *families && bridge->meters != 0; i++) {
        begin_family(out, families[i].name, families[i].help, "", "counter");
        for (size_t m = 0; m < bridge->meters; m++) {
            const struct reader_meter *meter = bridge->meter[m];
            const void *counters = families[i].of_client
                                       ? (const void *)&reader_client(meter->reader)->counters
                                       : (const void *)reader_counters(meter->reader);
            sample(out, families[i].name, meter, count_at(counters, families[i].offset), 0);
        }
    }
}

static void give_exchanges(const struct reader_bridge *bridge, struct reader_out *out)
{
    static const char *const outcomes[MEP_OUTCOMES] = {
        [MEP_OUTCOME_OK] = "ok",
        [MEP_OUTCOME_REFUSED] = "refused",
        [MEP_OUTCOME_AUTH] = "auth",
        [MEP_OUTCOME_SEQUENCE] = "sequence",
        [MEP_OUTCOME_SILENT] = "silent",
        [MEP_OUTCOME_SHORT] = "short",
        [MEP_OUTCOME_BAD_DIGEST] = "bad_digest",
        [MEP_OUTCOME_MALFORMED] = "malformed",
        [MEP_OUTCOME_TLS] = "tls",
    };
    static const char name[] = "exchanges_total";

    if (bridge->meters != 0)
        begin_family(out, name, "Attempts by how they ended", "", "counter");
    for (size_t m = 0; m < bridge->meters; m++) {
        const struct reader_meter *meter = bridge->meter[m];
        for (size_t i = 0; i < MEP_OUTCOMES; i++) {
            begin_sample(out, name, meter);
            reader_out_text(out, ",");
            label(out, "outcome", outcomes[i]);
            end_sample(out, reader_client(meter->reader)->counters.outcomes[i], 0);
        }
    }
}

static void give_identities(const struct reader_bridge *bridge, struct reader_out *out)
{
    static const char name[] = "meter_info";

    if (bridge->meters != 0)
        begin_family(out, name, "Which meter it is", "", "gauge");
    for (size_t m = 0; m < bridge->meters; m++) {
        const struct reader_info *info = reader_info(bridge->meter[m]->reader);
        begin_sample(out, name, bridge->meter[m]);
        reader_out_text(out, ",");
        label(out, "manufacturer", info->manufacturer);
        reader_out_text(out, ",");
        label(out, "model", info->model);
        reader_out_text(out, ",");
        label(out, "firmware", info->firmware);
        end_sample(out, 1, 0);
    }
}

static void give_program(const struct reader_bridge *bridge, mep_time now, struct reader_out *out)
{
    begin_family(out, "build_info", "The program", "", "gauge");
    reader_out_text(out, "meplink_build_info{");
    label(out, "software", bridge->software);
    reader_out_text(out, ",");
    label(out, "version", bridge->version);
    end_sample(out, 1, 0);
    begin_family(out, "uptime_seconds", "Since the program began", "", "gauge");
    reader_out_text(out, "meplink_uptime_seconds ");
    reader_out_integer(out, (now - bridge->started_at) / 1000000);
    reader_out_text(out, "\n");
}

void reader_metrics(const struct reader_bridge *bridge, mep_time now, struct reader_out *out)
{
    give_program(bridge, now, out);
    give_identities(bridge, out);
    give_state(bridge, now, out);
    give_counts(bridge, out);
    give_exchanges(bridge, out);
    give_values(bridge, now, out);
}

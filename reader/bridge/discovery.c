#include "reader/bridge/discovery.h"

#include "reader/bridge/titles.h"

#include <string.h>

enum {
    LINE_SIZE = 192
};

/* What a unit is to Home Assistant. */
struct class
{
    const char *device_class, *unit;
    bool thousandth; /* it wants values a thousandth of ours, */
    int precision;   /* and shows so many digits of them */
};

static const struct class classes[METER_UNITS] = {
    [METER_UNIT_WH] = {"energy", "Wh", false, 0},
    [METER_UNIT_VARH] = {"reactive_energy", "varh", false, 0},
    [METER_UNIT_W] = {"power", "W", false, 0},
    [METER_UNIT_VAR] = {"reactive_power", "var", false, 0},
    [METER_UNIT_VA] = {"apparent_power", "VA", false, 0},
    [METER_UNIT_MA] = {"current", "A", true, 2},
    [METER_UNIT_MV] = {"voltage", "V", true, 1},
    [METER_UNIT_MHZ] = {"frequency", "Hz", true, 2},
    [METER_UNIT_PERMILLE] = {NULL, NULL, true, 3},
    [METER_UNIT_S] = {"duration", "s", false, 0},
};

/* A document being written. */
struct discovery {
    const struct reader_bridge *bridge;
    const struct reader_meter *meter;
    struct reader_out *out;
    char id[READER_MQTT_ID_SIZE];
    const char *searched; /* a name, and whether the meter has it */
    bool found;
};

/* ---- Names ---- */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

void reader_mqtt_plain(char *text)
{
    for (; *text != 0; text++) {
        if (!is_plain(*text))
            *text = '_';
    }
}

void reader_mqtt_id(const struct reader_meter *meter, char id[READER_MQTT_ID_SIZE])
{
    const char *serial = reader_info(meter->reader)->serial;
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, id, READER_MQTT_ID_SIZE);
    reader_out_text(&out, serial[0] != 0 ? serial : meter->settings->name);
    reader_mqtt_plain(id);
}

static char lower(char c)
{
    if (c == '-')
        return '_';
    if (c >= 'A' && c <= 'Z')
        return (char)(c | 32);
    return c;
}

/* As entity ids want it: lower case, and never two underscores in a row. */
static void give_slug(struct reader_out *line, const char *text)
{
    for (char before = '_'; *text != 0; text++) {
        char c = lower(*text);
        if (c != '_' || before != '_')
            reader_out_bytes(line, &c, 1);
        before = c;
    }
}

static void join(char line[LINE_SIZE], const char *const *parts)
{
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, line, LINE_SIZE);
    for (; *parts != NULL; parts++)
        reader_out_text(&out, *parts);
}

static void give_joined(struct reader_out *out, const char *name, const char *const *parts)
{
    char line[LINE_SIZE];

    join(line, parts);
    reader_json_string(out, name, line);
}

/* ---- Components ---- */

static void give_entity_id(const struct discovery *d, const char *name)
{
    char line[LINE_SIZE];
    struct reader_buffer buffer;
    struct reader_out text;

    reader_out_buffer(&text, &buffer, line, sizeof line);
    reader_out_text(&text, "sensor.meplink_");
    give_slug(&text, d->id);
    if (line[buffer.length - 1] != '_')
        reader_out_text(&text, "_");
    reader_out_text(&text, name);
    reader_json_string(d->out, "default_entity_id", line);
}

static void begin_component(const struct discovery *d, const char *name, const char *title)
{
    reader_json_begin(d->out, name);
    reader_json_string(d->out, "p", "sensor");
    give_joined(d->out, "uniq_id", (const char *const[]){"meplink_", d->id, "_", name, NULL});
    give_entity_id(d, name);
    reader_json_string(d->out, "name", title);
}

/* What is missing from a message is unknown: the last value would look like a new one. */
static void end_component(const struct discovery *d, const char *member, bool thousandth)
{
    static const char begin[] = "{{ value_json.";

    if (thousandth)
        give_joined(d->out, "value_template",
                    (const char *const[]){begin, member, " / 1000 if value_json.", member,
                                          " is defined else none }}", NULL});
    else
        give_joined(d->out, "value_template",
                    (const char *const[]){begin, member, " | default(none) }}", NULL});
    reader_json_integer(d->out, "exp_aft", d->bridge->settings->mqtt_expire_s);
    reader_json_end(d->out);
}

static void give_text(struct reader_out *out, const char *name, const char *text)
{
    if (text != NULL && text[0] != 0)
        reader_json_string(out, name, text);
}

static const char *state_class(const struct reader_value *value)
{
    if (reader_is_total(value->name, value->unit))
        return "total_increasing";
    if (value->unit == METER_UNIT_WH || value->unit == METER_UNIT_VARH)
        return "total"; /* a balance: it falls too */
    return value->unit == METER_UNIT_NONE ? NULL : "measurement";
}

static void give_component(void *context, const struct reader_value *value)
{
    const struct discovery *d = context;
    const struct class *class = &classes[value->unit];
    bool factor = strncmp(value->name, "power_factor_", 13) == 0;
    char title[READER_TITLE_SIZE], line[LINE_SIZE];

    if (value->verified_at == MEP_NEVER)
        return;
    reader_title(value->name, value->unit, title);
    join(line, (const char *const[]){title, value->before_ratio ? " before ratio" : NULL, NULL});
    begin_component(d, value->name, line);
    give_text(d->out, "device_class", factor ? "power_factor" : class->device_class);
    give_text(d->out, "state_class", state_class(value));
    give_text(d->out, "unit_of_measurement", class->unit);
    if (class->thousandth)
        reader_json_integer(d->out, "suggested_display_precision", class->precision);
    end_component(d, value->name, class->thousandth);
}

static void search(void *context, const struct reader_value *value)
{
    struct discovery *d = context;

    d->found |= strcmp(d->searched, value->name) == 0;
}

/* A component with nothing but its platform is removed. */
static void give_removal(void *context, const struct reader_value *value)
{
    struct discovery *d = context;

    d->searched = value->name;
    d->found = strcmp(value->name, "tariff") == 0; /* not a matter of dimensions */
    reader_value_names(d->meter->reader, search, d);
    if (d->found)
        return;
    reader_json_begin(d->out, value->name);
    reader_json_string(d->out, "p", "sensor");
    reader_json_end(d->out);
}

/* ---- Diagnostics ---- */

static void begin_diagnostic(const struct discovery *d, const char *name, const char *title,
                             const char *topic)
{
    begin_component(d, name, title);
    reader_json_string(d->out, "ent_cat", "diagnostic");
    if (topic != NULL)
        reader_json_string(d->out, "stat_t", topic);
}

static void give_link(const struct discovery *d, const char *topic)
{
    begin_diagnostic(d, "link", "Link", topic);
    reader_json_string(d->out, "device_class", "enum");
    reader_json_begin_array(d->out, "options");
    for (unsigned i = 0; i < READER_LINKS; i++)
        reader_json_string(d->out, NULL, reader_link_name((enum reader_link)i));
    reader_json_end_array(d->out);
    end_component(d, "link", false);
}

static void give_diagnostics(const struct discovery *d)
{
    char topic[LINE_SIZE];

    join(topic, (const char *const[]){d->bridge->settings->mqtt_topic, "/", d->id, "/link", NULL});
    give_link(d, topic);

    begin_diagnostic(d, "quality", "Link quality", topic);
    reader_json_string(d->out, "state_class", "measurement");
    reader_json_string(d->out, "unit_of_measurement", "%");
    end_component(d, "quality_percent", false);

    begin_diagnostic(d, "age", "Data age", topic);
    reader_json_string(d->out, "device_class", "duration");
    reader_json_string(d->out, "state_class", "measurement");
    reader_json_string(d->out, "unit_of_measurement", "s");
    reader_json_integer(d->out, "suggested_display_precision", 1);
    end_component(d, "age_ms", true);

    if (!d->meter->reader->reading_clock_known)
        return;
    begin_diagnostic(d, "meter_time", "Meter time", NULL);
    reader_json_string(d->out, "device_class", "timestamp");
    reader_json_bool(d->out, "en", false); /* it would fill the recorder */
    end_component(d, "meter_time", false);
}

/* ---- The device ---- */

/* Where the dashboard is; nothing if only this machine can reach it, or nobody knows its name. */
static void give_url(const struct discovery *d)
{
    const char *listen = d->bridge->settings->http_listen, *host = d->bridge->hostname;
    const char *port = strrchr(listen, ':');

    if (host == NULL || host[0] == 0 || port == NULL || strcmp(port, ":0") == 0 ||
        strncmp(listen, "127.", 4) == 0 || strncmp(listen, "localhost:", 10) == 0 ||
        strncmp(listen, "[::1]", 5) == 0)
        return;
    for (const char *c = host; *c != 0; c++) {
        if (*c != '.' && (*c == '_' || !is_plain(*c)))
            return; /* a wrong URL would make all of it invalid */
    }
    give_joined(d->out, "cu", (const char *const[]){"http://", host, port, "/", NULL});
}

static void give_device(const struct discovery *d)
{
    const struct reader_info *info = reader_info(d->meter->reader);

    reader_json_begin(d->out, "dev");
    reader_json_begin_array(d->out, "ids");
    give_joined(d->out, NULL, (const char *const[]){"meplink_", d->id, NULL});
    reader_json_end_array(d->out);
    give_joined(d->out, "name", (const char *const[]){"Meter ", d->meter->settings->name, NULL});
    give_text(d->out, "mf", info->manufacturer);
    give_text(d->out, "mdl", info->model);
    give_text(d->out, "sn", info->serial);
    give_text(d->out, "sw", info->firmware);
    give_url(d);
    reader_json_end(d->out);
}

void reader_discovery(const struct reader_bridge *bridge, const struct reader_meter *meter,
                      struct reader_out *out)
{
    const char *topic = bridge->settings->mqtt_topic;
    struct discovery d = {.bridge = bridge, .meter = meter, .out = out};

    reader_mqtt_id(meter, d.id);
    reader_json_begin(out, NULL);
    give_device(&d);
    reader_json_begin(out, "o");
    reader_json_string(out, "name", "MEPlink");
    reader_json_string(out, "sw", bridge->version);
    reader_json_end(out);
    give_joined(out, "avty_t", (const char *const[]){topic, "/status", NULL});
    give_joined(out, "stat_t", (const char *const[]){topic, "/", d.id, "/state", NULL});
    reader_json_begin(out, "cmps");
    reader_value_names(meter->reader, give_component, &d);
    give_diagnostics(&d);
    reader_value_names_of_all(give_removal, &d);
    reader_json_end(out);
    reader_json_end(out);
}

static void count_name(void *context, const struct reader_value *value)
{
    size_t *count = context;

    *count += value->verified_at != MEP_NEVER;
}

size_t reader_discovery_names(const struct reader_meter *meter)
{
    size_t count = 0;

    reader_value_names(meter->reader, count_name, &count);
    return count;
}

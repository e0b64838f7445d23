/* The device as a whole: its health, its meters, its metrics, and what a page is made of. */
#include "reader/bridge/call.h"

#include <string.h>

/* ---- Health ---- */

enum health {
    HEALTH_OK,
    HEALTH_STARTING,
    HEALTH_DEGRADED
};

static enum health worse(enum health a, enum health b)
{
    return a > b ? a : b;
}

static void count_only(void *context, const struct reader_value *value)
{
    (void)context;
    (void)value;
}

static enum health meter_health(const struct reader_meter *meter, mep_time now)
{
    enum reader_link link = reader_link(meter->reader);

    if (meter->line_problem != NULL || (link != READER_LINK_OK && link != READER_LINK_STARTING))
        return HEALTH_DEGRADED;
    if (!meter->has_reading)
        return HEALTH_STARTING;
    return reader_values(meter->reader, now, count_only, NULL) != 0 ? HEALTH_OK : HEALTH_DEGRADED;
}

static enum health mqtt_health(enum reader_mqtt_state state)
{
    return state == READER_MQTT_CONNECTING                              ? HEALTH_STARTING
           : state == READER_MQTT_OFF || state == READER_MQTT_CONNECTED ? HEALTH_OK
                                                                        : HEALTH_DEGRADED;
}

static const char *mqtt_word(enum reader_mqtt_state state)
{
    static const char *const words[] = {[READER_MQTT_OFF] = "off",
                                        [READER_MQTT_CONNECTING] = "connecting",
                                        [READER_MQTT_CONNECTED] = "connected",
                                        [READER_MQTT_REFUSED] = "refused",
                                        [READER_MQTT_FAILED] = "failed"};
    return words[state];
}

/* Members that health and the list of meters share. */
static void give_state(const struct reader_meter *meter, mep_time now, struct reader_out *out)
{
    int64_t age = reader_meter_age_ms(meter, now);

    reader_json_string(out, "link", reader_link_name(reader_link(meter->reader)));
    if (age >= 0)
        reader_json_integer(out, "age_ms", age);
    reader_json_end(out);
}

enum reader_http_result http_get_health(struct http_call *call)
{
    static const char *const words[] = {"ok", "starting", "degraded"};
    const struct reader_bridge *bridge = call->bridge;
    const struct reader_host *host = bridge->host;
    const char *why = NULL;
    enum reader_mqtt_state mqtt =
        host->mqtt != NULL ? host->mqtt(host->context, &why) : READER_MQTT_OFF;
    bool store = host->store_ok == NULL || host->store_ok(host->context);
    enum health health = worse(mqtt_health(mqtt), store ? HEALTH_OK : HEALTH_DEGRADED);

    if (bridge->meters == 0)
        health = HEALTH_DEGRADED;
    for (size_t i = 0; i < bridge->meters; i++)
        health = worse(health, meter_health(bridge->meter[i], call->now));

    struct reader_out *out = http_json(call, health == HEALTH_OK ? 200 : 503);
    reader_json_begin(out, NULL);
    reader_json_string(out, "status", words[health]);
    reader_json_string(out, "version", bridge->version);
    reader_json_integer(out, "uptime_s", (call->now - bridge->started_at) / 1000000);
    reader_json_begin_array(out, "meters");
    for (size_t i = 0; i < bridge->meters; i++) {
        reader_json_begin(out, NULL);
        reader_json_string(out, "id", bridge->meter[i]->settings->name);
        give_state(bridge->meter[i], call->now, out);
    }
    reader_json_end_array(out);
    reader_json_string(out, "mqtt", mqtt_word(mqtt));
    if (why != NULL && mqtt_health(mqtt) != HEALTH_OK)
        reader_json_string(out, "mqtt_problem", why);
    reader_json_string(out, "store", host->store_ok == NULL ? "off" : store ? "ok" : "failed");
    reader_json_end(out);
    return READER_HTTP_DONE;
}

/* ---- Meters ---- */

static void give_known(struct reader_out *out, const char *name, const char *text)
{
    if (text[0] != 0)
        reader_json_string(out, name, text);
}

enum reader_http_result http_get_meters(struct http_call *call)
{
    struct reader_out *out = http_json(call, 200);

    reader_json_begin(out, NULL);
    reader_json_begin_array(out, "meters");
    for (size_t i = 0; i < call->bridge->meters; i++) {
        const struct reader_meter *meter = call->bridge->meter[i];
        const struct reader_info *info = reader_info(meter->reader);
        reader_json_begin(out, NULL);
        reader_json_string(out, "id", meter->settings->name);
        give_known(out, "serial", info->serial);
        give_known(out, "manufacturer", info->manufacturer);
        give_known(out, "model", info->model);
        give_known(out, "firmware", info->firmware);
        give_state(meter, call->now, out);
    }
    reader_json_end_array(out);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

enum reader_http_result http_get_metrics(struct http_call *call)
{
    http_json(call, 200);
    call->response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    reader_metrics(call->bridge, call->now, call->out);
    return READER_HTTP_DONE;
}

/* ---- Pages ---- */

enum reader_http_result http_get_ui(struct http_call *call)
{
    const struct reader_settings *settings = call->bridge->settings;
    struct reader_out *out = http_json(call, 200);
    char language[8];
    struct reader_buffer buffer;
    struct reader_out text;

    reader_out_buffer(&text, &buffer, language, sizeof language);
    reader_settings_value(settings, "language", &text);
    reader_json_begin(out, NULL);
    reader_json_string(out, "software", call->bridge->software);
    reader_json_string(out, "version", call->bridge->version);
    reader_json_string(out, "language", language);
    reader_json_string(out, "currency", settings->cost_currency);
    reader_json_decimal(out, "cost_import", settings->cost_import, 4);
    reader_json_decimal(out, "cost_export", settings->cost_export, 4);
    reader_json_decimal(out, "cost_fixed", settings->cost_fixed, 4);
    reader_json_bool(out, "login", call->session != NULL);
    reader_json_bool(out, "password_set", settings->http_password[0] != 0);
    reader_json_bool(out, "public", settings->http_public);
    reader_json_end(out);
    return READER_HTTP_DONE;
}

/* Whether what stands between two commas, without white space, is a name, and not with q=0. */
static bool names(const char *item, size_t size, const char *name)
{
    size_t length = strlen(name);

    if (size < length || memcmp(item, name, length) != 0)
        return false;
    item += length;
    size -= length;
    if (size != 0 && item[0] != ' ' && item[0] != ';')
        return false;
    while (size != 0 && *item != '=') {
        item++;
        size--;
    }
    return size == 0 || strspn(item, "=0. ") < size;
}

static bool takes_gzip(const char *accepted)
{
    while (accepted != NULL && *accepted != 0) {
        accepted += strspn(accepted, ", \t");
        size_t size = strcspn(accepted, ",");
        if (names(accepted, size, "gzip") || names(accepted, size, "*"))
            return true;
        accepted += size;
    }
    return false;
}

static bool knows(const char *if_none_match, const char *etag)
{
    return if_none_match != NULL && etag != NULL &&
           (strcmp(if_none_match, "*") == 0 || strstr(if_none_match, etag) != NULL);
}

enum reader_http_result http_get_asset(struct http_call *call, const struct reader_asset *asset)
{
    struct reader_http_response *response = call->response;

    if (!takes_gzip(call->request->accept_encoding))
        return http_error(call, 406, "not_acceptable",
                          "this is only there compressed; Accept-Encoding: gzip is accepted");
    response->page = !asset->own_rules;
    response->etag = asset->etag;
    response->cache_control = asset->immutable ? "public, max-age=31536000, immutable" : "no-cache";
    if (knows(call->request->if_none_match, asset->etag)) {
        response->status = 304;
        return READER_HTTP_DONE;
    }
    response->status = 200;
    response->content_type = asset->type;
    response->encoding = "gzip";
    reader_out_bytes(call->out, (const char *)asset->gzip, asset->size);
    return READER_HTTP_DONE;
}

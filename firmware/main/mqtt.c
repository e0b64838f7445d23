/* MQTT by esp-mqtt: two connections at most, since each has one last will; what goes over them is the bridge's. */
#include "app.h"

#include "esp_crt_bundle.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "mqtt_client.h"

#include <stdlib.h>
#include <string.h>

static const char tag[] = "mqtt";

enum {
    CONNECTIONS = 2,
    PAYLOAD = 4096 /* a reading with all values */
};

struct connection {
    esp_mqtt_client_handle_t client;
    struct reader_mqtt *mqtt;
    volatile enum reader_mqtt_state state;
    const char *volatile why;
    char id[48], will[READER_MQTT_TOPIC_SIZE], subscription[READER_MQTT_TOPIC_SIZE];
    char *pem[FW_PEMS];
    bool subscribes;
};

static struct connection connections[CONNECTIONS];
static struct reader_mqtt_message message;
static char *payload;
static TaskHandle_t task;
static volatile bool changed;

void mqtt_notify(void)
{
    if (task != NULL)
        xTaskNotifyGive(task);
}

void mqtt_apply(void)
{
    changed = true;
    mqtt_notify();
}

enum reader_mqtt_state mqtt_state(void *context, const char **why)
{
    *why = connections[0].why;
    return connections[0].state;
}

static bool is_connected(const struct connection *c)
{
    return c->state == READER_MQTT_CONNECTED;
}

/* ---- What the connection tells ---- */

static void set_connected(struct connection *c, bool connected)
{
    if (connected || is_connected(c))
        c->state = connected ? READER_MQTT_CONNECTED : READER_MQTT_CONNECTING;
    app_lock();
    reader_mqtt_connected(c->mqtt, connected);
    app_unlock();
    mqtt_notify();
}

static void on_error(struct connection *c, const esp_mqtt_error_codes_t *error)
{
    bool password = error->error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED;
    bool tls = error->esp_tls_stack_err != 0;

    c->state = password || tls ? READER_MQTT_REFUSED : READER_MQTT_FAILED;
    c->why = password ? "the broker refuses user or password"
             : tls    ? "no TLS with the broker: its certificate is not trusted, or it wants ours"
                      : "the broker cannot be reached";
}

static void on_event(void *context, esp_event_base_t base, int32_t id, void *data)
{
    struct connection *c = context;
    const esp_mqtt_event_t *event = data;

    switch (id) {
    case MQTT_EVENT_CONNECTED:
        c->why = NULL;
        if (c->subscribes)
            esp_mqtt_client_subscribe(c->client, c->subscription, 1);
        set_connected(c, true);
        ESP_LOGI(tag, "connected");
        break;
    case MQTT_EVENT_DISCONNECTED:
        if (is_connected(c))
            ESP_LOGW(tag, "the connection is lost");
        set_connected(c, false);
        break;
    case MQTT_EVENT_ERROR:
        on_error(c, event->error_handle);
        break;
    case MQTT_EVENT_DATA:
        if (event->current_data_offset != 0 || event->data_len != event->total_data_len)
            break;
        app_lock();
        reader_mqtt_received(c->mqtt, c->subscription, event->data, (size_t)event->data_len);
        app_unlock();
        mqtt_notify();
        break;
    default:
        break;
    }
}

/* ---- Connections come and go with the settings ---- */

static void end(struct connection *c)
{
    if (c->client != NULL)
        esp_mqtt_client_destroy(c->client);
    c->client = NULL;
    c->state = READER_MQTT_OFF;
    c->why = NULL;
    for (int i = 0; i < FW_PEMS; i++) {
        free(c->pem[i]);
        c->pem[i] = NULL;
    }
    app_lock();
    reader_mqtt_connected(c->mqtt, false);
    app_unlock();
}

static void begin(struct connection *c, unsigned number)
{
    app_lock();
    const struct reader_settings *s = &app.settings;
    bool tls = strncmp(s->mqtt_url, "mqtts:", 6) == 0;
    for (int i = 0; tls && i < FW_PEMS; i++)
        c->pem[i] = pem_load((enum fw_pem)i);
    const char *ca = c->pem[FW_PEM_CA];
    esp_mqtt_client_config_t config = {
        .broker.address.uri = s->mqtt_url,
        .broker.verification.crt_bundle_attach = tls && ca == NULL ? esp_crt_bundle_attach : NULL,
        .broker.verification.certificate = ca,
        .credentials.username = s->mqtt_user[0] != 0 ? s->mqtt_user : NULL,
        .credentials.authentication.password = s->mqtt_password[0] != 0 ? s->mqtt_password : NULL,
        .credentials.authentication.certificate = c->pem[FW_PEM_CERTIFICATE],
        .credentials.authentication.key = c->pem[FW_PEM_KEY],
        .credentials.client_id = c->id,
        .session.keepalive = 30,
        .session.last_will.topic = c->will,
        .session.last_will.qos = 1,
        .session.last_will.retain = true,
        .network.reconnect_timeout_ms = 10000,
        .network.timeout_ms = 10000,
        .task.stack_size = tls ? 8192 : 4096,
        .buffer.size = 1024,
    };
    snprintf(c->id, sizeof c->id, "%s-%u", app.access_point, number);
    config.session.last_will.msg = reader_mqtt_will(c->mqtt, c->will);
    c->subscribes = reader_mqtt_subscription(c->mqtt, c->subscription);
    c->client = esp_mqtt_client_init(&config); /* copies all of it but certificates */
    app_unlock();
    if (c->client == NULL)
        return;
    c->state = READER_MQTT_CONNECTING;
    esp_mqtt_client_register_event(c->client, MQTT_EVENT_ANY, on_event, c);
    esp_mqtt_client_start(c->client);
}

/* ---- Publishing ---- */

/*
 * What Home Assistant is told of all values is much longer than all else, seldom
 * sent and retained: memory for it is had for a moment, and none for repeating it.
 */
static char *room_for_description(mep_time now, size_t *size)
{
    struct reader_out out;

    reader_out_init(&out, NULL, NULL);
    reader_mqtt_payload(&app.mqtt[0], now, &message, &out);
    message.qos = 0;
    *size = out.total + 1;
    return heap_caps_malloc_prefer(*size, 2, MALLOC_CAP_IRAM_8BIT, MALLOC_CAP_8BIT);
}

/* One message; false: none is due. */
static bool publish(struct connection *c)
{
    struct reader_buffer buffer = {.length = 0};
    struct reader_out out = {.failed = true};
    char *room = payload;
    size_t size = PAYLOAD;

    app_lock();
    mep_time now = app_now();
    bool due = reader_mqtt_next(c->mqtt, now, &message);
    if (due && message.kind == READER_MQTT_DISCOVERY)
        room = room_for_description(now, &size);
    if (due && room != NULL) {
        reader_out_buffer(&out, &buffer, room, size);
        reader_mqtt_payload(c->mqtt, now, &message, &out);
    }
    app_unlock();
    if (due && out.failed)
        ESP_LOGE(tag, "no memory for a message of %u bytes", (unsigned)size);
    else if (due)
        esp_mqtt_client_publish(c->client, message.topic, room, (int)buffer.length, message.qos,
                                message.retain);
    if (room != payload)
        free(room);
    return due;
}

static TickType_t until_next(void)
{
    mep_time wake = app_now() + 1000000;

    app_lock();
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        mep_time when = reader_mqtt_wake(connections[i].mqtt, app_now());
        if (is_connected(&connections[i]) && when < wake)
            wake = when;
    }
    app_unlock();
    return app_ticks_until(wake);
}

static void run(void *context)
{
    for (;;) {
        bool anew = changed;
        changed = false;
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            struct connection *c = &connections[i];
            if (anew) {
                end(c);
                if (reader_mqtt_wanted(c->mqtt))
                    begin(c, i);
            }
            while (is_connected(c) && !changed && publish(c))
                ;
        }
        ulTaskNotifyTake(pdTRUE, until_next());
    }
}

void mqtt_start(void)
{
    payload = app_room(PAYLOAD);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        connections[i].mqtt = &app.mqtt[i];
        reader_mqtt_init(&app.mqtt[i], &app.bridge,
                         i == 0 ? READER_MQTT_MAIN : READER_MQTT_ORIGINAL);
    }
    changed = true;
    task = app_task(run, "mqtt", 4608, 5);
}

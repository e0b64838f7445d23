/* The radio: station, access point, and both, as struct fw_network wants it. */
#include "app.h"

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_wifi.h"

#include <stdio.h>
#include <string.h>

static const char tag[] = "wifi";

const bool radio_can_scan = true;

enum {
    SEEN_MAX = 20
};

static uint32_t attempt;
static wifi_mode_t mode = WIFI_MODE_NULL;
static volatile bool scanning;
static bool joining;

bool radio_is_stored(void)
{
    return app.settings.board.wifi_ssid[0] != 0;
}

/* ---- Events ---- */

static void on_event(void *context, esp_event_base_t base, int32_t id, void *data)
{
    const wifi_event_sta_disconnected_t *left = data;

    app_lock();
    if (id == WIFI_EVENT_STA_CONNECTED)
        fw_network_linked(&app.network);
    /* Our own leaving one network for another is no failure of the other. */
    if (id == WIFI_EVENT_STA_DISCONNECTED &&
        (left->reason != WIFI_REASON_ASSOC_LEAVE || app.network.state == FW_NETWORK_ONLINE)) {
        fw_network_failed(&app.network, app_now(), fw_network_reason(left->reason));
        ESP_LOGW(tag, "%s (%d)", fw_network_failure_text(app.network.failure), left->reason);
    }
    app_unlock();
}

/* ---- What is wanted ---- */

static void copy(uint8_t *to, size_t size, const char *text)
{
    memset(to, 0, size);
    memcpy(to, text, strnlen(text, size));
}

/* Before it is first opened, so that it never is an open one. */
static void set_up_access_point(void)
{
    wifi_config_t config = {0};

    copy(config.ap.ssid, sizeof config.ap.ssid, app.access_point);
    copy(config.ap.password, sizeof config.ap.password, app.access_point_password);
    config.ap.authmode = WIFI_AUTH_WPA2_PSK;
    config.ap.max_connection = 3;
    ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_AP));
    ESP_ERROR_CHECK(esp_wifi_set_config(WIFI_IF_AP, &config));
}

static void set_mode(wifi_mode_t wanted)
{
    if (wanted == mode)
        return;
    bool opens = (wanted & WIFI_MODE_AP) != 0 && (mode & WIFI_MODE_AP) == 0;
    if (ESP_ERROR_CHECK_WITHOUT_ABORT(esp_wifi_set_mode(wanted)) != ESP_OK)
        return;
    /* The owner has this board in hand; nobody else reads its console, as they may the log. */
    if (opens && !radio_is_stored())
        printf("set up: join %s with password %s, then open http://192.168.4.1/\n",
               app.access_point, app.access_point_password);
    /* An access point cannot sleep; a station alone does between its network's beacons. */
    esp_wifi_set_ps((wanted & WIFI_MODE_AP) != 0 ? WIFI_PS_NONE : WIFI_PS_MIN_MODEM);
    mode = wanted;
}

static void join(const struct fw_network *network)
{
    const struct reader_board_settings *s = &app.settings.board;
    wifi_config_t config = {0};

    copy(config.sta.ssid, sizeof config.sta.ssid,
         network->candidate ? app.candidate_ssid : s->wifi_ssid);
    copy(config.sta.password, sizeof config.sta.password,
         network->candidate ? app.candidate_password : s->wifi_password);
    config.sta.scan_method = WIFI_ALL_CHANNEL_SCAN;
    config.sta.sort_method = WIFI_CONNECT_AP_BY_SIGNAL;
    config.sta.pmf_cfg.capable = true;
    config.sta.sae_pwe_h2e = WPA3_SAE_PWE_BOTH;
    config.sta.threshold.authmode =
        config.sta.password[0] != 0 ? WIFI_AUTH_WPA_PSK : WIFI_AUTH_OPEN;
    esp_wifi_disconnect();
    ESP_ERROR_CHECK_WITHOUT_ABORT(esp_wifi_set_config(WIFI_IF_STA, &config));
    ESP_ERROR_CHECK_WITHOUT_ABORT(esp_wifi_connect());
    memset(&config, 0, sizeof config);
}

void radio_apply(const struct fw_network *network)
{
    static int32_t power = -1;

    if (scanning)
        return;
    /* The station stays on beside the access point: it is what looks for networks. */
    set_mode(network->access_point ? WIFI_MODE_APSTA : WIFI_MODE_STA);
    if (app.settings.board.wifi_power_dbm != power) {
        power = app.settings.board.wifi_power_dbm;
        esp_wifi_set_max_tx_power((int8_t)(power * 4)); /* in quarters */
    }
    if (network->join && network->attempt != attempt) {
        attempt = network->attempt;
        joining = true;
        join(network);
    } else if (!network->join && joining) {
        joining = false; /* given up: nothing may come of it later */
        esp_wifi_disconnect();
    }
}

unsigned radio_guests(void)
{
    wifi_sta_list_t list;

    return (mode & WIFI_MODE_AP) != 0 && esp_wifi_ap_get_sta_list(&list) == ESP_OK
               ? (unsigned)list.num
               : 0;
}

int radio_rssi(void)
{
    wifi_ap_record_t record;

    return esp_wifi_sta_get_ap_info(&record) == ESP_OK ? record.rssi : 0;
}

/* ---- Networks around ---- */

size_t net_scan(struct fw_seen *seen, size_t size)
{
    static wifi_ap_record_t found[SEEN_MAX];
    uint16_t count = SEEN_MAX;
    size_t kept = 0;

    scanning = true;
    if (esp_wifi_scan_start(NULL, true) != ESP_OK ||
        esp_wifi_scan_get_ap_records(&count, found) != ESP_OK)
        count = 0;
    scanning = false;
    for (uint16_t i = 0; i < count; i++)
        kept = fw_seen_add(seen, kept, size, (const char *)found[i].ssid, found[i].rssi,
                           found[i].authmode == WIFI_AUTH_OPEN);
    return kept;
}

struct esp_netif_obj *radio_start(void)
{
    wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
    esp_netif_t *netif = esp_netif_create_default_wifi_sta();

    esp_netif_create_default_wifi_ap();
    config.nvs_enable = false; /* our settings are the only copy */
    ESP_ERROR_CHECK(esp_wifi_init(&config));
    ESP_ERROR_CHECK(esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_event, NULL));
    set_up_access_point();
    set_mode(WIFI_MODE_STA);
    ESP_ERROR_CHECK(esp_wifi_start());
    return netif;
}

/* Settings in NVS, and a few things there that are no settings. */
#include "app.h"

#include "firmware/logic/config.h"

#include "bootloader_random.h"
#include "esp_log.h"
#include "esp_mac.h"
#include "esp_random.h"
#include "esp_system.h"
#include "nvs.h"
#include "nvs_flash.h"

#include <stdio.h>

static const char tag[] = "settings";

static nvs_handle_t nvs;
static struct fw_config *config;

static size_t read_slot(void *context, unsigned slot, uint8_t *bytes, size_t size)
{
    return nvs_get_blob(nvs, slot == 0 ? "settings.0" : "settings.1", bytes, &size) == ESP_OK ? size
                                                                                              : 0;
}

static bool write_slot(void *context, unsigned slot, const uint8_t *bytes, size_t count)
{
    return nvs_set_blob(nvs, slot == 0 ? "settings.0" : "settings.1", bytes, count) == ESP_OK &&
           nvs_commit(nvs) == ESP_OK;
}

static const struct fw_store_flash flash = {.read = read_slot, .write = write_slot};

static const char *applied(const char *problem)
{
    if (problem != NULL)
        return problem;
    meter_apply();
    mqtt_apply();
    log_apply();
    return NULL;
}

const char *settings_change(const char *const *names, const char *const *values, size_t count)
{
    return applied(fw_config_change(config, names, values, count));
}

const char *settings_backup(bool secrets, size_t *size)
{
    return fw_config_backup(config, secrets, size);
}

const char *settings_restore(const char *text, size_t size, unsigned *line)
{
    return applied(fw_config_restore(config, text, size, line));
}

void settings_forget(void)
{
    nvs_erase_key(nvs, "settings.0");
    nvs_erase_key(nvs, "settings.1");
    nvs_commit(nvs);
    pem_forget();
}

_Static_assert((int)ESP_RST_BROWNOUT == (int)FW_RESET_BROWN_OUT,
               "the reasons are numbered otherwise");

static void count_start(void)
{
    size_t size = sizeof app.resets;
    unsigned reason = esp_reset_reason();

    nvs_get_blob(nvs, "resets", app.resets, &size);
    app.resets[reason < FW_RESETS ? reason : 0]++;
    nvs_set_blob(nvs, "resets", app.resets, sizeof app.resets);
    nvs_commit(nvs);
    ESP_LOGI(tag, "start %lu after %s; brown-outs so far: %lu",
             (unsigned long)fw_resets_all(app.resets), fw_reset_name(reason),
             (unsigned long)app.resets[FW_RESET_BROWN_OUT]);
}

/* Unique to the device, and told to who has it in hand: on the console, until it is set up. */
static void name_access_point(void)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    uint8_t mac[6];
    size_t size = sizeof app.access_point_password;

    esp_read_mac(mac, ESP_MAC_WIFI_STA);
    snprintf(app.access_point, sizeof app.access_point, "MEPlink-%02X%02X", mac[4], mac[5]);
    if (nvs_get_str(nvs, "ap", app.access_point_password, &size) == ESP_OK)
        return;
    bootloader_random_enable(); /* the radio, whose noise it is otherwise, is not on yet */
    for (size_t i = 0; i < 12; i++)
        app.access_point_password[i] = letters[esp_random() % (sizeof letters - 1)];
    bootloader_random_disable();
    app.access_point_password[12] = 0;
    nvs_set_str(nvs, "ap", app.access_point_password);
    nvs_commit(nvs);
}

void settings_start(void)
{
    esp_err_t error = nvs_flash_init();

    if (error == ESP_ERR_NVS_NO_FREE_PAGES || error == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        ESP_LOGE(tag, "NVS cannot be read (%s) and is begun anew", esp_err_to_name(error));
        ESP_ERROR_CHECK(nvs_flash_erase());
        error = nvs_flash_init();
    }
    ESP_ERROR_CHECK(error);
    ESP_ERROR_CHECK(nvs_open("meplink", NVS_READWRITE, &nvs));
    pem_start();
    count_start();
    config = app_room(sizeof *config);
    fw_config_load(config, &app.settings, app.section, "uart:", &flash);
    if (config->skipped != 0)
        ESP_LOGW(tag, "%d lines are not understood, and left out", config->skipped);
    name_access_point();
}

/* What is at hand on the board: the serial console with Improv, the button, the LED. */
#include "app.h"

#include "firmware/logic/improv.h"
#include "firmware/logic/press.h"

#include "driver/gpio.h"
#include "driver/uart.h"
#include "esp_log.h"

#include <stdio.h>
#include <string.h>

static const char tag[] = "console";

static struct fw_button button;
static struct fw_improv improv;
static uint8_t packet[FW_IMPROV_PACKET];
static enum fw_trial told;
static bool provisioning;

/* ---- Improv ---- */

static void send(size_t size)
{
    uart_write_bytes(UART_NUM_0, packet, size);
}

static void tell_state(void)
{
    send(fw_improv_tell_state(provisioning   ? FW_IMPROV_PROVISIONING
                              : net_online() ? FW_IMPROV_PROVISIONED
                                             : FW_IMPROV_READY,
                              packet));
}

static void tell_address(enum fw_improv_command command)
{
    char url[32];
    const char *texts[] = {url};

    snprintf(url, sizeof url, "http://%s/", net_address());
    send(fw_improv_tell_result(command, texts, net_online(), packet));
}

static void tell_networks(void)
{
    struct fw_seen seen[12];
    size_t count = net_scan(seen, sizeof seen / sizeof *seen);

    for (size_t i = 0; i < count; i++) {
        char rssi[8];
        const char *texts[] = {seen[i].ssid, rssi, seen[i].open ? "NO" : "YES"};
        snprintf(rssi, sizeof rssi, "%d", seen[i].rssi);
        send(fw_improv_tell_result(FW_IMPROV_SCAN, texts, 3, packet));
    }
    send(fw_improv_tell_result(FW_IMPROV_SCAN, NULL, 0, packet));
}

static void begin_join(void)
{
    app_lock();
    provisioning = net_try(improv.ssid, improv.password);
    app_unlock();
    told = FW_TRIAL_RUNNING;
    memset(improv.password, 0, sizeof improv.password);
    tell_state();
}

static void obey(enum fw_improv_command command)
{
    const char *info[] = {"MEPlink", app_version(), CONFIG_IDF_TARGET, app.settings.board.hostname};

    switch (command) {
    case FW_IMPROV_JOIN:
        begin_join();
        break;
    case FW_IMPROV_GET_STATE:
        tell_state();
        if (net_online())
            tell_address(command);
        break;
    case FW_IMPROV_GET_INFO:
        send(fw_improv_tell_result(command, info, 4, packet));
        break;
    case FW_IMPROV_SCAN:
        tell_networks();
        break;
    case FW_IMPROV_NONE:
        if (improv.error != FW_IMPROV_OK)
            send(fw_improv_tell_error(improv.error, packet));
        break;
    }
}

static void improv_turn(void)
{
    uint8_t bytes[64];
    int count = uart_read_bytes(UART_NUM_0, bytes, sizeof bytes, 0);

    for (int i = 0; i < count; i++)
        obey(fw_improv_byte(&improv, bytes[i]));
    enum fw_trial trial = app.network.trial;
    if (!provisioning || trial == told || trial == FW_TRIAL_RUNNING)
        return;
    told = trial;
    provisioning = false;
    if (trial == FW_TRIAL_FAILED)
        send(fw_improv_tell_error(FW_IMPROV_CANNOT_CONNECT, packet));
    tell_state();
    if (trial == FW_TRIAL_OK)
        tell_address(FW_IMPROV_JOIN);
}

/* ---- Button and LED ---- */

static void button_turn(mep_time now)
{
    bool down = gpio_get_level((gpio_num_t)app.pins.program) == 0;

    switch (fw_button_turn(&button, now, down)) {
    case FW_PRESS_SHORT:
        ESP_LOGI(tag, "button: the access point opens for 10 minutes");
        app_lock();
        fw_network_open(&app.network, now);
        app_unlock();
        app.set_up_until = now + 600000000;
        break;
    case FW_PRESS_LONG:
        ESP_LOGW(tag, "button: all settings are forgotten");
        settings_forget();
        app_restart();
        break;
    case FW_PRESS_NONE:
        break;
    }
}

static void led_turn(mep_time now)
{
    bool on = fw_led(&button, now, net_online(), meter_was_read());

    if (app.pins.status_led >= 0)
        gpio_set_level((gpio_num_t)app.pins.status_led,
                       on ? app.pins.status_led_active : !app.pins.status_led_active);
}

void console_start(void)
{
    fw_button_init(&button);
    fw_improv_init(&improv);
    ESP_ERROR_CHECK(uart_driver_install(UART_NUM_0, 512, 0, 0, NULL, 0));
    gpio_set_direction((gpio_num_t)app.pins.program, GPIO_MODE_INPUT);
    gpio_set_pull_mode((gpio_num_t)app.pins.program, GPIO_PULLUP_ONLY);
    if (app.pins.status_led >= 0)
        gpio_set_direction((gpio_num_t)app.pins.status_led, GPIO_MODE_OUTPUT);
}

void console_turn(void)
{
    mep_time now = app_now();

    improv_turn();
    button_turn(now);
    led_turn(now);
}

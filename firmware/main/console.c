/* What is at hand on the board: the serial console with Improv, the button, the LED. */
#include "app.h"

#include "firmware/logic/improv.h"
#include "firmware/logic/press.h"

#include "driver/gpio.h"
#include "driver/uart.h"
#include "esp_app_desc.h"
#include "esp_log.h"

static const char tag[] = "console";

static struct fw_button button;
static struct fw_improv_board improv;

/* ---- Improv ---- */

static void send(const uint8_t *packet, size_t size)
{
    uart_write_bytes(UART_NUM_0, packet, size);
}

static bool join(const char *ssid, const char *password)
{
    app_lock();
    bool begun = net_try(ssid, password);
    app_unlock();
    return begun;
}

static const char *const *info(void)
{
    static const char *texts[] = {"MEPlink", NULL, CONFIG_IDF_TARGET, app.settings.board.hostname};

    texts[1] = esp_app_get_description()->version;
    return texts;
}

static const struct fw_improv_host host = {send, join, net_scan, info};

static void improv_turn(void)
{
    uint8_t bytes[64];
    int count = uart_read_bytes(UART_NUM_0, bytes, sizeof bytes, 0);

    fw_improv_turn(&improv, bytes, count > 0 ? (size_t)count : 0, app.network.trial, net_online(),
                   net_address());
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
        app.set_up_until = now + 600000000;
        app_unlock();
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
    fw_improv_board_init(&improv, &host);
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

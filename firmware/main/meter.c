/* The meter link: UART, supply, and the bridge's turn. */
#include "app.h"

#include "firmware/logic/config.h"

#include "driver/gpio.h"
#include "driver/uart.h"
#include "esp_app_desc.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_random.h"
#include "esp_task_wdt.h"
#include "mbedtls/md.h"
#include "mbedtls/pkcs5.h"
#include "web/assets.h"

#include <string.h>
#include <sys/time.h>
#include <time.h>

static const char tag[] = "meter";

enum {
    UART = UART_NUM_1 + (UART_NUM_MAX > 2), /* 2 where there are three */
    BAUD = 9600,
    GATHERED = 16, /* bytes, or a pause of 3: far below the pause that ends a response */
    DAYS = 31,
    RECENT_DAYS = 2, /* today and yesterday, read first */
    DAY_S = 86400,
    POINTS = DAYS * 96,
    ITERATIONS = 20000, /* of a password: about a second */
    ENABLE_AFTER_S = 3  /* the radio's start is over by then */
};
static const mep_time SECOND = 1000000;
static const int64_t CLOCK_SET = 1704067200; /* 2024 */

static QueueHandle_t events;
static uint32_t heard;
static volatile uint32_t read_s; /* since the start; 0: never. One word, since others look at it */

/* ---- What the bridge asks of its host ---- */

static struct {
    SemaphoreHandle_t begin;
    char password[READER_JSON_TEXT_SIZE];
    uint8_t salt[READER_SALT_SIZE];
    uint32_t iterations;
    bool busy;
} kdf;

static void give_random(void *context, uint8_t *bytes, size_t count)
{
    esp_fill_random(bytes, count);
}

/* As unimportant as doing nothing, so that nothing waits for it. */
static void run_kdf(void *context)
{
    uint8_t hash[READER_HASH_SIZE];

    for (;;) {
        xSemaphoreTake(kdf.begin, portMAX_DELAY);
        int error = mbedtls_pkcs5_pbkdf2_hmac_ext(
            MBEDTLS_MD_SHA256, (const unsigned char *)kdf.password, strlen(kdf.password), kdf.salt,
            sizeof kdf.salt, kdf.iterations, sizeof hash, hash);
        memset(kdf.password, 0, sizeof kdf.password);
        app_lock();
        kdf.busy = false;
        reader_bridge_derived(&app.bridge, hash, error == 0);
        app_unlock();
    }
}

static bool derive(void *context, const char *password, const uint8_t salt[READER_SALT_SIZE],
                   uint32_t iterations)
{
    if (kdf.busy || strlen(password) >= sizeof kdf.password)
        return false;
    strcpy(kdf.password, password);
    memcpy(kdf.salt, salt, sizeof kdf.salt);
    kdf.iterations = iterations;
    kdf.busy = true;
    xSemaphoreGive(kdf.begin);
    return true;
}

static bool series(void *context, const struct reader_series *wanted, reader_point_fn *fn,
                   void *fn_context)
{
    fw_profile_series(&app.profile, wanted, fn, fn_context);
    return true;
}

static const char *change(void *context, const char *const *changed, const char *const *values,
                          size_t count)
{
    const char *problem = fw_config_untried(changed, count);

    return problem != NULL ? problem : settings_change(changed, values, count);
}

static const struct reader_asset *asset(void *context, const char *path)
{
    return web_asset(path);
}

/* In RAM, which cannot fail. */
static bool keeps_history(void *context)
{
    return true;
}

static const struct reader_host host = {
    .random = give_random,
    .derive = derive,
    .series = series,
    .change = change,
    .asset = asset,
    .mqtt = mqtt_state,
    .store_ok = keeps_history,
    .iterations = ITERATIONS,
    .lacks = READER_SETTING_HOST,
};

/* ---- Settings ---- */

void meter_apply(void)
{
    const struct reader_meter_settings *s = &app.section[0];
    struct reader_config config;

    fw_config_reader(s, BAUD, &config);
    if (!fw_config_is_same_reader(&app.reader.config, &config)) {
        reader_init(&app.reader, &config);
        reader_exchanges_init(app.exchanges);
        reader_meter_init(&app.meter, s, &app.reader, &app.profile.history, app.exchanges);
        fw_profile_forget(&app.profile);
        heard = 0;
    }
    mep_key_wipe(&config.client.key);
}

/* ---- Events and history ---- */

static void take_value(void *context, const struct reader_value *value)
{
    if (value->kind == READER_TIME)
        *(int64_t *)context = meter_time_unix(&value->time);
}

/* Without a time server the meter's clock is ours. */
static void take_clock(mep_time now)
{
    int64_t meter_s = 0;

    reader_values(&app.reader, now, take_value, &meter_s);
    if (meter_s < CLOCK_SET)
        return;
    if (time(NULL) < CLOCK_SET) {
        struct timeval tv = {.tv_sec = meter_s};
        settimeofday(&tv, NULL);
        ESP_LOGI(tag, "the clock is set by the meter's");
    }
    fw_profile_begin(&app.profile, meter_s, DAYS * DAY_S, RECENT_DAYS * DAY_S);
}

static void on_event(const struct reader_event *event, mep_time now)
{
    const struct reader_info *info = reader_info(&app.reader);

    switch (event->type) {
    case READER_EVENT_READING:
        read_s = (uint32_t)(now / SECOND);
        take_clock(now);
        break;
    case READER_EVENT_LINK:
        ESP_LOGI(tag, "%s %s", reader_link_text(event->link), reader_link_causes(event->link));
        break;
    case READER_EVENT_METER:
        ESP_LOGW(tag, "another meter answers now: %s", info->serial);
        fw_profile_forget(&app.profile);
        break;
    case READER_EVENT_INFO:
        ESP_LOGI(tag, "meter %s, %s %s, firmware %s", info->serial, info->manufacturer, info->model,
                 info->firmware);
        break;
    default:
        break;
    }
}

/* ---- The line ---- */

static void switch_pin(int pin, int active, bool on)
{
    if (pin >= 0)
        gpio_set_level((gpio_num_t)pin, on ? active : !active);
}

static void supply(mep_time now)
{
    const uint32_t *outcomes = reader_client(&app.reader)->counters.outcomes;
    uint32_t answers = outcomes[MEP_OUTCOME_OK] + outcomes[MEP_OUTCOME_REFUSED] +
                       outcomes[MEP_OUTCOME_SEQUENCE] + outcomes[MEP_OUTCOME_AUTH] +
                       outcomes[MEP_OUTCOME_TLS];

    /* Nothing is asked without a key, and a bench's bridge is no meter that lost its voice. */
    if (answers != heard || app.reader.config.no_key || fw_echo_bridged(&app.echo))
        fw_ladder_heard(&app.ladder, now);
    heard = answers;
    if (fw_ladder_turn(&app.ladder, now)) {
        uart_flush_input(UART);
        reader_line_reset(&app.reader, now);
        ESP_LOGI(tag, "transceiver and ENABLE are on");
    }
    switch_pin(app.pins.transceiver, app.pins.transceiver_active, app.ladder.transceiver);
    switch_pin(app.pins.enable, app.pins.enable_active, app.ladder.enable);

    const char *problem = NULL;
    if (app.reader.config.no_key)
        problem = "no key of the meter is set";
    else if (fw_echo_bridged(&app.echo))
        problem = "TXD and RXD are bridged: the board hears itself, and both directions work";
    else if (app.ladder.phase != FW_LADDER_READY)
        problem = "transceiver and ENABLE are being switched";
    if (problem != app.meter.line_problem) {
        app.meter.line_problem = problem;
        app.meter.links++;
        app.meter.news++;
        if (fw_echo_bridged(&app.echo))
            ESP_LOGW(tag, "%s", problem);
    }
}

static void talk(mep_time now)
{
    static uint8_t bytes[MEP_WIRE_MAX];
    struct reader_event event;
    size_t count;

    int got = uart_read_bytes(UART, bytes, sizeof bytes, 0);
    if (app.ladder.phase != FW_LADDER_READY)
        return;
    if (got > 0 && !fw_echo_received(&app.echo, bytes, (size_t)got)) {
        reader_exchanges_received(app.exchanges, now, bytes, (size_t)got);
        reader_input(&app.reader, now, bytes, (size_t)got);
        reader_exchanges_judge(app.exchanges, &app.reader);
    }
    while ((count = reader_output(&app.reader, now, bytes, sizeof bytes)) != 0) {
        reader_exchanges_sent(app.exchanges, now, bytes, count);
        fw_echo_sent(&app.echo, bytes, count);
        uart_write_bytes(UART, bytes, count);
    }
    bool news = false;
    while (reader_event(&app.reader, &event)) {
        reader_meter_event(&app.meter, now, &event);
        if (app.profile.begun)
            reader_history_event(&app.profile.history, &app.reader, &event);
        on_event(&event, now);
        news = true;
    }
    reader_meter_turn(&app.meter, now);
    fw_profile_turn(&app.profile, &app.reader, now);
    if (news)
        mqtt_notify();
}

static mep_time earlier(mep_time a, mep_time b)
{
    return a < b ? a : b;
}

static void run(void *context)
{
    ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
    for (;;) {
        uart_event_t event;
        app_lock();
        mep_time now = app_now();
        supply(now);
        talk(now);
        mep_time wake = earlier(fw_ladder_wake(&app.ladder), now + SECOND / 10);
        wake = earlier(wake, reader_wake(&app.reader));
        wake = earlier(wake, fw_profile_wake(&app.profile));
        app_unlock();
        esp_task_wdt_reset();
        xQueueReceive(events, &event, app_ticks_until(wake));
    }
}

bool meter_was_read(void)
{
    return read_s != 0 && (uint32_t)(app_now() / SECOND) - read_s < 15;
}

/* ---- Start ---- */

static void set_up_pin(int pin, int active)
{
    switch_pin(pin, active, false);
    if (pin >= 0) /* all of it: IO5 of the C3 begins as JTAG's, and a direction leaves it so */
        gpio_config(&(gpio_config_t){.pin_bit_mask = 1ULL << pin, .mode = GPIO_MODE_OUTPUT});
}

void meter_start(void)
{
    const uart_config_t config = {
        .baud_rate = BAUD,
        .data_bits = UART_DATA_8_BITS,
        .parity = UART_PARITY_DISABLE,
        .stop_bits = UART_STOP_BITS_1,
        .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
        .source_clk = UART_SCLK_DEFAULT,
    };

    set_up_pin(app.pins.enable, app.pins.enable_active);
    set_up_pin(app.pins.transceiver, app.pins.transceiver_active);
    ESP_ERROR_CHECK(uart_driver_install(UART, 2048, 1024, 16, &events, 0));
    ESP_ERROR_CHECK(uart_param_config(UART, &config));
    ESP_ERROR_CHECK(uart_set_pin(UART, app.pins.meter_txd, app.pins.meter_rxd, UART_PIN_NO_CHANGE,
                                 UART_PIN_NO_CHANGE));
    ESP_ERROR_CHECK(uart_set_rx_full_threshold(UART, GATHERED));
    ESP_ERROR_CHECK(uart_set_rx_timeout(UART, 3));

    /* Left over from the code in RAM, and of no use for anything smaller than a word. */
    uint32_t *words = heap_caps_malloc(FW_PROFILE_WORDS(POINTS) * sizeof *words, MALLOC_CAP_32BIT);
    app.exchanges = app_room(sizeof *app.exchanges);
    fw_profile_init(&app.profile, words, POINTS);
    app_lock();
    mep_time now = app_now();
    reader_bridge_init(&app.bridge, &host, &app.settings, "meplink",
                       esp_app_get_description()->version, now);
    app.bridge.hostname = app.settings.board.hostname;
    app.meters[0] = &app.meter;
    reader_bridge_set_meters(&app.bridge, app.meters, APP_METERS);
    fw_echo_init(&app.echo);
    fw_ladder_init(&app.ladder, now, now + ENABLE_AFTER_S * SECOND);
    app.reader.config.period_us = -1; /* unlike any setting: meter_apply() begins all anew */
    meter_apply();
    app_unlock();
    kdf.begin = xSemaphoreCreateBinary();
    app_task(run_kdf, "kdf", 2560, tskIDLE_PRIORITY);
    app_task(run, "meter", 4608, 10);
}

/* Start, and what is done every so often. */
#include "app.h"

#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"

static const char tag[] = "meplink";

struct app app;

enum {
    TURN_MS = 20,
    SET_UP_MIN = 10
};

void app_lock(void)
{
    xSemaphoreTake(app.lock, portMAX_DELAY);
}

void app_unlock(void)
{
    xSemaphoreGive(app.lock);
}

mep_time app_now(void)
{
    return esp_timer_get_time();
}

TickType_t app_ticks_until(mep_time when)
{
    mep_time now = app_now();

    return when > now ? (TickType_t)((when - now) / (1000000 / configTICK_RATE_HZ)) + 1 : 1;
}

void app_restart(void)
{
    app.restart_wanted = true;
}

void *app_room(size_t size)
{
    void *room = heap_caps_calloc_prefer(1, size, 2, MALLOC_CAP_IRAM_8BIT, MALLOC_CAP_8BIT);

    if (room == NULL)
        abort();
    return room;
}

TaskHandle_t app_task(void (*run)(void *), const char *name, uint32_t stack, unsigned priority)
{
    TaskHandle_t task = NULL;

    if (xTaskCreate(run, name, stack, NULL, priority, &task) != pdPASS) {
        ESP_LOGE(tag, "no memory for the task %s", name);
        abort();
    }
    for (size_t i = 0; i < APP_TASKS; i++) {
        if (app.task[i] == NULL) {
            app.task[i] = task;
            break;
        }
    }
    return task;
}

void app_main(void)
{
#if CONFIG_MEPLINK_BOARD_C3
    app.pins = (struct board_pins)BOARD_C3_PINS;
#else
    app.pins = (struct board_pins)BOARD_SMD_PINS;
#endif
    app.lock = xSemaphoreCreateMutex();
    app.task[0] = xTaskGetCurrentTaskHandle();
    if (esp_reset_reason() == ESP_RST_POWERON) /* not for who makes it restart from afar */
        app.set_up_until = app_now() + SET_UP_MIN * (mep_time)60000000;
    log_start();
    settings_start();
    log_apply();
    console_start();
    update_start();
    /* The radio first and ENABLE later: meter.c waits a little. */
    net_start();
    meter_start();
    mqtt_start();
    web_start();

    ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
    mep_time restart_at = MEP_NEVER;
    TickType_t last = xTaskGetTickCount();
    for (unsigned turn = 0;; turn++) {
        mep_time now = app_now();
        console_turn();
        net_turn(now);
        if (turn % (1000 / TURN_MS) == 0) {
            update_turn(now);
            log_turn();
        }
        if (app.restart_wanted && restart_at == MEP_NEVER)
            restart_at = now + 1000000;
        if (now >= restart_at)
            esp_restart();
        esp_task_wdt_reset();
        vTaskDelayUntil(&last, pdMS_TO_TICKS(TURN_MS));
    }
}

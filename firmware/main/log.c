/* The log: to the console as always, into memory for the diagnostics page, and to syslog if wanted. */
#include "app.h"

#include "firmware/logic/lines.h"

#include "esp_log.h"
#include "lwip/sockets.h"

#include <stdio.h>
#include <string.h>

enum {
    LINE = 160
};

static struct fw_lines *lines;
static SemaphoreHandle_t lock;
static vprintf_like_t console;
static int syslog_socket = -1;

static int take(const char *format, va_list arguments)
{
    static char line[LINE];
    va_list again;

    va_copy(again, arguments);
    if (!xPortInIsrContext() && xSemaphoreTake(lock, pdMS_TO_TICKS(10)) == pdTRUE) {
        int size = vsnprintf(line, sizeof line, format, again);
        if (size >= LINE) {
            size = LINE - 1;
            line[size - 1] = '\n';
        }
        if (size > 0)
            fw_lines_add(lines, line, (size_t)size);
        xSemaphoreGive(lock);
    }
    va_end(again);
    return console(format, arguments);
}

void log_start(void)
{
    lock = xSemaphoreCreateMutex();
    lines = app_room(sizeof *lines);
    console = esp_log_set_vprintf(take);
}

void log_apply(void)
{
    static const esp_log_level_t levels[] = {ESP_LOG_ERROR, ESP_LOG_WARN, ESP_LOG_INFO,
                                             ESP_LOG_DEBUG};
    esp_log_level_set("*", levels[app.settings.log_level]);
}

void log_text(struct reader_out *out)
{
    xSemaphoreTake(lock, portMAX_DELAY);
    fw_lines_write(lines, out);
    xSemaphoreGive(lock);
}

static size_t next_packet(char packet[FW_SYSLOG_SIZE])
{
    xSemaphoreTake(lock, portMAX_DELAY);
    size_t size = fw_lines_syslog(lines, app.settings.board.hostname, packet, FW_SYSLOG_SIZE);
    xSemaphoreGive(lock);
    return size;
}

void log_turn(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(514)};
    char packet[FW_SYSLOG_SIZE];
    size_t size;

    if (app.settings.board.syslog[0] == 0 || !net_online() ||
        inet_pton(AF_INET, app.settings.board.syslog, &to.sin_addr) != 1)
        return;
    if (syslog_socket < 0)
        syslog_socket = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < 20 && syslog_socket >= 0 && (size = next_packet(packet)) != 0; i++)
        sendto(syslog_socket, packet, size, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
}

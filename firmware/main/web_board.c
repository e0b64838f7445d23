/* The board's side of its own paths (firmware/logic/api.h), and images as they are uploaded. */
#include "web.h"

#include "firmware/logic/api.h"

#include "esp_app_desc.h"
#include "esp_core_dump.h"
#include "esp_heap_caps.h"
#include "esp_ota_ops.h"
#include "esp_partition.h"
#include "esp_system.h"

#include <string.h>
#include <time.h>

extern const char page_begin[] asm("_binary_setup_html_start");
extern const char page_end[] asm("_binary_setup_html_end");

static void write_tasks(struct reader_out *out)
{
    reader_json_begin(out, "stack_left");
    for (size_t i = 0; i < APP_TASKS && app.task[i] != NULL; i++)
        reader_json_integer(out, pcTaskGetName(app.task[i]),
                            (int64_t)uxTaskGetStackHighWaterMark(app.task[i]));
    static const char *const others[] = {"httpd", "mqtt_task", "tiT", "sys_evt", "esp_timer"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        TaskHandle_t task = xTaskGetHandle(others[i]);
        if (task != NULL)
            reader_json_integer(out, others[i], (int64_t)uxTaskGetStackHighWaterMark(task));
    }
    reader_json_end(out);
}

static void write_counts(struct reader_out *out)
{
    reader_json_begin(out, "starts");
    reader_json_integer(out, "all", app.starts);
    reader_json_integer(out, "last_reason", (int)esp_reset_reason());
    reader_json_integer(out, "brown_out", app.resets[ESP_RST_BROWNOUT]);
    reader_json_integer(out, "crash", app.resets[ESP_RST_PANIC]);
    reader_json_integer(out, "watchdog",
                        (int64_t)app.resets[ESP_RST_INT_WDT] + app.resets[ESP_RST_TASK_WDT] +
                            app.resets[ESP_RST_WDT]);
    reader_json_end(out);
}

static void status(struct reader_out *out)
{
    size_t address, size;

    reader_json_string(out, "idf", esp_get_idf_version());
    reader_json_string(out, "chip", CONFIG_IDF_TARGET);
    reader_json_string(out, "slot", esp_ota_get_running_partition()->label);
    reader_json_bool(out, "probation", app.probation.pending);
    reader_json_integer(out, "uptime_s", app_now() / 1000000);
    reader_json_integer(out, "time", time(NULL));
    reader_json_string(out, "hostname", app.settings.board.hostname);
    reader_json_string(out, "address", net_address());
    reader_json_integer(out, "rssi", radio_rssi());
    reader_json_bool(out, "core_dump", esp_core_dump_image_get(&address, &size) == ESP_OK);
    reader_json_begin(out, "heap");
    reader_json_integer(out, "free", (int64_t)esp_get_free_heap_size());
    reader_json_integer(out, "least", (int64_t)esp_get_minimum_free_heap_size());
    reader_json_integer(out, "largest", (int64_t)heap_caps_get_largest_free_block(MALLOC_CAP_8BIT));
    reader_json_end(out);
    write_tasks(out);
    write_counts(out);
    reader_json_begin(out, "update");
    update_progress(out);
    reader_json_end(out);
}

static size_t networks(const struct fw_seen **seen)
{
    app.scan_wanted = true;
    *seen = app.seen;
    return app.seen_count;
}

static bool core(struct reader_out *out)
{
    const esp_partition_t *p = esp_partition_find_first(ESP_PARTITION_TYPE_DATA,
                                                        ESP_PARTITION_SUBTYPE_DATA_COREDUMP, NULL);
    size_t address, size;
    char piece[256];

    if (p == NULL || esp_core_dump_image_get(&address, &size) != ESP_OK)
        return false;
    if (out == NULL)
        return esp_core_dump_image_erase() == ESP_OK;
    for (size_t at = 0; at < size; at += sizeof piece) {
        size_t some = size - at < sizeof piece ? size - at : sizeof piece;
        if (esp_partition_read(p, address - p->address + at, piece, some) != ESP_OK)
            break;
        reader_out_bytes(out, piece, some);
    }
    return true;
}

static void forget(void)
{
    settings_forget();
    app_restart();
}

static struct fw_api_host host = {.status = status,
                                  .join = net_try,
                                  .change = settings_change,
                                  .backup = settings_backup,
                                  .restore = settings_restore,
                                  .fetch = update_fetch,
                                  .log = log_text,
                                  .core = core,
                                  .restart = app_restart,
                                  .forget = forget};
static struct fw_api api = {&app.bridge, &app.network, &app.ladder, &app.echo, &host};

void web_board_start(void)
{
    host.networks = radio_can_scan ? networks : NULL;
    host.page = page_begin;
    host.page_size = (size_t)(page_end - page_begin);
}

static bool in_hand(int socket)
{
    return app_now() < app.set_up_until || net_is_access_point(socket);
}

enum reader_http_result web_board(struct fw_call *call, struct reader_http_response *response,
                                  bool *handled)
{
    /* A phone at the access point looks whether there is internet: it finds the page for set-up. */
    if (net_is_access_point(call->socket) && call->request.host != NULL &&
        strspn(call->request.host, "0123456789.:") != strlen(call->request.host)) {
        response->status = 302;
        response->allow = "http://192.168.4.1/setup";
        *handled = true;
        return READER_HTTP_DONE;
    }
    return fw_api(&api, app_now(), in_hand(call->socket), &call->request, response, handled);
}

/* ---- Images ---- */

/* To its end, even if it is of no use any more: browsers listen only once they have said it all. */
static bool copy_body(httpd_req_t *req)
{
    static char piece[2048];
    bool taken = true;

    for (size_t left = req->content_len; left != 0;) {
        int count = httpd_req_recv(req, piece, left < sizeof piece ? left : sizeof piece);
        if (count <= 0)
            return false;
        taken = taken && update_bytes((const uint8_t *)piece, (size_t)count) == NULL;
        left -= (size_t)count;
    }
    return taken;
}

bool web_is_upload(struct fw_call *call)
{
    return fw_api_is_upload(&call->request, &call->allow_older);
}

int web_upload(struct fw_call *call, httpd_req_t *req, const char **problem)
{
    int status = 0;

    app_lock();
    *problem = fw_api_refusal(&api, app_now(), in_hand(call->socket), &call->request, &status);
    app_unlock();
    if (*problem != NULL)
        return status;
    *problem = update_begin(req->content_len, call->allow_older);
    if (*problem != NULL)
        return 503;
    *problem = update_end(copy_body(req));
    return *problem == NULL ? 200 : 400;
}

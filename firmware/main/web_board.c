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

static void add_task(struct fw_status *s, const char *name, TaskHandle_t task)
{
    if (task == NULL || s->tasks == FW_TASKS)
        return;
    s->task[s->tasks].name = name;
    s->task[s->tasks++].left = uxTaskGetStackHighWaterMark(task);
}

static void status(struct fw_status *s)
{
    static const char *const others[] = {"httpd", "mqtt_task", "wifi",
                                         "tiT",   "sys_evt",   "esp_timer"};
    size_t address, size;

    s->idf = esp_get_idf_version();
    s->chip = CONFIG_IDF_TARGET;
    s->slot = esp_ota_get_running_partition()->label;
    s->probation = app.probation.pending;
    s->core_dump = esp_core_dump_image_get(&address, &size) == ESP_OK;
    s->uptime_s = app_now() / 1000000;
    s->time = time(NULL);
    s->rssi = net_online() ? radio_rssi() : 0; /* the driver complains otherwise */
    s->address = net_address();
    s->heap_free = esp_get_free_heap_size();
    s->heap_least = esp_get_minimum_free_heap_size();
    s->heap_largest = heap_caps_get_largest_free_block(MALLOC_CAP_8BIT);
    for (size_t i = 0; i < APP_TASKS; i++)
        add_task(s, app.task[i] != NULL ? pcTaskGetName(app.task[i]) : "", app.task[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        add_task(s, others[i], xTaskGetHandle(others[i]));
    s->resets = app.resets;
    s->last_reset = esp_reset_reason();
    update_progress(s);
}

static size_t networks(bool look, const struct fw_seen **seen)
{
    app.scan_wanted |= look;
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
                                  .set_pem = pem_set,
                                  .has_pem = pem_is_set,
                                  .log = log_text,
                                  .core = core,
                                  .restart = app_restart,
                                  .forget = forget};
static struct fw_api api = {&app.bridge, &app.network, &app.ladder, &app.echo, &host};

void web_board_start(void)
{
    host.networks = radio_can_scan ? networks : NULL;
}

static enum fw_visit visit(int socket)
{
    if (net_is_access_point(socket))
        return FW_VISIT_ACCESS_POINT;
    return app_now() < app.set_up_until ? FW_VISIT_IN_HAND : FW_VISIT_NETWORK;
}

enum reader_http_result web_board(struct fw_call *call, struct reader_http_response *response,
                                  bool *handled)
{
    return fw_api(&api, app_now(), visit(call->socket), &call->request, response, handled);
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
    *problem = fw_api_refusal(&api, app_now(), &call->request, &status);
    app_unlock();
    if (*problem != NULL)
        return status;
    *problem = update_begin(req->content_len, call->allow_older);
    if (*problem != NULL)
        return 503;
    *problem = update_end(copy_body(req));
    return *problem == NULL ? 200 : 400;
}

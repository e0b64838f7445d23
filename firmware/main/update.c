/* Updates: the slot that does not run behind firmware/logic/update.h, and whether a new image works. */
#include "app.h"

#include "esp_app_desc.h"
#include "esp_crt_bundle.h"
#include "esp_http_client.h"
#include "esp_log.h"
#include "esp_ota_ops.h"

#include <stdlib.h>
#include <string.h>

static const char tag[] = "update";

enum {
    PIECE = 2048
};
static const mep_time FETCH_LIMIT = 900000000; /* or a server that drips keeps all others out */

static struct fw_update update;
static struct fw_image_rules rules;
static const esp_partition_t *partition;
static esp_ota_handle_t handle;
static volatile bool busy;
static char url[256];
static uint8_t *piece; /* of a fetch */

/* ---- The slot ---- */

static bool slot_open(void *context, size_t size)
{
    /* Erased as it is written: all at once would stop everything for seconds. */
    return esp_ota_begin(partition, OTA_WITH_SEQUENTIAL_WRITES, &handle) == ESP_OK;
}

static bool slot_write(void *context, const uint8_t *bytes, size_t count)
{
    return esp_ota_write(handle, bytes, count) == ESP_OK;
}

static enum fw_seal slot_close(void *context)
{
    esp_err_t error = esp_ota_end(handle);

    if (error != ESP_OK)
        ESP_LOGW(tag, "%s", esp_err_to_name(error));
    /* Checksum or signature: IDF tells both so. An image that is whole lacks the signature. */
    return error == ESP_OK                                              ? FW_SEAL_OK
           : error == ESP_ERR_OTA_VALIDATE_FAILED                       ? FW_SEAL_UNSIGNED
           : error == ESP_ERR_INVALID_ARG || error == ESP_ERR_NOT_FOUND ? FW_SEAL_DAMAGED
                                                                        : FW_SEAL_FAILED;
}

static bool slot_activate(void *context)
{
    return esp_ota_set_boot_partition(partition) == ESP_OK;
}

static void slot_drop(void *context)
{
    esp_ota_abort(handle);
}

static const struct fw_slot slot = {.open = slot_open,
                                    .write = slot_write,
                                    .close = slot_close,
                                    .activate = slot_activate,
                                    .drop = slot_drop};

/* ---- An update that comes ---- */

const char *update_begin(size_t announced, bool allow_older)
{
    if (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
        return "another update is under way; try again later";
    if (app.probation.pending) {
        busy = false;
        return "this firmware is still on probation after an update; try again in a minute";
    }
    partition = esp_ota_get_next_update_partition(NULL);
    rules.slot_size = partition->size;
    rules.allow_older = allow_older;
    fw_update_begin(&update, &slot, &rules, announced);
    return NULL;
}

const char *update_bytes(const uint8_t *bytes, size_t count)
{
    bool taken = fw_update_bytes(&update, bytes, count);

    vTaskDelay(pdMS_TO_TICKS(10)); /* flash keeps the processor to itself: all others get a turn */
    return taken ? NULL : update.problem;
}

const char *update_end(bool whole)
{
    const char *problem = NULL;

    if (whole && fw_update_end(&update)) {
        ESP_LOGI(tag, "version %s is started next", update.image.version);
        app_restart();
    } else {
        fw_update_abort(&update);
        problem = update.problem;
        ESP_LOGW(tag, "the image %s", problem);
    }
    busy = false;
    return problem;
}

/* ---- From a URL ---- */

static const char *copy_all(esp_http_client_handle_t client)
{
    const mep_time until = app_now() + FETCH_LIMIT;
    const char *problem = NULL;
    int count = 1;

    while (problem == NULL && count > 0) {
        count = app_now() < until ? esp_http_client_read(client, (char *)piece, PIECE) : -1;
        if (count > 0)
            problem = update_bytes(piece, (size_t)count);
    }
    if (problem == NULL && (count < 0 || !esp_http_client_is_complete_data_received(client)))
        problem = "broke off";
    return problem;
}

/* NULL once all of it is here, or why not. */
static const char *get(esp_http_client_handle_t client)
{
    for (int hops = 3; esp_http_client_open(client, 0) == ESP_OK; hops--) {
        int64_t size = esp_http_client_fetch_headers(client);
        int status = esp_http_client_get_status_code(client);
        if (size < 0)
            break;
        if (status / 100 == 3 && hops > 0 && esp_http_client_set_redirection(client) == ESP_OK) {
            esp_http_client_close(client);
            continue;
        }
        update.announced = (size_t)size;
        return status == 200 ? copy_all(client) : "is not given out by the server at that URL";
    }
    return "cannot be fetched: no server answers at that URL";
}

static void fetch(void *context)
{
    esp_http_client_config_t config = {
        .url = url,
        .timeout_ms = 20000,
        .crt_bundle_attach = esp_crt_bundle_attach,
        .buffer_size = 2048, /* for where a release's page sends us */
        .buffer_size_tx = 2048,
    };
    esp_http_client_handle_t client = esp_http_client_init(&config);
    const char *problem = client != NULL ? get(client) : "cannot be fetched: no memory for it now";

    if (update.problem == NULL)
        update.problem = problem;
    esp_http_client_cleanup(client);
    free(piece);
    update_end(problem == NULL);
    vTaskDelete(NULL);
}

const char *update_fetch(const char *from, bool allow_older)
{
    if (strlen(from) >= sizeof url ||
        (strncmp(from, "http://", 7) != 0 && strncmp(from, "https://", 8) != 0))
        return "the URL is no http:// or https:// one of at most 255 characters";
    const char *problem = update_begin(0, allow_older);
    if (problem != NULL)
        return problem;
    strcpy(url, from);
    piece = malloc(PIECE);
    if (piece == NULL || xTaskCreate(fetch, "fetch", 8192, NULL, 4, NULL) != pdPASS) {
        free(piece);
        update_end(false);
        return "there is no memory for it now";
    }
    return NULL;
}

void update_progress(struct fw_status *s)
{
    s->update_busy = busy;
    s->update_bytes = update.got;
    s->update_problem = update.problem;
    s->update_done = update.done;
}

/* ---- Probation ---- */

void update_turn(mep_time now)
{
    switch (fw_probation_turn(&app.probation, now, meter_was_read() || net_online())) {
    case FW_VERDICT_KEEP:
        ESP_LOGI(tag, "this image has proved itself and stays");
        ESP_ERROR_CHECK_WITHOUT_ABORT(esp_ota_mark_app_valid_cancel_rollback());
        break;
    case FW_VERDICT_BACK:
        ESP_LOGE(tag, "neither meter nor network in 10 minutes: back to the image before");
        esp_ota_mark_app_invalid_rollback_and_reboot();
        break;
    case FW_VERDICT_WAIT:
        break;
    }
}

void update_start(void)
{
    const esp_app_desc_t *running = esp_app_get_description();
    esp_ota_img_states_t state = ESP_OTA_IMG_VALID;

    esp_ota_get_state_partition(esp_ota_get_running_partition(), &state);
    fw_probation_init(&app.probation, app_now(), state == ESP_OTA_IMG_PENDING_VERIFY);
    ESP_LOGI(tag, "version %s in %s%s", running->version, esp_ota_get_running_partition()->label,
             app.probation.pending ? ", on probation" : "");
    rules = (struct fw_image_rules){
        .chip = CONFIG_IDF_FIRMWARE_CHIP_ID,
        .secure_version = running->secure_version,
        .project = running->project_name,
        .version = running->version,
    };
}

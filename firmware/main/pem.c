/* Certificates and key for a broker over TLS, in NVS beside the settings. */
#include "app.h"

#include "esp_heap_caps.h"
#include "esp_random.h"
#include "mbedtls/pk.h"
#include "mbedtls/x509_crt.h"
#include "nvs.h"

static const char *const names[FW_PEMS] = {"ca", "cert", "key"};
static nvs_handle_t nvs;

bool pem_is_set(enum fw_pem which)
{
    size_t size = 0;

    return nvs_get_blob(nvs, names[which], NULL, &size) == ESP_OK;
}

char *pem_load(enum fw_pem which)
{
    size_t size = 0;

    if (nvs_get_blob(nvs, names[which], NULL, &size) != ESP_OK)
        return NULL;
    char *text = heap_caps_calloc_prefer(1, size + 1, 2, MALLOC_CAP_IRAM_8BIT, MALLOC_CAP_8BIT);
    if (text != NULL)
        nvs_get_blob(nvs, names[which], text, &size);
    return text;
}

static int give_random(void *context, unsigned char *bytes, size_t count)
{
    esp_fill_random(bytes, count);
    return 0;
}

/* `size` with the NUL behind it, as Mbed TLS wants it. */
static bool parses(enum fw_pem which, const unsigned char *text, size_t size)
{
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;

    mbedtls_x509_crt_init(&chain);
    mbedtls_pk_init(&key);
    int error = which == FW_PEM_KEY
                    ? mbedtls_pk_parse_key(&key, text, size, NULL, 0, give_random, NULL)
                    : mbedtls_x509_crt_parse(&chain, text, size);
    mbedtls_pk_free(&key);
    mbedtls_x509_crt_free(&chain);
    return error == 0;
}

const char *pem_set(enum fw_pem which, const char *text, size_t size)
{
    if (size == 0)
        nvs_erase_key(nvs, names[which]);
    else if (!parses(which, (const unsigned char *)text, size + 1))
        return which == FW_PEM_KEY ? "a private key in PEM form and without passphrase is accepted"
                                   : "certificates in PEM form are accepted";
    else if (nvs_set_blob(nvs, names[which], text, size) != ESP_OK)
        return "it could not be stored";
    nvs_commit(nvs);
    mqtt_apply();
    return NULL;
}

void pem_forget(void)
{
    nvs_erase_all(nvs);
    nvs_commit(nvs);
}

void pem_start(void)
{
    ESP_ERROR_CHECK(nvs_open("pem", NVS_READWRITE, &nvs));
}

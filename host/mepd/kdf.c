#include "host/mepd/kdf.h"

#include <mbedtls/md.h>
#include <mbedtls/pkcs5.h>
#include <string.h>

bool kdf_derive(const char *password, const uint8_t salt[READER_SALT_SIZE], uint32_t iterations,
                uint8_t hash[READER_HASH_SIZE])
{
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    mbedtls_md_context_t md;

    mbedtls_md_init(&md);
    bool ok =
        sha256 != NULL && mbedtls_md_setup(&md, sha256, 1) == 0 &&
        mbedtls_pkcs5_pbkdf2_hmac(&md, (const unsigned char *)password, strlen(password), salt,
                                  READER_SALT_SIZE, iterations, READER_HASH_SIZE, hash) == 0;
    mbedtls_md_free(&md);
    return ok;
}

static void work(uv_work_t *request)
{
    struct kdf *kdf = request->data;

    kdf->ok = kdf_derive(kdf->password, kdf->salt, kdf->iterations, kdf->hash);
    explicit_bzero(kdf->password, sizeof kdf->password);
}

static void after(uv_work_t *request, int status)
{
    struct kdf *kdf = request->data;

    kdf->busy = false;
    kdf->done(kdf->context, kdf->hash, status == 0 && kdf->ok);
    explicit_bzero(kdf->hash, sizeof kdf->hash);
}

bool kdf_begin(struct kdf *kdf, uv_loop_t *loop, const char *password,
               const uint8_t salt[READER_SALT_SIZE], uint32_t iterations, kdf_done_fn *done,
               void *context)
{
    if (kdf->busy || strlen(password) >= sizeof kdf->password)
        return false;
    memcpy(kdf->password, password, strlen(password) + 1);
    memcpy(kdf->salt, salt, sizeof kdf->salt);
    kdf->iterations = iterations;
    kdf->done = done;
    kdf->context = context;
    kdf->ok = false;
    kdf->work.data = kdf;
    kdf->busy = uv_queue_work(loop, &kdf->work, work, after) == 0;
    return kdf->busy;
}

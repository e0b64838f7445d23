/* Passwords into keys, beside the loop: it takes the better part of a second. */
#ifndef HOST_MEPD_KDF_H
#define HOST_MEPD_KDF_H

#include "reader/bridge/bridge.h"

#include <uv.h>

typedef void kdf_done_fn(void *context, const uint8_t hash[READER_HASH_SIZE], bool ok);

/* One at a time. */
struct kdf {
    uv_work_t work;
    bool busy, ok;
    char password[256];
    uint8_t salt[READER_SALT_SIZE], hash[READER_HASH_SIZE];
    uint32_t iterations;
    kdf_done_fn *done;
    void *context;
};

/* PBKDF2-HMAC-SHA256, here and now. */
bool kdf_derive(const char *password, const uint8_t salt[READER_SALT_SIZE], uint32_t iterations,
                uint8_t hash[READER_HASH_SIZE]);

/* The same in a thread; `done` is called from the loop. False: it is busy. */
bool kdf_begin(struct kdf *kdf, uv_loop_t *loop, const char *password,
               const uint8_t salt[READER_SALT_SIZE], uint32_t iterations, kdf_done_fn *done,
               void *context);

#endif

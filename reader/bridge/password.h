/* The setting http.password: "pbkdf2-sha256$ITERATIONS$SALT$HASH", both in hex. */
#ifndef READER_PASSWORD_H
#define READER_PASSWORD_H

#include "reader/bridge/bridge.h"

struct reader_password {
    uint32_t iterations;
    uint8_t salt[READER_SALT_SIZE], hash[READER_HASH_SIZE];
};

void reader_password_write(const struct reader_password *password, struct reader_out *out);

/* False if the text is no such hash: nobody can log in with it. */
bool reader_password_read(struct reader_password *password, const char *text);

#endif

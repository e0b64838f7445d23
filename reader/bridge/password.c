#include "reader/bridge/password.h"

#include <string.h>

static const char scheme[] = "pbkdf2-sha256$";

enum {
    ITERATIONS_MAX = 100000000 /* more than anybody would wait for */
};

void reader_password_write(const struct reader_password *password, struct reader_out *out)
{
    reader_out_text(out, scheme);
    reader_out_integer(out, password->iterations);
    reader_out_text(out, "$");
    reader_out_hex(out, password->salt, sizeof password->salt);
    reader_out_text(out, "$");
    reader_out_hex(out, password->hash, sizeof password->hash);
}

static const char *read_number(const char *text, uint32_t *number)
{
    *number = 0;
    while (*text >= '0' && *text <= '9' && *number < ITERATIONS_MAX)
        *number = *number * 10 + (uint32_t)(*text++ - '0');
    return *number != 0 && *number <= ITERATIONS_MAX && *text == '$' ? text : NULL;
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* After a dollar sign; gives what follows, or NULL. */
static const char *read_hex(const char *text, uint8_t *bytes, size_t count)
{
    if (text == NULL || *text++ != '$')
        return NULL;
    for (size_t i = 0; i < count; i++, text += 2) {
        int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
        if (low < 0)
            return NULL;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return text;
}

bool reader_password_read(struct reader_password *password, const char *text)
{
    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return false;
    text = read_number(text + sizeof scheme - 1, &password->iterations);
    text = read_hex(text, password->salt, sizeof password->salt);
    text = read_hex(text, password->hash, sizeof password->hash);
    return text != NULL && *text == 0;
}

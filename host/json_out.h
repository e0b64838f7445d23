/* JSON, written as it goes along: an object a line. */
#ifndef HOST_JSON_OUT_H
#define HOST_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    bool comma; /* a member stands before the next one */
};

/* Begins an object: the outermost with name NULL, a member of another with its name. */
void json_begin(struct json *json, const char *name);

/* Ends the object; the outermost one is to be followed by a newline. */
void json_end(struct json *json);

void json_integer(struct json *json, const char *name, int64_t value);
void json_bool(struct json *json, const char *name, bool value);
void json_string(struct json *json, const char *name, const char *text);

/* An array of strings. */
void json_words(struct json *json, const char *name, const char *const *words, size_t count);

/* Text that may hold any byte; what is no UTF-8 becomes U+FFFD. */
void json_bytes(struct json *json, const char *name, const uint8_t *bytes, size_t count);

/* As hex digits. */
void json_hex(struct json *json, const char *name, const uint8_t *bytes, size_t count);

#endif

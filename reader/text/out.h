/*
 * Text and JSON, written as it goes along into whatever the caller has: a
 * buffer, a socket, a file. No heap; nothing is kept but what is in the struct.
 *
 *     struct reader_out out;
 *     reader_out_init(&out, append, buffer);
 *     reader_json_begin(&out, NULL);
 *     reader_json_integer(&out, "power_import_w", 431);
 *     reader_json_end(&out);
 *
 * Once the caller's function has said false nothing more is written, and
 * `failed` stays true. For another JSON text on the same out, as a line of its
 * own, set `comma` to false.
 */
#ifndef READER_OUT_H
#define READER_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes all of `count` bytes; false: no more, please. */
typedef bool reader_out_fn(void *context, const char *bytes, size_t count);

struct reader_out {
    reader_out_fn *fn;
    void *context;
    size_t total; /* bytes taken */
    bool failed;
    bool comma; /* JSON: something stands before what comes next */
};

/* fn NULL: it goes nowhere, and is only counted. */
void reader_out_init(struct reader_out *out, reader_out_fn *fn, void *context);

void reader_out_bytes(struct reader_out *out, const char *bytes, size_t count);
void reader_out_text(struct reader_out *out, const char *text);
void reader_out_integer(struct reader_out *out, int64_t value);

/*
 * `value` divided by 10^decimals, 0 .. 9 of them, without zeros at the fraction's
 * end: (-1234, 3) is "-1.234", (24500, 4) is "2.45", (20000, 4) is "2".
 */
void reader_out_decimal(struct reader_out *out, int64_t value, unsigned decimals);

/* Two lower-case hex digits a byte. */
void reader_out_hex(struct reader_out *out, const uint8_t *bytes, size_t count);

/* ---- JSON ---- */

/* Begins an object or an array: a member with its name, otherwise with NULL. */
void reader_json_begin(struct reader_out *out, const char *name);
void reader_json_begin_array(struct reader_out *out, const char *name);

void reader_json_end(struct reader_out *out);
void reader_json_end_array(struct reader_out *out);

/* Members with their name; in an array, or alone, with NULL. */
void reader_json_integer(struct reader_out *out, const char *name, int64_t value);
void reader_json_decimal(struct reader_out *out, const char *name, int64_t value,
                         unsigned decimals);
void reader_json_bool(struct reader_out *out, const char *name, bool value);
void reader_json_null(struct reader_out *out, const char *name);
void reader_json_string(struct reader_out *out, const char *name, const char *text);

/* Text that may hold any byte; what is no UTF-8 becomes U+FFFD. */
void reader_json_bytes(struct reader_out *out, const char *name, const uint8_t *bytes,
                       size_t count);

/* As a string of hex digits. */
void reader_json_hex(struct reader_out *out, const char *name, const uint8_t *bytes, size_t count);

/* ---- Into a buffer ---- */

/* Text in the caller's memory of at least a byte, always ended by a NUL; what does not fit fails the
 * out. */
struct reader_buffer {
    char *text;
    size_t size; /* of the memory, with the NUL */
    size_t length;
};

void reader_out_buffer(struct reader_out *out, struct reader_buffer *buffer, char *text,
                       size_t size);

#endif

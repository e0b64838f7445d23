/* Text from a meter or from the network, which may hold any byte. */
#ifndef READER_UTF8_H
#define READER_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * The next character of `count` > 0 bytes, and how many bytes it takes in
 * *size. What is no UTF-8 is U+FFFD, a byte at a time.
 */
uint32_t reader_utf8_next(const uint8_t *bytes, size_t count, size_t *size);

/*
 * Writes a character as UTF-8; gives its bytes, 1 .. 4. Only for characters:
 * up to U+10FFFF and no surrogate.
 */
size_t reader_utf8_put(uint32_t character, uint8_t bytes[4]);

/*
 * Copies text so that it is valid UTF-8 without control characters, which have
 * no business on a terminal. Cut at a whole character if `size` is too small.
 * Returns `out`.
 */
char *reader_utf8_clean(const uint8_t *bytes, size_t count, char *out, size_t size);

#endif

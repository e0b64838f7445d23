/* Text from a meter, which may hold any byte. */
#ifndef HOST_UTF8_H
#define HOST_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * The next character of `count` > 0 bytes, and how many bytes it takes in
 * *size. What is no UTF-8 is U+FFFD, a byte at a time.
 */
uint32_t utf8_next(const uint8_t *bytes, size_t count, size_t *size);

/*
 * Copies text so that it is valid UTF-8 without control characters, which have
 * no business on a terminal. Cut at a whole character if `size` is too small.
 * Returns `out`.
 */
char *utf8_clean(const uint8_t *bytes, size_t count, char *out, size_t size);

#endif

/* Hex digits to bytes, for tests. */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint8_t hex_nibble(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, c);
    assert(c != '\0' && at != NULL);
    return (uint8_t)(at - digits);
}

static inline size_t hex_bytes(const char *text, uint8_t *bytes, size_t size)
{
    size_t count = strlen(text) / 2;
    assert(count <= size);
    (void)size;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(hex_nibble(text[2 * i]) << 4 | hex_nibble(text[2 * i + 1]));
    return count;
}

#endif

/* Hex as people paste it: any case, with or without spaces and colons. */
#ifndef HOST_HEX_H
#define HOST_HEX_H

#include <stddef.h>
#include <stdint.h>

/*
 * Puts the bytes of `text` into `out` and their number into *count. NULL when
 * that worked, else what is wrong with the text.
 */
const char *hex_parse(const char *text, uint8_t *out, size_t size, size_t *count);

/* Writes lower-case digits and a NUL; `text` holds 2 * count + 1 characters. Returns it. */
char *hex_text(const uint8_t *bytes, size_t count, char *text);

#endif

/* Times as people and programs write them. */
#ifndef HOST_RFC3339_H
#define HOST_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "2026-01-31T18:00:00Z" and its like with an offset, a fraction, which is
 * ignored, a space or small letters, as RFC 3339 allows; years 2000 to 2099.
 * Seconds since 1970; false if it is none.
 */
bool rfc3339_parse(const char *text, int64_t *seconds);

#endif

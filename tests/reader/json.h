/* JSON as RFC 8259 has it and no laxer, to look at what was written. */
#ifndef TESTS_READER_JSON_H
#define TESTS_READER_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* One value and nothing after it; names in an object are unique and text is UTF-8. */
bool json_valid(const char *text);

/*
 * The value at a path such as "dev/ids/0", as it stands in the JSON ("\"text\"",
 * "12", "{...}"); NULL if there is none. It holds until the fourth call after.
 */
const char *json_at(const char *text, const char *path);

/* How many members or elements the value at `path` ("" is all of it) has; -1: it is neither. */
int json_count(const char *text, const char *path);

#endif

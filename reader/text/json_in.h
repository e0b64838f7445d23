/*
 * JSON, read without a heap: one flat object of strings, numbers, true, false
 * and null, which is all that the HTTP API takes.
 */
#ifndef READER_JSON_IN_H
#define READER_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    READER_JSON_NAME_SIZE = 80, /* of a member's name, with its NUL */
    READER_JSON_TEXT_SIZE = 600 /* of a string, as UTF-8, with its NUL */
};

enum reader_json_kind {
    READER_JSON_STRING,
    READER_JSON_NUMBER, /* `text` as it stands in the JSON, such as "-12" or "0.25" */
    READER_JSON_BOOL,   /* `text` is "true" or "false" */
    READER_JSON_NULL
};

struct reader_json_member {
    char name[READER_JSON_NAME_SIZE];
    enum reader_json_kind kind;
    char text[READER_JSON_TEXT_SIZE];
};

/* Goes from member to member of `size` bytes that need not end with a NUL. */
struct reader_json_in {
    const char *text;
    size_t size, at;
    bool begun, ended;
    const char *problem; /* NULL, or what is wrong, in one line that quotes nothing of it */
};

void reader_json_in_init(struct reader_json_in *in, const char *text, size_t size);

/*
 * The next member, into the same struct each time; false at the end or at a
 * problem. A string that holds U+0000 or a lone surrogate, a name given twice in
 * a row, an object or array as a value, a number with an exponent, a name or text
 * too long, and anything after the object are problems.
 */
bool reader_json_in_next(struct reader_json_in *in, struct reader_json_member *member);

#endif

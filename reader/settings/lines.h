/* The file's lines, taken apart. Pointers are into the file's text. */
#ifndef READER_SETTINGS_LINES_H
#define READER_SETTINGS_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum setting_line_kind {
    SETTING_LINE_OTHER,   /* empty, or a comment */
    SETTING_LINE_SECTION, /* [meter NAME]: name */
    SETTING_LINE_KEY,     /* name = value */
    SETTING_LINE_WRONG    /* problem */
};

struct setting_line {
    enum setting_line_kind kind;
    size_t from, to; /* offsets of the line and of the next one */
    const char *name;
    size_t name_size;
    const char *value; /* with its quotes */
    size_t value_size;
    const char *problem;
    bool blank;    /* of OTHER: empty */
    bool disabled; /* of OTHER: a comment that holds such a line. Kind of it: */
    enum setting_line_kind disabled_kind;
};

/* The line that begins at `from` < size. */
struct setting_line setting_line_at(const char *text, size_t size, size_t from);

/* The value without quotes and with a NUL, into as many bytes as the line has and one more. */
void setting_line_value(const struct setting_line *line, char *out);

#endif

#include "reader/settings/lines.h"

#include "reader/settings/internal.h"

#include <string.h>

static const char whole_lines[] =
    "is neither a comment nor a setting; # TEXT, [meter NAME] and KEY = VALUE are accepted";

/* What of a line is not yet taken apart. */
struct rest {
    const char *at, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct rest *rest)
{
    while (rest->at < rest->end && is_blank(*rest->at))
        rest->at++;
}

/* Nothing but white space and a comment, if anything. */
static bool is_over(struct rest *rest)
{
    skip_blanks(rest);
    return rest->at == rest->end || *rest->at == '#';
}

static void wrong(struct setting_line *line, const char *problem)
{
    line->kind = SETTING_LINE_WRONG;
    line->problem = problem;
}

/* ---- [meter NAME] ---- */

static void take_section(struct setting_line *line, struct rest *rest)
{
    static const char word[] = "[meter";
    static const char accepted[] = "is no such section; [meter NAME], NAME being 1 to 32 of A-Z "
                                   "a-z 0-9 - and _, is accepted";
    size_t length = sizeof word - 1;

    if ((size_t)(rest->end - rest->at) <= length || memcmp(rest->at, word, length) != 0 ||
        !is_blank(rest->at[length])) {
        wrong(line, accepted);
        return;
    }
    rest->at += length;
    skip_blanks(rest);
    line->name = rest->at;
    while (rest->at < rest->end && *rest->at != ']' && !is_blank(*rest->at))
        rest->at++;
    line->name_size = (size_t)(rest->at - line->name);
    skip_blanks(rest);
    bool closed = rest->at < rest->end && *rest->at++ == ']';
    if (!closed || !is_over(rest) || !setting_is_meter_name(line->name, line->name_size))
        wrong(line, accepted);
    else
        line->kind = SETTING_LINE_SECTION;
}

/* ---- KEY = VALUE ---- */

static void take_quoted(struct setting_line *line, struct rest *rest)
{
    rest->at++;
    while (rest->at < rest->end && *rest->at != '"') {
        if (*rest->at == '\\') {
            rest->at++;
            if (rest->at == rest->end || (*rest->at != '"' && *rest->at != '\\')) {
                wrong(line, "has a \\ that stands before neither \" nor \\; \\\" and \\\\ are "
                            "accepted in quotes");
                return;
            }
        }
        rest->at++;
    }
    if (rest->at == rest->end) {
        wrong(line, "has no closing quote; a value in quotes ends on its line");
        return;
    }
    line->value_size = (size_t)(++rest->at - line->value);
    if (!is_over(rest))
        wrong(line, "goes on after the closing quote; only a comment is accepted there");
}

static void take_bare(struct setting_line *line, struct rest *rest)
{
    const char *last = rest->at; /* where the value ends */

    for (bool gap = true; rest->at < rest->end && !(gap && *rest->at == '#'); rest->at++) {
        gap = is_blank(*rest->at);
        if (!gap)
            last = rest->at + 1;
    }
    line->value_size = (size_t)(last - line->value);
}

static bool is_key_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static bool holds_zero(const struct rest *rest)
{
    for (const char *c = rest->at; c < rest->end; c++)
        if (*c == 0)
            return true;
    return false;
}

static void take_key(struct setting_line *line, struct rest *rest)
{
    const char *name = rest->at;

    while (rest->at < rest->end && is_key_character(*rest->at))
        rest->at++;
    size_t name_size = (size_t)(rest->at - name);
    skip_blanks(rest);
    if (name_size == 0 || rest->at == rest->end || *rest->at != '=') {
        wrong(line, whole_lines);
        return;
    }
    rest->at++;
    skip_blanks(rest);
    line->kind = SETTING_LINE_KEY;
    line->name = name;
    line->name_size = name_size;
    line->value = rest->at;
    if (holds_zero(rest))
        wrong(line, "holds a byte of zero; a line of text is accepted");
    else if (rest->at < rest->end && *rest->at == '"')
        take_quoted(line, rest);
    else
        take_bare(line, rest);
}

/* ---- Lines ---- */

static void take_setting(struct setting_line *line, struct rest *rest)
{
    skip_blanks(rest);
    if (rest->at < rest->end && *rest->at == '[')
        take_section(line, rest);
    else
        take_key(line, rest);
}

/* A comment may be a setting that somebody put aside. */
static void take_comment(struct setting_line *line, struct rest *rest)
{
    struct setting_line inside = {.from = line->from, .to = line->to};

    rest->at++;
    take_setting(&inside, rest);
    line->disabled = inside.kind != SETTING_LINE_WRONG;
    line->disabled_kind = inside.kind;
    line->name = inside.name;
    line->name_size = inside.name_size;
}

struct setting_line setting_line_at(const char *text, size_t size, size_t from)
{
    const char *newline = memchr(text + from, '\n', size - from);
    struct setting_line line = {.from = from,
                                .to = newline == NULL ? size : (size_t)(newline + 1 - text)};
    struct rest rest = {text + from, newline == NULL ? text + size : newline};

    if (rest.end > rest.at && rest.end[-1] == '\r')
        rest.end--;
    skip_blanks(&rest);
    line.blank = rest.at == rest.end;
    if (line.blank)
        return line;
    if (*rest.at == '#')
        take_comment(&line, &rest);
    else if (line.to - from > READER_SETTING_LINE)
        wrong(&line, "is too long; a line of up to 640 bytes is accepted");
    else
        take_setting(&line, &rest);
    return line;
}

void setting_line_value(const struct setting_line *line, char *out)
{
    bool quoted = line->value_size >= 2 && line->value[0] == '"';
    const char *at = line->value + quoted, *end = line->value + line->value_size - quoted;

    while (at < end) {
        if (quoted && *at == '\\')
            at++;
        *out++ = *at++;
    }
    *out = 0;
}

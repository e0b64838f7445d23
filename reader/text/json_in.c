#include "reader/text/json_in.h"

#include "reader/text/utf8.h"

#include <string.h>

/* Where text goes; what does not fit is noticed, not written. */
struct text {
    char *bytes;
    size_t size, length;
};

void reader_json_in_init(struct reader_json_in *in, const char *text, size_t size)
{
    *in = (struct reader_json_in){.text = text, .size = size};
}

static bool wrong(struct reader_json_in *in, const char *problem)
{
    if (in->problem == NULL)
        in->problem = problem;
    return false;
}

/* The next byte, or -1 at the end. */
static int peek(const struct reader_json_in *in)
{
    return in->at < in->size ? (uint8_t)in->text[in->at] : -1;
}

static void skip_space(struct reader_json_in *in)
{
    for (int c; (c = peek(in)) == ' ' || c == '\t' || c == '\r' || c == '\n';)
        in->at++;
}

/* Takes this byte if it is the next one. */
static bool take(struct reader_json_in *in, char byte)
{
    if (peek(in) != (uint8_t)byte)
        return false;
    in->at++;
    return true;
}

/* ---- Strings ---- */

static bool put(struct reader_json_in *in, struct text *to, uint32_t character)
{
    uint8_t bytes[4];
    size_t length = reader_utf8_put(character, bytes);

    if (character == 0)
        return wrong(in, "a string holds U+0000; text without it is accepted");
    if (length >= to->size - to->length)
        return wrong(in, "a name or a string is too long");
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
    to->bytes[to->length] = 0;
    return true;
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits after \u. */
static bool take_unit(struct reader_json_in *in, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, in->at++) {
        int digit = hex_digit(peek(in));
        if (digit < 0)
            return wrong(in, "\\u in a string wants four hex digits after it");
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

static bool take_code_point(struct reader_json_in *in, uint32_t *character)
{
    static const char lone[] = "a string holds half of a surrogate pair";
    uint32_t low;

    if (!take_unit(in, character))
        return false;
    if (*character < 0xd800 || *character > 0xdfff)
        return true;
    if (*character > 0xdbff || !take(in, '\\') || !take(in, 'u'))
        return wrong(in, lone);
    if (!take_unit(in, &low))
        return false;
    if (low < 0xdc00 || low > 0xdfff)
        return wrong(in, lone);
    *character = 0x10000 + ((*character & 0x3ff) << 10 | (low & 0x3ff));
    return true;
}

/* What stands after a backslash. */
static bool take_escape(struct reader_json_in *in, uint32_t *character)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    int c = peek(in);
    const char *found = c > 0 ? strchr(names, c) : NULL;

    if (c == 'u') {
        in->at++;
        return take_code_point(in, character);
    }
    if (found == NULL)
        return wrong(in, "a string holds a backslash before what JSON does not escape");
    in->at++;
    *character = (uint8_t)meant[found - names];
    return true;
}

static bool take_character(struct reader_json_in *in, uint32_t *character)
{
    const uint8_t *at = (const uint8_t *)in->text + in->at;
    size_t length;

    *character = reader_utf8_next(at, in->size - in->at, &length);
    in->at += length;
    if (*character == '\\')
        return take_escape(in, character);
    if (*character < 0x20)
        return wrong(in, "a string holds a control character that is not escaped");
    if (*character == 0xfffd && length == 1)
        return wrong(in, "a string is not UTF-8");
    return true;
}

/* From its first quote on. */
static bool take_string(struct reader_json_in *in, char *bytes, size_t size)
{
    struct text to = {bytes, size, 0};
    uint32_t character;

    bytes[0] = 0;
    in->at++;
    while (!take(in, '"'))
        if (peek(in) < 0)
            return wrong(in, "a string does not end");
        else if (!take_character(in, &character) || !put(in, &to, character))
            return false;
    return true;
}

/* ---- Other values ---- */

static bool take_digits(struct reader_json_in *in)
{
    size_t before = in->at;

    while (peek(in) >= '0' && peek(in) <= '9')
        in->at++;
    return in->at != before;
}

static bool take_number(struct reader_json_in *in, struct reader_json_member *member)
{
    static const char accepted[] = "a number is not one of JSON's, or has an exponent; 12, -12 and "
                                   "0.25 are accepted";
    size_t begin = in->at;

    take(in, '-');
    bool zero = take(in, '0');
    if (!zero && !take_digits(in))
        return wrong(in, accepted);
    if (take(in, '.') && !take_digits(in))
        return wrong(in, accepted);
    int c = peek(in);
    if ((c >= '0' && c <= '9') || c == 'e' || c == 'E')
        return wrong(in, accepted);
    size_t length = in->at - begin;
    if (length >= sizeof member->text)
        return wrong(in, "a number is too long");
    memcpy(member->text, in->text + begin, length);
    member->text[length] = 0;
    member->kind = READER_JSON_NUMBER;
    return true;
}

static bool take_word(struct reader_json_in *in, struct reader_json_member *member)
{
    static const struct {
        const char *text;
        enum reader_json_kind kind;
    } words[] = {
        {"true", READER_JSON_BOOL}, {"false", READER_JSON_BOOL}, {"null", READER_JSON_NULL}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i].text);
        if (in->size - in->at < length || memcmp(in->text + in->at, words[i].text, length) != 0)
            continue;
        in->at += length;
        memcpy(member->text, words[i].text, length + 1);
        member->kind = words[i].kind;
        return true;
    }
    return wrong(in, "a value is none of JSON's; strings, numbers, true, false and null are "
                     "accepted");
}

static bool take_value(struct reader_json_in *in, struct reader_json_member *member)
{
    int c = peek(in);

    if (c == '"') {
        member->kind = READER_JSON_STRING;
        return take_string(in, member->text, sizeof member->text);
    }
    if (c == '{' || c == '[')
        return wrong(in, "a value is an object or an array; strings, numbers, true, false and "
                         "null are accepted");
    return c == '-' || (c >= '0' && c <= '9') ? take_number(in, member) : take_word(in, member);
}

/* ---- The object ---- */

/* After its last brace. */
static bool end(struct reader_json_in *in)
{
    in->ended = true;
    skip_space(in);
    if (in->at < in->size)
        wrong(in, "something stands after the JSON object");
    return false;
}

static bool take_member(struct reader_json_in *in, struct reader_json_member *member)
{
    char before[READER_JSON_NAME_SIZE];
    bool first = !in->begun;

    in->begun = true;
    if (!first)
        memcpy(before, member->name, sizeof before);
    if (peek(in) != '"')
        return wrong(in, "a member's name in double quotes is missing in the JSON object");
    if (!take_string(in, member->name, sizeof member->name))
        return false;
    if (!first && strcmp(before, member->name) == 0)
        return wrong(in, "a name is there twice in the JSON object");
    skip_space(in);
    if (!take(in, ':'))
        return wrong(in, "a colon is missing after a name in the JSON object");
    skip_space(in);
    return take_value(in, member);
}

bool reader_json_in_next(struct reader_json_in *in, struct reader_json_member *member)
{
    if (in->problem != NULL || in->ended)
        return false;
    skip_space(in);
    if (!in->begun) {
        if (!take(in, '{'))
            return wrong(in, "no JSON object; {\"name\": value, ...} is accepted");
        member->name[0] = 0;
        skip_space(in);
        if (take(in, '}'))
            return end(in);
    } else {
        if (take(in, '}'))
            return end(in);
        if (!take(in, ','))
            return wrong(in, "a comma or the end of the JSON object is missing");
        skip_space(in);
    }
    return take_member(in, member);
}

#include "tests/reader/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    VALUE_MAX = 200000,
    ANSWERS = 4,
    MEMBERS_MAX = 256
};

/* The names that an object has given so far. */
struct names {
    const char *at[MEMBERS_MAX];
    size_t size[MEMBERS_MAX];
    size_t count;
};

/* What is found on the way: the value at `path`, if it is not NULL. */
struct search {
    const char *path, *begin, *end;
    int count;
};

static const char *value(const char *at, struct search *search);

static const char *space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Bytes of the UTF-8 character that begins here; 0: it is none. */
static size_t utf8(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    size_t size = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    if (size == 0 || b[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) ||
        (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f))
        return 0;
    return size;
}

static const char *string(const char *at)
{
    if (*at++ != '"')
        return NULL;
    while (*at != '"') {
        size_t size = (unsigned char)*at < 0x20 ? 0 : utf8(at);
        if (size == 0)
            return NULL;
        if (*at == '\\') {
            if (at[1] == 'u') {
                for (int i = 2; i < 6; i++)
                    if (!isxdigit((unsigned char)at[i]))
                        return NULL;
                size = 6;
            } else if (at[1] == 0 || strchr("\"\\/bfnrt", at[1]) == NULL) {
                return NULL;
            } else {
                size = 2;
            }
        }
        at += size;
    }
    return at + 1;
}

static const char *digits(const char *at)
{
    size_t count = strspn(at, "0123456789");
    return count == 0 ? NULL : at + count;
}

static const char *number(const char *at)
{
    if (*at == '-')
        at++;
    if (*at == '0' && isdigit((unsigned char)at[1]))
        return NULL;
    at = digits(at);
    if (at != NULL && *at == '.')
        at = digits(at + 1);
    if (at != NULL && (*at == 'e' || *at == 'E'))
        at = digits(at + 1 + (at[1] == '-' || at[1] == '+'));
    return at;
}

/* The rest of the path if `name` is its first part, and NULL if not. */
static const char *step(const char *path, const char *name, size_t size)
{
    if (path == NULL || strncmp(path, name, size) != 0 || (path[size] != 0 && path[size] != '/'))
        return NULL;
    return path[size] == 0 ? path + size : path + size + 1;
}

static bool is_new(struct names *names, const char *name, size_t size)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->size[i] == size && memcmp(names->at[i], name, size) == 0)
            return false;
    names->at[names->count] = name;
    names->size[names->count++] = size;
    return names->count < MEMBERS_MAX;
}

static const char *member(const char *at, struct search *search, struct search *inner,
                          struct names *names)
{
    const char *name = at;
    at = string(at);
    if (at == NULL || !is_new(names, name, (size_t)(at - name)))
        return NULL;
    inner->path = step(search->path, name + 1, (size_t)(at - name) - 2);
    at = space(at);
    return *at == ':' ? space(at + 1) : NULL;
}

static const char *container(const char *at, struct search *search)
{
    bool object = *at == '{';
    char end = object ? '}' : ']';
    struct names names = {.count = 0};
    int count = 0;

    at = space(at + 1);
    if (*at == end) {
        search->count = 0;
        return at + 1;
    }
    for (;; at = space(at + 1)) {
        struct search inner = {0};
        if (object) {
            at = member(at, search, &inner, &names);
            if (at == NULL)
                return NULL;
        } else if (search->path != NULL && isdigit((unsigned char)*search->path)) {
            char *rest;
            if (strtol(search->path, &rest, 10) == count)
                inner.path = *rest == '/' ? rest + 1 : rest;
        }
        at = value(at, &inner);
        if (at == NULL)
            return NULL;
        if (inner.begin != NULL) {
            search->begin = inner.begin;
            search->end = inner.end;
            search->count = inner.count;
        }
        count++;
        at = space(at);
        if (*at == end)
            break;
        if (*at != ',')
            return NULL;
    }
    if (search->path != NULL && *search->path == 0)
        search->count = count;
    return at + 1;
}

static const char *value(const char *at, struct search *search)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *begin = at;
    bool here = search->path != NULL && *search->path == 0;

    search->count = -1;
    if (*at == '{' || *at == '[') {
        at = container(at, search);
    } else if (*at == '"') {
        at = string(at);
    } else if (*at == '-' || isdigit((unsigned char)*at)) {
        at = number(at);
    } else {
        const char *after = NULL;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strncmp(at, words[i], strlen(words[i])) == 0)
                after = at + strlen(words[i]);
        at = after;
    }
    if (here && at != NULL) {
        search->begin = begin;
        search->end = at;
    }
    return at;
}

static bool look(const char *text, struct search *search)
{
    const char *end = value(space(text), search);
    return end != NULL && *space(end) == 0;
}

bool json_valid(const char *text)
{
    struct search search = {0};
    return look(text, &search);
}

const char *json_at(const char *text, const char *path)
{
    static char answers[ANSWERS][VALUE_MAX];
    static unsigned next;
    struct search search = {.path = path};

    if (!look(text, &search) || search.begin == NULL || search.end - search.begin >= VALUE_MAX)
        return NULL;
    char *answer = answers[next++ % ANSWERS];
    memcpy(answer, search.begin, (size_t)(search.end - search.begin));
    answer[search.end - search.begin] = 0;
    return answer;
}

int json_count(const char *text, const char *path)
{
    struct search search = {.path = path};
    return look(text, &search) && search.begin != NULL ? search.count : -1;
}

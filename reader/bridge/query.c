/* What follows the '?' of a path. */
#include "reader/bridge/call.h"

#include <string.h>

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The byte that an escape stands for; -1: it is none, or stands for NUL. */
static int escaped(const char *text)
{
    int high = digit(text[1]), low = high < 0 ? -1 : digit(text[2]);
    return low < 0 || (high == 0 && low == 0) ? -1 : high << 4 | low;
}

/* Whether a word stands in a list of words. */
static bool is_listed(const char *word, size_t size, const char *list)
{
    while (*list != 0) {
        size_t length = strcspn(list, " ");
        if (length == size && memcmp(list, word, size) == 0)
            return true;
        list += length + (list[length] == ' ');
    }
    return false;
}

/* The next "name=value" and what follows it. */
static size_t part_size(const char *query)
{
    return strcspn(query, "&");
}

static const char *find(const char *query, const char *name, size_t name_size)
{
    while (*query != 0) {
        size_t size = part_size(query);
        if (size >= name_size && memcmp(query, name, name_size) == 0 &&
            (size == name_size || query[name_size] == '='))
            return query;
        query += size + (query[size] == '&');
    }
    return NULL;
}

const char *http_query_problem(const char *query, const char *known)
{
    for (const char *at = query; *at != 0; at++)
        if (*at == '%' && escaped(at) < 0)
            return "the query holds a % without two hex digits";
    for (const char *at = query; *at != 0;) {
        size_t size = part_size(at), name_size = 0;
        while (name_size < size && at[name_size] != '=')
            name_size++;
        if (known != NULL && name_size != 0 && !is_listed(at, name_size, known))
            return "the query names a parameter that this path does not have";
        if (name_size != 0 && find(query, at, name_size) != at)
            return "the query names a parameter twice";
        at += size + (at[size] == '&');
    }
    return NULL;
}

bool http_parameter(const char *query, const char *name, char *text, size_t size)
{
    const char *at = find(query, name, strlen(name));
    size_t length = 0;

    at = at != NULL ? at + strlen(name) : "";
    for (at += *at == '='; *at != 0 && *at != '&'; at++) {
        int c = *at == '+' ? ' ' : (unsigned char)*at;
        if (*at == '%') {
            c = escaped(at);
            at += 2;
        }
        if (length + 1 == size)
            return false;
        text[length++] = (char)c;
    }
    text[length] = 0;
    return true;
}

bool http_number(const char **text, int64_t *number)
{
    const char *at = *text;

    for (*number = 0; *at >= '0' && *at <= '9' && at - *text <= 12; at++)
        *number = *number * 10 + (*at - '0');
    bool good = at != *text && at - *text <= 12;
    *text = at;
    return good;
}

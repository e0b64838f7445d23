/*
 * Whether a request is meant for this device and comes from its own pages. A page
 * elsewhere can have its name point here (DNS rebinding) and then read as if it
 * were ours: its name betrays it. An address cannot be made to point elsewhere.
 */
#include "reader/bridge/call.h"

#include <string.h>

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool same_name(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

static bool is_name(const char *host, size_t size, const char *name)
{
    return strlen(name) == size && same_name(host, name, size);
}

/* Four numbers up to 255. */
static bool is_ipv4(const char *host, size_t size)
{
    unsigned numbers = 0, digits = 0, value = 0;

    for (size_t i = 0; i <= size; i++) {
        if (i < size && host[i] >= '0' && host[i] <= '9') {
            value = value * 10 + (unsigned)(host[i] - '0');
            if (++digits > 3 || value > 255)
                return false;
        } else if (digits != 0 && (i == size || host[i] == '.')) {
            numbers++;
            digits = value = 0;
        } else {
            return false;
        }
    }
    return numbers == 4;
}

/* In brackets; no name holds any, so it need not be more exact. */
static bool is_ipv6(const char *host, size_t size)
{
    return size > 2 && host[0] == '[' && host[size - 1] == ']' &&
           strspn(host + 1, "0123456789abcdefABCDEF:.") == size - 2;
}

static bool is_own(const char *host, size_t size, const char *hostname)
{
    static const char local[] = ".local";
    size_t length = strlen(hostname), suffix = sizeof local - 1;

    if (length != 0 && is_name(host, size, hostname))
        return true;
    if (size > suffix && same_name(host + size - suffix, local, suffix)) {
        size -= suffix;
        /* Of two boards with one name, mDNS (RFC 6762, 9) calls the second NAME-2. */
        if (size > length + 1 && host[length] == '-' &&
            strspn(host + length + 1, "0123456789") == size - length - 1)
            size = length;
    }
    return length != 0 && is_name(host, size, hostname);
}

static bool is_listed(const char *host, size_t size, const char *hosts)
{
    while (*hosts != 0) {
        size_t length = strcspn(hosts, " ,");
        if (length == size && same_name(host, hosts, size))
            return true;
        hosts += length + (hosts[length] != 0);
    }
    return false;
}

/* Without its port; 0: there is something else behind it. */
static size_t name_size(const char *host)
{
    size_t size = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

    if (size > strlen(host))
        return 0;
    if (host[size] == 0)
        return size;
    size_t digits = host[size] == ':' ? strspn(host + size + 1, "0123456789") : 0;
    return digits > 0 && digits <= 5 && host[size + 1 + digits] == 0 ? size : 0;
}

const char *http_wrong_host(const struct reader_bridge *bridge, const char *host)
{
    size_t size = name_size(host);

    if (size != 0 &&
        (is_ipv4(host, size) || is_ipv6(host, size) || is_name(host, size, "localhost") ||
         (bridge->hostname != NULL && is_own(host, size, bridge->hostname)) ||
         is_listed(host, size, bridge->settings->http_hosts)))
        return NULL;
    return "the name in the header Host is not one of this device; its address, its own name and "
           "the names of the setting http.hosts are accepted";
}

const char *http_wrong_origin(const char *host, const char *origin)
{
    if (origin == NULL)
        return NULL;
    size_t scheme = strncmp(origin, "https://", 8) == 0  ? 8
                    : strncmp(origin, "http://", 7) == 0 ? 7
                                                         : 0;
    if (scheme != 0 && is_name(origin + scheme, strlen(origin + scheme), host))
        return NULL;
    return "the header Origin names a page of another site; pages of this device alone are "
           "accepted";
}

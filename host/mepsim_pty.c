/*
 * A meter on a pseudo-terminal.
 *
 * The slave is held open here too: otherwise the master would fail as soon as
 * a client closes, and the terminal forget that it is raw. inotify tells when
 * clients come and go, so that the next one finds it clean.
 */
#include "host/mepsim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>

/* Nobody is there any more: what was not read is gone, and settings are as at first. */
static void make_clean(const struct port *port)
{
    struct termios settings;

    tcflush(port->slave, TCIOFLUSH);
    if (tcgetattr(port->slave, &settings) != 0)
        return;
    cfmakeraw(&settings);
    cfsetspeed(&settings, B9600);
    tcsetattr(port->slave, TCSANOW, &settings);
}

static bool open_pair(struct port *port, char *name, size_t size)
{
    port->slave = -1;
    port->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->master < 0 || grantpt(port->master) != 0 || unlockpt(port->master) != 0 ||
        ptsname_r(port->master, name, size) != 0)
        return false;
    port->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (port->slave < 0)
        return false;
    make_clean(port);
    return true;
}

/* ---- Clients that come and go ------------------------------------------ */

static struct {
    uv_poll_t poll;
    int inotify;
    struct port *ports;
    unsigned count;
} watcher;

static void count_event(int watch, uint32_t mask)
{
    for (unsigned i = 0; i < watcher.count; i++) {
        struct port *port = &watcher.ports[i];
        if (port->watch != watch)
            continue;
        if ((mask & IN_OPEN) != 0)
            port->opened++;
        else if (port->opened != 0 && --port->opened == 0)
            make_clean(port);
    }
}

static void see_who_is_there(void)
{
    _Alignas(struct inotify_event) char bytes[4096];
    ssize_t size;

    while ((size = read(watcher.inotify, bytes, sizeof bytes)) > 0) {
        for (ssize_t at = 0; at < size;) {
            struct inotify_event event;
            memcpy(&event, bytes + at, sizeof event);
            at += (ssize_t)(sizeof event + event.len);
            count_event(event.wd, event.mask);
        }
    }
}

static void on_watch(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
    see_who_is_there();
}

bool pty_watch(struct port *ports, unsigned count, uv_loop_t *loop)
{
    watcher.ports = ports;
    watcher.count = count;
    watcher.inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watcher.inotify < 0) {
        say("pseudo-terminals cannot be watched: %s", strerror(errno));
        return false;
    }
    uv_poll_init(loop, &watcher.poll, watcher.inotify);
    return uv_poll_start(&watcher.poll, UV_READABLE, on_watch) == 0;
}

/* ---- A meter's terminal ------------------------------------------------ */

/* PATH, or PATH with the meter's number where there are several; NULL: no memory. */
static char *link_name(const struct options *options, unsigned number)
{
    size_t size = strlen(options->pty) + 12;
    char *name = malloc(size);

    if (name != NULL && options->meters == 1)
        snprintf(name, size, "%s", options->pty);
    else if (name != NULL)
        snprintf(name, size, "%s%u", options->pty, number);
    return name;
}

/* A link that an earlier run has left is replaced, anything else is not. */
static bool make_link(struct port *port, const char *target)
{
    char old[PATH_SIZE];

    if (readlink(port->link, old, sizeof old) >= 0)
        unlink(port->link);
    return symlink(target, port->link) == 0;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct port *port = poll->data;
    uint8_t bytes[1024];
    ssize_t count;

    (void)status;
    (void)events;
    see_who_is_there(); /* before it is answered */
    while ((count = read(port->master, bytes, sizeof bytes)) > 0)
        port_received(port, bytes, (size_t)count);
}

bool pty_open(struct port *port, const struct options *options, uv_loop_t *loop)
{
    char name[64];

    if (!open_pair(port, name, sizeof name) ||
        (port->watch = inotify_add_watch(watcher.inotify, name, IN_OPEN | IN_CLOSE)) < 0) {
        say("no pseudo-terminal for meter %u: %s", port->number, strerror(errno));
        return false;
    }
    port->link = link_name(options, port->number);
    if (port->link == NULL || !make_link(port, name)) {
        say("--pty %s: %s", port->link == NULL ? options->pty : port->link, strerror(errno));
        free(port->link);
        port->link = NULL;
        return false;
    }
    uv_poll_init(loop, &port->poll, port->master);
    port->poll.data = port;
    return uv_poll_start(&port->poll, UV_READABLE, on_readable) == 0;
}

void pty_send(struct port *port, uint8_t *bytes, size_t count)
{
    if (port->opened != 0 && write(port->master, bytes, count) < 0 && errno != EAGAIN)
        say("meter %u: %s", port->number, strerror(errno));
}

/* The link is removed if it is still ours. */
void pty_close(struct port *port)
{
    char target[PATH_SIZE], name[64];

    if (port->link == NULL)
        return;
    ssize_t length = readlink(port->link, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    if (ptsname_r(port->master, name, sizeof name) == 0 && strcmp(name, target) == 0)
        unlink(port->link);
    free(port->link);
    port->link = NULL;
}

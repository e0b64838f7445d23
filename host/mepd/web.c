/* Where it listens, and how libmicrohttpd is driven by the loop. */
#include "host/link.h"
#include "host/mepd/web_internal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 64,
    WAITING_MS = 100,   /* between two looks whether a request can be answered now */
    PRESENT_MS = 1000,  /* the same whether a stream or the sweeper has to do something */
    SWEEP_US = 1000000, /* between two looks for those who take too long */
    LINGER_US = 2000000 /* for what an old listener has still to answer */
};

/* ---- Driving the library ----------------------------------------------- */

static void run(struct server *server);

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void on_again(uv_timer_t *timer)
{
    web_turn(timer->data);
}

/* Nobody there: nothing to wake for. */
static void schedule_again(struct web *web)
{
    bool lingering = web->servers != NULL && (!web->listening || web->servers->next != NULL);
    uint64_t wait = web->waiting != 0 ? WAITING_MS : PRESENT_MS;

    if (web->closing)
        return;
    if (web->connections == 0 && !lingering)
        uv_timer_stop(&web->again);
    else if (!uv_is_active((uv_handle_t *)&web->again) || uv_timer_get_due_in(&web->again) > wait)
        uv_timer_start(&web->again, on_again, wait, 0);
}

static void run(struct server *server)
{
    MHD_UNSIGNED_LONG_LONG wait;
    struct web *web = server->web;
    unsigned left;

    if (web->running)
        return;
    web->running = true;
    /* Where all places were taken, only another turn listens again after some left. */
    do {
        left = web->left;
        MHD_run(server->daemon);
    } while (web->left != left);
    web->running = false;
    uv_update_time(web->loop);
    if (MHD_get_timeout(server->daemon, &wait) == MHD_YES)
        uv_timer_start(&server->timer, on_timer, wait, 0);
    else
        uv_timer_stop(&server->timer);
    schedule_again(web);
}

/* ---- Connections ------------------------------------------------------- */

static struct visitor *visitor_came(struct web *web, int fd)
{
    struct visitor *visitor = calloc(1, sizeof *visitor);

    if (visitor == NULL)
        return NULL;
    visitor->web = web;
    visitor->fd = fd;
    visitor->since = link_now();
    visitor->next = web->visitors;
    if (web->visitors != NULL)
        web->visitors->previous = visitor;
    web->visitors = visitor;
    web->connections++;
    return visitor;
}

static void visitor_left(struct visitor *visitor)
{
    if (visitor->previous != NULL)
        visitor->previous->next = visitor->next;
    else
        visitor->web->visitors = visitor->next;
    if (visitor->next != NULL)
        visitor->next->previous = visitor->previous;
    visitor->web->connections--;
    visitor->web->left++;
    free(visitor);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **held,
                          enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *held = visitor_came(context, info->connect_fd);
    } else if (*held != NULL) {
        visitor_left(*held);
        *held = NULL;
    }
}

/* Who asks or takes the answer too slowly is hung up on; the library does the rest. */
static void sweep(struct web *web, mep_time now)
{
    mep_time most = (web->connections > WEB_CROWDED ? WEB_REQUEST_CROWDED_S : WEB_REQUEST_S) *
                    (mep_time)1000000;

    if (now - web->swept_at < SWEEP_US)
        return;
    web->swept_at = now;
    for (struct visitor *v = web->visitors; v != NULL; v = v->next) {
        bool excused =
            v->call != NULL && (v->call->state == CALL_STREAMING || v->call->state == CALL_WAITING);
        if (!excused && now - v->since > most)
            shutdown(v->fd, SHUT_RDWR);
    }
}

/* ---- Listening --------------------------------------------------------- */

/* A new socket that listens there; -1 with errno or, in *error, what getaddrinfo said. */
static int open_socket(const struct addrinfo *a)
{
    int one = 1, zero = 0;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (a->ai_family == AF_INET6) /* "[::]" is all there is, IPv4 too */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int listen_at(const char *address, char why[WEB_WHY_SIZE])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char host[READER_SETTING_TEXT];
    int fd = -1;

    snprintf(host, sizeof host, "%s", address[0] == '[' ? address + 1 : address);
    char *colon = strrchr(host, ':');
    if (colon == NULL) {
        snprintf(why, WEB_WHY_SIZE, "%s names no host and port", address);
        return -1;
    }
    *colon = 0;
    if (colon > host && colon[-1] == ']')
        colon[-1] = 0;
    int error = getaddrinfo(host, colon + 1, &hints, &found);
    if (error != 0) {
        snprintf(why, WEB_WHY_SIZE, "cannot listen on %s: %s", address, gai_strerror(error));
        errno = 0;
        return -1;
    }
    for (const struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next)
        fd = open_socket(a);
    error = errno;
    freeaddrinfo(found);
    if (fd < 0)
        snprintf(why, WEB_WHY_SIZE, "cannot listen on %s: %s", address, strerror(error));
    errno = error;
    return fd;
}

static unsigned port_of(int fd)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    socklen_t size = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    memcpy(&v4, &address, sizeof v4);
    memcpy(&v6, &address, sizeof v6);
    return ntohs(address.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

static struct MHD_Daemon *start_daemon(struct web *web, int fd)
{
    const struct MHD_OptionItem limits[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, WEB_CONNECTIONS_MAX, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, WEB_CONNECTION_BYTES, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, WEB_IDLE_S, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, call_go_on, web,
        MHD_OPTION_URI_LOG_CALLBACK, call_begin, web, MHD_OPTION_NOTIFY_COMPLETED, call_end, web,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, web, MHD_OPTION_ARRAY, limits, MHD_OPTION_END);
}

/* Takes over the listening socket, also if it fails. */
static bool start_server(struct web *web, int fd)
{
    struct server *server = calloc(1, sizeof *server);

    if (server != NULL)
        server->daemon = start_daemon(web, fd);
    if (server == NULL || server->daemon == NULL) {
        close(fd);
        free(server);
        return false;
    }
    server->web = web;
    server->ends_at = MEP_NEVER;
    server->poll.data = server->timer.data = server;
    uv_timer_init(web->loop, &server->timer);
    uv_poll_init(web->loop, &server->poll,
                 MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
    uv_poll_start(&server->poll, UV_READABLE, on_poll);
    server->next = web->servers;
    web->servers = server;
    web->listening = true;
    web->port = port_of(fd);
    run(server);
    return true;
}

static void quiesce(struct web *web)
{
    struct server *server = web->servers;

    if (!web->listening)
        return;
    close(MHD_quiesce_daemon(server->daemon));
    server->ends_at = link_now() + LINGER_US;
    web->listening = false;
    web->port = 0;
    schedule_again(web);
}

bool web_listen(struct web *web, const char *address, char why[WEB_WHY_SIZE])
{
    char unused[WEB_WHY_SIZE];
    bool listened = web->listening;

    if (strcmp(address, web->address) == 0)
        return true;
    int fd = address[0] == 0 ? -1 : listen_at(address, why);
    if (fd < 0 && address[0] != 0 && errno != EADDRINUSE)
        return false;
    quiesce(web);
    /* Perhaps it was ourselves who was there. */
    if (fd < 0 && address[0] != 0)
        fd = listen_at(address, why);
    bool ok = address[0] == 0 || (fd >= 0 && start_server(web, fd));
    if (ok)
        snprintf(web->address, sizeof web->address, "%s", address);
    else if (listened && (fd = listen_at(web->address, unused)) >= 0)
        start_server(web, fd);
    return ok;
}

bool web_can_listen(const struct web *web, const char *address, char why[WEB_WHY_SIZE])
{
    if (address[0] == 0 || strcmp(address, web->address) == 0)
        return true;
    int fd = listen_at(address, why);
    if (fd >= 0)
        close(fd);
    const char *port = strrchr(address, ':'), *own = strrchr(web->address, ':');
    return fd >= 0 || (errno == EADDRINUSE && own != NULL && strcmp(port, own) == 0);
}

const char *web_address(const struct web *web)
{
    return web->address;
}

unsigned web_port(const struct web *web)
{
    return web->port;
}

/* ---- Life -------------------------------------------------------------- */

struct web *web_open(uv_loop_t *loop, struct reader_bridge *bridge)
{
    struct web *web = calloc(1, sizeof *web);

    if (web == NULL)
        return NULL;
    web->loop = loop;
    web->bridge = bridge;
    uv_timer_init(loop, &web->again);
    web->again.data = web;
    return web;
}

static void free_server(uv_handle_t *handle)
{
    struct server *server = handle->data;

    if (--server->handles == 0)
        free(server);
}

/* The library lets go of its connections, and calls call_end() for each. */
static void stop_server(struct server *server)
{
    uv_timer_stop(&server->timer);
    uv_poll_stop(&server->poll);
    server->handles = 2;
    uv_close((uv_handle_t *)&server->timer, free_server);
    uv_close((uv_handle_t *)&server->poll, free_server);
    server->web->running = true;
    MHD_run(server->daemon); /* resumes what has to be */
    MHD_stop_daemon(server->daemon);
    server->web->running = false;
}

static struct MHD_Daemon *daemon_of(const struct call *call)
{
    return MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_DAEMON)->daemon;
}

static void resume(struct call *call)
{
    if (!call->suspended)
        return;
    call->suspended = false;
    MHD_resume_connection(call->connection);
}

static void end_server(struct web *web, struct server **place)
{
    struct server *server = *place;

    *place = server->next;
    for (struct call *call = web->calls; call != NULL; call = call->next) {
        if (daemon_of(call) == server->daemon) {
            call_stop(call);
            resume(call);
        }
    }
    stop_server(server);
}

void web_turn(struct web *web)
{
    mep_time now = link_now();
    bool resumed = false;

    if (web->running || web->closing)
        return;
    for (struct call *call = web->calls; call != NULL; call = call->next) {
        if (call_turn(call)) {
            resume(call);
            resumed = true;
        }
    }
    for (struct server *server = web->servers; resumed && server != NULL; server = server->next)
        run(server);
    sweep(web, now);
    for (struct server **place = &web->servers; *place != NULL;) {
        if (now >= (*place)->ends_at)
            end_server(web, place);
        else
            place = &(*place)->next;
    }
    schedule_again(web);
}

void web_drop(struct web *web, const struct reader_meter *meter)
{
    for (struct call *call = web->calls; call != NULL; call = call->next) {
        if (call->state == CALL_STREAMING && call->stream.meter == meter) {
            call->stream.meter = NULL;
            call_stop(call);
        }
    }
}

unsigned web_streams(const struct web *web)
{
    return web->streams;
}

static void free_web(uv_handle_t *handle)
{
    free(handle->data);
}

void web_close(struct web *web)
{
    if (web == NULL)
        return;
    web->closing = true;
    quiesce(web);
    while (web->servers != NULL)
        end_server(web, &web->servers);
    uv_timer_stop(&web->again);
    uv_close((uv_handle_t *)&web->again, free_web);
}

/* A meter on a TCP port. As on a serial line there is one client; the newest has it. */
#include "host/mepsim.h"

#include <stdlib.h>
#include <string.h>

enum {
    BACKLOG = 8
};

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    static char bytes[4096]; /* read by one callback at a time */

    (void)handle;
    (void)wanted;
    *buffer = uv_buf_init(bytes, sizeof bytes);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void hang_up(struct port *port)
{
    if (port->client != NULL)
        uv_close((uv_handle_t *)port->client, on_closed);
    port->client = NULL;
}

static void on_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct port *port = stream->data;

    if (count < 0)
        hang_up(port);
    else
        port_received(port, (const uint8_t *)buffer->base, (size_t)count);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct port *port = listener->data;
    uv_tcp_t *client = status < 0 ? NULL : malloc(sizeof *client);

    if (client == NULL)
        return;
    uv_tcp_init(listener->loop, client);
    if (uv_accept(listener, (uv_stream_t *)client) != 0) {
        uv_close((uv_handle_t *)client, on_closed);
        return;
    }
    hang_up(port);
    client->data = port;
    port->client = client;
    uv_tcp_nodelay(client, 1);
    uv_read_start((uv_stream_t *)client, on_room, on_bytes);
}

/* Who does not read loses bytes, as on a serial line. */
void tcp_send(struct port *port, uint8_t *bytes, size_t count)
{
    uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)count);

    if (port->client != NULL)
        (void)uv_try_write((uv_stream_t *)port->client, &buffer, 1);
}

static int address_of(const struct options *options, unsigned number, uv_loop_t *loop,
                      struct sockaddr_storage *address)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    uv_getaddrinfo_t request;
    char service[8];

    snprintf(service, sizeof service, "%u", (options->port + number) & 0xffff);
    int error = uv_getaddrinfo(loop, &request, NULL, options->host, service, &hints);
    if (error != 0)
        return error;
    memcpy(address, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
    uv_freeaddrinfo(request.addrinfo);
    return 0;
}

bool tcp_open(struct port *port, const struct options *options, uv_loop_t *loop)
{
    struct sockaddr_storage address;
    int error = address_of(options, port->number, loop, &address);

    uv_tcp_init(loop, &port->listener);
    port->listener.data = port;
    if (error == 0)
        error = uv_tcp_bind(&port->listener, (const struct sockaddr *)&address, 0);
    if (error == 0)
        error = uv_listen((uv_stream_t *)&port->listener, BACKLOG, on_connection);
    if (error != 0)
        say("--tcp %s:%u: %s", options->host, options->port + port->number, uv_strerror(error));
    return error == 0;
}

unsigned tcp_port(const struct port *port)
{
    struct sockaddr_storage address;
    int size = sizeof address;

    if (uv_tcp_getsockname(&port->listener, (struct sockaddr *)&address, &size) != 0)
        return 0;
    uint16_t number = address.ss_family == AF_INET6
                          ? ((const struct sockaddr_in6 *)&address)->sin6_port
                          : ((const struct sockaddr_in *)&address)->sin_port;
    return ntohs(number);
}

#include "tests/host/sim/program.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 10000
};

static void run_child(const int *out, const int *err, const char *const *arguments)
{
    char *argv[PROGRAM_ARGUMENTS + 2] = {(char *)(uintptr_t) "mepsim"};

    for (size_t i = 0; i < PROGRAM_ARGUMENTS && arguments[i] != NULL; i++)
        argv[i + 1] = (char *)(uintptr_t)arguments[i];
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    execv(MEPSIM, argv);
    _exit(127);
}

void program_start(struct program *program, const char *const *arguments)
{
    int out[2], err[2];

    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
        abort();
    program->pid = fork();
    if (program->pid == 0)
        run_child(out, err, arguments);
    close(out[1]);
    close(err[1]);
    program->out = out[0];
    program->err = err[0];
}

/* Reads until the end, or the end of a line if that is enough. */
static bool read_text(struct program *program, int fd, bool line)
{
    size_t size = 0;

    program->text[0] = 0;
    while (size < PROGRAM_TEXT - 1) {
        struct pollfd wait = {fd, POLLIN, 0};
        if (poll(&wait, 1, PATIENCE_MS) <= 0)
            return false;
        ssize_t count = read(fd, program->text + size, PROGRAM_TEXT - 1 - size);
        if (count <= 0)
            return !line;
        size += (size_t)count;
        program->text[size] = 0;
        if (line && program->text[size - 1] == '\n')
            return true;
    }
    return false;
}

bool program_ready(struct program *program)
{
    return read_text(program, program->out, true);
}

int program_wait(struct program *program)
{
    int status = 0;

    (void)read_text(program, program->err, false);
    waitpid(program->pid, &status, 0);
    close(program->out);
    close(program->err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int program_end(struct program *program, int signal)
{
    kill(program->pid, signal);
    return program_wait(program);
}

/* ---- The client -------------------------------------------------------- */

mep_time remote_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (mep_time)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void init_client(struct remote *remote, const char *key_text, uint32_t baud)
{
    struct mep_client_config config;
    struct mep_key key;

    if (mep_key_parse(key_text, strlen(key_text), &key) != MEP_KEY_OK)
        abort();
    mep_client_config_init(&config, &key);
    config.baud = baud;
    if (baud == 0)
        config.spacing_us = 0;
    mep_client_init(&remote->client, &config);
}

bool remote_tcp(struct remote *remote, unsigned port, const char *key)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    remote->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    init_client(remote, key, 0);
    if (remote->fd < 0)
        return false;
    if (connect(remote->fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return true;
    close(remote->fd);
    return false;
}

bool remote_terminal(struct remote *remote, const char *path, const char *key)
{
    struct termios settings;

    init_client(remote, key, 9600);
    remote->fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (remote->fd < 0 || tcgetattr(remote->fd, &settings) != 0)
        return false;
    /* It should be raw already: this client changes nothing. */
    return (settings.c_lflag & (ECHO | ICANON)) == 0;
}

void remote_close(struct remote *remote)
{
    close(remote->fd);
}

int remote_send(struct remote *remote, int most)
{
    uint8_t bytes[MEP_WIRE_MAX];
    size_t count;

    while ((count = mep_client_output(&remote->client, remote_now(), bytes, sizeof bytes)) != 0)
        if (write(remote->fd, bytes, count) != (ssize_t)count)
            return 0;
    mep_time wake = mep_client_wake(&remote->client), now = remote_now();
    if (wake == MEP_NEVER || wake - now > (mep_time)most * 1000)
        return most;
    return wake <= now ? 0 : (int)((wake - now + 999) / 1000);
}

bool remote_receive(struct remote *remote)
{
    uint8_t bytes[MEP_WIRE_MAX];
    ssize_t count = read(remote->fd, bytes, sizeof bytes);

    if (count > 0)
        mep_client_input(&remote->client, remote_now(), bytes, (size_t)count);
    return count > 0 || (count < 0 && errno == EAGAIN);
}

enum mep_outcome remote_read(struct remote *remote, uint16_t table, uint16_t count, uint8_t *into,
                             uint16_t *got)
{
    mep_time end = remote_now() + PATIENCE_MS * 1000;

    if (mep_client_read(&remote->client, table, 0, count, into) != MEP_OK)
        return MEP_OUTCOMES;
    while (remote_now() < end) {
        struct mep_event event;
        while (mep_client_event(&remote->client, &event)) {
            *got = event.count;
            if (event.type == MEP_EVENT_DONE)
                return event.outcome;
        }
        struct pollfd wait = {remote->fd, POLLIN, 0};
        int milliseconds = remote_send(remote, 1000);
        if (poll(&wait, 1, milliseconds) > 0 && !remote_receive(remote))
            return MEP_OUTCOMES;
    }
    return MEP_OUTCOMES;
}

/* What mepsim's files share. */
#ifndef HOST_MEPSIM_H
#define HOST_MEPSIM_H

#include "host/sim/sim.h"

#include <stdio.h>
#include <uv.h>

enum {
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    METERS_MAX = 10000,
    HOST_SIZE = 256,
    PATH_SIZE = 4096
};

struct options {
    const char *pty;      /* NULL: none */
    bool tcp;             /* exactly one of the two */
    char host[HOST_SIZE]; /* of --tcp */
    unsigned port;
    unsigned meters;
    const char *truth; /* NULL: none */
    bool own_mbk, own_mak;
    struct sim_config config; /* of the first meter; each next has the next seed */
};

/* False when something is wrong, which it has said; *help when only that was asked for. */
bool options_parse(int argc, char **argv, struct options *options, bool *help);
void options_print_help(void);

/* Prints "mepsim: ..." on stderr. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- One meter and who talks to it ---- */

struct port {
    struct sim sim;
    uv_timer_t timer;
    uv_poll_t poll; /* pty */
    int master, slave;
    int watch;       /* inotify's, of the slave's path */
    unsigned opened; /* by how many the slave is held open, but for us */
    char *link;
    uv_tcp_t listener;
    uv_tcp_t *client; /* NULL: nobody is connected */
    struct truth *truth;
    unsigned number;
};

mep_time now_us(void);

/* Sends what the meter has to send, and sees to it that this is called again in time. */
void port_run(struct port *port);
void port_received(struct port *port, const uint8_t *bytes, size_t count);

/* Each says what failed. To be called before the first pty_open: */
bool pty_watch(struct port *ports, unsigned count, uv_loop_t *loop);

bool pty_open(struct port *port, const struct options *options, uv_loop_t *loop);
void pty_send(struct port *port, uint8_t *bytes, size_t count);
void pty_close(struct port *port);

bool tcp_open(struct port *port, const struct options *options, uv_loop_t *loop);
void tcp_send(struct port *port, uint8_t *bytes, size_t count);
unsigned tcp_port(const struct port *port);

/* ---- What they really did ---- */

struct truth {
    FILE *file;
    int64_t unix_ms; /* at the time 0 of now_us() */
};

bool truth_open(struct truth *truth, const char *path);
void truth_follow(struct port *port);
bool truth_close(struct truth *truth);

#endif

/* Starts mepsim, talks to it as a client would, and ends it. */
#ifndef TESTS_HOST_SIM_PROGRAM_H
#define TESTS_HOST_SIM_PROGRAM_H

#include "mep/client.h"

#include <sys/types.h>

enum {
    PROGRAM_ARGUMENTS = 24,
    PROGRAM_TEXT = 4096
};

struct program {
    pid_t pid;
    int out, err;
    char text[PROGRAM_TEXT]; /* what was read last */
};

/* Starts it with these arguments, ended by NULL. */
void program_start(struct program *program, const char *const *arguments);

/* Waits for its line on stdout, at most 10 s, and puts it in `text`. False: there is none. */
bool program_ready(struct program *program);

/* Waits until it ends; gives its exit status, with all it said on stderr in `text`; -1: a signal
 * ended it. */
int program_wait(struct program *program);

/* The same after a signal. */
int program_end(struct program *program, int signal);

/* ---- A client on a descriptor, in real time ---- */

struct remote {
    int fd;
    struct mep_client client;
};

mep_time remote_now(void);

/* On a loopback port, or a terminal; false if it cannot be opened. `key` is a text of 16 bytes. */
bool remote_tcp(struct remote *remote, unsigned port, const char *key);
bool remote_terminal(struct remote *remote, const char *path, const char *key);
void remote_close(struct remote *remote);

/* Sends what is to be sent; gives how many milliseconds it may wait for bytes, at most `most`. */
int remote_send(struct remote *remote, int most);

/* Takes the bytes that are there. False: the line is lost. */
bool remote_receive(struct remote *remote);

/* Reads a table and waits for it, at most 10 s, else MEP_OUTCOMES. */
enum mep_outcome remote_read(struct remote *remote, uint16_t table, uint16_t count, uint8_t *into,
                             uint16_t *got);

#endif

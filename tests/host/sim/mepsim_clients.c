/*
 * Many clients at once, each of its own meter in one mepsim: mepsim_clients
 * METERS SECONDS. Every client must get readings all the time; prints how many
 * there were, and mepsim's memory.
 */
#include "host/sim/sim.h"
#include "tests/host/sim/program.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    METERS_MAX = 2000,
    FIRST_PORT = 20000, /* up to where outgoing connections get theirs, 32768 */
    PORTS = 10000,
    TABLE_SIZE = 220
};

static struct remote remotes[METERS_MAX];
static struct pollfd waits[METERS_MAX];
static uint8_t tables[METERS_MAX][TABLE_SIZE];
static unsigned readings[METERS_MAX];
static unsigned long failures;

static int fail(const char *what)
{
    fprintf(stderr, "mepsim_clients: %s\n", what);
    return 1;
}

/* BT28 and BT23 in turn, as fast as they come. False: the line is lost. */
static bool serve(unsigned i, bool readable)
{
    struct mep_event event;

    if (readable && !remote_receive(&remotes[i]))
        return false;
    while (mep_client_event(&remotes[i].client, &event)) {
        if (event.type != MEP_EVENT_DONE)
            continue;
        if (event.outcome == MEP_OUTCOME_OK && event.count == TABLE_SIZE)
            readings[i]++;
        else
            failures++;
    }
    if (!mep_client_busy(&remotes[i].client))
        (void)mep_client_read(&remotes[i].client, readings[i] % 2 == 0 ? 28 : 23, 0, TABLE_SIZE,
                              tables[i]);
    (void)remote_send(&remotes[i], 0);
    return true;
}

static bool run(unsigned meters, mep_time end)
{
    for (unsigned i = 0; i < meters; i++)
        if (!serve(i, false))
            return false;
    while (remote_now() < end) {
        int ready = poll(waits, meters, 50);
        for (unsigned i = 0; i < meters; i++)
            if ((ready == 0 || waits[i].revents != 0) && !serve(i, waits[i].revents != 0))
                return false;
    }
    return true;
}

/* What the kernel counts as its own, in KiB; 0 if it cannot be told. */
static unsigned long resident_kib(pid_t pid)
{
    char path[64], line[256];
    unsigned long kib = 0;

    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtoul(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return kib;
}

static bool start(struct program *program, const char *count, unsigned *first)
{
    /* Others may have some of the ports: try elsewhere. */
    for (unsigned attempt = 0; attempt < 10; attempt++) {
        char address[32];
        *first = FIRST_PORT + ((unsigned)remote_now() / 16 + attempt * 3571) % PORTS;
        snprintf(address, sizeof address, "127.0.0.1:%u", *first);
        const char *const arguments[] = {"--tcp", address, "--meters", count, "--fast", NULL};
        program_start(program, arguments);
        if (program_ready(program))
            return true;
        (void)program_wait(program);
    }
    return false;
}

static int report(const struct program *program, unsigned meters, mep_time seconds)
{
    unsigned least = readings[0];
    unsigned long all = 0;

    for (unsigned i = 0; i < meters; i++) {
        all += readings[i];
        least = readings[i] < least ? readings[i] : least;
    }
    printf("RESULT %u meters in one process: %lu verified readings a second, each meter at least "
           "%u in %u s, %lu failed; %lu KiB resident\n",
           meters, all / (unsigned long)seconds, least, (unsigned)seconds, failures,
           resident_kib(program->pid));
    return least == 0 || failures != 0;
}

int main(int argc, char **argv)
{
    unsigned meters = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    mep_time seconds = argc == 3 ? (mep_time)strtoul(argv[2], NULL, 10) : 0;
    struct rlimit limit;
    struct program program;
    unsigned first;

    if (meters == 0 || meters > METERS_MAX || seconds == 0)
        return fail("usage: mepsim_clients METERS SECONDS, up to 2000 meters") + 1;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (!start(&program, argv[1], &first))
        return fail(program.text);
    fputs(program.text, stdout);
    bool ok = true;
    for (unsigned i = 0; i < meters && ok; i++) {
        ok = remote_tcp(&remotes[i], first + i, sim_default_mbk);
        waits[i] = (struct pollfd){remotes[i].fd, POLLIN, 0};
    }
    ok = ok && run(meters, remote_now() + seconds * 1000000);
    int status = ok ? report(&program, meters, seconds) : fail("a line was lost");
    return program_end(&program, SIGTERM) != 0 || status != 0;
}

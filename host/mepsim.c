/* mepsim: simulated meters on pseudo-terminals or TCP ports. */
#include "host/mepsim.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

mep_time now_us(void)
{
    return (mep_time)(uv_hrtime() / 1000);
}

/* ---- A meter ----------------------------------------------------------- */

static void on_timer(uv_timer_t *timer)
{
    port_run(timer->data);
}

static void send_all(struct port *port)
{
    uint8_t bytes[MEP_WIRE_MAX];
    size_t count;

    while ((count = sim_output(&port->sim, now_us(), bytes, sizeof bytes)) != 0) {
        if (port->link != NULL)
            pty_send(port, bytes, count);
        else
            tcp_send(port, bytes, count);
    }
}

void port_run(struct port *port)
{
    send_all(port);
    mep_time wake = sim_wake(&port->sim), now = now_us();
    if (wake == MEP_NEVER) {
        uv_timer_stop(&port->timer);
        return;
    }
    uv_update_time(port->timer.loop);
    uv_timer_start(&port->timer, on_timer, wake <= now ? 0 : (uint64_t)(wake - now + 999) / 1000,
                   0);
}

void port_received(struct port *port, const uint8_t *bytes, size_t count)
{
    sim_input(&port->sim, now_us(), bytes, count);
    port_run(port);
}

static bool open_port(struct port *port, const struct options *options, uv_loop_t *loop)
{
    struct sim_config config = options->config;

    config.seed += port->number;
    config.unix_start = time(NULL);
    sim_init(&port->sim, &config, now_us());
    truth_follow(port);
    uv_timer_init(loop, &port->timer);
    port->timer.data = port;
    if (options->tcp)
        return tcp_open(port, options, loop);
    return pty_open(port, options, loop);
}

/* ---- The program ------------------------------------------------------- */

/* As many descriptors as there may be: each meter needs two. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void print_place(const struct options *options, const struct port *port)
{
    bool bare = strchr(options->host, ':') == NULL;

    if (options->tcp)
        printf(bare ? "%s:%u" : "[%s]:%u", options->host, tcp_port(port));
    else
        fputs(port->link, stdout);
}

static void print_ready(const struct options *options, const struct port *ports)
{
    printf("mepsim: ready: %u %s on ", options->meters, options->meters == 1 ? "meter" : "meters");
    print_place(options, &ports[0]);
    if (options->meters > 1) {
        fputs(" to ", stdout);
        print_place(options, &ports[options->meters - 1]);
    }
    printf("; MBK %s, MAK %s; %zu bytes a meter\n", options->own_mbk ? "as given" : sim_default_mbk,
           options->own_mak ? "as given" : sim_default_mak, sizeof *ports);
    fflush(stdout);
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    uv_stop(signal->loop);
}

/* Serves until a signal ends it. */
static bool serve(const struct options *options, struct port *ports, struct truth *truth)
{
    static uv_signal_t interrupted, terminated;
    uv_loop_t *loop = uv_default_loop();
    bool ok = options->tcp || pty_watch(ports, options->meters, loop);

    for (unsigned i = 0; i < options->meters && ok; i++) {
        ports[i].number = i;
        ports[i].truth = truth;
        ok = open_port(&ports[i], options, loop);
    }
    if (ok) {
        uv_signal_init(loop, &interrupted);
        uv_signal_init(loop, &terminated);
        uv_signal_start(&interrupted, on_signal, SIGINT);
        uv_signal_start(&terminated, on_signal, SIGTERM);
        print_ready(options, ports);
        uv_run(loop, UV_RUN_DEFAULT);
    }
    for (unsigned i = 0; i < options->meters; i++)
        pty_close(&ports[i]);
    return ok;
}

int main(int argc, char **argv)
{
    struct options options;
    struct truth truth;
    bool help;

    if (!options_parse(argc, argv, &options, &help))
        return STATUS_USAGE;
    if (help) {
        options_print_help();
        return fflush(stdout) == 0 ? 0 : STATUS_FAILED;
    }
    if (!truth_open(&truth, options.truth))
        return STATUS_USAGE;
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    static struct port *ports; /* not freed: the loop knows them until the end */
    ports = calloc(options.meters, sizeof *ports);
    if (ports == NULL) {
        say("no memory for %u meters", options.meters);
        return STATUS_FAILED;
    }
    bool ok = serve(&options, ports, &truth);
    if (!truth_close(&truth)) {
        say("--truth %s: it could not be written completely", options.truth);
        ok = false;
    }
    return ok ? 0 : STATUS_FAILED;
}

/* sim: the simulated meter inside this program, at the speed of a real line. */
#include "host/line.h"

#include "host/sim/sim.h"

#include <stdlib.h>
#include <time.h>

struct line_sim {
    uv_timer_t timer; /* first, so that its address is the whole's */
    struct sim sim;
};

static mep_time now_us(void)
{
    return (mep_time)(uv_hrtime() / 1000);
}

static void on_timer(uv_timer_t *timer);

static void schedule(struct line_sim *s)
{
    mep_time wake = sim_wake(&s->sim), now = now_us();

    uv_update_time(s->timer.loop);
    if (wake == MEP_NEVER)
        uv_timer_stop(&s->timer);
    else
        uv_timer_start(&s->timer, on_timer, wake <= now ? 0 : (uint64_t)(wake - now + 999) / 1000,
                       0);
}

static void drain_sim(struct line *line)
{
    uint8_t bytes[256];
    size_t count;

    while (line->sim != NULL &&
           (count = sim_output(&line->sim->sim, now_us(), bytes, sizeof bytes)) != 0)
        line->events->received(line->context, bytes, count);
    if (line->sim != NULL)
        schedule(line->sim);
}

static void on_timer(uv_timer_t *timer)
{
    drain_sim(timer->data);
}

static void open_sim(struct line *line)
{
    struct sim_config config;
    struct line_sim *s = malloc(sizeof *s);

    if (s == NULL)
        abort();
    sim_config_init(&config);
    config.unix_start = time(NULL);
    config.baud = line_baud(line);
    sim_init(&s->sim, &config, now_us());
    uv_timer_init(line->loop, &s->timer);
    s->timer.data = line;
    line->sim = s;
    line->open = true;
    line->events->opened(line->context);
}

static size_t write_sim(struct line *line, const uint8_t *bytes, size_t count)
{
    sim_input(&line->sim->sim, now_us(), bytes, count);
    schedule(line->sim);
    return count;
}

static void free_sim(uv_handle_t *handle)
{
    free(handle);
}

static void close_sim(struct line *line)
{
    if (line->sim != NULL)
        uv_close((uv_handle_t *)&line->sim->timer, free_sim);
    line->sim = NULL;
}

const struct line_ops line_sim_ops = {open_sim, write_sim, drain_sim, close_sim};

#include "host/sim/faults.h"
#include "host/sim/meter.h"

#include <string.h>

enum {
    BITS_PER_BYTE = 10,
    BURST_MAX = 8,
    REQUEST_MIN = 19,      /* bytes of the shortest request, a full read */
    REQUEST_GAP_US = 50000 /* the meter gives a request up after it (p.21) */
};

static bool has(unsigned set, enum sim_fault fault)
{
    return (set >> fault & 1) != 0;
}

static uint8_t random_byte(struct sim *sim)
{
    return (uint8_t)sim_random_below(&sim->faults.random, 256);
}

/* It really happens now. */
static void happened(struct sim *sim, enum sim_fault fault, mep_time until)
{
    sim->counters.faults[fault]++;
    if (sim->observer.fault != NULL)
        sim->observer.fault(sim->observer.context, fault, sim->now, until);
}

static mep_time byte_time(const struct sim_line *line)
{
    return line->baud == 0 ? 0 : (mep_time)BITS_PER_BYTE * 1000000 / line->baud;
}

bool sim_silent(const struct sim *sim)
{
    return sim->now < sim->faults.silent_until;
}

/* The two ends do not agree on how fast bits go. */
static bool wrong_baud(const struct sim *sim)
{
    uint32_t meter = sim->server.config.baud;
    return sim->line_baud != 0 && meter != 0 && sim->line_baud != meter;
}

/* ---- For each exchange ------------------------------------------------- */

static const uint8_t alert[MEP_LENGTH_SIZE];

/* Which faults hit this exchange, and in which direction. */
static void plan_exchange(struct sim *sim)
{
    struct sim_faults *f = &sim->faults;

    f->in_request = 0;
    f->in_answer = 0;
    for (unsigned fault = SIM_FLIP; fault < SIM_RECONFIGURE; fault++) {
        bool hit = sim_random_hit(&f->random, f->chance[fault]);
        if (!hit && !has(f->forced, fault))
            continue;
        bool either = fault <= SIM_LOSE || fault == SIM_ALERT;
        if (either && sim_random_below(&f->random, 2) == 0)
            f->in_request |= (uint16_t)(1u << fault);
        else
            f->in_answer |= (uint16_t)(1u << fault);
    }
    f->forced = 0;
    f->burst = (uint8_t)sim_random_between(&f->random, 1, BURST_MAX);
    f->hit_at = (uint8_t)sim_random_below(&f->random, REQUEST_MIN);
    f->answer_delay = 0;
}

static void begin_exchange(struct sim *sim)
{
    struct sim_faults *f = &sim->faults;

    sim->counters.exchanges++;
    plan_exchange(sim);
    if (has(f->in_answer, SIM_FOREIGN_SEQ)) {
        sim->server.sequence += (uint32_t)sim_random_between(&f->random, 1, 40);
        happened(sim, SIM_FOREIGN_SEQ, sim->now);
    }
    if (has(f->in_request, SIM_ALERT)) {
        sim_line_push(&sim->down, sim->now, alert, sizeof alert);
        happened(sim, SIM_ALERT, sim->now);
    }
    if (has(f->in_request, SIM_LOSE))
        happened(sim, SIM_LOSE, sim->now);
}

/* One byte of a frame that `set` is in store for, of which this is byte `place`. */
static void push_byte(struct sim *sim, struct sim_line *line, mep_time at, uint8_t byte,
                      unsigned set, unsigned place, unsigned hit_at)
{
    struct sim_faults *f = &sim->faults;

    if (place == hit_at) {
        for (unsigned fault = SIM_FLIP; fault <= SIM_INSERT; fault++)
            if (has(set, fault))
                happened(sim, fault, sim->now);
        for (unsigned i = 0; has(set, SIM_INSERT) && i < f->burst; i++) {
            uint8_t garbage = random_byte(sim);
            sim_line_push(line, at, &garbage, 1);
        }
        for (unsigned i = 0; has(set, SIM_FLIP) && i <= f->burst % 3u; i++)
            byte ^= (uint8_t)(1u << (f->burst + 3 * i) % 8);
        if (has(set, SIM_DUP))
            sim_line_push(line, at, &byte, 1);
    }
    if (has(set, SIM_DROP) && place >= hit_at && place < hit_at + f->burst)
        return;
    if (wrong_baud(sim))
        byte = random_byte(sim);
    sim_line_push(line, at, &byte, 1);
}

/* Bytes of a frame, of which the first is byte `place`. */
static void push(struct sim *sim, struct sim_line *line, mep_time at, const uint8_t *bytes,
                 size_t count, unsigned set, unsigned place, unsigned hit_at)
{
    unsigned byte_faults = (1u << (SIM_INSERT + 1)) - 1;

    if (sim_silent(sim) || has(set, SIM_LOSE))
        return;
    if ((set & byte_faults) == 0 && !wrong_baud(sim)) {
        sim_line_push(line, at, bytes, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        push_byte(sim, line, at, bytes[i], set, place + (unsigned)i, hit_at);
}

void sim_send_up(struct sim *sim, const uint8_t *bytes, size_t count)
{
    struct sim_faults *f = &sim->faults;

    if (f->request_seen == 0 || sim->now - f->request_end > REQUEST_GAP_US) {
        f->request_seen = 0;
        f->request_end = sim->now;
        begin_exchange(sim);
    }
    if (f->request_end < sim->now)
        f->request_end = sim->now;
    f->request_end += (mep_time)count * byte_time(&sim->up);
    push(sim, &sim->up, sim->now, bytes, count, f->in_request, f->request_seen, f->hit_at);
    f->request_seen =
        (uint8_t)(count < UINT8_MAX - (size_t)f->request_seen ? f->request_seen + count
                                                              : UINT8_MAX);
}

/* What is in store for this answer, now that its size is known. */
static void begin_answer(struct sim *sim, uint16_t size)
{
    struct sim_faults *f = &sim->faults;

    f->request_seen = 0; /* what comes next from the client is another request */
    f->answer_seen = 0;
    f->answer_size = size;
    f->answer_hit_at = (uint16_t)sim_random_below(&f->random, size);
    f->alert_after = sim_random_below(&f->random, 2) == 0;
    f->answer_delay = 0;
    if (size <= f->truncate_bytes)
        f->in_answer &= (uint16_t) ~(1u << SIM_TRUNCATE);
    if (sim_silent(sim))
        f->in_answer = 0;
    if (has(f->in_answer, SIM_LATE))
        f->answer_delay = sim_random_between(&f->random, 100000, 1500000);
    for (unsigned fault = SIM_LOSE; fault <= SIM_ALERT; fault++)
        if (has(f->in_answer, fault))
            happened(sim, fault, sim->now + f->answer_delay);
}

void sim_send_down(struct sim *sim, const uint8_t *bytes, size_t count)
{
    struct sim_faults *f = &sim->faults;
    uint16_t length = mep_get16(bytes);

    if (f->answer_seen == f->answer_size && length == 0) { /* an alert of the meter's own */
        push(sim, &sim->down, sim->now, bytes, count, 0, 0, 0);
        return;
    }
    if (f->answer_seen == f->answer_size)
        begin_answer(sim, (uint16_t)(MEP_LENGTH_SIZE + length));

    bool before = has(f->in_answer, SIM_ALERT) && !f->alert_after && f->answer_seen == 0;
    mep_time at = sim->now + f->answer_delay;
    size_t rest = count;
    if (before)
        sim_line_push(&sim->down, at, alert, sizeof alert);
    if (has(f->in_answer, SIM_TRUNCATE))
        rest = f->answer_seen < f->truncate_bytes ? (size_t)f->truncate_bytes - f->answer_seen : 0;
    push(sim, &sim->down, at, bytes, rest < count ? rest : count, f->in_answer, f->answer_seen,
         f->answer_hit_at);
    f->answer_seen = (uint16_t)(f->answer_seen + count);
    if (has(f->in_answer, SIM_ALERT) && f->alert_after && f->answer_seen == f->answer_size)
        sim_line_push(&sim->down, at, alert, sizeof alert);
}

/* ---- A few times an hour ----------------------------------------------- */

/* A disturbance begins; gives its end, with which a second begins. */
static mep_time disturb(struct sim *sim, int32_t least_s, int32_t most_s)
{
    mep_time length_s = sim_random_between(&sim->faults.random, least_s, most_s);
    mep_time until = sim->next_tick + (length_s - 1) * 1000000;

    if (until > sim->faults.disturbed_until)
        sim->faults.disturbed_until = until;
    return until;
}

static void fall_silent(struct sim *sim, mep_time until)
{
    struct sim_faults *f = &sim->faults;

    f->silent_until = until;
    sim_line_clear(&sim->up);
    sim_line_clear(&sim->down);
    f->request_seen = 0;
}

static void reboot_ends(struct sim *sim)
{
    struct sim_faults *f = &sim->faults;

    f->rebooting = false;
    f->answer_seen = f->answer_size; /* if one was under way it is forgotten */
    sim->meter.outages++;
    mep_server_restart(&sim->server, sim->now);
    if (sim_random_below(&f->random, 2) == 0) {
        sim->server.sequence = (uint32_t)sim_random_next(&f->random);
        sim->meter.errors++;
    }
}

static void rekey(struct sim *sim)
{
    for (unsigned i = 0; i < MEP_KEY_SIZE; i++) {
        sim->server.config.mbk.bytes[i] = random_byte(sim);
        sim->server.config.mak.bytes[i] = random_byte(sim);
    }
}

/* One of those that happen a few times an hour. */
static void begin(struct sim *sim, enum sim_fault fault)
{
    struct sim_faults *f = &sim->faults;

    if (sim_silent(sim))
        return;
    if (fault == SIM_RECONFIGURE) {
        sim_meter_reconfigure(&sim->meter);
        mep_server_configuration_changed(&sim->server);
        happened(sim, fault, sim->now);
    } else if (fault == SIM_OPTICAL) {
        fall_silent(sim, disturb(sim, 5, 180));
        happened(sim, fault, f->silent_until);
    } else if (fault == SIM_REBOOT) {
        fall_silent(sim, disturb(sim, 2, 20));
        f->rebooting = true;
        happened(sim, fault, f->silent_until);
    } else {
        rekey(sim);
        f->rekeyed_until = disturb(sim, 10, 120);
        happened(sim, fault, f->rekeyed_until);
    }
}

void sim_faults_second(struct sim *sim)
{
    struct sim_faults *f = &sim->faults;

    if (f->rebooting && !sim_silent(sim))
        reboot_ends(sim);
    if (f->rekeyed_until != MEP_NEVER && sim->now >= f->rekeyed_until) {
        f->rekeyed_until = MEP_NEVER;
        sim->server.config.mbk = sim->mbk;
        sim->server.config.mak = sim->mak;
    }
    for (unsigned fault = SIM_RECONFIGURE; fault < SIM_FAULTS; fault++)
        if (sim_random_hit(&f->random, f->chance[fault]))
            begin(sim, fault);
}

void sim_cause(struct sim *sim, enum sim_fault fault)
{
    if (fault < SIM_RECONFIGURE)
        sim->faults.forced |= (uint16_t)(1u << fault);
    else
        begin(sim, fault);
}

/* ---- The whole --------------------------------------------------------- */

/* A rate as the chance that sim_random_hit takes, for an exchange or for a second. */
static uint32_t chance_of(enum sim_fault fault, double rate)
{
    double most = sim_fault_rate_max(fault);

    if (!(rate > 0))
        return 0;
    return rate >= most ? UINT32_MAX : (uint32_t)(rate / most * UINT32_MAX);
}

void sim_faults_init(struct sim *sim, const struct sim_config *config)
{
    struct sim_faults *f = &sim->faults;

    f->random.state = ~config->seed;
    f->truncate_bytes = config->truncate_bytes;
    f->silent_until = f->disturbed_until = INT64_MIN;
    f->request_end = INT64_MIN / 2;
    f->rekeyed_until = MEP_NEVER;
    for (unsigned i = 0; i < SIM_FAULTS; i++)
        f->chance[i] = chance_of(i, config->rate[i]);
}

bool sim_disturbed(const struct sim *sim, mep_time now)
{
    return now < sim->faults.disturbed_until;
}

mep_time sim_disturbed_until(const struct sim *sim)
{
    return sim->faults.disturbed_until;
}

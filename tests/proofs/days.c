/*
 * Days of one-second polling with every fault at once, in virtual time:
 *
 *     proof_days DAYS [SEED]
 *
 * What must hold: no wrong value is ever delivered; no gap between readings is
 * longer than 10 s, but for the time in which the meter cannot be read (optical
 * session, reboot, other keys); "key refused" only after five 0x0b in a row;
 * after each kind of fault readings come again without a restart.
 *
 * A delivered value is right if the meter really had it, under that name, when
 * it answered a request at most FRESH_US before the value says it was verified.
 */
#include "tests/proofs/join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT = 256,
    VALUES_MAX = 128,
    TABLES = 2,
    GAP_LIMIT_S = 10
};

static const mep_time SECOND = 1000000, FRESH_US = 4 * (mep_time)1000000;

/* Of one exchange, or per hour: together they damage one exchange in five. */
static const struct {
    enum sim_fault fault;
    double rate;
} RATES[] = {
    {SIM_FLIP, 0.035},       {SIM_DROP, 0.035},      {SIM_DUP, 0.015},      {SIM_INSERT, 0.035},
    {SIM_LOSE, 0.035},       {SIM_LATE, 0.025},      {SIM_TRUNCATE, 0.015}, {SIM_ALERT, 0.05},
    {SIM_FOREIGN_SEQ, 0.01}, {SIM_RECONFIGURE, 0.5}, {SIM_OPTICAL, 1},      {SIM_REBOOT, 0.3},
    {SIM_REKEY, 0.2},
};

/* ---- What the meter really had ------------------------------------------ */

struct truth {
    mep_time at;
    unsigned count;
    struct {
        char name[40];
        int64_t integer;
        char text[40];
    } value[VALUES_MAX];
};

struct witness {
    struct sim *sim;
    struct truth served[TABLES][KEPT]; /* BT23, BT28: the last answers */
    unsigned next[TABLES];
    unsigned faults_seen[SIM_FAULTS], recovered[SIM_FAULTS];
    bool unrecovered[SIM_FAULTS];
    mep_time fault_until[SIM_FAULTS];
};

static void note_value(void *context, const struct sim_truth_value *value)
{
    struct truth *truth = context;

    if (truth->count == VALUES_MAX)
        abort();
    snprintf(truth->value[truth->count].name, sizeof truth->value[0].name, "%s", value->name);
    truth->value[truth->count].integer = value->integer;
    snprintf(truth->value[truth->count].text, sizeof truth->value[0].text, "%s",
             value->text != NULL ? value->text : "");
    truth->count++;
}

static void on_served(void *context, const struct sim_meter *meter, const struct sim_served *served)
{
    struct witness *w = context;
    unsigned table = served->table == meter_bt28.number;

    if (served->write)
        abort(); /* nobody was allowed to */
    if (served->code != MEP_CODE_OK ||
        (served->table != meter_bt23.number && served->table != meter_bt28.number))
        return;
    struct truth *truth = &w->served[table][w->next[table]++ % KEPT];
    truth->at = served->at;
    truth->count = 0;
    sim_truth(meter, note_value, truth);
}

static void on_fault(void *context, enum sim_fault fault, mep_time from, mep_time until)
{
    struct witness *w = context;

    (void)from;
    w->faults_seen[fault]++;
    w->unrecovered[fault] = true;
    w->fault_until[fault] = until;
}

/* ---- What was delivered --------------------------------------------------- */

struct judge {
    struct witness *witness;
    mep_time now;
    unsigned long checked, wrong;
};

static bool same(const struct reader_value *value, const struct truth *truth, unsigned i)
{
    if (value->kind == READER_INTEGER)
        return truth->value[i].integer == value->integer;
    if (value->kind == READER_TEXT)
        return strlen(truth->value[i].text) == value->length &&
               memcmp(truth->value[i].text, value->text, value->length) == 0;
    return true;
}

/* Whether the meter had this value in one answer that is as old as the value says. */
static bool was_true(const struct judge *judge, const struct reader_value *value, bool *known)
{
    for (unsigned table = 0; table < TABLES; table++) {
        for (unsigned k = 0; k < KEPT; k++) {
            const struct truth *truth = &judge->witness->served[table][k];
            bool fresh = truth->at <= judge->now && truth->at >= value->verified_at - FRESH_US;
            if (!fresh && value->kind != READER_TEXT) /* no register is read with a serial number */
                continue;
            for (unsigned i = 0; i < truth->count; i++) {
                if (strcmp(truth->value[i].name, value->name) != 0)
                    continue;
                *known = true;
                if (same(value, truth, i))
                    return true;
            }
        }
    }
    return false;
}

static void check_value(void *context, const struct reader_value *value)
{
    struct judge *judge = context;
    bool known = false;

    if (strcmp(value->name, "age_ms") == 0 || value->kind == READER_TIME)
        return; /* not the meter's, and judged by clock_off */
    judge->checked++;
    if (was_true(judge, value, &known))
        return;
    judge->wrong++;
    if (judge->wrong <= 20)
        printf("WRONG at %.3f s: %s = %lld%s\n", (double)judge->now / 1e6, value->name,
               (long long)value->integer, known ? "" : " (the meter has no such value)");
}

static void keep_time(void *context, const struct reader_value *value)
{
    if (value->kind == READER_TIME && strcmp(value->name, "meter_time") == 0)
        *(struct reader_value *)context = *value;
}

/* ---- The run --------------------------------------------------------------- */

struct run {
    struct sim sim;
    struct reader reader;
    struct witness witness;
    struct judge judge;
    mep_time last_reading, longest_gap, longest_gap_at;
    unsigned long readings, key_refused, early_refusals, clock_off, links[READER_LINKS];
};

/* The time without a reading that nothing excuses. */
static mep_time gap(const struct run *run, mep_time now)
{
    mep_time excused = sim_disturbed_until(&run->sim);
    mep_time since = run->last_reading > excused ? run->last_reading : excused;

    return since < now && !sim_disturbed(&run->sim, now) ? now - since : 0;
}

static void note_gap(struct run *run, mep_time now)
{
    mep_time this_one = gap(run, now);

    if (this_one > run->longest_gap) {
        run->longest_gap = this_one;
        run->longest_gap_at = now;
    }
}

static void on_reading(struct run *run, mep_time now)
{
    struct reader_value time = {0};

    note_gap(run, now);
    run->last_reading = now;
    run->readings++;
    run->judge.now = now;
    if (reader_values(&run->reader, now, check_value, &run->judge) == 0)
        run->judge.wrong++; /* a reading with nothing in it */
    reader_values(&run->reader, now, keep_time, &time);
    if (time.name != NULL) {
        int64_t off = meter_time_unix(&time.time) - run->sim.meter.unix_now;
        run->clock_off += off < -4 || off > 2;
    }
    for (unsigned f = 0; f < SIM_FAULTS; f++) {
        if (run->witness.unrecovered[f] && now > run->witness.fault_until[f]) {
            run->witness.unrecovered[f] = false;
            run->witness.recovered[f]++;
        }
    }
}

static void on_event(struct run *run, const struct reader_event *event, mep_time now)
{
    if (event->type == READER_EVENT_READING)
        on_reading(run, now);
    if (event->type != READER_EVENT_LINK)
        return;
    run->links[event->link]++;
    if (event->link == READER_LINK_KEY_REFUSED) {
        run->key_refused++;
        run->early_refusals += reader_client(&run->reader)->counters.auth_in_a_row < 5;
    }
}

static void simulate(struct run *run, double days, uint64_t seed)
{
    struct sim_config sim_config;
    struct reader_config config;
    struct reader_event event;
    struct sim_observer observer = {on_served, on_fault, &run->witness};
    const mep_time end = (mep_time)(days * 86400) * SECOND;

    sim_config_init(&sim_config);
    sim_config.seed = seed;
    for (size_t i = 0; i < sizeof RATES / sizeof *RATES; i++)
        sim_config.rate[RATES[i].fault] = RATES[i].rate;
    sim_init(&run->sim, &sim_config, 0);
    sim_observe(&run->sim, &observer);
    run->witness.sim = &run->sim;
    run->judge.witness = &run->witness;
    reader_config_init(&config, &sim_config.mbk);
    reader_init(&run->reader, &config);
    for (mep_time now = 0, next; now < end; now = next) {
        next = join_turn(&run->reader, &run->sim, now);
        while (reader_event(&run->reader, &event))
            on_event(run, &event, now);
        note_gap(run, now);
    }
}

static bool report(const struct run *run, double days)
{
    const struct mep_client_counters *c = &reader_client(&run->reader)->counters;
    const struct reader_counters *r = reader_counters(&run->reader);
    uint32_t damaged = 0;
    bool all_recovered = true, all_seen = true;

    for (unsigned f = 0; f < SIM_FAULTS; f++) {
        all_seen &= run->witness.faults_seen[f] != 0;
        all_recovered &= run->witness.recovered[f] != 0;
        printf("fault %-12s %7u times, readings came again %u times\n", sim_fault_name(f),
               run->witness.faults_seen[f], run->witness.recovered[f]);
    }
    for (unsigned o = 0; o < MEP_OUTCOMES; o++) {
        if (o != MEP_OUTCOME_OK && o != MEP_OUTCOME_TLS && o != MEP_OUTCOME_REFUSED)
            damaged += c->outcomes[o];
        printf("outcome %-60s %u\n", mep_outcome_strerror((enum mep_outcome)o), c->outcomes[o]);
    }
    for (unsigned l = 0; l < READER_LINKS; l++)
        printf("link %-14s %lu times\n", reader_link_name((enum reader_link)l), run->links[l]);
    printf("rejected %u, restarted %u, rollovers %u, setups %u, retries accepted: next number %u, "
           "same bytes %u\n",
           r->rejected, r->restarted, r->rollovers, r->setups, c->rule_accepted[MEP_RETRY_NEXT],
           c->rule_accepted[MEP_RETRY_SAME]);
    double share = c->attempts != 0 ? (double)damaged / c->attempts : 0;
    printf("RESULT %g days: %lu readings, %.1f %% of %u exchanges damaged, %lu values checked, %lu "
           "wrong; longest gap %.1f s; %lu times key refused, %lu early\n",
           days, run->readings, 100 * share, c->attempts, run->judge.checked, run->judge.wrong,
           (double)run->longest_gap / 1e6, run->key_refused, run->early_refusals);

    const struct {
        const char *claim;
        bool holds;
    } claims[] = {
        {"no wrong value", run->judge.wrong == 0 && run->judge.checked > run->readings * 20},
        {"no gap over 10 s", run->longest_gap <= GAP_LIMIT_S * SECOND},
        {"one exchange in five damaged", share >= 0.2},
        {"key refused only after five", run->early_refusals == 0 && run->key_refused > 0},
        {"every fault happened", all_seen},
        {"readings after every fault", all_recovered},
        {"the meter's clock", run->clock_off == 0},
        {"nothing rejected that was true", r->rejected == 0 && r->restarted == 0},
    };
    bool all = true;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        if (!claims[i].holds)
            printf("FAILED: %s\n", claims[i].claim);
        all &= claims[i].holds;
    }
    if (run->longest_gap > GAP_LIMIT_S * SECOND)
        printf("the longest gap ended at %.1f s\n", (double)run->longest_gap_at / 1e6);
    return all;
}

int main(int argc, char **argv)
{
    static struct run run;
    double days = argc > 1 ? strtod(argv[1], NULL) : 7;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

    simulate(&run, days, seed);
    return report(&run, days) ? 0 : 1;
}

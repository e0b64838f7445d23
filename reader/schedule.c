/* What to ask for next, and when. */
#include "reader/internal.h"

#include <string.h>

enum {
    PROBE_PERIOD_US = 60000000, /* between two TLS hellos, at least */
    PATIENCE_US = 10000000,     /* what never fits beside the rounds goes ahead after so long */
    WISH_PATIENCE_US = 3000000, /* the same for the host's wish */
    EXTRA_RETRY_US = 1000000,   /* until what failed beside the rounds is tried again */
    BACK_TO_BACK_US = 1000,     /* between rounds without a period */
    CLOCK_LATE_US = 500000,     /* BT52 counts whole seconds: on average it is so much later */
    TROUBLE_RETRIES = 1,        /* of each try while the link is down */
    RESERVE_US = 20000          /* kept free before a round */
};

/* ---- Setup ---- */

void reader_begin_setup(struct reader *r)
{
    reader_abort_round(r);
    r->setup_done = false;
    r->has_reading = false;
    r->step = 0;
    memset(r->snapshot, 0, sizeof r->snapshot);
}

void reader_forget(struct reader *r)
{
    memset(&r->info, 0, sizeof r->info);
    meter_dimensions_default(&r->info.dimensions);
    r->program_known = false;
    r->missing = 0;
    r->energy_full = false;
    r->present_full = false;
    r->clock_known = false;
    r->tariff_known = false;
}

/* What a reconfiguration leaves as it is (p.54), and what is no dimension. */
static bool survives(const struct reader *r, enum reader_item item)
{
    static const uint32_t items =
        1u << ITEM_BT01 | 1u << ITEM_ET11 | 1u << ITEM_ET70 | 1u << ITEM_BT52 | 1u << ITEM_BT55;
    return r->same_program && (items >> item & 1) != 0;
}

static bool begin_item(struct reader *r, enum reader_item item)
{
    struct reader_fetch fetch;
    return reader_range(r, item, &fetch) && reader_fetch(r, item, &fetch);
}

static void end_setup(struct reader *r, mep_time now)
{
    r->counters.setups++;
    r->setup_done = true;
    r->slot = now + r->client.config.spacing_us; /* the client would wait as long */
    r->next_block = 0;
    r->due[EXTRA_ALERTS] = now;
    r->due[EXTRA_TIERS] = now;
    r->due[EXTRA_IDT] = now + r->config.check_us;
    r->due[EXTRA_SERIAL] = now + r->config.check_us;
    r->due[EXTRA_REFUSED] = now + r->config.check_us;
    r->pending |= PENDING_INFO;
}

/* False when it is over. */
static bool continue_setup(struct reader *r, mep_time now)
{
    for (; r->step < ITEM_SETUP_END; r->step++) {
        enum reader_item item = (enum reader_item)r->step;
        if (!survives(r, item) && begin_item(r, item))
            return true;
    }
    end_setup(r, now);
    return false;
}

/* ---- Checks before anything is published ---- */

/* False when there is nothing to check. */
static bool check(struct reader *r, mep_time now)
{
    if (r->check_idt && (reader_is_missing(r, ITEM_ET04) || reader_is_missing(r, ITEM_IDT))) {
        reader_begin_setup(r);
        return continue_setup(r, now);
    }
    if (r->check_idt)
        return begin_item(r, ITEM_IDT);
    if (r->check_serial && !reader_is_missing(r, ITEM_ET03))
        return begin_item(r, ITEM_SERIAL);
    r->check_serial = false;
    return false;
}

/* ---- Rounds ---- */

void reader_abort_round(struct reader *r)
{
    if (r->round == ROUND_NONE)
        return;
    r->round = ROUND_NONE;
    r->next_block = 0;
    r->counters.rounds_failed++;
}

static void begin_round(struct reader *r, mep_time now)
{
    struct reader_layout layout = reader_layout(r);
    mep_time period = r->config.period_us > 0 ? r->config.period_us : BACK_TO_BACK_US;

    if (now - r->slot >= period) {
        if (r->config.period_us > 0)
            r->counters.rounds_missed += (uint32_t)((now - r->slot) / period);
        r->slot = now; /* what was missed is not made up for */
    }
    r->slot += period;
    *reader_building(r) = r->snapshot[r->published];
    r->round = ROUND_ENERGY;
    r->round_flags = 0;
    r->got_energy = false;
    r->got_present = false;
    r->pieces = !reader_one_frame(&layout) && (r->next_block != 0 || now >= r->due[EXTRA_TIERS]);
}

static mep_time older(mep_time a, mep_time b)
{
    return a < b ? a : b;
}

/* Which time the meter has at the reading. */
static void set_reading_clock(struct reader *r, mep_time now)
{
    mep_time elapsed = now - r->clock_at + CLOCK_LATE_US;

    r->reading_clock_known = r->clock_known && elapsed < r->config.clock_us + r->config.stale_us;
    r->reading_clock_at = r->clock_at;
    r->reading_clock = r->clock + (elapsed >= 0 ? elapsed / 1000000 : (elapsed - 999999) / 1000000);
}

static void publish(struct reader *r, mep_time now)
{
    const struct reader_snapshot *snapshot = reader_building(r);

    if (!r->got_energy && !reader_is_missing(r, ITEM_BT23))
        r->round_flags |= READER_FLAG_NO_ENERGY;
    if (!r->got_present && !reader_is_missing(r, ITEM_BT28))
        r->round_flags |= READER_FLAG_NO_PRESENT;
    if (r->got_present && !reader_phases_agree(r, snapshot)) {
        r->round_flags |= READER_FLAG_PHASES;
        r->counters.flagged++;
    }
    r->published = !r->published;
    r->has_reading = true;
    r->counters.readings++;
    r->reading.number++;
    r->reading.flags = r->round_flags;
    r->reading.verified_at = reader_verified_at(r, now);
    set_reading_clock(r, now);
    r->pending |= PENDING_READING;
}

/* A total block that is not believed takes the tiers that came with it along. */
static void judge(struct reader *r)
{
    struct reader_snapshot *building = reader_building(r);
    const struct reader_snapshot *before = &r->snapshot[r->published];
    struct reader_energy energy =
        reader_total(r, building->sums, building->block_size[0], building->block_at[0]);

    if (reader_believe(r, &energy))
        return;
    r->next_block = 0;
    r->due[EXTRA_TIERS] = energy.at;
    memcpy(building->sums, before->sums, sizeof building->sums);
    memcpy(building->block_at, before->block_at, sizeof building->block_at);
    memcpy(building->block_size, before->block_size, sizeof building->block_size);
}

/* Only now is it known that the answers are this meter's and what they mean. */
static void end_round(struct reader *r, mep_time now)
{
    const struct reader_snapshot *building = reader_building(r);

    if (r->got_energy)
        judge(r);
    bool energy = building->block_size[0] != 0 || reader_is_missing(r, ITEM_BT23);
    bool present = building->present_size != 0 || reader_is_missing(r, ITEM_BT28);
    bool accepted = r->got_energy && (r->round_flags & READER_FLAG_REJECTED) == 0;

    if (energy && present && (accepted || r->got_present)) {
        publish(r, now);
        r->round = ROUND_NONE;
    } else {
        reader_abort_round(r);
    }
}

/* The same bytes and all before them, with 0x30. */
static void make_full(struct reader_fetch *fetch)
{
    uint32_t count = fetch->offset + fetch->count;

    fetch->full = true;
    fetch->offset = 0;
    fetch->count = (uint16_t)(count < MEP_READ_MAX ? count : MEP_READ_MAX);
}

/* False if the meter does not have this table. */
static bool begin_registers(struct reader *r, enum reader_item item, struct reader_fetch fetch,
                            bool full)
{
    if (fetch.count == 0)
        r->missing |= UINT32_C(1) << item;
    if (reader_is_missing(r, item))
        return false;
    if (full)
        make_full(&fetch);
    return reader_fetch(r, item, &fetch);
}

/* False when the round is over. */
static bool continue_round(struct reader *r, mep_time now)
{
    if (r->round == ROUND_ENERGY) {
        if (begin_registers(r, ITEM_BT23, reader_energy_range(r), r->energy_full))
            return true;
        r->round = ROUND_PRESENT;
    }
    if (r->round == ROUND_PRESENT) {
        if (begin_registers(r, ITEM_BT28, reader_present_range(r), r->present_full))
            return true;
        r->round = ROUND_COMMIT;
    }
    if (check(r, now))
        return true;
    if (r->round == ROUND_COMMIT)
        end_round(r, now);
    return false;
}

/* ---- Beside the rounds ---- */

static const struct {
    enum reader_item item, needs;
    enum reader_extra extra;
} extras[] = {
    {ITEM_ET13, ITEM_ET13, EXTRA_ALERTS},   {ITEM_BT52, ITEM_BT52, EXTRA_CLOCK},
    {ITEM_BT55, ITEM_BT55, EXTRA_TARIFF},   {ITEM_IDT, ITEM_ET04, EXTRA_IDT},
    {ITEM_SERIAL, ITEM_ET03, EXTRA_SERIAL},
};

/* Whether a read ends before the next round begins. */
static bool fits(const struct reader *r, uint32_t count, mep_time now)
{
    return r->slot - now >= reader_cost(r, count) + RESERVE_US;
}

static bool begin_wish(struct reader *r, mep_time now)
{
    struct reader_wish *wish = &r->wish;

    if (!wish->wanted)
        return false;
    if (wish->since == MEP_NEVER)
        wish->since = now;
    if (!fits(r, wish->count, now) && now - wish->since < WISH_PATIENCE_US)
        return false;
    wish->since = now; /* whatever comes of it, the rounds have their turn before the next */
    r->item = ITEM_TABLE;
    return mep_client_read(&r->client, wish->table, wish->offset, wish->count, wish->into) ==
           MEP_OK;
}

static bool begin_extra(struct reader *r, mep_time now)
{
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        mep_time *due = &r->due[extras[i].extra];
        struct reader_fetch fetch;

        if (now < *due)
            continue;
        if (reader_is_missing(r, extras[i].needs) || reader_is_missing(r, extras[i].item) ||
            !reader_range(r, extras[i].item, &fetch)) {
            *due = now + r->config.check_us;
            continue;
        }
        if (!fits(r, fetch.count, now) && now - *due < PATIENCE_US)
            continue;
        *due = now + EXTRA_RETRY_US;
        return reader_fetch(r, extras[i].item, &fetch);
    }
    return false;
}

/* When something may be begun that cannot be begun now. */
static mep_time next_time(const struct reader *r, mep_time now)
{
    mep_time next = r->slot;

    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        mep_time due = r->due[extras[i].extra];
        next = older(next, due > now ? due : due + PATIENCE_US);
    }
    if (r->wish.wanted)
        next = older(next, r->wish.since + WISH_PATIENCE_US);
    return next;
}

/* ---- All of it ---- */

static bool begin_probe(struct reader *r, mep_time now)
{
    if (!r->probe_wanted || now < r->probe_at)
        return false;
    r->probe_wanted = false;
    r->probe_at = now + PROBE_PERIOD_US;
    r->item = ITEM_PROBE;
    return mep_client_probe_tls(&r->client) == MEP_OK;
}

/* Whatever the link is like: it may be the key that is wrong. */
static bool begin_trial(struct reader *r)
{
    struct reader_trial *trial = &r->trial;

    if (!trial->wanted)
        return false;
    trial->wanted = false;
    trial->running = true;
    trial->refusals = r->client.counters.auth_in_a_row;
    trial->sequence = r->client.sequence;
    r->item = ITEM_KEY;
    r->client.config.key = trial->key;
    mep_key_wipe(&trial->key);
    r->client.config.retries = r->config.client.retries;
    return mep_client_read(&r->client, meter_bt01.number, 0, sizeof trial->byte, &trial->byte) ==
           MEP_OK;
}

/* A refusal need not be for ever; only what dimensions rest on is not tried until they change. */
static void forgive(struct reader *r, mep_time now)
{
    static const uint32_t again = 1u << ITEM_BT23 | 1u << ITEM_BT28 | 1u << ITEM_BT52 |
                                  1u << ITEM_BT55 | 1u << ITEM_ET13 | 1u << ITEM_SERIAL;

    if (r->round != ROUND_NONE || now < r->due[EXTRA_REFUSED])
        return;
    r->missing &= ~again;
    r->due[EXTRA_REFUSED] = now + r->config.check_us;
}

static bool schedule(struct reader *r, mep_time now)
{
    r->client.config.retries = reader_in_trouble(r) ? TROUBLE_RETRIES : r->config.client.retries;
    if (!r->setup_done && continue_setup(r, now))
        return true;
    if (r->round == ROUND_NONE && check(r, now))
        return true;
    forgive(r, now);
    if (r->round == ROUND_NONE && now >= r->slot)
        begin_round(r, now);
    if (r->round != ROUND_NONE && continue_round(r, now))
        return true;
    if (begin_wish(r, now))
        return true;
    r->client.config.retries = 0; /* what fails beside the rounds must not hold them up */
    return begin_extra(r, now);
}

bool reader_schedule(struct reader *r, mep_time now)
{
    if (begin_trial(r) || begin_probe(r, now))
        return true;
    r->wake_at = r->config.no_key ? MEP_NEVER : r->retry_at;
    if (now < r->wake_at)
        return false;
    if (schedule(r, now))
        return true;
    r->wake_at = next_time(r, now);
    return false;
}

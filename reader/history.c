#include "reader/history_plan.h"

#include <string.h>

enum {
    PACE_US = 1000000 /* between two reads of one table (p.51) */
};

/* ---- The pass ---- */

static void begin(struct reader_history *h, enum reader_history_step step)
{
    h->step = (uint8_t)step;
    h->ready = false;
    h->place.in_block = false;
    h->found = false;
    h->state = READER_HISTORY_READING;
}

static void begin_anew(struct reader_history *h)
{
    meter_profile_init(&h->profile, h->wanted_set == 0 ? 0 : h->wanted_set - 1u);
    begin(h, STEP_BT61);
}

static void discard(struct reader_history *h, enum reader_history_step step)
{
    h->counters.discarded++;
    begin(h, step);
}

static void finish(struct reader_history *h, enum reader_history_state state,
                   enum meter_profile_problem problem, uint8_t code)
{
    h->state = state;
    h->problem = problem;
    h->code = code;
    h->ready = false;
}

void reader_history_init(struct reader_history *history, unsigned set, int64_t after)
{
    memset(history, 0, sizeof *history);
    history->wanted_set = (uint8_t)(set <= METER_PROFILE_SETS ? set : 0);
    history->after = after;
    history->data_at = history->status_at = history->other_at = INT64_MIN / 2;
    begin_anew(history);
}

void reader_history_again(struct reader_history *history)
{
    if (history->state == READER_HISTORY_CURRENT)
        begin(history, STEP_STATUS);
    else if (history->state == READER_HISTORY_NONE)
        begin_anew(history);
}

/* Nobody doubts that the meter is the one whose load profile was learnt. */
static bool is_settled(const struct reader *r)
{
    return r->setup_done && !r->check_idt && !r->check_serial;
}

/* ---- What was answered ---- */

static void begin_pass(struct reader_history *h)
{
    enum meter_profile_problem problem = meter_profile_check(&h->profile);

    if (problem != METER_PROFILE_OK)
        finish(h, READER_HISTORY_NONE, problem, 0);
    else if (!h->profile.status_known)
        finish(h, READER_HISTORY_NONE, METER_PROFILE_UNKNOWN, 0);
    else if (h->profile.valid_blocks == 0)
        finish(h, READER_HISTORY_CURRENT, METER_PROFILE_OK, 0);
    else
        h->step = STEP_NEWEST;
}

static void take_header(struct reader_history *h, const uint8_t *bytes)
{
    memcpy(h->header, bytes, h->profile.layout.header);
    h->header_ok = meter_profile_header(&h->profile, h->header, &h->current);
    h->place.in_block = true;
    h->place.interval = 0;
}

/* Knows the end now, and so where to begin. */
static void take_newest(struct reader_history *h)
{
    const struct meter_profile *p = &h->profile;
    uint32_t whole = reader_history_whole(p), back = whole - 1;

    take_header(h, h->buffer);
    h->end = h->header_ok ? h->current.end : INT64_MAX;
    h->last_block = p->sequence;
    h->hold =
        p->internal_known && p->in_progress != 0 ? (uint16_t)(p->in_progress - 1) : p->intervals;
    if (h->header_ok && h->after >= h->end) {
        finish(h, READER_HISTORY_CURRENT, METER_PROFILE_OK, 0);
        return;
    }
    if (h->header_ok) {
        uint32_t enough = meter_profile_back(p, h->current.end, h->current.last, h->after);
        back = enough < back ? enough : back;
    }
    h->place.block = p->sequence - back;
    h->place.in_block = h->header_ok && back == 0;
    h->step = STEP_DATA;
}

/* Nothing of the answer can be of a block that has taken the place of the one asked for. */
static bool is_intact(const struct reader_history *h, uint32_t sequence, uint16_t last_block)
{
    const struct meter_profile *p = &h->profile;
    uint32_t begun = p->sequence - sequence, age = p->sequence - h->chunk_block;

    return begun < p->blocks && (last_block + begun) % p->blocks == p->last_block % p->blocks &&
           (age == 0 || age < reader_history_whole(p));
}

static void took_bt61(struct reader_history *h, const struct reader *r)
{
    const struct meter_profile *p = &h->profile;
    unsigned sets = meter_dimension(&r->info.dimensions, METER_DIM_LOAD_SETS), set = p->set;

    if (!p->configured && set == 0)
        h->step = STEP_ET42;
    else if (p->blocks != 0 && p->intervals != 0 && p->channels[set] != 0)
        h->step = STEP_BT62;
    else if (p->configured && h->wanted_set == 0 && set + 1 < sets)
        meter_profile_init(&h->profile, set + 1);
    else
        finish(h, READER_HISTORY_NONE, METER_PROFILE_ABSENT, 0);
}

/* While BT63 is read, what it is to verify stays where it is. */
static uint8_t *buffer_of(struct reader_history *h)
{
    return h->table == meter_bt63.number ? h->status : h->buffer;
}

static void took(struct reader_history *h, const struct reader *r)
{
    struct meter_profile *p = &h->profile;
    const struct meter_table *table = meter_table_by_number(h->table);
    const struct meter_profile before = *p;

    if (table != NULL)
        meter_profile_learn(p, &r->info.dimensions, table, h->offset, buffer_of(h), h->got);
    switch ((enum reader_history_step)h->step) {
    case STEP_BT61:
        took_bt61(h, r);
        break;
    case STEP_ET42:
        if (meter_profile_check(p) == METER_PROFILE_UNKNOWN ||
            meter_profile_check(p) == METER_PROFILE_ABSENT) {
            finish(h, READER_HISTORY_NONE, METER_PROFILE_ABSENT, 0);
            break;
        }
        h->step = meter_profile_is_mapped(p) ? STEP_ET66 : STEP_STATUS;
        break;
    case STEP_BT62:
        h->step = meter_profile_is_mapped(p) ? STEP_ET66 : STEP_STATUS;
        break;
    case STEP_ET66:
    case STEP_STATUS:
        h->step++;
        break;
    case STEP_ET21:
        if (before.internal_known && before.configuration_id != p->configuration_id)
            begin_anew(h);
        else
            begin_pass(h);
        break;
    case STEP_NEWEST:
        if (h->got < p->layout.header)
            finish(h, READER_HISTORY_NONE, METER_PROFILE_IMPLAUSIBLE, 0);
        else
            take_newest(h);
        break;
    case STEP_DATA:
        h->step = STEP_VERIFY;
        h->chunk = h->got;
        h->chunk_offset = h->offset;
        if (h->got < h->count)
            finish(h, READER_HISTORY_NONE, METER_PROFILE_IMPLAUSIBLE, 0);
        break;
    case STEP_VERIFY:
        h->step = STEP_DATA;
        h->ready = is_intact(h, before.sequence, before.last_block);
        if (!h->ready)
            discard(h, STEP_STATUS);
        break;
    }
}

static void refused(struct reader_history *h, uint8_t code)
{
    bool first = h->profile.set == 0;

    switch ((enum reader_history_step)h->step) {
    case STEP_BT61:
        if (first)
            h->step = STEP_ET42;
        else
            finish(h, READER_HISTORY_NONE, METER_PROFILE_ABSENT, 0);
        break;
    case STEP_BT62:
        h->step = first ? STEP_ET42 : STEP_STATUS;
        break;
    case STEP_ET42:
        if (h->profile.configured)
            h->step = STEP_STATUS;
        else
            finish(h, READER_HISTORY_NONE, METER_PROFILE_ABSENT, code);
        break;
    case STEP_ET66:
        h->step = STEP_STATUS;
        break;
    case STEP_ET21:
        begin_pass(h);
        break;
    default:
        finish(h, READER_HISTORY_NONE, METER_PROFILE_UNKNOWN, code);
    }
}

void reader_history_event(struct reader_history *history, struct reader *reader,
                          const struct reader_event *event)
{
    if (event->type != READER_EVENT_TABLE || !history->asked)
        return;
    history->asked = false;
    if (history->state != READER_HISTORY_READING)
        return;
    history->got = (uint16_t)event->table.count;
    if (event->table.outcome == MEP_OUTCOME_OK)
        took(history, reader);
    else if (event->table.outcome == MEP_OUTCOME_REFUSED &&
             event->table.code != MEP_CODE_SERVICE_STATE)
        refused(history, event->table.code);
}

/* ---- Handing out ---- */

/* What stands at the place, if all of it came; NULL otherwise. */
static const uint8_t *find(const struct reader_history *h, uint32_t size)
{
    uint32_t offset = reader_history_offset(h, &h->place);

    if (offset < h->chunk_offset || offset - h->chunk_offset + size > h->chunk)
        return NULL;
    return h->buffer + (offset - h->chunk_offset);
}

bool reader_history_next(struct reader_history *history, const struct reader *reader,
                         struct reader_interval *interval)
{
    struct reader_history *h = history;

    if (!is_settled(reader) || reader->counters.setups != h->setups)
        return false;
    while (h->ready) {
        reader_history_skip(h);
        bool header = !h->place.in_block;
        const uint8_t *bytes =
            find(h, header ? h->profile.layout.header : h->profile.layout.record);
        if (reader_history_is_over(h) || bytes == NULL) {
            h->ready = false;
        } else if (header) {
            take_header(h, bytes);
        } else {
            uint16_t i = h->place.interval++;
            interval->time = meter_profile_time(&h->profile, &h->current, i);
            if (!meter_profile_processed(&h->profile, h->header, i))
                continue;
            if (interval->time <= h->after || interval->time > h->end) {
                h->counters.dropped++;
                continue;
            }
            interval->flags = meter_profile_flags(&h->profile, bytes);
            interval->record = bytes;
            h->after = interval->time;
            h->found = true;
            h->counters.intervals++;
            return true;
        }
    }
    return false;
}

size_t reader_history_values(const struct reader_history *history, const struct reader *reader,
                             const struct reader_interval *interval, meter_value_fn *fn,
                             void *context)
{
    return meter_profile_values(&history->profile, &reader->info.dimensions, interval->record, fn,
                                context);
}

/* ---- Asking ---- */

static mep_time *asked_at(struct reader_history *h)
{
    if (h->table == meter_bt63.number)
        return &h->status_at;
    if (h->table == meter_profile_table(&h->profile))
        return &h->data_at;
    return &h->other_at;
}

void reader_history_turn(struct reader_history *history, struct reader *reader, mep_time now)
{
    struct reader_history *h = history;
    mep_time pace = reader->config.period_us == 0 ? 0 : PACE_US;

    h->due = MEP_NEVER;
    if (h->asked || h->state != READER_HISTORY_READING || !is_settled(reader))
        return;
    if (h->step != STEP_BT61 && h->setups != reader->counters.setups) {
        h->counters.discarded++;
        begin_anew(h);
    }
    if (h->ready)
        return; /* the caller has not taken all of it */
    if (h->step == STEP_DATA) {
        reader_history_skip(h);
        if (reader_history_is_over(h)) {
            finish(h, READER_HISTORY_CURRENT, METER_PROFILE_OK, 0);
            return;
        }
    }
    reader_history_plan(h, reader);
    mep_time *at = asked_at(h);
    if (now - *at < pace && (at != &h->other_at || h->other_table == h->table)) {
        h->due = *at + pace;
        return;
    }
    if (!reader_read(reader, h->table, h->offset, h->count, buffer_of(h)))
        return; /* somebody else's is under way */
    if (h->step == STEP_BT61)
        h->setups = reader->counters.setups;
    h->asked = true;
    h->counters.requests++;
    *at = now;
    if (at == &h->other_at)
        h->other_table = h->table;
}

mep_time reader_history_wake(const struct reader_history *history)
{
    return history->due;
}

/* What becomes of an answer. */
#include "reader/internal.h"

#include <string.h>

enum {
    PATIENCE_US = 1000000 /* how far into the next period a round may go on */
};

/* ---- Identity and dimensions ---- */

static void copy_text(char *out, size_t size, const struct meter_value *value)
{
    size_t length = value->length < size - 1 ? value->length : size - 1;
    memset(out, 0, size);
    memcpy(out, value->bytes, length);
}

static void take_identity(void *context, const struct meter_value *value)
{
    struct reader_info *info = context;

    if (strcmp(value->name, "manufacturer") == 0)
        copy_text(info->manufacturer, sizeof info->manufacturer, value);
    else if (strcmp(value->name, "model") == 0)
        copy_text(info->model, sizeof info->model, value);
    else if (strcmp(value->name, "firmware") == 0)
        copy_text(info->firmware, sizeof info->firmware, value);
    else if (strcmp(value->name, "serial") == 0)
        copy_text(info->serial, sizeof info->serial, value);
    else if (strcmp(value->name, "program_id") == 0)
        memcpy(info->program_id, value->bytes, sizeof info->program_id);
    else if (strcmp(value->name, "mep_port") == 0)
        info->mep_port = (uint8_t)(value->integer == 1 || value->integer == 2 ? value->integer : 0);
}

static void learn(struct reader *r, const struct meter_table *table)
{
    const struct reader_fetch *fetch = &r->fetch;

    meter_dimensions_update(&r->info.dimensions, table, fetch->offset, r->scratch, fetch->got);
    meter_decode(table, &r->info.dimensions, fetch->offset, r->scratch, fetch->got, take_identity,
                 &r->info);
}

/* True if this is another meter than the one known. */
static bool take_serial(struct reader *r)
{
    uint8_t serial[READER_SERIAL_SIZE] = {0};
    bool known = r->serial_known;

    r->check_serial = false;
    if (r->fetch.got == 0)
        return false;
    memcpy(serial, r->scratch, r->fetch.got);
    if (known && memcmp(r->serial, serial, sizeof serial) == 0)
        return false;
    memcpy(r->serial, serial, sizeof serial);
    r->serial_known = true;
    r->counters.meters++;
    r->baseline_known = false;
    r->candidate_rounds = 0;
    if (known)
        r->pending |= PENDING_METER;
    return known;
}

/* The program ID stands for the firmware: with another one, nothing is as it was (p.55). */
static void take_program(struct reader *r)
{
    uint8_t before[sizeof r->info.program_id];

    memcpy(before, r->info.program_id, sizeof before);
    r->same_program = r->program_known;
    learn(r, &meter_et04);
    if (r->same_program && memcmp(before, r->info.program_id, sizeof before) == 0)
        return;
    r->same_program = false;
    reader_forget(r);
    learn(r, &meter_et04);
    r->program_known = true;
}

static void check_idt(struct reader *r)
{
    r->check_idt = false;
    if (r->fetch.got == 0)
        return;
    if (!meter_dimension_known(&r->info.dimensions, METER_DIM_IDT_VERSION) ||
        meter_dimension(&r->info.dimensions, METER_DIM_IDT_VERSION) != r->scratch[0])
        reader_begin_setup(r);
}

/* ---- Beside the rounds ---- */

static void take_clock(void *context, const struct meter_value *value)
{
    struct reader *r = context;

    if (value->kind != METER_TIME)
        return;
    r->clock = meter_time_unix(&value->time);
    r->clock_known = true;
}

static void take_tariff(void *context, const struct meter_value *value)
{
    struct reader *r = context;

    if (strcmp(value->name, "tariff") != 0)
        return;
    r->tariff = (uint8_t)value->integer;
    r->tariff_known = true;
}

static void take_alert_flags(struct reader *r)
{
    uint8_t before = r->info.alert_flags_known ? r->info.alert_flags : 0;

    if (r->fetch.got == 0)
        return;
    r->info.alert_flags = r->scratch[0];
    r->info.alert_flags_known = true;
    if (r->info.alert_flags != before)
        r->pending |= PENDING_ALERT;
}

/* ---- Registers ---- */

/*
 * Puts the blocks that came whole into the snapshot being made; of the total
 * block any part. Gives the first block that did not come.
 */
static uint32_t take_blocks(struct reader *r, const struct reader_layout *layout, mep_time at)
{
    struct reader_snapshot *snapshot = reader_building(r);
    uint32_t end = r->fetch.offset + r->fetch.got, next = 0;

    for (uint32_t block = 0; block < layout->blocks; block++) {
        uint32_t from = layout->base + block * layout->stride, size = layout->sums;
        if (from < r->fetch.offset || from >= end)
            continue;
        if (block == 0 && size > end - from)
            size = (end - from) & ~3u;
        if (size == 0 || size > end - from)
            continue;
        memcpy(snapshot->sums + (size_t)block * layout->sums, r->scratch + (from - r->fetch.offset),
               size);
        snapshot->block_size[block] = (uint8_t)size;
        snapshot->block_at[block] = at;
        r->got_energy |= block == 0;
        next = block + 1;
    }
    return next < layout->blocks ? next : 0;
}

static void take_energy(struct reader *r, mep_time at)
{
    struct reader_layout layout = reader_layout(r);

    r->round = ROUND_PRESENT;
    uint32_t next = take_blocks(r, &layout, at);
    if (!r->pieces)
        return;
    r->next_block = (uint8_t)(r->energy_full ? 0 : next);
    if (r->next_block == 0)
        r->due[EXTRA_TIERS] = at + r->config.tiers_us;
    else if (!r->has_reading)
        r->round = ROUND_ENERGY; /* the first reading is to be complete */
}

static void take_present(struct reader *r, mep_time at)
{
    struct reader_snapshot *snapshot = reader_building(r);
    uint32_t from = reader_present_range(r).offset - r->fetch.offset;

    r->round = ROUND_COMMIT;
    if (from >= r->fetch.got)
        return;
    uint32_t size = (r->fetch.got - from) & ~3u;
    snapshot->present_size = (uint16_t)(size < READER_PRESENT_SIZE ? size : READER_PRESENT_SIZE);
    memcpy(snapshot->present, r->scratch + from, snapshot->present_size);
    snapshot->present_at = at;
    r->got_present = true;
}

/* ---- How requests end ---- */

static void took_table(struct reader *r, const struct meter_table *table, meter_value_fn *fn,
                       void *context)
{
    meter_decode(table, &r->info.dimensions, r->fetch.offset, r->scratch, r->fetch.got, fn,
                 context);
}

static void took(struct reader *r, mep_time at)
{
    switch ((enum reader_item)r->item) {
    case ITEM_ET04:
        take_program(r);
        r->check_idt = false;
        break;
    case ITEM_ET03:
    case ITEM_SERIAL:
        r->due[EXTRA_SERIAL] = at + r->config.check_us;
        if (take_serial(r)) {
            reader_forget(r);
            reader_begin_setup(r);
            return;
        }
        learn(r, &meter_et03);
        r->identity_at = at;
        break;
    case ITEM_BT01:
        learn(r, &meter_bt01);
        r->identity_at = at;
        break;
    case ITEM_BT20_AS_BT21:
        learn(r, &meter_bt21);
        break;
    case ITEM_BT52:
        r->clock_known = false;
        r->clock_at = at;
        r->due[EXTRA_CLOCK] = at + r->config.clock_us;
        took_table(r, &meter_bt52, take_clock, r);
        break;
    case ITEM_BT55:
        r->tariff_known = false;
        r->tariff_at = at;
        r->due[EXTRA_TARIFF] = at + r->config.tariff_us;
        took_table(r, &meter_bt55, take_tariff, r);
        break;
    case ITEM_ET13:
        r->due[EXTRA_ALERTS] = at + r->config.alert_us;
        r->alerts_at = at;
        take_alert_flags(r);
        break;
    case ITEM_IDT:
        r->due[EXTRA_IDT] = at + r->config.check_us;
        check_idt(r);
        break;
    case ITEM_BT23:
        take_energy(r, at);
        break;
    case ITEM_BT28:
        take_present(r, at);
        break;
    default:
        learn(r, meter_table_by_number(r->fetch.table));
        break;
    }
}

/* The meter said no, in whichever of the guide's ways (p.213), or verified nonsense. */
static void refused(struct reader *r)
{
    bool *full = r->item == ITEM_BT23 ? &r->energy_full : &r->present_full;

    switch ((enum reader_item)r->item) {
    case ITEM_BT23:
    case ITEM_BT28:
        *full = !*full;
        if (*full)
            return; /* some meters want it whole */
        r->round = r->item == ITEM_BT23 ? ROUND_PRESENT : ROUND_COMMIT;
        break;
    case ITEM_ET04:
        reader_forget(r);
        r->same_program = false;
        r->check_idt = false;
        break;
    case ITEM_ET03:
    case ITEM_SERIAL:
        r->check_serial = false;
        break;
    case ITEM_IDT:
        reader_begin_setup(r); /* another way to tell there is not */
        break;
    default:
        break;
    }
    r->missing |= UINT32_C(1) << r->item;
}

/* No answer to go by. Before the first reading the same is asked for again. */
static void failed(struct reader *r, enum mep_outcome outcome, mep_time now)
{
    bool late = now >= r->slot + PATIENCE_US; /* what came of the round has grown old */
    bool again = !r->has_reading && outcome != MEP_OUTCOME_REFUSED && !late;

    switch ((enum reader_item)r->item) {
    case ITEM_BT23:
        if (outcome == MEP_OUTCOME_SILENT && !again)
            reader_abort_round(r);
        else if (r->round == ROUND_ENERGY && !again)
            r->round = ROUND_PRESENT;
        break;
    case ITEM_BT28:
        if (r->round == ROUND_PRESENT && !again)
            r->round = ROUND_COMMIT;
        break;
    case ITEM_IDT:
    case ITEM_SERIAL:
        if (late)
            reader_abort_round(r);
        break;
    default:
        break;
    }
}

static void item_answered(struct reader *r, const struct mep_event *done, mep_time now)
{
    bool registers = r->item == ITEM_BT23 || r->item == ITEM_BT28;
    uint8_t item = r->item;

    if (done->outcome == MEP_OUTCOME_OK && (done->parts == 1 || !registers)) {
        if (reader_fetch_more(r, done))
            return;
        if (registers && r->fetch.requests > 1)
            r->round_flags |= READER_FLAG_SPLIT;
        r->missing &= ~(UINT32_C(1) << item);
        took(r, done->at);
    } else if (done->outcome == MEP_OUTCOME_MALFORMED ||
               (done->outcome == MEP_OUTCOME_REFUSED && done->code != MEP_CODE_SERVICE_STATE)) {
        refused(r);
    } else {
        failed(r, done->outcome, now);
        return;
    }
    if (!r->setup_done && r->step == item)
        r->step++;
}

/* It says nothing about the link with the key that is set; nor is a no to another key one to it. */
static void trial_answered(struct reader *r, const struct mep_event *done)
{
    r->client.config.key = r->config.client.key;
    r->client.counters.auth_in_a_row = r->trial.refusals;
    if (done->outcome == MEP_OUTCOME_AUTH)
        r->client.sequence = r->trial.sequence; /* the meter has accepted none of these */
    r->trial.running = false;
    r->trial.done = *done;
    r->pending |= PENDING_KEY;
}

void reader_answered(struct reader *r, const struct mep_event *done, mep_time now)
{
    if (r->item == ITEM_KEY) {
        trial_answered(r, done);
        return;
    }
    reader_link_learn(r, done, now);
    if (r->item == ITEM_TABLE) {
        r->wish.done = *done;
        r->wish.wanted = false;
        r->pending |= PENDING_TABLE;
    } else if (r->item != ITEM_PROBE) {
        item_answered(r, done, now);
    }
}

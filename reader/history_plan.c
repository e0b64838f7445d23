/* Where history stands in the ring, and which bytes to ask for. */
#include "reader/history_plan.h"

enum {
    BT61_SIZE = 7, /* before the data sets, and of each */
    BT61_SET_SIZE = 6,
    ET21_SIZE = 94, /* up to the options */
    ET66_SIZE = 104,
    SPARE_US = 40000, /* kept free in a period */
    SPARE_STEP = 16,
    LEAST = 64 /* bytes worth a request of their own */
};

/* The last block is full: the next one to be begun takes the place of the oldest. */
static bool is_last_full(const struct meter_profile *p)
{
    return p->valid_intervals >= p->intervals ||
           (p->internal_known && p->last_interval + 1u >= p->intervals);
}

uint32_t reader_history_whole(const struct meter_profile *p)
{
    uint32_t valid = p->valid_blocks < p->blocks ? p->valid_blocks : p->blocks;
    return valid == p->blocks && valid > 1 && is_last_full(p) ? valid - 1 : valid;
}

static uint16_t slot_of(const struct reader_history *h, uint32_t block)
{
    uint32_t back = (h->profile.sequence - block) % h->profile.blocks;
    return meter_profile_block(&h->profile, (uint16_t)back);
}

/* Where a block's intervals end, as far as is known without, or with, its header. */
static uint16_t stop_of(const struct reader_history *h, uint32_t block, bool header_here)
{
    uint16_t stop = h->profile.intervals;

    if (header_here)
        stop = h->header_ok ? (uint16_t)(h->current.last + 1) : 0;
    return block == h->last_block && stop > h->hold ? h->hold : stop;
}

void reader_history_skip(struct reader_history *h)
{
    struct reader_history_place *place = &h->place;

    if (!place->in_block)
        return;
    if (h->header_ok && h->after >= 0) {
        int64_t first = meter_profile_time(&h->profile, &h->current, 0);
        int64_t length = h->profile.layout.interval_s;
        int64_t known = h->after < first ? 0 : (h->after - first) / length + 1;
        if (known > place->interval)
            place->interval = (uint16_t)(known < UINT16_MAX ? known : UINT16_MAX);
    }
    if (place->interval < stop_of(h, place->block, true))
        return;
    place->block++;
    place->in_block = false;
}

bool reader_history_is_over(const struct reader_history *h)
{
    return !h->place.in_block && h->place.block == h->last_block + 1;
}

/* ---- What to ask for ---- */

/*
 * The longest read that a period has time for beside its round. If that is next
 * to nothing, the reader keeps a round waiting now and then in any case: then it
 * shall be worth it.
 */
static uint32_t longest(const struct reader_history *h, const struct reader *r)
{
    const struct meter_profile_layout *layout = &h->profile.layout;
    uint32_t least = layout->header > layout->record ? layout->header : layout->record;
    struct reader_layout blocks = reader_layout(r);
    uint32_t energy = reader_one_frame(&blocks) ? blocks.stride * blocks.blocks : blocks.sums;
    mep_time round = reader_cost(r, energy) + reader_cost(r, reader_present_range(r).count);

    if (least < LEAST)
        least = LEAST;
    for (uint32_t most = MEP_READ_MAX; most >= least; most -= SPARE_STEP)
        if (round + reader_cost(r, most) + SPARE_US <= r->config.period_us)
            return most;
    return MEP_READ_MAX;
}

static uint32_t start_of(const struct reader_history *h, uint16_t slot)
{
    return slot * h->profile.layout.block;
}

uint32_t reader_history_offset(const struct reader_history *h,
                               const struct reader_history_place *place)
{
    uint16_t slot = slot_of(h, place->block);
    return place->in_block ? meter_profile_at(&h->profile, slot, place->interval)
                           : start_of(h, slot);
}

/* As many whole headers and intervals as fit, across blocks, up to the ring's end. */
static void plan_data(struct reader_history *h, const struct reader *r)
{
    struct reader_history_place at = h->place;
    uint16_t slot = slot_of(h, at.block);
    uint32_t begin_at = reader_history_offset(h, &at), end = begin_at, limit = longest(h, r);
    /* Until something is handed out a block may turn out to hold nothing new. */
    bool header_alone = !at.in_block && !h->found && h->after >= 0;

    for (;;) {
        uint32_t next = meter_profile_at(&h->profile, slot, 0);
        if (at.in_block) {
            bool here = at.block == h->place.block && h->place.in_block;
            next = meter_profile_at(&h->profile, slot, (uint16_t)(at.interval + 1));
            if (at.interval >= stop_of(h, at.block, here)) {
                if (at.block++ == h->last_block || ++slot == h->profile.blocks)
                    break;
                at.in_block = false;
                continue;
            }
        }
        if (next - begin_at > limit)
            break;
        end = next;
        at.interval = at.in_block ? (uint16_t)(at.interval + 1) : 0;
        at.in_block = true;
        if (header_alone)
            break;
    }
    h->chunk_block = h->place.block;
    h->table = (uint16_t)meter_profile_table(&h->profile);
    h->offset = begin_at;
    h->count = (uint16_t)(end - begin_at);
}

static void plan_table(struct reader_history *h, const struct meter_table *table, uint32_t offset,
                       uint32_t count)
{
    h->table = table->number;
    h->offset = offset;
    h->count = (uint16_t)(count < MEP_READ_MAX ? count : MEP_READ_MAX);
}

void reader_history_plan(struct reader_history *h, const struct reader *r)
{
    const struct meter_dimensions *dims = &r->info.dimensions;
    const struct meter_profile *p = &h->profile;
    uint32_t control = 0;

    switch ((enum reader_history_step)h->step) {
    case STEP_BT61:
        plan_table(h, &meter_bt61, 0, BT61_SIZE + BT61_SET_SIZE * (p->set + 1u));
        break;
    case STEP_BT62:
        for (unsigned i = 0; i <= p->set; i++)
            control += 3u * p->channels[i] + 1;
        plan_table(h, &meter_bt62, 0, control);
        break;
    case STEP_ET42:
        control = meter_dimension(dims, METER_DIM_INTERFACE_LENGTH);
        plan_table(h, &meter_et42, 0, control != 0 ? control : MEP_READ_MAX);
        break;
    case STEP_ET66:
        plan_table(h, &meter_et66, 0, ET66_SIZE);
        break;
    case STEP_STATUS:
    case STEP_VERIFY:
        plan_table(h, &meter_bt63, READER_HISTORY_STATUS * (uint32_t)p->set, READER_HISTORY_STATUS);
        break;
    case STEP_ET21:
        plan_table(h, &meter_et21, p->set * meter_dimension(dims, METER_DIM_LOAD_INTERNAL_SIZE),
                   ET21_SIZE);
        break;
    case STEP_NEWEST:
        h->table = (uint16_t)meter_profile_table(p);
        h->offset = start_of(h, slot_of(h, p->sequence));
        h->count = p->layout.header;
        break;
    case STEP_DATA:
        plan_data(h, r);
        break;
    }
}

/* Which bytes to ask for, and asking for them. */
#include "reader/internal.h"

#include <string.h>

enum {
    REQUEST_WIRE = 22,  /* bytes of a partial read's request on the line */
    RESPONSE_WIRE = 13, /* of its answer, besides the table's */
    SEGMENT = 117,      /* p.21 */
    SEGMENT_US = 25000, /* p.21 */
    THINK_US = 50000,   /* the meter's, at a guess */
    RESERVE_US = 20000, /* kept free in a period when pieces are sized */
    ET42_FIXED = 30,    /* bytes of ET42 until the number of load profile channels */
    ET42_END = 8        /* its Required Section (p.118) */
};

mep_time reader_cost(const struct reader *r, uint32_t count)
{
    uint32_t baud = r->client.config.baud;
    mep_time line = 0, spacing = r->client.config.spacing_us;

    if (baud != 0)
        line = (mep_time)(REQUEST_WIRE + RESPONSE_WIRE + count) * 10000000 / baud +
               (mep_time)((RESPONSE_WIRE + count) / SEGMENT) * SEGMENT_US + THINK_US;
    return line > spacing ? line : spacing;
}

struct reader_layout reader_layout(const struct reader *r)
{
    const struct meter_dimensions *dims = &r->info.dimensions;
    uint32_t summations = meter_dimension(dims, METER_DIM_SUMMATIONS);
    struct reader_layout layout = {
        .base = meter_dimension(dims, METER_DIM_RESET_COUNTER),
        .stride = meter_dimension(dims, METER_DIM_BLOCK_SIZE),
        .sums = 4 * (summations < METER_SUMMATIONS_MAX ? summations : METER_SUMMATIONS_MAX),
        .blocks = meter_dimension(dims, METER_DIM_BLOCKS),
    };
    if (layout.blocks > READER_BLOCKS_MAX)
        layout.blocks = READER_BLOCKS_MAX;
    if (layout.sums * layout.blocks > READER_SUMS_SIZE)
        layout.blocks = READER_SUMS_SIZE / layout.sums;
    return layout;
}

/* Bytes from the first of so many blocks to the last one's summations. */
static uint32_t span(const struct reader_layout *layout, uint32_t blocks)
{
    return (blocks - 1) * layout->stride + layout->sums;
}

bool reader_one_frame(const struct reader_layout *layout)
{
    return span(layout, layout->blocks) <= MEP_READ_MAX;
}

/* How many blocks from the next one on a round has time for; one at least. */
static uint32_t piece(const struct reader *r, const struct reader_layout *layout, uint32_t first)
{
    mep_time time =
        r->config.period_us - RESERVE_US -
        reader_cost(r, 4 * meter_dimension(&r->info.dimensions, METER_DIM_PRESENT_VALUES));
    uint32_t blocks = 1;

    while (first + blocks < layout->blocks && span(layout, blocks + 1) <= MEP_READ_MAX &&
           (!r->has_reading || reader_cost(r, span(layout, blocks + 1)) <= time))
        blocks++;
    return blocks;
}

struct reader_fetch reader_energy_range(struct reader *r)
{
    struct reader_layout layout = reader_layout(r);
    uint32_t first = r->next_block < layout.blocks ? r->next_block : 0, blocks = 1;

    if (reader_one_frame(&layout) && first == 0)
        blocks = layout.blocks;
    else if (r->pieces)
        blocks = piece(r, &layout, first);
    return (struct reader_fetch){.table = meter_bt23.number,
                                 .offset = layout.base + first * layout.stride,
                                 .count = (uint16_t)span(&layout, blocks)};
}

struct reader_fetch reader_present_range(const struct reader *r)
{
    const struct meter_dimensions *dims = &r->info.dimensions;
    uint32_t count = 4 * meter_dimension(dims, METER_DIM_PRESENT_VALUES);

    return (struct reader_fetch){
        .table = meter_bt28.number,
        .offset = meter_dimension(dims, METER_DIM_PRESENT_AT),
        .count = (uint16_t)(count < READER_PRESENT_SIZE ? count : READER_PRESENT_SIZE)};
}

/* From one value to another, where this meter has them. */
static bool value_range(const struct reader *r, const struct meter_table *table, const char *first,
                        const char *last, struct reader_fetch *fetch)
{
    const struct meter_dimensions *dims = &r->info.dimensions;
    uint32_t from, to;
    size_t size = meter_locate(table, dims, last, &to);

    if (size == 0 || meter_locate(table, dims, first, &from) == 0)
        return false;
    *fetch = (struct reader_fetch){
        .table = table->number, .offset = from, .count = (uint16_t)(to - from + size)};
    return true;
}

/* The byte of alert flags in the entry of ET13 that is ours (p.80). */
static bool alert_flags_range(const struct reader *r, struct reader_fetch *fetch)
{
    const char *name = r->info.mep_port == 2 ? "device_config_5_alert_scheduled_read"
                                             : "device_config_4_alert_scheduled_read";
    return value_range(r, &meter_et13, name, name, fetch);
}

/* What lies where other tables say. */
static bool dimensioned_range(const struct reader *r, enum reader_item item,
                              struct reader_fetch *fetch)
{
    const struct meter_dimensions *dims = &r->info.dimensions;

    switch (item) {
    case ITEM_BT20_AS_BT21:
        *fetch = (struct reader_fetch){.table = meter_bt20.number, .count = meter_bt20.size};
        return reader_is_missing(r, ITEM_BT21);
    case ITEM_BT20:
        *fetch = (struct reader_fetch){.table = meter_bt20.number, .count = meter_bt20.size};
        return !meter_dimension_known(dims, METER_DIM_ENERGY_UNIT) &&
               meter_dimension(dims, METER_DIM_FIRMWARE) >= METER_FW_3_70;
    case ITEM_BT22:
        *fetch =
            (struct reader_fetch){.table = meter_bt22.number,
                                  .count = (uint16_t)meter_dimension(dims, METER_DIM_SUMMATIONS)};
        return fetch->count != 0;
    case ITEM_BT27:
        *fetch = (struct reader_fetch){
            .table = meter_bt27.number,
            .offset = meter_dimension(dims, METER_DIM_PRESENT_DEMANDS),
            .count = (uint16_t)meter_dimension(dims, METER_DIM_PRESENT_VALUES)};
        return fetch->count != 0;
    case ITEM_ET42_END:
        *fetch = (struct reader_fetch){.table = meter_et42.number,
                                       .offset = meter_dimension(dims, METER_DIM_REQUIRED_AT),
                                       .count = ET42_END};
        return fetch->offset != 0 && !reader_is_missing(r, ITEM_ET42);
    case ITEM_ET55:
        return !meter_dimension_known(dims, METER_DIM_ENERGY_UNIT) &&
               value_range(r, &meter_et55, "energy_register_unit", "energy_register_unit", fetch);
    case ITEM_ET70:
        return meter_dimension(dims, METER_DIM_FIRMWARE) >= METER_FW_4_0 &&
               value_range(r, &meter_et70, "mep_port", "mep_port", fetch);
    case ITEM_ET04:
        return value_range(r, &meter_et04, "program_id", "idt_version", fetch);
    case ITEM_IDT:
        return value_range(r, &meter_et04, "idt_version", "idt_version", fetch);
    default:
        return alert_flags_range(r, fetch);
    }
}

bool reader_range(const struct reader *r, enum reader_item item, struct reader_fetch *fetch)
{
    static const struct {
        const struct meter_table *table;
        uint8_t count;
    } fixed[] = {
        [ITEM_ET03] = {&meter_et03, READER_SERIAL_SIZE},
        [ITEM_BT01] = {&meter_bt01, 16},
        [ITEM_BT21] = {&meter_bt21, 10},
        [ITEM_BT15] = {&meter_bt15, 17},
        [ITEM_ET11] = {&meter_et11, 39},
        [ITEM_ET42] = {&meter_et42, ET42_FIXED},
        [ITEM_BT52] = {&meter_bt52, 7},
        [ITEM_BT55] = {&meter_bt55, 9},
        [ITEM_SERIAL] = {&meter_et03, READER_SERIAL_SIZE},
    };

    if (item >= sizeof fixed / sizeof *fixed || fixed[item].table == NULL)
        return dimensioned_range(r, item, fetch);
    *fetch = (struct reader_fetch){.table = fixed[item].table->number, .count = fixed[item].count};
    return true;
}

/* Asks for the rest, or for as much of it as the client finds worth trying. */
static bool request(struct reader *r)
{
    struct reader_fetch *fetch = &r->fetch;
    uint16_t rest = (uint16_t)(fetch->count - fetch->got);
    uint16_t limit = mep_client_read_limit(&r->client);

    fetch->requests++;
    fetch->asked = fetch->full || rest < limit ? rest : limit;
    if (fetch->full)
        return mep_client_read_full(&r->client, fetch->table, fetch->asked, r->scratch) == MEP_OK;
    return mep_client_read(&r->client, fetch->table, fetch->offset + fetch->got, fetch->asked,
                           r->scratch + fetch->got) == MEP_OK;
}

bool reader_fetch(struct reader *r, enum reader_item item, const struct reader_fetch *fetch)
{
    r->item = (uint8_t)item;
    r->fetch = *fetch;
    return request(r);
}

/*
 * A register that lies across two answers would be made of halves of two
 * moments. So the next request begins with it, and reads a few bytes twice.
 */
static uint16_t whole_registers(const struct reader *r)
{
    struct reader_layout layout = reader_layout(r);
    uint32_t got = r->fetch.got;

    if (r->item == ITEM_BT28)
        return (uint16_t)(got & ~3u);
    if (r->item != ITEM_BT23 || got % layout.stride >= layout.sums)
        return r->fetch.got;
    uint32_t block = got - got % layout.stride;
    return (uint16_t)(block + ((got - block) & ~3u));
}

/* True if more is wanted, the meter seems to have it, and it was asked for. */
bool reader_fetch_more(struct reader *r, const struct mep_event *done)
{
    struct reader_fetch *fetch = &r->fetch;

    fetch->got = (uint16_t)(fetch->got + done->count);
    if (done->count < fetch->asked || fetch->got >= fetch->count)
        return false;
    fetch->got = whole_registers(r);
    return request(r);
}

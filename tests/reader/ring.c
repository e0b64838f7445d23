#include "ring.h"

#include <string.h>

unsigned ring_hours;
bool ring_skipped[RING_HOURS_MAX];
const struct meter_table ring_bt64 = {.name = "BT64", .number = 64};

struct fake_table *ring_table(struct fake *f, const struct meter_table *table)
{
    for (size_t i = 0; i < FAKE_TABLES; i++)
        if (f->table[i].table == NULL || f->table[i].table == table) {
            f->table[i].table = table;
            return &f->table[i];
        }
    fail_msg("no room for %s", table->name);
    return NULL;
}

static void put(uint8_t *bytes, uint32_t number, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
}

/* A block of the ring, with all that is recorded of it. */
static void write_block(struct fake *f, unsigned number)
{
    uint8_t *block = ring_table(f, &ring_bt64)->bytes +
                     (number + RING_FIRST_SEQUENCE) % RING_BLOCKS * RING_BLOCK;
    for (unsigned i = 0; i < RING_INTERVALS; i++) {
        unsigned hour = number * RING_INTERVALS + i;
        uint8_t *record = block + RING_HEADER + i * RING_RECORD;
        if (i == 0)
            block[5] = 0;
        if (hour >= ring_hours || ring_skipped[hour])
            continue;
        struct meter_time end = meter_time_from_unix(RING_EPOCH + (hour + 1) * RING_HOUR);
        const uint8_t stamp[] = {(uint8_t)(end.year - 2000), end.month, end.day, end.hour,
                                 end.minute};
        memcpy(block, stamp, sizeof stamp);
        block[5] |= (uint8_t)(1u << i);
        memset(record, 0, RING_RECORD);
        record[0] = hour % 5 == 0 ? 0x20 : 0;
        put(record + 2, 1000 + hour, 4);
        put(record + 6, 5000 + 2 * hour, 4);
    }
}

static void write_status(struct fake *f)
{
    unsigned last = ring_hours - 1;
    while (last > 0 && ring_skipped[last])
        last--;
    unsigned block = last / RING_INTERVALS, valid = 0;
    for (unsigned hour = block * RING_INTERVALS; hour <= last; hour++)
        valid += !ring_skipped[hour];
    uint8_t *bt63 = ring_table(f, &meter_bt63)->bytes, *et21 = ring_table(f, &meter_et21)->bytes;
    put(bt63 + 1, block < RING_BLOCKS ? block + 1 : RING_BLOCKS, 2);
    put(bt63 + 3, (block + RING_FIRST_SEQUENCE) % RING_BLOCKS, 2);
    put(bt63 + 5, block + RING_FIRST_SEQUENCE, 4);
    put(bt63 + 11, valid, 2);
    put(et21 + 20, last % RING_INTERVALS, 2);
}

void ring_record(struct fake *f)
{
    ring_hours++;
    write_block(f, (ring_hours - 1) / RING_INTERVALS);
    write_status(f);
}

void ring_build(struct fake *f, unsigned hours)
{
    static const uint8_t bt61[] = {0, 0, 0, 0, 0, 0x0c, 0x20, RING_BLOCKS, 0, RING_INTERVALS,
                                   0, 2, 60};
    static const uint8_t bt62[] = {0, 0, 0, 0, 1, 0, 32};
    static const uint8_t sizes[] = {RING_BLOCK, 0, 0, 0, RING_HEADER, 0};
    static const uint8_t more[] = {5, 1, RING_HEADER, RING_RECORD, 2};

    struct fake_table *t = ring_table(f, &meter_bt61);
    memcpy(t->bytes, bt61, t->size = sizeof bt61);
    t = ring_table(f, &meter_bt62);
    memcpy(t->bytes, bt62, t->size = sizeof bt62);
    t = ring_table(f, &meter_et21);
    memcpy(t->bytes + 8, sizes, sizeof sizes);
    memcpy(t->bytes + 22, more, sizeof more);
    t->size = 131;
    ring_table(f, &meter_bt63)->size = 13;
    ring_table(f, &ring_bt64)->size = RING_BLOCKS * RING_BLOCK;
    memset(ring_table(f, &ring_bt64)->bytes, 0xee, RING_BLOCKS * RING_BLOCK);
    while (ring_hours < hours)
        ring_record(f);
}

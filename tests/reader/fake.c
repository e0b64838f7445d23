#include "tests/reader/fake.h"

#include <stdio.h>
#include <string.h>

const char *const FAKE_MBK = "0123456789abcdef";
static const char *const MAK = "fedcba9876543210";

/* ---- Tables ---- */

struct fake_table *fake_table(struct fake *f, const struct meter_table *table)
{
    for (size_t i = 0; i < FAKE_TABLES; i++) {
        if (f->table[i].table == table)
            return &f->table[i];
    }
    fail_msg("no %s", table->name);
    return NULL;
}

static void encode(struct fake *f, const struct meter_table *table, const char *name,
                   const struct meter_value *value)
{
    struct fake_table *t = fake_table(f, table);
    assert_int_equal(meter_encode(table, &f->dims, name, value, t->bytes, t->size), METER_OK);
}

void fake_set(struct fake *f, const struct meter_table *table, const char *name, int64_t integer)
{
    struct meter_value value = {.kind = METER_SIGNED, .integer = integer};
    encode(f, table, name, &value);
}

void fake_set_text(struct fake *f, const struct meter_table *table, const char *name,
                   const char *text)
{
    struct meter_value value = {
        .kind = METER_STRING, .bytes = (const uint8_t *)text, .length = strlen(text)};
    encode(f, table, name, &value);
}

struct register_search {
    const char *name;
    int64_t integer;
};

static void find_register(void *context, const struct meter_value *value)
{
    struct register_search *search = context;
    if (strcmp(value->name, search->name) == 0)
        search->integer = value->integer;
}

void fake_add(struct fake *f, const char *name, int64_t integer)
{
    struct fake_table *t = fake_table(f, &meter_bt23);
    struct register_search search = {name, 0};
    meter_decode(&meter_bt23, &f->dims, 0, t->bytes, t->size, find_register, &search);
    fake_set(f, &meter_bt23, name, search.integer + integer);
}

/* Every number differs from the others: 1000 times the tier and the place in the table. */
static bool fill_registers(void *context, struct meter_value *value)
{
    (void)context;
    value->integer = 100000 * (value->tier + 1) + 1000 * value->place;
    return value->kind == METER_SIGNED;
}

static bool fill_sources(void *context, struct meter_value *value)
{
    const struct fake *f = context;
    const uint8_t *list =
        value->table == &meter_bt22 ? f->dims.summation_source : f->dims.present_source;
    if (strstr(value->name, "demand") != NULL || value->kind != METER_UNSIGNED)
        return false;
    value->integer = list[value->place];
    return true;
}

/* What teaches a dimension says the one that the fake meter has. */
static bool fill_dimensions(void *context, struct meter_value *value)
{
    const struct fake *f = context;
    unsigned id = value->field->teaches;
    if (id == METER_DIM_NONE || id >= METER_DIM_STORED)
        return false;
    value->integer = meter_dimension(&f->dims, id);
    value->bytes = NULL;
    return true;
}

void fake_build(struct fake *f)
{
    static const struct meter_table *const tables[] = {
        &meter_bt01, &meter_bt15, &meter_bt20, &meter_bt21, &meter_bt22, &meter_bt23,
        &meter_bt27, &meter_bt28, &meter_bt52, &meter_bt55, &meter_et03, &meter_et04,
        &meter_et11, &meter_et13, &meter_et42, &meter_et55, &meter_et70,
    };

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct fake_table *t = &f->table[i];
        const struct meter_table *table = tables[i];
        memset(t->bytes, 0, sizeof t->bytes);
        t->table = table;
        t->size = meter_table_size(table, &f->dims);
        assert_true(t->size <= sizeof t->bytes);
        meter_fill_fn *fn = fill_dimensions;
        if (table == &meter_bt22 || table == &meter_bt27)
            fn = fill_sources;
        if (table == &meter_bt23 || table == &meter_bt28)
            fn = fill_registers;
        assert_int_equal(meter_fill(table, &f->dims, t->bytes, t->size, fn, f), METER_OK);
    }
    fake_set_text(f, &meter_bt01, "manufacturer", "NES");
    fake_set_text(f, &meter_bt01, "model", "83331-3I");
    fake_set_text(f, &meter_et03, "serial", "ACME-0001");
    fake_set(f, &meter_bt55, "tariff", 2);
}

/* ---- The meter ---- */

static void set_clock(struct fake *f)
{
    struct meter_value value = {.kind = METER_TIME,
                                .time = meter_time_from_unix(f->clock + f->now / SECOND)};
    encode(f, &meter_bt52, "meter_time", &value);
}

static uint8_t read_table(void *context, uint16_t number, uint32_t offset, uint16_t count,
                          uint8_t *into, uint16_t *got)
{
    struct fake *f = context;

    for (size_t i = 0; i < FAKE_TABLES; i++) {
        struct fake_table *t = &f->table[i];
        if (t->table == NULL || t->table->number != number)
            continue;
        t->reads++;
        if (t->code != 0)
            return t->code;
        if (t->partial_code != 0 && f->going[MEP_LENGTH_SIZE] == MEP_READ_PARTIAL)
            return t->partial_code;
        if (offset >= t->size)
            return MEP_CODE_TABLE_NOT_POSSIBLE;
        if (t->table == &meter_bt52)
            set_clock(f);
        *got = (uint16_t)(count < t->size - offset ? count : t->size - offset);
        memcpy(into, t->bytes + offset, *got);
        return MEP_CODE_OK;
    }
    return MEP_CODE_NOT_POSSIBLE;
}

static uint8_t write_table(void *context, uint16_t table, uint32_t offset, const uint8_t *data,
                           uint16_t count)
{
    (void)context, (void)table, (void)offset, (void)data, (void)count;
    fail_msg("the reader wrote");
    return 0;
}

static const struct mep_server_ops ops = {read_table, write_table, NULL};

static struct mep_key key_of(const char *text)
{
    struct mep_key key;
    assert_int_equal(mep_key_parse(text, strlen(text), &key), MEP_KEY_OK);
    return key;
}

void fake_init(struct fake *f)
{
    struct mep_server_config config;
    struct mep_key mak = key_of(MAK), mbk = key_of(FAKE_MBK);

    memset(f, 0, sizeof *f);
    f->clock = 1711646411; /* 2024-03-28 17:20:11 */
    meter_dimensions_default(&f->dims);
    meter_dimension_set(&f->dims, METER_DIM_FIRMWARE, METER_FW_3_80 + 3);
    meter_dimension_set(&f->dims, METER_DIM_TIERS_MAX, 4);
    meter_dimension_set(&f->dims, METER_DIM_MAX_CURRENT_A, 100);
    meter_dimension_set(&f->dims, METER_DIM_RATED_VOLTAGE_V, 230);
    meter_dimension_set(&f->dims, METER_DIM_IDT_VERSION, 7);
    meter_dimension_set(&f->dims, METER_DIM_INTERFACE_LENGTH, 100);
    meter_dimension_set(&f->dims, METER_DIM_INTERFACE_FIXED, 40);
    meter_dimension_set(&f->dims, METER_DIM_REQUIRED_LENGTH, 8);
    meter_dimension_set(&f->dims, METER_DIM_ROLLOVER_DIGITS, 6);
    fake_build(f);
    mep_server_config_init(&config, &mak, &mbk);
    config.sequence = 0x77635b90;
    mep_server_init(&f->server, &config, &ops, f);
    fake_start(f, NULL);
}

struct reader_config fake_config(void)
{
    struct reader_config config;
    struct mep_key key = key_of(FAKE_MBK);
    reader_config_init(&config, &key);
    return config;
}

void fake_start(struct fake *f, const struct reader_config *config)
{
    struct reader_config usual = fake_config();
    reader_init(&f->reader, config != NULL ? config : &usual);
}

/* ---- The line ---- */

/* Some bytes of an answer: a whole one at once would look like a pause and a burst. */
static void deliver_answer(struct fake *f, size_t count)
{
    if (f->answer_bytes == 0) {
        f->answers++;
        f->losing = f->to_reader != NULL && !f->to_reader(f);
        if (f->damage_each != 0 && f->answers % f->damage_each == 0)
            f->coming[count - 1] ^= 4;
    }
    size_t before = f->answer_bytes;
    f->answer_bytes = f->coming_last ? 0 : before + count;
    if (f->truncate_to != 0 && before + count > f->truncate_to)
        count = before < f->truncate_to ? f->truncate_to - before : 0;
    if (f->losing || f->cut)
        return;
    if (f->log != NULL)
        reader_exchanges_received(f->log, f->now, f->coming, count);
    reader_input(&f->reader, f->now, f->coming, count);
    if (f->log != NULL)
        reader_exchanges_judge(f->log, &f->reader);
}

static void deliver(struct fake *f)
{
    if (f->going_count != 0 && f->now >= f->going_at) {
        size_t count = f->going_count;
        f->going_count = 0;
        if (!f->cut && (f->to_meter == NULL || f->to_meter(f, f->going, count)))
            mep_server_input(&f->server, f->now, f->going, count);
    }
    if (f->coming_count != 0 && f->now >= f->coming_at) {
        size_t count = f->coming_count;
        f->coming_count = 0;
        deliver_answer(f, count);
    }
}

static mep_time later(mep_time a, mep_time b)
{
    return a > b ? a : b;
}

static void send(struct fake *f)
{
    if (f->going_count == 0) {
        f->going_count = reader_output(&f->reader, f->now, f->going, sizeof f->going);
        f->going_at = later(f->now, f->reader.client.send_end);
        if (f->log != NULL)
            reader_exchanges_sent(f->log, f->now, f->going, f->going_count);
    }
    if (f->coming_count == 0) {
        f->coming_count = mep_server_output(&f->server, f->now, f->coming, sizeof f->coming);
        f->coming_at = later(f->now, f->server.send_end);
        f->coming_last = f->server.state == 0; /* idle: it was the last of this answer */
    }
}

static void on_event(struct fake *f, const struct reader_event *event)
{
    f->last = *event;
    f->seen[event->link] = true;
    f->links += event->type == READER_EVENT_LINK;
    f->metered += event->type == READER_EVENT_METER;
    f->infos += event->type == READER_EVENT_INFO;
    f->alerts += event->type == READER_EVENT_ALERT;
    f->tables += event->type == READER_EVENT_TABLE;
    f->keys += event->type == READER_EVENT_KEY;
    if (event->type == READER_EVENT_TABLE)
        f->last_table = *event;
    if (event->type == READER_EVENT_KEY)
        f->last_key = *event;
    if (f->on_event != NULL)
        f->on_event(f, event);
    if (event->type != READER_EVENT_READING)
        return;
    mep_time gap = f->now - f->reading_at;
    if (f->readings != 0) {
        f->shortest = f->shortest == 0 || gap < f->shortest ? gap : f->shortest;
        f->longest = later(f->longest, gap);
    } else {
        f->first_at = f->now;
    }
    f->reading_at = f->now;
    f->readings++;
    f->all_flags |= event->reading.flags;
    if (f->on_reading != NULL)
        f->on_reading(f);
}

static mep_time earlier(mep_time a, mep_time b)
{
    return a < b ? a : b;
}

static void turn(struct fake *f)
{
    struct reader_event event;

    deliver(f);
    send(f);
    while (reader_event(&f->reader, &event))
        on_event(f, &event);
    if (f->on_turn != NULL)
        f->on_turn(f);
}

static mep_time next_time(const struct fake *f)
{
    mep_time next = earlier(reader_wake(&f->reader), mep_server_wake(&f->server));
    if (f->going_count != 0)
        next = earlier(next, f->going_at);
    if (f->coming_count != 0)
        next = earlier(next, f->coming_at);
    return later(next, f->now + 1);
}

void fake_run(struct fake *f, mep_time for_us)
{
    mep_time end = f->now + for_us;

    for (; f->now < end; f->now = earlier(next_time(f), end))
        turn(f);
}

bool fake_until_readings(struct fake *f, unsigned more, mep_time at_most)
{
    mep_time end = f->now + at_most;
    unsigned enough = f->readings + more;

    for (; f->now < end && f->readings < enough; f->now = next_time(f))
        turn(f);
    return f->readings >= enough;
}

/* ---- Readings ---- */

static void keep(void *context, const struct reader_value *value)
{
    struct fake *f = context;
    struct fake_value *kept = &f->value[f->values++];

    assert_true(f->values <= FAKE_VALUES);
    memset(kept, 0, sizeof *kept);
    kept->value = *value;
    snprintf(kept->name, sizeof kept->name, "%s", value->name);
    if (value->kind == READER_TEXT)
        snprintf(kept->text, sizeof kept->text, "%.*s", (int)value->length,
                 (const char *)value->text);
}

size_t fake_list(struct fake *f)
{
    f->values = 0;
    size_t values = reader_values(&f->reader, f->now, keep, f);
    assert_int_equal(values, f->values);
    return values;
}

const struct fake_value *fake_find(struct fake *f, const char *name)
{
    const struct fake_value *found = NULL;

    fake_list(f);
    for (size_t i = 0; i < f->values; i++) {
        if (strcmp(f->value[i].name, name) != 0)
            continue;
        assert_null(found); /* each name once */
        found = &f->value[i];
    }
    return found;
}

void fake_expect(struct fake *f, const char *name, int64_t integer)
{
    const struct fake_value *value = fake_find(f, name);
    if (value == NULL)
        fail_msg("no %s", name);
    else if (value->value.integer != integer)
        fail_msg("%s is %lld, not %lld", name, (long long)value->value.integer, (long long)integer);
}

void fake_expect_none(struct fake *f, const char *name)
{
    if (fake_find(f, name) != NULL)
        fail_msg("there is %s", name);
}

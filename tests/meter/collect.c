#include "collect.h"

void collect(void *context, const struct meter_value *value)
{
    struct collected *collected = context;
    assert_true(collected->count < COLLECTED_MAX);
    collected->value[collected->count++] = *value;
}

const struct collected *decoded(const struct meter_table *table,
                                const struct meter_dimensions *dims, uint32_t offset,
                                const uint8_t *bytes, size_t count)
{
    static struct collected collected;
    collected.count = 0;
    size_t values = meter_decode(table, dims, offset, bytes, count, collect, &collected);
    assert_int_equal(values, collected.count);
    return &collected;
}

const struct meter_value *find(const struct collected *collected, const char *name)
{
    for (size_t i = 0; i < collected->count; i++) {
        if (strcmp(collected->value[i].name, name) == 0)
            return &collected->value[i];
    }
    return NULL;
}

static const struct meter_value *must_find(const struct collected *collected, const char *name)
{
    const struct meter_value *value = find(collected, name);
    if (!value)
        fail_msg("%s is missing", name);
    return value;
}

void expect_integer(const struct collected *collected, const char *name, int64_t integer)
{
    const struct meter_value *value = must_find(collected, name);
    if (value->integer != integer)
        fail_msg("%s is %lld, not %lld", name, (long long)value->integer, (long long)integer);
}

void expect_text(const struct collected *collected, const char *name, const char *text)
{
    const struct meter_value *value = must_find(collected, name);
    const void *bytes =
        value->field->type == METER_VERSION ? value->text : (const char *)value->bytes;
    assert_int_equal(value->kind, METER_STRING);
    assert_int_equal(value->length, strlen(text));
    assert_memory_equal(bytes, text, value->length);
}

void expect_time(const struct collected *collected, const char *name, const char *text)
{
    char given[METER_TIME_SIZE];
    const struct meter_value *value = must_find(collected, name);
    assert_int_equal(value->kind, METER_TIME);
    assert_string_equal(meter_time_text(&value->time, given), text);
}

void expect_bytes(const struct collected *collected, const char *name, const void *bytes,
                  size_t count)
{
    const struct meter_value *value = must_find(collected, name);
    assert_int_equal(value->kind, METER_RAW);
    assert_int_equal(value->length, count);
    assert_memory_equal(value->bytes, bytes, count);
}

void expect_none(const struct collected *collected, const char *name)
{
    if (find(collected, name))
        fail_msg("%s is there", name);
}

uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

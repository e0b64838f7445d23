/* What must hold for every field of every table, driven by the schema itself. */
#include "collect.h"
#include "meter/walk.h"

static struct meter_dimensions dims;

/* Dimensions with everything there is, of a generation 4 CT meter. */
static void set_everything(uint32_t unit)
{
    static const struct {
        uint8_t id;
        uint16_t value;
    } all[] = {
        {METER_DIM_FIRMWARE, METER_FW_4_30},
        {METER_DIM_TIERS_MAX, 8},
        {METER_DIM_RESET_COUNTER, 1},
        {METER_DIM_CUMULATIVE, 1},
        {METER_DIM_CONTINUOUS, 1},
        {METER_DIM_TIME_REMAINING, 1},
        {METER_DIM_SUMMATIONS, 19},
        {METER_DIM_DEMANDS, 3},
        {METER_DIM_COINCIDENTS, 6},
        {METER_DIM_OCCURRENCES, 2},
        {METER_DIM_TIERS, 8},
        {METER_DIM_PRESENT_DEMANDS, 3},
        {METER_DIM_PRESENT_VALUES, 84},
        {METER_DIM_DEVICES, 6},
        {METER_DIM_MEP_CLIENTS, 2},
        {METER_DIM_INTERFACE_LENGTH, 100},
        {METER_DIM_INTERFACE_FIXED, 41},
        {METER_DIM_INTERFACE_LOGS, 7},
        {METER_DIM_LOAD_CHANNELS, 8},
        {METER_DIM_REQUIRED_LENGTH, 8},
    };
    meter_dimensions_default(&dims);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_true(meter_dimension_set(&dims, all[i].id, all[i].value));
    assert_true(meter_dimension_set(&dims, METER_DIM_ENERGY_UNIT, unit));
}

static void set_variant(unsigned variant)
{
    if (variant == 0)
        meter_dimensions_default(&dims);
    else
        set_everything(variant == 1 ? 1 : 10);
}

static const unsigned variants = 3;

/* ---- Round trip ---- */

struct filled {
    uint32_t random;
    size_t count;
    struct meter_value value[COLLECTED_MAX];
    uint8_t bytes[COLLECTED_MAX][64];
};
static struct filled filled;

static int64_t random_integer(struct filled *f, const struct meter_value *value)
{
    uint64_t number = (uint64_t)next_random(&f->random) << 32 | next_random(&f->random);
    unsigned bits = value->field->bits ? value->field->bits : (unsigned)(8 * value->length);
    if (value->field->type == METER_HMS)
        return (int64_t)(number % (24 * 3600));
    int64_t integer = (int64_t)(number & ((UINT64_C(1) << bits) - 1));
    if (value->kind == METER_SIGNED)
        integer -= INT64_C(1) << (bits - 1);
    if (value->field->scale && (value->unit == METER_UNIT_WH || value->unit == METER_UNIT_VARH))
        integer *= meter_dimension(&dims, value->field->scale);
    return integer;
}

static bool fill_random(void *context, struct meter_value *value)
{
    struct filled *f = context;
    uint8_t *bytes = f->bytes[f->count];
    if (value->field->type == METER_SECRET)
        return false;
    switch (value->kind) {
    case METER_STRING:
    case METER_RAW:
        assert_in_range(value->length, 1, 64);
        for (size_t i = 0; i < value->length; i++)
            bytes[i] = (uint8_t)(next_random(&f->random) % 94 + 33);
        value->bytes = bytes;
        if (value->kind == METER_STRING)
            value->length -= next_random(&f->random) % 2;
        if (value->field->type == METER_VERSION) {
            memcpy(bytes, "3.10.21", 7);
            value->length = 7;
        }
        break;
    case METER_TIME:
        value->time = meter_time_from_unix(946684800 + next_random(&f->random) % 3000000000u);
        if (value->field->type == METER_STIME)
            value->time.second = 0;
        break;
    default:
        value->integer = random_integer(f, value);
        break;
    }
    f->value[f->count++] = *value;
    return true;
}

static void expect_same(const struct meter_value *got, const struct meter_value *put)
{
    assert_string_equal(got->name, put->name);
    assert_int_equal(got->kind, put->kind);
    assert_int_equal(got->offset, put->offset);
    switch (put->kind) {
    case METER_STRING:
    case METER_RAW:
        assert_int_equal(got->length, put->length);
        if (put->field->type == METER_VERSION)
            assert_memory_equal(got->text, put->bytes, put->length);
        else
            assert_memory_equal(got->bytes, put->bytes, put->length);
        break;
    case METER_TIME:
        assert_true(meter_time_unix(&got->time) == meter_time_unix(&put->time));
        break;
    default:
        if (got->integer != put->integer)
            fail_msg("%s", put->name);
    }
}

static void round_trip(const struct meter_table *table, uint32_t seed)
{
    static uint8_t image[8192];
    static uint8_t again[8192];
    size_t size = meter_table_size(table, &dims);
    assert_in_range(size, 1, sizeof image);
    memset(image, 0, sizeof image);
    memset(again, 0, sizeof again);
    filled.random = seed;
    filled.count = 0;
    assert_int_equal(meter_fill(table, &dims, image, size, fill_random, &filled), METER_OK);
    const struct collected *got = decoded(table, &dims, 0, image, size);
    assert_int_equal(got->count, filled.count);
    for (size_t i = 0; i < filled.count; i++) {
        expect_same(&got->value[i], &filled.value[i]);
        assert_int_equal(
            meter_encode(table, &dims, filled.value[i].name, &filled.value[i], again, size),
            METER_OK);
    }
    assert_memory_equal(image, again, size);
    for (size_t i = size; i < sizeof image; i++)
        assert_int_equal(image[i], 0);
}

static void every_field_round_trips(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < variants; variant++) {
        set_variant(variant);
        for (size_t i = 0; i < meter_table_count; i++) {
            for (uint32_t seed = 1; seed <= 3; seed++)
                round_trip(meter_tables[i], seed);
        }
    }
}

/* ---- Bounds ---- */

static size_t element_end(const struct meter_value *value)
{
    return value->offset + meter_element_size(value->field, &dims);
}

/* A heap copy of exactly the bytes handed over, so that ASan sees a step outside. */
static void expect_window(const struct meter_table *table, const uint8_t *image,
                          const struct collected *whole, size_t offset, size_t count)
{
    uint8_t *window = malloc(count ? count : 1);
    assert_non_null(window);
    memcpy(window, image + offset, count);
    const struct collected *got =
        decoded(table, &dims, (uint32_t)offset, count ? window : NULL, count);
    size_t next = 0;
    for (size_t i = 0; i < whole->count; i++) {
        const struct meter_value *value = &whole->value[i];
        if (value->offset < offset || element_end(value) > offset + count)
            continue;
        assert_in_range(next, 0, got->count - 1);
        assert_string_equal(got->value[next].name, value->name);
        assert_true(got->value[next].integer == value->integer);
        next++;
    }
    assert_int_equal(next, got->count);
    free(window);
}

static void windows_give_the_whole_fields_in_them(void **state)
{
    static struct collected whole;
    static uint8_t image[8192];
    (void)state;
    for (unsigned variant = 0; variant < variants; variant++) {
        set_variant(variant);
        for (size_t t = 0; t < meter_table_count; t++) {
            size_t size = meter_table_size(meter_tables[t], &dims);
            filled.random = 7;
            filled.count = 0;
            memset(image, 0, sizeof image);
            meter_fill(meter_tables[t], &dims, image, size, fill_random, &filled);
            whole = *decoded(meter_tables[t], &dims, 0, image, size);
            size_t step = size > 400 ? 7 : 1;
            for (size_t count = 0; count <= size; count += step)
                expect_window(meter_tables[t], image, &whole, 0, count);
            for (size_t offset = 0; offset <= size; offset += step)
                expect_window(meter_tables[t], image, &whole, offset, size - offset);
            for (size_t offset = 0; offset + 40 <= size; offset += step)
                expect_window(meter_tables[t], image, &whole, offset, 40);
        }
    }
}

static void more_bytes_than_dimensions_say_are_ignored(void **state)
{
    static uint8_t image[8192];
    (void)state;
    meter_dimensions_default(&dims);
    for (size_t t = 0; t < meter_table_count; t++) {
        size_t size = meter_table_size(meter_tables[t], &dims);
        size_t values = decoded(meter_tables[t], &dims, 0, image, size)->count;
        assert_int_equal(decoded(meter_tables[t], &dims, 0, image, size + 500)->count, values);
    }
}

static void hostile_dimensions(void **state)
{
    static uint8_t image[600];
    uint32_t random = 99;
    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        meter_dimensions_default(&dims);
        for (size_t t = 0; t < meter_table_count; t++) {
            size_t count = next_random(&random) % sizeof image;
            for (size_t i = 0; i < count; i++)
                image[i] = (uint8_t)(round % 4 ? next_random(&random) : 0xff);
            meter_dimensions_update(&dims, meter_tables[t], next_random(&random) % 3, image, count);
        }
        for (size_t t = 0; t < meter_table_count; t++) {
            size_t count = next_random(&random) % sizeof image;
            uint32_t offset = next_random(&random) % 4 ? 0 : next_random(&random) % 0x1000000;
            uint8_t *exact = malloc(count ? count : 1);
            assert_non_null(exact);
            memcpy(exact, image, count);
            const struct collected *got = decoded(meter_tables[t], &dims, offset, exact, count);
            for (size_t i = 0; i < got->count; i++) {
                assert_true(got->value[i].offset >= offset);
                assert_true(element_end(&got->value[i]) <= offset + count);
                assert_true(strlen(got->value[i].name) > 0);
            }
            meter_table_size(meter_tables[t], &dims);
            free(exact);
        }
    }
}

/* ---- Names ---- */

static void names_are_unique_and_well_formed(void **state)
{
    static struct collected listed;
    (void)state;
    for (unsigned variant = 0; variant < variants; variant++) {
        set_variant(variant);
        for (size_t t = 0; t < meter_table_count; t++) {
            listed.count = 0;
            meter_list(meter_tables[t], &dims, collect, &listed);
            for (size_t i = 0; i < listed.count; i++) {
                const char *name = listed.value[i].name;
                assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name));
                assert_true(strlen(name) < METER_NAME_SIZE - 8);
                for (size_t j = 0; j < i; j++)
                    assert_string_not_equal(name, listed.value[j].name);
            }
        }
    }
}

static void names_end_in_their_unit(void **state)
{
    static const char *const suffix[METER_UNITS] = {
        [METER_UNIT_NONE] = "",
        [METER_UNIT_WH] = "_wh",
        [METER_UNIT_VARH] = "_varh",
        [METER_UNIT_VAH] = "_vah",
        [METER_UNIT_W] = "_w",
        [METER_UNIT_VAR] = "_var",
        [METER_UNIT_VA] = "_va",
        [METER_UNIT_MA] = "_ma",
        [METER_UNIT_MV] = "_mv",
        [METER_UNIT_MHZ] = "_mhz",
        [METER_UNIT_PERMILLE] = "_permille",
        [METER_UNIT_CENTIDEGREE] = "_cdeg",
        [METER_UNIT_A] = "_a",
        [METER_UNIT_V] = "_v",
        [METER_UNIT_HZ] = "_hz",
        [METER_UNIT_PERCENT] = "_percent",
        [METER_UNIT_MS] = "_ms",
        [METER_UNIT_S] = "_s",
        [METER_UNIT_MIN] = "_min",
        [METER_UNIT_BYTES] = "_bytes",
    };
    static struct collected listed;
    (void)state;
    set_everything(1);
    for (size_t t = 0; t < meter_table_count; t++) {
        listed.count = 0;
        meter_list(meter_tables[t], &dims, collect, &listed);
        for (size_t i = 0; i < listed.count; i++) {
            const char *name = listed.value[i].name;
            const char *end = suffix[listed.value[i].unit];
            assert_true(strlen(name) > strlen(end));
            assert_string_equal(name + strlen(name) - strlen(end), end);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_round_trips),
        cmocka_unit_test(windows_give_the_whole_fields_in_them),
        cmocka_unit_test(more_bytes_than_dimensions_say_are_ignored),
        cmocka_unit_test(hostile_dimensions),
        cmocka_unit_test(names_are_unique_and_well_formed),
        cmocka_unit_test(names_end_in_their_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

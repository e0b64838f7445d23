/* What a client decodes is what the meter had, for every model and over a day. */
#include "tests/cmocka_all.h"

#include "tests/host/sim/drive.h"

#include <string.h>

enum {
    VALUES_MAX = 160,
    TABLE_MAX = 768
};

static const mep_time SECOND = 1000000;

/* What the meter had when it answered: by name. */
struct snapshot {
    char name[VALUES_MAX][METER_NAME_SIZE];
    char text[VALUES_MAX][METER_NAME_SIZE];
    int64_t integer[VALUES_MAX];
    bool seen[VALUES_MAX];
    unsigned count;
};

static struct snapshot had;
static struct drive d;
static struct meter_dimensions dims;

static void keep(void *context, const struct sim_truth_value *value)
{
    (void)context;
    assert_true(had.count < VALUES_MAX);
    strcpy(had.name[had.count], value->name);
    strcpy(had.text[had.count], value->text != NULL ? value->text : "");
    had.integer[had.count] = value->integer;
    had.seen[had.count++] = false;
}

static void on_served(void *context, const struct sim_meter *meter, const struct sim_served *served)
{
    (void)context;
    (void)served;
    had.count = 0;
    sim_truth(meter, keep, NULL);
}

static void compare(void *context, const struct meter_value *value)
{
    struct meter_value reading = *value;

    (void)context;
    if (!meter_reading_name(&reading, &dims))
        return;
    for (unsigned i = 0; i < had.count; i++) {
        if (strcmp(had.name[i], reading.name) != 0)
            continue;
        had.seen[i] = true;
        if (reading.kind == METER_STRING || value->field->type == METER_VERSION) {
            if (reading.length != strlen(had.text[i]) ||
                memcmp(reading.bytes, had.text[i], reading.length) != 0)
                fail_msg("%s: %.*s decoded, %s in the meter", reading.name, (int)reading.length,
                         (const char *)reading.bytes, had.text[i]);
        } else if (reading.kind == METER_TIME) {
            assert_int_equal(meter_time_unix(&reading.time), had.integer[i]);
        } else if (reading.integer != had.integer[i]) {
            fail_msg("%s: %lld decoded, %lld in the meter", reading.name,
                     (long long)reading.integer, (long long)had.integer[i]);
        }
    }
}

/* Reads it whole and compares each value; gives how many of the truth's were in it. */
static unsigned check_table(const struct meter_table *table)
{
    uint8_t bytes[TABLE_MAX];
    unsigned seen = 0;
    size_t size = meter_table_size(table, &dims);

    assert_int_equal(drive_read(&d, table, (uint16_t)size, bytes), MEP_OUTCOME_OK);
    assert_int_equal(d.done.count, size);
    assert_true(meter_decode(table, &dims, 0, bytes, size, compare, NULL) != 0);
    for (unsigned i = 0; i < had.count; i++)
        seen += had.seen[i];
    return seen;
}

static void start(enum sim_model model)
{
    static const struct sim_observer observer = {.served = on_served};
    struct sim_config config;

    sim_config_init(&config);
    config.model = model;
    config.seed = 21 + model;
    drive_init(&d, &config);
    assert_true(drive_dimensions(&d, &dims));
    sim_observe(&d.sim, &observer);
}

/* How many values of data-model.md each model has in BT28 and BT23. */
static const struct {
    unsigned present, registers;
} expected[SIM_MODELS] = {
    [SIM_REFERENCE] = {42, 35}, [SIM_SINGLE] = {22, 35}, [SIM_OLD] = {22, 35},
    [SIM_CT] = {42, 35},        [SIM_GEN4] = {42, 55},   [SIM_LARGE] = {42, 95},
};

static void test_truth_is_what_is_decoded(void **state)
{
    (void)state;
    for (unsigned model = 0; model < SIM_MODELS; model++) {
        start(model);
        for (mep_time t = 0; t < 86400; t += 900) {
            drive_until(&d, t * SECOND);
            if (model != SIM_LARGE) /* its BT23 takes two reads, so it is of two moments */
                assert_int_equal(check_table(&meter_bt23), expected[model].registers);
            assert_int_equal(check_table(&meter_bt28), expected[model].present);
            assert_int_equal(check_table(&meter_bt52), 1);
            assert_int_equal(check_table(&meter_bt55), 1);
        }
        assert_int_equal(check_table(&meter_bt01), 3);
        assert_int_equal(check_table(&meter_et03), 1);
    }
}

/* After a reconfiguration the dimensions are others; by those it fits again. */
static void test_truth_after_reconfiguration(void **state)
{
    (void)state;
    for (unsigned model = 0; model < SIM_MODELS; model++) {
        start(model);
        for (unsigned round = 0; round < 3; round++) {
            struct meter_dimensions old = dims;
            sim_cause(&d.sim, SIM_RECONFIGURE);
            assert_true(drive_dimensions(&d, &dims));
            assert_memory_not_equal(&old, &dims, sizeof old);
            assert_int_equal(meter_dimension(&dims, METER_DIM_IDT_VERSION),
                             meter_dimension(&old, METER_DIM_IDT_VERSION) + 1);
            assert_int_equal(d.sequences, round + 2);
            if (model != SIM_LARGE)
                assert_true(check_table(&meter_bt23) >= 19);
            assert_true(check_table(&meter_bt28) >= 18);
        }
    }
}

/* Every table of the schema can be had, or is missing as the guide has it. */
static void test_every_table(void **state)
{
    static const struct {
        enum sim_model model;
        unsigned missing; /* BT07, BT08, ET59 before any procedure; ET70 before firmware 4 */
    } cases[] = {{SIM_REFERENCE, 3}, {SIM_GEN4, 3}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        unsigned missing = 0;
        start(cases[c].model);
        for (size_t i = 0; i < meter_table_count; i++) {
            uint8_t bytes[TABLE_MAX];
            enum mep_outcome outcome = drive_read(&d, meter_tables[i], 465, bytes);
            size_t size = meter_table_size(meter_tables[i], &d.sim.meter.dims);
            if (outcome == MEP_OUTCOME_REFUSED) {
                assert_int_equal(d.done.code, MEP_CODE_NOT_POSSIBLE);
                missing++;
            } else {
                assert_int_equal(outcome, MEP_OUTCOME_OK);
                if (meter_tables[i] != &meter_bt08)
                    assert_int_equal(d.done.count, size < 465 ? size : 465);
            }
        }
        assert_int_equal(missing, cases[c].missing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truth_is_what_is_decoded),
        cmocka_unit_test(test_truth_after_reconfiguration),
        cmocka_unit_test(test_every_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

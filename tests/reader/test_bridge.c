/* Meters of a bridge: finding them, tables and keys beside the rounds, age and quality. */
#include "tests/reader/house.h"

#include <string.h>

static struct house house;
static struct fake *const f = &house.fake;

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    return 0;
}

static void finds_meters(void **state)
{
    (void)state;
    static struct reader_meter second;
    struct reader_meter_settings section = {.name = "ACME-0001"};
    static struct reader other;
    other = f->reader;
    reader_meter_init(&second, &section, &other, NULL, NULL);
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
    assert_ptr_equal(reader_bridge_find(&house.bridge, NULL), &house.meter);
    assert_ptr_equal(reader_bridge_find(&house.bridge, ""), &house.meter);
    assert_ptr_equal(reader_bridge_find(&house.bridge, "house"), &house.meter);
    assert_ptr_equal(reader_bridge_find(&house.bridge, "ACME-0001"), &house.meter);
    assert_null(reader_bridge_find(&house.bridge, "ACME-000"));
    house.list[1] = &second;
    reader_bridge_set_meters(&house.bridge, house.list, 2);
    assert_ptr_equal(reader_bridge_find(&house.bridge, "ACME-0001"), &second); /* names first */
    reader_bridge_set_meters(&house.bridge, NULL, 0);
    assert_null(reader_bridge_find(&house.bridge, NULL));
    assert_null(reader_bridge_find(&house.bridge, "house"));
}

static void news_rise_with_what_is_new(void **state)
{
    (void)state;
    assert_int_equal(house.meter.news, 0);
    assert_int_equal(reader_meter_age_ms(&house.meter, f->now), -1);
    assert_int_equal(reader_meter_quality_percent(&house.meter), -1);
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    assert_int_equal(house.meter.readings, 3);
    assert_int_equal(house.meter.links, 1);
    assert_int_equal(house.meter.infos, 1);
    assert_int_equal(house.meter.news, 5);
    assert_in_range(reader_meter_age_ms(&house.meter, f->now), 1, 900);
    fake_run(f, 100 * MS);
    assert_int_equal(reader_meter_quality_percent(&house.meter), 100);
}

static void age_goes_on_when_the_meter_does_not(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->cut = true;
    fake_run(f, 100 * SECOND);
    assert_in_range(reader_meter_age_ms(&house.meter, f->now), 99000, 101000);
    assert_in_range(reader_meter_quality_percent(&house.meter), 0, 40);
    f->cut = false;
    fake_run(f, 300 * SECOND);
    assert_int_equal(reader_meter_quality_percent(&house.meter), 100);
}

static void quality_is_the_share_of_good_answers(void **state)
{
    (void)state;
    f->damage_each = 4;
    fake_run(f, 600 * SECOND);
    assert_in_range(reader_meter_quality_percent(&house.meter), 60, 88);
}

static void quality_begins_anew_with_the_reader(void **state)
{
    (void)state;
    f->damage_each = 2;
    assert_true(fake_until_readings(f, 5, 60 * SECOND));
    f->damage_each = 0;
    fake_start(f, NULL);
    fake_run(f, 1 * SECOND);
    assert_int_equal(reader_meter_quality_percent(&house.meter), 100);
}

/* ---- Tables ---- */

static bool until_table(mep_time at_most)
{
    for (mep_time end = f->now + at_most; f->now < end;) {
        if (house.meter.table.state == READER_JOB_DONE)
            return true;
        fake_run(f, 10 * MS);
    }
    return false;
}

static void reads_a_table(void **state)
{
    (void)state;
    const struct reader_table_job *job = &house.meter.table;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_bt01));
    assert_false(reader_meter_want_table(&house.meter, f->now, &meter_bt23));
    assert_true(until_table(10 * SECOND));
    struct fake_table *t = fake_table(f, &meter_bt01);
    assert_ptr_equal(job->table, &meter_bt01);
    assert_int_equal(job->outcome, MEP_OUTCOME_OK);
    assert_int_equal(job->size, t->size);
    assert_int_equal(job->got, t->size);
    assert_memory_equal(job->bytes, t->bytes, t->size);
    assert_false(reader_meter_want_table(&house.meter, f->now, &meter_bt23)); /* not taken yet */
    house.meter.table.state = READER_JOB_NONE;
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_bt23));
}

static void reads_a_long_table_in_pieces(void **state)
{
    (void)state;
    const struct reader_table_job *job = &house.meter.table;
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 25);
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 8);
    fake_build(f);
    struct fake_table *t = fake_table(f, &meter_bt23);
    assert_true(t->size > MEP_READ_MAX);
    assert_true(fake_until_readings(f, 1, 20 * SECOND));
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_bt23));
    unsigned before = f->readings;
    assert_true(until_table(20 * SECOND));
    assert_true(f->readings > before); /* rounds go on */
    assert_int_equal(job->outcome, MEP_OUTCOME_OK);
    assert_int_equal(job->size, t->size);
    assert_int_equal(job->got, t->size);
    assert_memory_equal(job->bytes, t->bytes, t->size);
}

static void a_table_that_ends_early(void **state)
{
    (void)state;
    const struct reader_table_job *job = &house.meter.table;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    fake_table(f, &meter_bt01)->size = 10;
    fake_table(f, &meter_bt01)->reads = 0;
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_bt01));
    assert_true(until_table(10 * SECOND));
    assert_int_equal(job->outcome, MEP_OUTCOME_OK);
    assert_int_equal(job->got, 10);
    assert_int_equal(fake_table(f, &meter_bt01)->reads, 1);
    assert_true(job->size > 10);
}

static void a_table_that_is_refused(void **state)
{
    (void)state;
    const struct reader_table_job *job = &house.meter.table;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    fake_table(f, &meter_et11)->code = MEP_CODE_NO_PERMISSION;
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_et11));
    assert_true(until_table(10 * SECOND));
    assert_int_equal(job->outcome, MEP_OUTCOME_REFUSED);
    assert_int_equal(job->code, MEP_CODE_NO_PERMISSION);
    assert_int_equal(job->got, 0);
}

static void a_silent_meter_ends_it_and_nobody_blocks_it(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    f->cut = true;
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_bt01));
    assert_true(until_table(30 * SECOND));
    assert_int_equal(house.meter.table.outcome, MEP_OUTCOME_SILENT);
    f->cut = false;
    fake_run(f, 10 * SECOND); /* nobody takes it */
    assert_int_equal(house.meter.table.state, READER_JOB_NONE);
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_bt01));
    assert_true(until_table(10 * SECOND));
    assert_int_equal(house.meter.table.outcome, MEP_OUTCOME_OK);
}

/* Let go of while a piece is under way: the next job must not take its answer for its own. */
static void a_table_let_go_of(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_et11));
    while (!house.meter.table.asked)
        fake_run(f, MS);
    house.meter.table.state = READER_JOB_NONE;
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_bt01));
    assert_true(until_table(20 * SECOND));
    struct fake_table *t = fake_table(f, &meter_bt01);
    assert_int_equal(house.meter.table.got, t->size);
    assert_memory_equal(house.meter.table.bytes, t->bytes, t->size);
}

/* ---- Keys ---- */

static enum mep_outcome key_outcome(const struct mep_key *key)
{
    assert_true(reader_meter_want_key(&house.meter, f->now, key));
    assert_false(reader_meter_want_key(&house.meter, f->now, key));
    for (mep_time end = f->now + 20 * SECOND;
         f->now < end && house.meter.key.state != READER_JOB_DONE;)
        fake_run(f, 10 * MS);
    assert_int_equal(house.meter.key.state, READER_JOB_DONE);
    house.meter.key.state = READER_JOB_NONE;
    return house.meter.key.outcome;
}

static void tries_keys(void **state)
{
    (void)state;
    struct mep_key right = fake_config().client.key, wrong = right;
    static const struct mep_key none;
    wrong.bytes[5] ^= 1;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_int_equal(key_outcome(&wrong), MEP_OUTCOME_AUTH);
    assert_int_equal(key_outcome(&right), MEP_OUTCOME_OK);
    assert_memory_equal(house.meter.key.key.bytes, none.bytes, sizeof none.bytes); /* forgotten */
    f->cut = true;
    assert_int_equal(key_outcome(&right), MEP_OUTCOME_SILENT);
}

/* Asks for a table of several frames, and gives the time after the first of them. */
static void to_second_piece(void)
{
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 25);
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 8);
    fake_build(f);
    assert_true(fake_until_readings(f, 1, 20 * SECOND));
    assert_true(reader_meter_want_table(&house.meter, f->now, &meter_bt23));
    while (house.meter.table.got == 0)
        fake_run(f, MS);
}

/* What came of it is not all of it. */
static void a_long_table_that_breaks_off(void **state)
{
    (void)state;
    to_second_piece();
    f->truncate_to = 40;
    assert_true(until_table(15 * SECOND));
    assert_int_equal(house.meter.table.outcome, MEP_OUTCOME_SHORT);
}

static void a_long_table_that_is_refused_for_now(void **state)
{
    (void)state;
    to_second_piece();
    fake_table(f, &meter_bt23)->code = MEP_CODE_SERVICE_STATE;
    assert_true(until_table(15 * SECOND));
    assert_int_equal(house.meter.table.outcome, MEP_OUTCOME_REFUSED);
    assert_int_equal(house.meter.table.code, MEP_CODE_SERVICE_STATE);
}

static void a_long_table_that_ends_with_a_frame(void **state)
{
    (void)state;
    to_second_piece();
    fake_table(f, &meter_bt23)->size = MEP_READ_MAX; /* what is beyond is refused */
    assert_true(until_table(15 * SECOND));
    assert_int_equal(house.meter.table.outcome, MEP_OUTCOME_OK);
    assert_int_equal(house.meter.table.got, MEP_READ_MAX);
}

static void another_meter_has_no_age_yet(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    fake_set_text(f, &meter_et03, "serial", "ACME-0002");
    while (f->metered == 0)
        fake_run(f, MS);
    assert_int_equal(reader_meter_age_ms(&house.meter, f->now), -1);
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_in_range(reader_meter_age_ms(&house.meter, f->now), 0, 900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_meters, setup),
        cmocka_unit_test_setup(news_rise_with_what_is_new, setup),
        cmocka_unit_test_setup(age_goes_on_when_the_meter_does_not, setup),
        cmocka_unit_test_setup(another_meter_has_no_age_yet, setup),
        cmocka_unit_test_setup(quality_is_the_share_of_good_answers, setup),
        cmocka_unit_test_setup(quality_begins_anew_with_the_reader, setup),
        cmocka_unit_test_setup(reads_a_table, setup),
        cmocka_unit_test_setup(reads_a_long_table_in_pieces, setup),
        cmocka_unit_test_setup(a_long_table_that_breaks_off, setup),
        cmocka_unit_test_setup(a_long_table_that_is_refused_for_now, setup),
        cmocka_unit_test_setup(a_long_table_that_ends_with_a_frame, setup),
        cmocka_unit_test_setup(a_table_that_ends_early, setup),
        cmocka_unit_test_setup(a_table_that_is_refused, setup),
        cmocka_unit_test_setup(a_silent_meter_ends_it_and_nobody_blocks_it, setup),
        cmocka_unit_test_setup(a_table_let_go_of, setup),
        cmocka_unit_test_setup(tries_keys, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a person is told of the link, and that it recovers by itself. */
#include "tests/reader/fake.h"

#include <string.h>

static struct fake fake, *const f = &fake;

static int setup(void **state)
{
    (void)state;
    fake_init(f);
    return 0;
}

static void expect_link(enum reader_link link)
{
    assert_string_equal(reader_link_name(reader_link(&f->reader)), reader_link_name(link));
}

static void every_state_has_its_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < READER_LINKS; i++) {
        enum reader_link link = (enum reader_link)i;
        assert_true(strlen(reader_link_name(link)) > 1);
        assert_true(strlen(reader_link_text(link)) > 10);
        assert_null(strchr(reader_link_text(link), '\n'));
        assert_null(strchr(reader_link_causes(link), '\n'));
        bool well = link == READER_LINK_OK || link == READER_LINK_STARTING;
        assert_int_equal(*reader_link_causes(link) == 0, well);
    }
    assert_string_equal(reader_link_name(READER_LINKS), "unknown");
}

static void ok_from_the_first_answer(void **state)
{
    (void)state;
    expect_link(READER_LINK_STARTING);
    fake_run(f, 2 * SECOND);
    expect_link(READER_LINK_OK);
    assert_int_equal(f->links, 1);
}

static void silent_from_the_start_and_then_there(void **state)
{
    (void)state;
    f->cut = true;
    fake_run(f, 4 * SECOND);
    expect_link(READER_LINK_STARTING);
    fake_run(f, 4 * SECOND);
    expect_link(READER_LINK_NEVER_HEARD);
    fake_run(f, 3600 * SECOND);
    expect_link(READER_LINK_NEVER_HEARD);
    assert_int_equal(f->links, 1);
    f->cut = false;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    expect_link(READER_LINK_OK);
}

static void went_silent_and_back_within_ten_seconds(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    for (int i = 0; i < 20; i++) {
        f->cut = true;
        fake_run(f, (200 + 37 * i) * SECOND + 77 * i * MS);
        expect_link(READER_LINK_WENT_SILENT);
        assert_int_equal(fake_list(f), 0); /* stale */
        f->cut = false;
        assert_true(fake_until_readings(f, 1, 4 * SECOND));
        expect_link(READER_LINK_OK);
        assert_true(f->last.reading.verified_at > f->now - SECOND);
    }
    assert_int_equal(f->infos, 1); /* the same meter: nothing is read anew */
    assert_true(fake_until_readings(f, 2, 3 * SECOND));
    f->shortest = f->longest = 0;
    fake_run(f, 60 * SECOND);
    assert_in_range(f->longest, 999 * MS, 1001 * MS); /* whole periods again */
    assert_in_range(f->shortest, 999 * MS, 1001 * MS);
}

static void silent_as_late_as_wanted(void **state)
{
    (void)state;
    struct reader_config config = fake_config();
    config.silent_after_us = 20 * SECOND;
    fake_start(f, &config);
    assert_true(fake_until_readings(f, 100, 110 * SECOND));
    f->cut = true;
    fake_run(f, 18 * SECOND);
    expect_link(READER_LINK_OK);
    fake_run(f, 5 * SECOND);
    expect_link(READER_LINK_WENT_SILENT);
}

static bool knows_idt(void)
{
    return meter_dimension_known(&reader_info(&f->reader)->dimensions, METER_DIM_IDT_VERSION);
}

static bool knows_firmware(void)
{
    return reader_info(&f->reader)->firmware[0] != 0;
}

static void another_meter_in_the_middle_of_a_setup(void **state)
{
    (void)state;
    bool (*const moments[])(void) = {knows_idt, knows_firmware};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        fake_init(f);
        while (!moments[i]())
            fake_run(f, MS);
        f->cut = true;
        fake_run(f, 60 * SECOND);
        expect_link(READER_LINK_WENT_SILENT);
        f->cut = false;
        fake_set_text(f, &meter_bt01, "firmware", "3.50.01");
        fake_set_text(f, &meter_et03, "serial", "ACME-0002");
        fake_table(f, &meter_et04)->bytes[15] = 0x77;
        f->server.sequence = f->reader.client.sequence + 1; /* nothing else tells */
        assert_true(fake_until_readings(f, 1, 10 * SECOND));
        assert_string_equal(fake_find(f, "serial")->text, "ACME-0002");
        assert_string_equal(fake_find(f, "firmware")->text, "3.50.01");
        assert_int_equal(reader_info(&f->reader)->program_id[1], 0x77);
    }
}

static void another_meter_whose_numbers_go_on(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->cut = true;
    fake_run(f, 60 * SECOND);
    f->cut = false;
    fake_set_text(f, &meter_et03, "serial", "ACME-0002");
    f->server.sequence = f->reader.client.sequence + 1;
    assert_true(fake_until_readings(f, 1, 5 * SECOND));
    assert_string_equal(fake_find(f, "serial")->text, "ACME-0002");
}

static void values_grow_old_and_vanish(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    mep_time verified = f->last.reading.verified_at;
    f->cut = true;
    fake_run(f, 10 * SECOND);
    const struct fake_value *age = fake_find(f, "age_ms");
    assert_int_equal(age->value.integer, (f->now - verified) / 1000);
    assert_true(fake_find(f, "energy_import_wh")->value.verified_at <= verified + SECOND);
    fake_run(f, 7 * SECOND);
    assert_int_equal(fake_list(f), 0);
}

static uint8_t lost_table;

static bool lose_table(struct fake *x, uint8_t *bytes, size_t count)
{
    (void)x, (void)count;
    return bytes[4] != lost_table;
}

static void one_table_may_grow_old_alone(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    f->to_meter = lose_table;
    lost_table = 28;
    fake_run(f, 6 * SECOND);
    assert_true((f->last.reading.flags & READER_FLAG_NO_PRESENT) != 0);
    fake_expect(f, "power_import_w", 100000);
    assert_true(fake_find(f, "age_ms")->value.integer > 4000);
    fake_run(f, 15 * SECOND);
    fake_expect_none(f, "power_import_w");
    fake_expect(f, "energy_import_wh", 100000);
    assert_true(fake_find(f, "age_ms")->value.integer < 5000);
    lost_table = 0;
    fake_run(f, 4 * SECOND);
    fake_expect(f, "power_import_w", 100000);
    fake_table(f, &meter_bt23)->code = MEP_CODE_SERVICE_STATE; /* no refusal, and no answer */
    fake_run(f, 5 * SECOND);
    assert_true((f->last.reading.flags & READER_FLAG_NO_ENERGY) != 0);
    fake_expect(f, "energy_import_wh", 100000);
    fake_run(f, 15 * SECOND);
    fake_expect_none(f, "energy_import_wh");
    fake_expect(f, "power_import_w", 100000);
    assert_true(fake_find(f, "age_ms")->value.integer < 5000);
}

/* ---- Keys ---- */

static void wrong_key(void)
{
    struct reader_config config = fake_config();
    config.client.key.bytes[0] ^= 1;
    fake_start(f, &config);
}

static void key_refused_after_five_and_not_before(void **state)
{
    (void)state;
    wrong_key();
    while (f->server.counters.auth_failures < 5 && f->now < 10 * SECOND) {
        assert_int_not_equal(reader_link(&f->reader), READER_LINK_KEY_REFUSED);
        fake_run(f, 10 * MS);
    }
    fake_run(f, 2 * SECOND);
    expect_link(READER_LINK_KEY_REFUSED);
    assert_int_equal(f->readings, 0);
    unsigned before = f->server.counters.frames;
    fake_run(f, 600 * SECOND);
    assert_in_range(f->server.counters.frames - before, 200, 400); /* now and then */
}

static void recovers_when_the_key_becomes_right(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->server.config.mbk.bytes[0] ^= 1;
    fake_run(f, 333 * SECOND);
    expect_link(READER_LINK_KEY_REFUSED);
    f->server.config.mbk.bytes[0] ^= 1;
    assert_true(fake_until_readings(f, 1, 10 * SECOND));
    expect_link(READER_LINK_OK);
}

static void takes_another_key(void **state)
{
    (void)state;
    struct reader_config right = fake_config();
    wrong_key();
    fake_run(f, 30 * SECOND);
    reader_set_key(&f->reader, f->now, &right.client.key);
    assert_true(fake_until_readings(f, 1, 4 * SECOND));
    expect_link(READER_LINK_OK);
}

/* Tries a key, and gives how that ends. */
static enum mep_outcome try_key(const struct mep_key *key)
{
    unsigned before = f->keys;
    assert_true(reader_try_key(&f->reader, key));
    assert_false(reader_try_key(&f->reader, key));
    for (mep_time limit = f->now + 10 * SECOND; f->keys == before && f->now < limit;)
        fake_run(f, 10 * MS);
    assert_int_equal(f->keys, before + 1);
    return f->last_key.table.outcome;
}

static void tries_another_key_and_goes_on_with_its_own(void **state)
{
    (void)state;
    struct mep_key right = fake_config().client.key, wrong = right;
    wrong.bytes[3] ^= 8;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    unsigned readings = f->readings;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(try_key(&wrong), MEP_OUTCOME_AUTH);
        assert_int_equal(try_key(&right), MEP_OUTCOME_OK);
    }
    fake_run(f, 10 * SECOND);
    assert_true(f->readings >= readings + 10);
    assert_int_equal(f->links, 1);
    expect_link(READER_LINK_OK);
}

/* A board that was not given one yet: the meter is asked only when somebody tries one. */
static void asks_nothing_without_a_key(void **state)
{
    (void)state;
    struct reader_config config = fake_config();
    struct mep_key right = config.client.key, wrong = right;
    wrong.bytes[3] ^= 8;
    memset(&config.client.key, 0, sizeof config.client.key);
    config.no_key = true;
    reader_init(&f->reader, &config);
    fake_run(f, 3600 * SECOND);
    assert_int_equal(reader_client(&f->reader)->counters.attempts, 0);
    expect_link(READER_LINK_STARTING);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(try_key(&wrong), MEP_OUTCOME_AUTH);
        assert_int_equal(try_key(&right), MEP_OUTCOME_OK);
    }
    f->cut = true;
    assert_int_equal(try_key(&right), MEP_OUTCOME_SILENT);
    f->cut = false;
    uint32_t requests = reader_client(&f->reader)->counters.attempts;
    fake_run(f, 3600 * SECOND);
    assert_int_equal(reader_client(&f->reader)->counters.attempts, requests);
    assert_true(reader_wake(&f->reader) > f->now);
    reader_set_key(&f->reader, f->now, &right);
    assert_true(fake_until_readings(f, 2, 8 * SECOND));
    expect_link(READER_LINK_OK);
}

/* Requests with a wrong key use no number up: the meter has not accepted them. */
static void wrong_keys_in_a_row_disturb_nothing(void **state)
{
    (void)state;
    struct mep_key wrong = fake_config().client.key;
    wrong.bytes[3] ^= 8;
    struct reader_config config = fake_config();
    config.period_us = 20 * SECOND; /* not much else is asked for in between */
    config.clock_us = config.tariff_us = config.alert_us = config.check_us = 100 * SECOND;
    fake_start(f, &config);
    assert_true(fake_until_readings(f, 2, 60 * SECOND));
    uint32_t before = reader_client(&f->reader)->counters.outcomes[MEP_OUTCOME_SEQUENCE];
    f->longest = 0;
    for (unsigned i = 0; i < 30; i++)
        assert_int_equal(try_key(&wrong), MEP_OUTCOME_AUTH);
    fake_run(f, 50 * SECOND);
    assert_int_equal(reader_client(&f->reader)->counters.outcomes[MEP_OUTCOME_SEQUENCE], before);
    assert_in_range(f->longest, 19 * SECOND, 21 * SECOND);
}

/* A key that works must not make the link look well, as long as another one is set. */
static void tries_a_key_while_its_own_is_refused(void **state)
{
    (void)state;
    struct mep_key right = fake_config().client.key;
    wrong_key();
    fake_run(f, 30 * SECOND);
    expect_link(READER_LINK_KEY_REFUSED);
    unsigned links = f->links;
    assert_int_equal(try_key(&right), MEP_OUTCOME_OK);
    fake_run(f, 30 * SECOND);
    expect_link(READER_LINK_KEY_REFUSED);
    assert_int_equal(f->links, links);
    assert_int_equal(f->readings, 0);
    f->cut = true;
    assert_int_equal(try_key(&right), MEP_OUTCOME_SILENT);
}

/* Five refusals of the key that is set are five, whatever another key earns in between. */
static void a_key_that_works_does_not_hide_that_its_own_is_refused(void **state)
{
    (void)state;
    struct mep_key right = fake_config().client.key;
    wrong_key();
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(try_key(&right), MEP_OUTCOME_OK);
    expect_link(READER_LINK_KEY_REFUSED);
}

static bool lose_the_first(struct fake *x, uint8_t *bytes, size_t count)
{
    (void)bytes, (void)count;
    return !x->reader.trial.running || x->hook_calls++ != 0;
}

static void a_lost_answer_to_a_key_is_asked_for_again(void **state)
{
    (void)state;
    struct mep_key right = fake_config().client.key;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->to_meter = lose_the_first;
    while (mep_client_busy(&f->reader.client) || f->reader.client.config.retries != 0)
        fake_run(f, MS); /* beside the rounds other things are not asked for twice */
    assert_int_equal(try_key(&right), MEP_OUTCOME_OK);
    assert_true(f->hook_calls > 1);
}

static void a_key_set_while_one_is_tried(void **state)
{
    (void)state;
    struct mep_key right = fake_config().client.key, wrong = right;
    wrong.bytes[0] ^= 2;
    wrong_key();
    fake_run(f, 30 * SECOND);
    assert_true(reader_try_key(&f->reader, &wrong));
    while (!f->reader.trial.running)
        fake_run(f, MS);
    reader_set_key(&f->reader, f->now, &right);
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_int_equal(f->keys, 1);
    assert_int_equal(f->last_key.table.outcome, MEP_OUTCOME_AUTH);
}

static bool damage_four_of_five(struct fake *x, uint8_t *bytes, size_t count)
{
    if (x->hook_calls++ % 5 != 0)
        bytes[count / 2] ^= 1; /* earns a 0x0b */
    return true;
}

static void four_in_a_row_are_not_the_key(void **state)
{
    (void)state;
    f->to_meter = damage_four_of_five;
    fake_run(f, 600 * SECOND);
    assert_false(f->seen[READER_LINK_KEY_REFUSED]);
    assert_true(f->server.counters.auth_failures > 100);
}

/* ---- TLS ---- */

static void tls_likely(void **state)
{
    (void)state;
    f->server.config.tls_only = true;
    fake_run(f, 30 * SECOND);
    expect_link(READER_LINK_TLS_LIKELY);
    fake_run(f, 600 * SECOND);
    expect_link(READER_LINK_TLS_LIKELY);
    assert_int_equal(f->links, 2); /* never heard in between only */
    assert_int_equal(f->readings, 0);
    f->server.config.tls_only = false;
    assert_true(fake_until_readings(f, 1, 10 * SECOND));
    expect_link(READER_LINK_OK);
}

static unsigned hellos;

static bool count_hellos(struct fake *x, uint8_t *bytes, size_t count)
{
    (void)x, (void)count;
    hellos += bytes[2] == MEP_TLS_HANDSHAKE;
    return false;
}

static void hellos_once_a_minute(void **state)
{
    (void)state;
    hellos = 0;
    f->to_meter = count_hellos;
    fake_run(f, 600 * SECOND);
    assert_in_range(hellos, 9, 11);
    expect_link(READER_LINK_NEVER_HEARD);
}

static void no_hello_to_a_meter_that_was_heard(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    hellos = 0;
    f->to_meter = count_hellos;
    fake_run(f, 600 * SECOND);
    assert_int_equal(hellos, 0);
    expect_link(READER_LINK_WENT_SILENT);
}

/* ---- Damage ---- */

static void a_damaged_answer_now_and_then_is_no_state(void **state)
{
    (void)state;
    f->damage_each = 5;
    fake_run(f, 600 * SECOND);
    assert_false(f->seen[READER_LINK_DAMAGED]);
    assert_true(f->readings > 500);
}

static void many_damaged_answers_are(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 3, 8 * SECOND));
    f->damage_each = 1;
    fake_run(f, 10 * SECOND);
    expect_link(READER_LINK_DAMAGED);
    assert_false(f->seen[READER_LINK_WENT_SILENT]);
    f->damage_each = 0;
    fake_run(f, 30 * SECOND);
    expect_link(READER_LINK_OK);
}

static void long_answers_cut_short_are_split(void **state)
{
    (void)state;
    f->truncate_to = 150;
    assert_true(fake_until_readings(f, 1, 20 * SECOND));
    fake_run(f, 60 * SECOND);
    assert_true(f->readings > 40);
    assert_true((f->all_flags & READER_FLAG_SPLIT) != 0);
    fake_expect(f, "energy_import_wh", 100000);
    fake_expect(f, "reactive_energy_export_t4_varh", 503000);
    fake_expect(f, "power_export_average_l3_w", 154000);
    f->truncate_to = 0;
    fake_run(f, 120 * SECOND);
    assert_int_equal(f->last.reading.flags & READER_FLAG_SPLIT, 0);
}

/* Registers that change between these at each request: any mixture of the two is neither. */
static const int64_t LOW = 0xffffff, HIGH = 0x1000000;

static void put_register(uint8_t *bytes, int64_t value)
{
    for (int i = 0; i < 4; i++, value >>= 8)
        bytes[i] = (uint8_t)value;
}

static bool change_registers(struct fake *x, uint8_t *bytes, size_t count)
{
    (void)bytes, (void)count;
    for (size_t i = 0; i < 55; i++) {
        int64_t value = x->hook_calls % 2 == 0 ? LOW : HIGH;
        bool checked = i == 0 || i == 1 || i == 6; /* these must not fall */
        put_register(fake_table(x, &meter_bt23)->bytes + 1 + 4 * i, checked ? HIGH : value);
        put_register(fake_table(x, &meter_bt28)->bytes + 7 + 4 * i, value);
    }
    x->hook_calls++;
    return true;
}

static void look_for_torn_registers(struct fake *x)
{
    fake_list(x);
    for (size_t i = 0; i < x->values; i++) {
        const struct reader_value *value = &x->value[i].value;
        if (value->kind != READER_INTEGER || value->unit == METER_UNIT_MS ||
            strcmp(x->value[i].name, "tariff") == 0)
            continue;
        x->wrong += value->integer != LOW && value->integer != HIGH;
    }
}

static void no_register_is_made_of_two_moments(void **state)
{
    (void)state;
    for (uint8_t retries = 2; retries <= 12; retries = (uint8_t)(retries + 10)) {
        struct reader_config config = fake_config();
        fake_init(f);
        meter_dimension_set(&f->dims, METER_DIM_RESET_COUNTER, 1);
        meter_dimension_set(&f->dims, METER_DIM_TIME_REMAINING, 1);
        meter_dimension_set(&f->dims, METER_DIM_PRESENT_DEMANDS, 1);
        fake_build(f);
        config.client.retries = retries; /* many: the client splits within a request */
        fake_start(f, &config);
        f->to_meter = change_registers;
        f->on_reading = look_for_torn_registers;
        for (size_t limit = 150; limit > 40; limit -= 7) {
            f->truncate_to = limit;
            fake_run(f, 60 * SECOND);
            f->truncate_to = 0;
            fake_run(f, 60 * SECOND);
        }
        assert_int_equal(f->wrong, 0);
        assert_true(f->readings > 500);
        assert_true((f->all_flags & READER_FLAG_SPLIT) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_state_has_its_words, setup),
        cmocka_unit_test_setup(ok_from_the_first_answer, setup),
        cmocka_unit_test_setup(silent_from_the_start_and_then_there, setup),
        cmocka_unit_test_setup(went_silent_and_back_within_ten_seconds, setup),
        cmocka_unit_test_setup(silent_as_late_as_wanted, setup),
        cmocka_unit_test_setup(another_meter_in_the_middle_of_a_setup, setup),
        cmocka_unit_test_setup(another_meter_whose_numbers_go_on, setup),
        cmocka_unit_test_setup(values_grow_old_and_vanish, setup),
        cmocka_unit_test_setup(one_table_may_grow_old_alone, setup),
        cmocka_unit_test_setup(key_refused_after_five_and_not_before, setup),
        cmocka_unit_test_setup(recovers_when_the_key_becomes_right, setup),
        cmocka_unit_test_setup(takes_another_key, setup),
        cmocka_unit_test_setup(tries_another_key_and_goes_on_with_its_own, setup),
        cmocka_unit_test_setup(asks_nothing_without_a_key, setup),
        cmocka_unit_test_setup(wrong_keys_in_a_row_disturb_nothing, setup),
        cmocka_unit_test_setup(tries_a_key_while_its_own_is_refused, setup),
        cmocka_unit_test_setup(a_lost_answer_to_a_key_is_asked_for_again, setup),
        cmocka_unit_test_setup(a_key_that_works_does_not_hide_that_its_own_is_refused, setup),
        cmocka_unit_test_setup(a_key_set_while_one_is_tried, setup),
        cmocka_unit_test_setup(four_in_a_row_are_not_the_key, setup),
        cmocka_unit_test_setup(tls_likely, setup),
        cmocka_unit_test_setup(hellos_once_a_minute, setup),
        cmocka_unit_test_setup(no_hello_to_a_meter_that_was_heard, setup),
        cmocka_unit_test_setup(a_damaged_answer_now_and_then_is_no_state, setup),
        cmocka_unit_test_setup(many_damaged_answers_are, setup),
        cmocka_unit_test_setup(long_answers_cut_short_are_split, setup),
        cmocka_unit_test_setup(no_register_is_made_of_two_moments, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

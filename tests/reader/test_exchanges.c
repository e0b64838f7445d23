/* The last exchanges in parts. */
#include "tests/reader/house.h"

#include "mep/tls.h"

#include <stdio.h>
#include <string.h>

static struct house house;
static struct fake *const f = &house.fake;
static struct reader_exchanges exchanges;

static const char *const asterisks = "\"****************\"";

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    reader_exchanges_init(&exchanges);
    f->log = &exchanges;
    return 0;
}

/* Where a part of this name is in an exchange's "request" or "response"; fails if there is none. */
static const char *path_of(unsigned exchange, const char *side, const char *name,
                           const char *member, char path[80])
{
    char wanted[40];

    snprintf(wanted, sizeof wanted, "\"%s\"", name);
    for (unsigned i = 0;; i++) {
        snprintf(path, 80, "%u/%s/%u/name", exchange, side, i);
        const char *found = json_at(house.text, path);
        if (found == NULL) {
            fail_msg("exchange %u has no %s in its %s: %s", exchange, name, side, house.text);
            break;
        }
        if (strcmp(found, wanted) == 0) {
            snprintf(path, 80, "%u/%s/%u/%s", exchange, side, i, member);
            break;
        }
    }
    return path;
}

static void expect_part(unsigned exchange, const char *side, const char *name, const char *hex,
                        const char *meaning)
{
    char path[80], quoted[160];

    snprintf(quoted, sizeof quoted, "\"%s\"", hex);
    house_expect(&house, path_of(exchange, side, name, "hex", path), quoted);
    snprintf(quoted, sizeof quoted, "\"%s\"", meaning);
    house_expect(&house, path_of(exchange, side, name, "meaning", path), quoted);
}

static void expect_outcome(unsigned exchange, const char *outcome)
{
    char path[40], quoted[40];

    snprintf(path, sizeof path, "%u/outcome", exchange);
    snprintf(quoted, sizeof quoted, "\"%s\"", outcome);
    house_expect(&house, path, quoted);
}

/* The number of the newest exchange with this outcome; fails if there is none. */
static unsigned find_outcome(const char *outcome)
{
    char path[40], quoted[40];

    snprintf(quoted, sizeof quoted, "\"%s\"", outcome);
    for (unsigned i = 0; i < READER_EXCHANGES; i++) {
        snprintf(path, sizeof path, "%u/outcome", i);
        const char *found = json_at(house.text, path);
        if (found != NULL && strcmp(found, quoted) == 0)
            return i;
    }
    fail_msg("no %s: %s", outcome, house.text);
    return 0;
}

/* Until BT28 was read and nothing has been asked for since. */
static void run_until_read(void)
{
    const struct reader_exchange *x = exchanges.ring;

    for (bool read = false; !read && f->now < 30 * SECOND;) {
        fake_run(f, 100); /* less than what is between two requests */
        x = &exchanges.ring[(exchanges.count - 1) % READER_EXCHANGES];
        read = x->outcome == MEP_OUTCOME_OK && x->request_size == 22 && x->response_size == 233 &&
               f->readings > 2 && !mep_client_busy(reader_client(&f->reader));
    }
    assert_int_equal(x->outcome, MEP_OUTCOME_OK);
}

static void nothing_yet(void **state)
{
    (void)state;
    reader_exchanges_received(&exchanges, 0, (const uint8_t *)"\0", 2);
    reader_exchanges_judge(&exchanges, &f->reader);
    house_exchanges(&house, &exchanges);
    assert_string_equal(house.text, "[]");
}

static void an_exchange_in_parts(void **state)
{
    (void)state;
    run_until_read();
    house_exchanges(&house, &exchanges);
    assert_int_equal(json_count(house.text, ""), READER_EXCHANGES);
    expect_outcome(0, "ok");
    house_expect(&house, "0/table", "\"BT28\"");
    house_expect(&house, "0/encrypted", NULL);
    expect_part(0, "request", "length", "0014", "20 bytes follow");
    expect_part(0, "request", "service", "3f", "read a part of a table");
    expect_part(0, "request", "table", "001c", "BT28, Present Register Data");
    expect_part(0, "request", "offset", "000000", "from byte 0 on");
    expect_part(0, "request", "count", "00dc", "220 bytes");
    expect_part(0, "request", "digest", "****************",
                "not shown, since it reveals something of the key");
    assert_int_equal(json_count(house.text, "0/request"), 7);
    expect_part(0, "response", "length", "00e7", "231 bytes follow");
    expect_part(0, "response", "code", "00", "ok");
    expect_part(0, "response", "count", "00dc", "220 bytes");
    assert_int_equal(json_count(house.text, "0/response"), 5);
    house_expect(&house, "0/response/4/hex", asterisks);
    house_expect(&house, "0/values/0",
                 "{\"name\":\"power_import_w\",\"value\":100000,\"unit\":\"W\",\"offset\":0}");
    house_expect(&house, "1/table", "\"BT23\"");
    const char *data = json_at(house.text, "0/response/3/hex");
    assert_int_equal(strlen(data), 2 + 2 * 220);
    assert_memory_equal(data, "\"a0860100", 9);
}

static void durations_and_order(void **state)
{
    (void)state;
    char path[40];
    long before = -1;

    assert_true(fake_until_readings(f, 5, 15 * SECOND));
    fake_run(f, 7 * SECOND);
    f->cut = true;
    fake_run(f, 500 * MS);
    house_exchanges(&house, &exchanges);
    for (unsigned i = 0; i < READER_EXCHANGES; i++) {
        long age = 0, duration = 0;
        snprintf(path, sizeof path, "%u/age_ms", i);
        assert_int_equal(sscanf(json_at(house.text, path), "%ld", &age), 1);
        assert_true(age > before);
        before = age;
        snprintf(path, sizeof path, "%u/duration_ms", i);
        const char *text = json_at(house.text, path);
        if (text == NULL)
            continue;
        assert_int_equal(sscanf(text, "%ld", &duration), 1);
        assert_in_range(duration, 20, 700);
    }
    assert_true(before < 20000);
}

static void silence(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    f->cut = true;
    fake_run(f, 1500 * MS);
    house_exchanges(&house, &exchanges);
    unsigned silent = find_outcome("silent");
    char path[40];
    snprintf(path, sizeof path, "%u/duration_ms", silent);
    house_expect(&house, path, NULL);
    snprintf(path, sizeof path, "%u/response", silent);
    house_expect(&house, path, "[]");
    while (!mep_client_busy(reader_client(&f->reader)))
        fake_run(f, 10 * MS);
    house_exchanges(&house, &exchanges);
    expect_outcome(0, "waiting");
}

static void cut_short(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    f->truncate_to = 101;
    fake_run(f, 1200 * MS);
    house_exchanges(&house, &exchanges);
    unsigned cut = find_outcome("short");
    expect_part(cut, "response", "length", "00e7", "231 bytes should follow");
    expect_part(cut, "response", "rest", "****************", "99 bytes came, not shown");
}

static void damaged(void **state)
{
    (void)state;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    f->damage_each = 1;
    fake_run(f, 1 * SECOND);
    house_exchanges(&house, &exchanges);
    unsigned bad = find_outcome("unverified");
    char path[40];
    expect_part(bad, "response", "length", "00e7", "231 bytes follow");
    expect_part(bad, "response", "code", "00", "ok");
    expect_part(bad, "response", "rest", "****************",
                "230 bytes that do not verify, not shown");
    snprintf(path, sizeof path, "%u/values", bad);
    house_expect(&house, path, NULL);
}

static void a_new_sequence(void **state)
{
    (void)state;
    while (exchanges.count < 2)
        fake_run(f, 10 * MS);
    house_exchanges(&house, &exchanges);
    expect_outcome(1, "sequence");
    expect_part(1, "response", "code", "0c", mep_code_strerror(MEP_CODE_SEQUENCE));
    expect_part(1, "response", "sequence", "77635b90", "where the meter's numbers are");
    expect_part(1, "request", "sequence", "00000001", "the number of this request");
}

static void refused(void **state)
{
    (void)state;
    fake_table(f, &meter_bt28)->code = MEP_CODE_TABLE_NOT_POSSIBLE;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    house_exchanges(&house, &exchanges);
    unsigned no = find_outcome("refused");
    char path[40];
    expect_part(no, "response", "code", "05", mep_code_strerror(MEP_CODE_TABLE_NOT_POSSIBLE));
    snprintf(path, sizeof path, "%u/table", no);
    house_expect(&house, path, "\"BT28\"");
}

static void another_key(void **state)
{
    (void)state;
    struct reader_config config = fake_config();
    config.client.key.bytes[3] ^= 1;
    fake_start(f, &config);
    fake_run(f, 2 * SECOND);
    house_exchanges(&house, &exchanges);
    unsigned auth = find_outcome("auth");
    expect_part(auth, "response", "code", "0b", mep_code_strerror(MEP_CODE_AUTHENTICATION));
    expect_part(auth, "response", "digest", "****************",
                "not shown, since it reveals something of the key");
    expect_part(auth, "request", "service", "3f", "read a part of a table");

    /* A key that is tried: what it signed is shown to nobody, not even what came back. */
    config = fake_config();
    assert_true(reader_try_key(&f->reader, &config.client.key));
    while (f->keys == 0) {
        fake_run(f, 10 * MS);
        house_exchanges(&house, &exchanges);
        if (f->reader.trial.running)
            assert_null(strstr(house.text, "\"BT01\""));
    }
    assert_int_equal(f->last_key.table.outcome, MEP_OUTCOME_OK);
    house_exchanges(&house, &exchanges);
    unsigned ok = find_outcome("ok");
    char path[40];
    snprintf(path, sizeof path, "%u/request", ok);
    assert_int_equal(json_count(house.text, path), 1);
    expect_part(ok, "request", "request", "****************",
                "22 bytes that do not verify with the key that is set, such as those of a key "
                "that was tried");
    expect_part(ok, "response", "rest", "****************",
                "12 bytes that do not verify, not shown");
    snprintf(path, sizeof path, "%u/values", ok);
    house_expect(&house, path, NULL);
}

static void encrypted(void **state)
{
    (void)state;
    struct reader_config config = fake_config();
    config.client.encrypt = true;
    fake_start(f, &config);
    run_until_read();
    house_exchanges(&house, &exchanges);
    expect_outcome(0, "ok");
    house_expect(&house, "0/encrypted", "true");
    expect_part(0, "request", "table", "001c", "BT28, Present Register Data");
    expect_part(0, "response", "count", "00dc", "220 bytes");
    house_expect(&house, "0/values/0/name", "\"power_import_w\"");
    f->damage_each = 1;
    fake_run(f, 1 * SECOND);
    house_exchanges(&house, &exchanges);
    unsigned bad = find_outcome("unverified");
    expect_part(bad, "response", "length", "00e7", "231 bytes follow");
    expect_part(bad, "response", "rest", "****************",
                "231 bytes that do not verify, not shown");
}

static void tables_with_keys(void **state)
{
    (void)state;
    static uint8_t bytes[200];
    struct fake_table *table = fake_table(f, &meter_et13);
    for (size_t i = 0; i < table->size; i++)
        table->bytes[i] = 0x5a;
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_true(reader_read(&f->reader, meter_et13.number, 0, sizeof bytes, bytes));
    while (f->tables == 0)
        fake_run(f, 10 * MS);
    assert_int_equal(f->last_table.table.count, sizeof bytes);
    house_exchanges(&house, &exchanges);
    assert_null(strstr(house.text, "5a5a"));
    expect_part(0, "request", "table", "080d", "ET13, MEP/M-Bus Device Configuration");
    expect_part(0, "response", "data", "****************",
                "200 bytes, not shown, since this table may hold keys");
    assert_non_null(json_at(house.text, "0/values/0"));
}

static void tables_that_are_not_known(void **state)
{
    (void)state;
    static const struct meter_table unknown = {.number = 99};
    static uint8_t bytes[20];
    struct fake_table *table = &f->table[FAKE_TABLES - 1];
    *table = (struct fake_table){.table = &unknown, .size = sizeof bytes};
    memset(table->bytes, 0x5a, sizeof bytes);
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
    assert_true(reader_read(&f->reader, 99, 0, sizeof bytes, bytes));
    while (f->tables == 0)
        fake_run(f, 10 * MS);
    assert_int_equal(bytes[19], 0x5a);
    house_exchanges(&house, &exchanges);
    assert_null(strstr(house.text, "5a5a"));
    unsigned it = 0;
    while (strcmp(json_at(house.text, it == 0 ? "0/table" : "1/table"), "\"BT99\"") != 0)
        assert_in_range(++it, 0, 1);
    expect_part(it, "request", "table", "0063", "BT99, not known here");
    expect_part(it, "response", "data", "****************",
                "20 bytes, not shown, since this table may hold keys");
}

static void alerts_and_what_comes_between(void **state)
{
    (void)state;
    static const uint8_t alert[] = {0, 0};
    run_until_read();
    house_exchanges(&house, &exchanges);
    char before[200];
    snprintf(before, sizeof before, "%.150s", house.text);
    f->now += 300 * MS; /* after the answer: none of it */
    reader_exchanges_received(&exchanges, f->now, alert, sizeof alert);
    f->now -= 300 * MS;
    house_exchanges(&house, &exchanges);
    assert_memory_equal(before, house.text, 150);

    fake_run(f, 2 * SECOND);
    while (!mep_client_busy(reader_client(&f->reader)))
        fake_run(f, MS);
    for (unsigned i = 0; i < 3; i++)
        reader_exchanges_received(&exchanges, f->now, alert, sizeof alert);
    house_exchanges(&house, &exchanges);
    expect_outcome(0, "waiting");
    assert_int_equal(json_count(house.text, "0/response"), 3);
    expect_part(0, "response", "alert", "0000", "alert: the meter has something to tell (ET13)");
    uint32_t count = exchanges.count;
    const struct reader_exchange *x = &exchanges.ring[(count - 1) % READER_EXCHANGES];
    while (x->outcome == MEP_OUTCOMES)
        fake_run(f, 100);
    house_exchanges(&house, &exchanges);
    unsigned it = exchanges.count - count; /* the next one may have begun */
    char path[40];
    expect_outcome(it, "ok");
    snprintf(path, sizeof path, "%u/response/2/name", it);
    house_expect(&house, path, "\"alert\"");
    snprintf(path, sizeof path, "%u/response/3/name", it);
    house_expect(&house, path, "\"length\"");
}

static void a_tls_hello(void **state)
{
    (void)state;
    uint8_t bytes[64] = {0, 0};
    static const uint8_t answer[] = {0, 8, 0, 0x15, 3, 3, 0, 2, 2, 40};
    bytes[1] = (uint8_t)mep_tls_hello(bytes + 2);
    reader_exchanges_sent(&exchanges, 0, bytes, bytes[1] + 2u);
    reader_exchanges_received(&exchanges, 10 * MS, answer, sizeof answer);
    bytes[1] = (uint8_t)mep_tls_goodbye(bytes + 2);
    reader_exchanges_sent(&exchanges, 20 * MS, bytes, bytes[1] + 2u);
    house_exchanges(&house, &exchanges);
    expect_part(0, "request", "service", "57", "end a TLS session");
    expect_part(1, "request", "service", "58", "begin a TLS session");
    expect_part(1, "response", "length", "0008", "8 bytes follow");
    house_expect(&house, "1/duration_ms", "10");
    house_expect(&house, "1/table", NULL);
}

static void pieces_are_one_request(void **state)
{
    (void)state;
    run_until_read();
    uint8_t request[22];
    memcpy(request, exchanges.ring[(exchanges.count - 1) % READER_EXCHANGES].request, 22);
    uint32_t count = exchanges.count;
    for (size_t at = 0; at < sizeof request; at++)
        reader_exchanges_sent(&exchanges, f->now, request + at, 1);
    assert_int_equal(exchanges.count, count + 1);
    house_exchanges(&house, &exchanges);
    expect_part(0, "request", "table", "001c", "BT28, Present Register Data");
    reader_exchanges_sent(&exchanges, f->now, request, 5); /* given up */
    reader_exchanges_sent(&exchanges, f->now, request, sizeof request);
    assert_int_equal(exchanges.count, count + 3);
    house_exchanges(&house, &exchanges);
    expect_part(0, "request", "table", "001c", "BT28, Present Register Data");
    expect_part(1, "request", "request", "**********",
                "5 bytes that do not verify with the key that is set, such as those of a key that "
                "was tried");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_yet, setup),
        cmocka_unit_test_setup(an_exchange_in_parts, setup),
        cmocka_unit_test_setup(durations_and_order, setup),
        cmocka_unit_test_setup(silence, setup),
        cmocka_unit_test_setup(cut_short, setup),
        cmocka_unit_test_setup(damaged, setup),
        cmocka_unit_test_setup(a_new_sequence, setup),
        cmocka_unit_test_setup(refused, setup),
        cmocka_unit_test_setup(another_key, setup),
        cmocka_unit_test_setup(encrypted, setup),
        cmocka_unit_test_setup(tables_with_keys, setup),
        cmocka_unit_test_setup(tables_that_are_not_known, setup),
        cmocka_unit_test_setup(alerts_and_what_comes_between, setup),
        cmocka_unit_test_setup(a_tls_hello, setup),
        cmocka_unit_test_setup(pieces_are_one_request, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

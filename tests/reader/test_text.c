/* Text out, JSON out and in, UTF-8. */
#include "tests/cmocka_all.h"

#include "reader/text/json_in.h"
#include "reader/text/out.h"
#include "reader/text/utf8.h"
#include "reader/text/value.h"

#include <stdio.h>
#include <string.h>

struct fixture {
    struct reader_out out;
    struct reader_buffer buffer;
    char text[600];
};

static void begin(struct fixture *f, size_t size)
{
    memset(f->text, 'x', sizeof f->text);
    reader_out_buffer(&f->out, &f->buffer, f->text, size);
}

static void expect(struct fixture *f, const char *text)
{
    assert_false(f->out.failed);
    assert_string_equal(f->text, text);
    assert_int_equal(f->buffer.length, strlen(text));
    assert_int_equal(f->out.total, strlen(text));
    begin(f, sizeof f->text);
}

/* ---- Out ---- */

static void numbers(void **unused)
{
    static const struct {
        int64_t value;
        unsigned decimals;
        const char *text;
    } good[] = {
        {0, 0, "0"},
        {7, 0, "7"},
        {-10, 0, "-10"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MIN, 9, "-9223372036.854775808"},
        {-1234, 3, "-1.234"},
        {24500, 4, "2.45"},
        {20000, 4, "2"},
        {200000, 4, "20"},
        {5, 3, "0.005"},
        {-5, 1, "-0.5"},
        {50, 1, "5"},
        {0, 9, "0"},
        {1, 9, "0.000000001"},
        {1000000000, 9, "1"},
    };
    struct fixture f;

    (void)unused;
    begin(&f, sizeof f.text);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        reader_out_decimal(&f.out, good[i].value, good[i].decimals);
        expect(&f, good[i].text);
    }
    reader_out_integer(&f.out, -431);
    reader_out_text(&f.out, " W");
    reader_out_hex(&f.out, (const uint8_t *)"\x00\xa9\x0f", 3);
    reader_out_bytes(&f.out, "", 0);
    expect(&f, "-431 W00a90f");
}

static void a_buffer_ends_with_nul_and_says_when_it_is_full(void **unused)
{
    struct fixture f;

    (void)unused;
    begin(&f, 6);
    reader_out_text(&f.out, "12345");
    assert_false(f.out.failed);
    reader_out_text(&f.out, "6");
    assert_true(f.out.failed);
    reader_out_bytes(&f.out, "", 0);
    assert_true(f.out.failed);
    assert_string_equal(f.text, "12345");
    assert_int_equal(f.text[6], 'x');

    begin(&f, 4);
    reader_out_text(&f.out, "12345");
    reader_out_text(&f.out, "1"); /* would fit, but there is a hole before it */
    assert_true(f.out.failed);
    assert_string_equal(f.text, "");
    assert_int_equal(f.out.total, 0);

    begin(&f, 1);
    assert_string_equal(f.text, "");
    reader_json_begin(&f.out, NULL);
    assert_true(f.out.failed);
}

static void json_nests(void **unused)
{
    struct fixture f;

    (void)unused;
    begin(&f, sizeof f.text);
    reader_json_begin(&f.out, NULL);
    reader_json_integer(&f.out, "n", INT64_MIN);
    reader_json_decimal(&f.out, "d", 24500, 4);
    reader_json_bool(&f.out, "yes", true);
    reader_json_bool(&f.out, "no", false);
    reader_json_null(&f.out, "z");
    reader_json_begin(&f.out, "o");
    reader_json_end(&f.out);
    reader_json_begin_array(&f.out, "a");
    reader_json_integer(&f.out, NULL, 1);
    reader_json_string(&f.out, NULL, "two");
    reader_json_begin_array(&f.out, NULL);
    reader_json_end_array(&f.out);
    reader_json_begin(&f.out, NULL);
    reader_json_hex(&f.out, "h", (const uint8_t *)"\xa6\xc3", 2);
    reader_json_end(&f.out);
    reader_json_end_array(&f.out);
    reader_json_string(&f.out, "na\"me", "");
    reader_json_end(&f.out);
    expect(&f, "{\"n\":-9223372036854775808,\"d\":2.45,\"yes\":true,\"no\":false,\"z\":null,"
               "\"o\":{},\"a\":[1,\"two\",[],{\"h\":\"a6c3\"}],\"na\\\"me\":\"\"}");
}

static void json_escapes(void **unused)
{
    static const uint8_t odd[] = {'a',  '"',  '\\', '\n', 0x1b, 0xc3, 0xa6, 0xc3, 0xff, 0xed, 0xa0,
                                  0x80, 0xf0, 0x9f, 0x94, 0x8c, 0xc0, 0x80, 0x7f, 0xe2, 0x82};
    struct fixture f;

    (void)unused;
    begin(&f, sizeof f.text);
    reader_json_bytes(&f.out, NULL, odd, sizeof odd);
    expect(&f, "\"a\\\"\\\\\\u000a\\u001b\xc3\xa6\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\xf0\x9f"
               "\x94\x8c\\ufffd\\ufffd\\u007f\\ufffd\\ufffd\"");
}

static void utf8_is_written_as_it_is_read(void **unused)
{
    (void)unused;
    for (uint32_t character = 0; character <= 0x10ffff; character++) {
        uint8_t bytes[4];
        size_t size;
        if (character >= 0xd800 && character <= 0xdfff)
            continue;
        size_t length = reader_utf8_put(character, bytes);
        if (reader_utf8_next(bytes, length, &size) != character || size != length)
            fail_msg("U+%04x", (unsigned)character);
        if (length > 1) { /* cut short, it is none */
            assert_int_equal(reader_utf8_next(bytes, length - 1, &size), 0xfffd);
            assert_int_equal(size, 1);
        }
    }
}

static void text_is_clean_for_a_terminal(void **unused)
{
    static const uint8_t odd[] = {'A', 0x1b, '[', 0xc3, 0xa6, 0xff, 0xc2, 0x9b};
    char text[32];

    (void)unused;
    assert_string_equal(reader_utf8_clean(odd, sizeof odd, text, sizeof text),
                        "A\xef\xbf\xbd[\xc3\xa6\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(reader_utf8_clean(odd, sizeof odd, text, 4), "A");
    assert_string_equal(reader_utf8_clean(odd, 0, text, 1), "");
}

/* ---- Tables ---- */

static void values_of_tables(void **unused)
{
    static const uint8_t time[] = {24, 3, 28, 17, 20, 11, 0xff}, energy[] = {0, 1, 0, 0};
    struct meter_dimensions dims;
    struct fixture f;

    (void)unused;
    meter_dimensions_default(&dims);
    begin(&f, sizeof f.text);
    reader_json_begin_array(&f.out, NULL);
    meter_decode(&meter_bt52, &dims, 0, time, 6, reader_json_value_fn, &f.out);
    meter_decode(&meter_et03, &dims, 0, (const uint8_t *)"SIM \xff                         ", 30,
                 reader_json_value_fn, &f.out);
    meter_decode(&meter_bt23, &dims, 0, energy, sizeof energy, reader_json_value_fn, &f.out);
    reader_json_end_array(&f.out);
    expect(&f, "[{\"name\":\"meter_time\",\"value\":\"2024-03-28T17:20:11Z\",\"offset\":0},"
               "{\"name\":\"serial\",\"value\":\"SIM \\ufffd\",\"offset\":0},"
               "{\"name\":\"energy_import_wh\",\"value\":256,\"unit\":\"Wh\",\"offset\":0}]");
}

struct found {
    struct fixture *f;
    unsigned secrets;
};

static void list_secrets(void *context, const struct meter_value *value)
{
    struct found *found = context;

    if (value->field->type != METER_SECRET)
        return;
    begin(found->f, sizeof found->f->text);
    reader_json_value_fn(&found->f->out, value);
    if (found->secrets++ == 0)
        expect(found->f,
               "{\"name\":\"device_config_0_security_key\",\"secret\":true,\"offset\":30}");
}

static void secrets_of_tables_have_no_value(void **unused)
{
    struct meter_dimensions dims;
    struct fixture f;
    struct found found = {&f, 0};

    (void)unused;
    meter_dimensions_default(&dims);
    meter_list(&meter_et11, &dims, list_secrets, &found);
    meter_list(&meter_et13, &dims, list_secrets, &found);
    assert_int_not_equal(found.secrets, 0);
}

/* ---- In ---- */

/* "name=kind:text;" of each member; then what was wrong, if anything was. */
static const char *members(struct fixture *f, const char *json, size_t size)
{
    static const char kinds[] = "snbz";
    char exact[900];
    struct reader_json_in in;
    struct reader_json_member member;

    assert_true(size <= sizeof exact);
    memcpy(exact + sizeof exact - size, json, size); /* nothing may be read beyond it */
    begin(f, sizeof f->text);
    reader_json_in_init(&in, exact + sizeof exact - size, size);
    while (reader_json_in_next(&in, &member)) {
        reader_out_text(&f->out, member.name);
        reader_out_text(&f->out, "=");
        reader_out_bytes(&f->out, &kinds[member.kind], 1);
        reader_out_text(&f->out, ":");
        reader_out_text(&f->out, member.text);
        reader_out_text(&f->out, ";");
    }
    assert_false(reader_json_in_next(&in, &member));
    if (in.problem != NULL) {
        assert_null(strchr(in.problem, '\n'));
        reader_out_text(&f->out, "!");
    } else {
        assert_int_equal(in.at, size);
    }
    return f->text;
}

static void json_is_read(void **unused)
{
    static const struct {
        const char *json, *members;
    } good[] = {
        {"{}", ""},
        {" {\r\n\t} \n", ""},
        {"{\"a\":\"b\"}", "a=s:b;"},
        {" { \"mqtt.url\" : \"mqtt://broker\" , \"n\" : -12 }\n",
         "mqtt.url=s:mqtt://broker;n=n:-12;"},
        {"{\"a\":true,\"b\":false,\"c\":null}", "a=b:true;b=b:false;c=z:null;"},
        {"{\"a\":0,\"b\":-0,\"c\":0.25,\"d\":-10.50}", "a=n:0;b=n:-0;c=n:0.25;d=n:-10.50;"},
        {"{\"\":\"\"}", "=s:;"},
        {"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a=s:\"\\/\b\f\n\r\t;"},
        {"{\"a\":\"\\u0041\\u00e6\\u20AC\\ud83d\\udd0c\"}",
         "a=s:A\xc3\xa6\xe2\x82\xac\xf0\x9f\x94\x8c;"},
        {"{\"\\u0061\":\"\xc3\xa6\xef\xbf\xbd\"}", "a=s:\xc3\xa6\xef\xbf\xbd;"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "a=n:1;b=n:2;a=n:3;"},
    };
    struct fixture f;

    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_string_equal(members(&f, good[i].json, strlen(good[i].json)), good[i].members);
}

static void wrong_json_is_told(void **unused)
{
    static const struct {
        const char *json, *members;
    } bad[] = {
        {"", "!"},
        {"[]", "!"},
        {"1", "!"},
        {"{", "!"},
        {"{,}", "!"},
        {"{a:1}", "!"},
        {"{\"a\"}", "!"},
        {"{\"a\":}", "!"},
        {"{\"a\":1", "a=n:1;!"},
        {"{\"a\":1,", "a=n:1;!"},
        {"{\"a\":1,}", "a=n:1;!"},
        {"{\"a\":1 \"b\":2}", "a=n:1;!"},
        {"{\"a\":1}}", "a=n:1;!"},
        {"{\"a\":1} x", "a=n:1;!"},
        {"{\"a\":1,\"a\":2}", "a=n:1;!"},
        {"{\"a\":{}}", "!"},
        {"{\"a\":[1]}", "!"},
        {"{\"a\":tru}", "!"},
        {"{\"a\":truex}", "a=b:true;!"},
        {"{\"a\":True}", "!"},
        {"{\"a\":nul", "!"},
        {"{\"a\":+1}", "!"},
        {"{\"a\":01}", "!"},
        {"{\"a\":1.}", "!"},
        {"{\"a\":.5}", "!"},
        {"{\"a\":-}", "!"},
        {"{\"a\":1e3}", "!"},
        {"{\"a\":0x1}", "a=n:0;!"},
        {"{\"a\":\"b}", "!"},
        {"{\"a\":\"\\", "!"},
        {"{\"a\":\"\\x\"}", "!"},
        {"{\"a\":\"\\u00", "!"},
        {"{\"a\":\"\\u00g0\"}", "!"},
        {"{\"a\":\"\\u0000\"}", "!"},
        {"{\"a\":\"\\ud83d\"}", "!"},
        {"{\"a\":\"\\ud83dx\"}", "!"},
        {"{\"a\":\"\\ud83d\\u0041\"}", "!"},
        {"{\"a\":\"\\udd0c\"}", "!"},
        {"{\"a\":\"\n\"}", "!"},
        {"{\"a\":\"\xff\"}", "!"},
        {"{\"a\":\"\xc3\"}", "!"},
    };
    struct fixture f;

    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(members(&f, bad[i].json, strlen(bad[i].json)), bad[i].members);
    assert_string_equal(members(&f, "{\"a\":\"\0\"}", 9), "!");
    assert_string_equal(members(&f, "{}\0", 3), "!");
}

static void long_texts_are_bounded(void **unused)
{
    struct fixture f;
    struct reader_json_member member;
    struct reader_json_in in;
    char json[READER_JSON_NAME_SIZE + READER_JSON_TEXT_SIZE + 40];

    (void)unused;
    for (int name = READER_JSON_NAME_SIZE - 2; name <= READER_JSON_NAME_SIZE; name++)
        for (int text = READER_JSON_TEXT_SIZE - 2; text <= READER_JSON_TEXT_SIZE; text++) {
            int size = snprintf(json, sizeof json, "{\"%0*d\":\"%0*d\"}", name, 0, text, 0);
            bool fits = name < READER_JSON_NAME_SIZE && text < READER_JSON_TEXT_SIZE;
            reader_json_in_init(&in, json, (size_t)size);
            assert_int_equal(reader_json_in_next(&in, &member), fits);
            assert_int_equal(in.problem == NULL, fits);
        }
    /* Two bytes that would lie on both sides of the end. */
    int size =
        snprintf(json, sizeof json, "{\"a\":\"%0*d\xc3\xa6\"}", READER_JSON_TEXT_SIZE - 2, 0);
    reader_json_in_init(&in, json, (size_t)size);
    assert_false(reader_json_in_next(&in, &member));
    size = snprintf(json, sizeof json, "{\"a\":%0*d}", READER_JSON_TEXT_SIZE, 1);
    json[5] = '1';
    assert_string_equal(members(&f, json, (size_t)size), "!");
}

static void what_goes_nowhere_is_counted(void **state)
{
    struct reader_out out;

    (void)state;
    reader_out_init(&out, NULL, NULL);
    reader_json_begin(&out, NULL);
    reader_json_integer(&out, "a", -12);
    reader_json_end(&out);
    assert_int_equal(out.total, strlen("{\"a\":-12}"));
    assert_false(out.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_nowhere_is_counted),
        cmocka_unit_test(numbers),
        cmocka_unit_test(a_buffer_ends_with_nul_and_says_when_it_is_full),
        cmocka_unit_test(json_nests),
        cmocka_unit_test(json_escapes),
        cmocka_unit_test(utf8_is_written_as_it_is_read),
        cmocka_unit_test(text_is_clean_for_a_terminal),
        cmocka_unit_test(values_of_tables),
        cmocka_unit_test(secrets_of_tables_have_no_value),
        cmocka_unit_test(json_is_read),
        cmocka_unit_test(wrong_json_is_told),
        cmocka_unit_test(long_texts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/cmocka_all.h"

#include "host/hex.h"
#include "host/json_out.h"
#include "host/uri.h"
#include "host/utf8.h"

#include <stdlib.h>
#include <string.h>

static void hex_in_every_form(void **unused)
{
    static const char *const good[] = {"0aff10", "0A FF 10", "0a:ff:10", " 0 aF f1 0\n"};
    static const uint8_t bytes[] = {0x0a, 0xff, 0x10};
    uint8_t out[3];
    size_t count;

    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_null(hex_parse(good[i], out, sizeof out, &count));
        assert_int_equal(count, sizeof bytes);
        assert_memory_equal(out, bytes, sizeof bytes);
    }
}

static void bad_hex_is_told(void **unused)
{
    static const char *const bad[] = {"", " ", "0", "0a0", "0g", "0x0a", "0a-0b", "0a0b0c0d"};
    uint8_t out[3];
    size_t count;

    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(hex_parse(bad[i], out, sizeof out, &count));
}

static void uris(void **unused)
{
    static const struct {
        const char *text;
        enum uri_kind kind;
        const char *path, *port;
        uint32_t baud;
    } good[] = {
        {"/dev/ttyUSB0", URI_SERIAL, "/dev/ttyUSB0", "", 9600},
        {"/dev/ttyUSB0?baud=115200", URI_SERIAL, "/dev/ttyUSB0", "", 115200},
        {"tcp://localhost:3001", URI_TCP, "localhost", "3001", 0},
        {"tcp://[::1]:65535", URI_TCP, "::1", "65535", 0},
        {"sim:", URI_SIM, "", "", 0},
    };
    static const char *const bad[] = {
        "",
        "/",
        "ttyUSB0",
        "/dev/ttyUSB0?",
        "/dev/ttyUSB0?baud=",
        "/dev/ttyUSB0?baud=9601",
        "/dev/ttyUSB0?baud=9600x",
        "/dev/ttyUSB0?parity=even",
        "tcp:",
        "tcp://",
        "tcp://host",
        "tcp://host:",
        "tcp://:3001",
        "tcp://host:0",
        "tcp://host:65536",
        "tcp://host:3001/",
        "tcp://::1:3001",
        "tcp://host:-1",
        "sim",
        "sim:1",
        "http://host:80",
        "tcp://[]:1",
    };
    struct uri uri;

    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_null(uri_parse(good[i].text, &uri));
        assert_int_equal(uri.kind, good[i].kind);
        assert_string_equal(uri.path, good[i].path);
        assert_string_equal(uri.port, good[i].port);
        assert_int_equal(uri.baud, good[i].baud);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *problem = uri_parse(bad[i], &uri);
        assert_non_null(problem);
        assert_null(strchr(problem, '\n'));
    }
    char longest[2000];
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = 0;
    assert_non_null(uri_parse(longest, &uri));
}

static void json_escapes(void **unused)
{
    static const uint8_t odd[] = {'a',  '"',  '\\', '\n', 0x1b, 0xc3, 0xa6, 0xc3, 0xff, 0xed, 0xa0,
                                  0x80, 0xf0, 0x9f, 0x94, 0x8c, 0xc0, 0x80, 0x7f, 0xe2, 0x82};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct json json = {out, false};

    (void)unused;
    json_begin(&json, NULL);
    json_integer(&json, "n", INT64_MIN);
    json_bool(&json, "b", true);
    json_begin(&json, "o");
    json_end(&json);
    json_bytes(&json, "s", odd, sizeof odd);
    json_hex(&json, "h", odd + 6, 2);
    json_end(&json);
    fclose(out);
    assert_string_equal(text, "{\"n\":-9223372036854775808,\"b\":true,\"o\":{},\"s\":\"a\\\"\\\\"
                              "\\u000a\\u001b\xc3\xa6\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\xf0\x9f"
                              "\x94\x8c\\ufffd\\ufffd\\u007f\\ufffd\\ufffd\",\"h\":\"a6c3\"}");
    free(text);
}

static void text_is_clean_for_a_terminal(void **unused)
{
    static const uint8_t odd[] = {'A', 0x1b, '[', 0xc3, 0xa6, 0xff, 0xc2, 0x9b};
    char text[32];

    (void)unused;
    assert_string_equal(utf8_clean(odd, sizeof odd, text, sizeof text),
                        "A\xef\xbf\xbd[\xc3\xa6\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(utf8_clean(odd, sizeof odd, text, 4), "A");
    assert_string_equal(utf8_clean(odd, 0, text, 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_in_every_form),
        cmocka_unit_test(bad_hex_is_told),
        cmocka_unit_test(uris),
        cmocka_unit_test(json_escapes),
        cmocka_unit_test(text_is_clean_for_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

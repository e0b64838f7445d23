#include "tests/cmocka_all.h"

#include "host/file_out.h"
#include "host/hex.h"
#include "host/uri.h"

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

static void json_goes_to_a_file(void **unused)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    struct reader_out json = file_out(file);

    (void)unused;
    reader_json_begin(&json, NULL);
    reader_json_string(&json, "a", "b");
    reader_json_end(&json);
    fclose(file);
    assert_string_equal(text, "{\"a\":\"b\"}");
    free(text);

    file = fopen("/dev/full", "w");
    assert_non_null(file);
    setvbuf(file, NULL, _IONBF, 0);
    json = file_out(file);
    reader_json_integer(&json, NULL, 1);
    assert_true(json.failed);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_in_every_form),
        cmocka_unit_test(bad_hex_is_told),
        cmocka_unit_test(uris),
        cmocka_unit_test(json_goes_to_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

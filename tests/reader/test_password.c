/* The text of a password's hash. */
#include "tests/cmocka_all.h"

#include "reader/bridge/password.h"

#include <string.h>

static const char good[] = "pbkdf2-sha256$600000$000102030405060708090a0b0c0d0e0f$"
                           "f0f1f2f3f4f5f6f7f8f9fafbfcfdfefff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

static void test_there_and_back(void **state)
{
    struct reader_password password;
    struct reader_buffer buffer;
    struct reader_out out;
    char text[160];

    (void)state;
    assert_true(reader_password_read(&password, good));
    assert_int_equal(password.iterations, 600000);
    assert_int_equal(password.salt[15], 0x0f);
    assert_int_equal(password.hash[0], 0xf0);
    assert_int_equal(password.hash[31], 0xff);
    reader_out_buffer(&out, &buffer, text, sizeof text);
    reader_password_write(&password, &out);
    assert_string_equal(text, good);
    /* It is what the setting takes, and fits there. */
    struct reader_meter_settings meter[1];
    struct reader_settings settings;
    reader_settings_init(&settings, meter, 1);
    assert_null(reader_settings_set(&settings, "http.password", text));
    assert_string_equal(settings.http_password, good);
}

static void test_others(void **state)
{
    static const char *const wrong[] = {
        "",
        "secret",
        "pbkdf2-sha256$",
        "pbkdf2-sha256$0$000102030405060708090a0b0c0d0e0f$00",
        "pbkdf2-sha512$600000$000102030405060708090a0b0c0d0e0f$"
        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfefff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        "pbkdf2-sha256$99999999999$000102030405060708090a0b0c0d0e0f$"
        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfefff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
    };
    struct reader_password password;
    char text[sizeof good + 1];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(reader_password_read(&password, wrong[i]));
    for (size_t i = 0; i < sizeof good - 1; i++) { /* cut anywhere */
        memcpy(text, good, i);
        text[i] = 0;
        assert_false(reader_password_read(&password, text));
    }
    memcpy(text, good, sizeof good);
    text[sizeof good - 1] = 'a';
    text[sizeof good] = 0;
    assert_false(reader_password_read(&password, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

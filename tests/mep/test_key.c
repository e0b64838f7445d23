#include "tests/cmocka_all.h"

#include "mep/key.h"

#include <string.h>

static enum mep_key_error parse(const char *text, struct mep_key *key)
{
    return mep_key_parse(text, strlen(text), key);
}

static void every_form(void **unused)
{
    const uint8_t ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const struct {
        const char *text;
        enum mep_key_form form;
        const char *bytes; /* NULL: sixteen 01 */
        bool looks_like_hex;
    } good[] = {
        {"abcdefghijklmnop", MEP_KEY_ASCII_16, "abcdefghijklmnop", false},
        {"abcdefghijklmnopqrst", MEP_KEY_ASCII_20, "abcdefghijklmnop", false},
        {"0123456789abcdef", MEP_KEY_ASCII_16, "0123456789abcdef", true},
        {"0123456789ABCDEF0123", MEP_KEY_ASCII_20, "0123456789ABCDEF", true},
        {"hex:ABCDEF0123456789", MEP_KEY_ASCII_20, "hex:ABCDEF012345", false},
        {"with spaces too!", MEP_KEY_ASCII_16, "with spaces too!", false},
        {"01010101010101010101010101010101", MEP_KEY_HEX_32, NULL, false},
        {"0101010101010101010101010101010199999999", MEP_KEY_HEX_40, NULL, false},
        {"hex:01010101010101010101010101010101", MEP_KEY_HEX_32, NULL, false},
        {"hex:010101010101010101010101010101010a0B0c0D", MEP_KEY_HEX_40, NULL, false},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct mep_key key;
        assert_int_equal(parse(good[i].text, &key), MEP_KEY_OK);
        assert_int_equal(key.form, good[i].form);
        assert_int_equal(key.looks_like_hex, good[i].looks_like_hex);
        assert_memory_equal(key.bytes, good[i].bytes ? (const uint8_t *)good[i].bytes : ones, 16);
    }
}

static void every_fault_is_named_and_harmless(void **unused)
{
    static const struct {
        const char *text;
        enum mep_key_error error;
    } bad[] = {
        {"", MEP_KEY_E_LENGTH},
        {"short", MEP_KEY_E_LENGTH},
        {"hex:", MEP_KEY_E_LENGTH},
        {"abcdefghijklmno\n", MEP_KEY_E_ASCII},
        {"abcdefghijklmno\xc3\xa6xyz", MEP_KEY_E_ASCII},
        {"0101010101010101010101010101010g", MEP_KEY_E_HEX},
        {"hex:0101010101010101010101010101010 ", MEP_KEY_E_HEX},
        {"HEX:01010101010101010101010101010101", MEP_KEY_E_LENGTH},
        {"0101010101010101010101010101010101010101010101", MEP_KEY_E_LENGTH},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mep_key key, before;
        memset(&key, 0x5a, sizeof key);
        before = key;
        assert_int_equal(parse(bad[i].text, &key), bad[i].error);
        assert_memory_equal(&key, &before, sizeof key);
        assert_true(strlen(mep_key_strerror(bad[i].error)) > 20);
    }
}

static void every_length_is_decided(void **unused)
{
    char text[64];

    (void)unused;
    memset(text, 'a', sizeof text);
    for (size_t length = 0; length <= sizeof text; length++) {
        struct mep_key key;
        bool good = length == 16 || length == 20 || length == 32 || length == 40;
        assert_int_equal(mep_key_parse(text, length, &key) == MEP_KEY_OK, good);
    }
}

static void wiping_leaves_nothing(void **unused)
{
    struct mep_key key;
    const uint8_t zeros[16] = {0};

    (void)unused;
    assert_int_equal(parse("abcdefghijklmnop", &key), MEP_KEY_OK);
    mep_key_wipe(&key);
    assert_memory_equal(key.bytes, zeros, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),
        cmocka_unit_test(every_fault_is_named_and_harmless),
        cmocka_unit_test(every_length_is_decided),
        cmocka_unit_test(wiping_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

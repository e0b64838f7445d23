#include "tests/cmocka_all.h"

#include "host/rfc3339.h"

static void times(void **unused)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {
        {"2026-01-01T00:00:00Z", 1767225600},      {"2026-01-01t01:00:00.125z", 1767229200},
        {"2026-01-01 01:00:00+01:00", 1767225600}, {"2025-12-31T18:30:00-05:30", 1767225600},
        {"2024-02-29T23:59:59Z", 1709251199},      {"2000-01-01T00:00:00-00:00", 946684800},
    };
    int64_t seconds;

    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(rfc3339_parse(good[i].text, &seconds));
        assert_int_equal(seconds, good[i].seconds);
    }
}

/* Each way to cut a time short is none, and so are these. */
static void none(void **unused)
{
    static const char whole[] = "2026-01-31T18:00:00.5+01:00";
    static const char *const bad[] = {
        "2026-02-29T00:00:00Z",      "2026-13-01T00:00:00Z",      "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",      "2026-01-01T00:00:60Z",      "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",      "2026-01-01T00:00:00.Z",     "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+0100",  " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z ",     "2026/01/01T00:00:00Z",      "+026-01-01T00:00:00Z",
        "2026-01-01_00:00:00Z",      "2026-01-01T00:00:00+01:00Z"};
    char text[sizeof whole];
    int64_t seconds;

    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rfc3339_parse(bad[i], &seconds));
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        for (size_t i = 0; i < length; i++)
            text[i] = whole[i];
        text[length] = 0;
        assert_false(rfc3339_parse(text, &seconds));
    }
    assert_true(rfc3339_parse(whole, &seconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(times), cmocka_unit_test(none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

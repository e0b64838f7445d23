/* The access point's name server, against questions of every kind and no kind. */
#include "tests/cmocka_all.h"

#include "firmware/logic/dns.h"

#include <string.h>

static const uint8_t address[4] = {192, 168, 4, 1};

/* A question for "connectivitycheck.example" of a type; gives its size. */
static size_t ask(uint8_t *q, unsigned type)
{
    static const char name[] = "\x11"
                               "connectivitycheck\x07"
                               "example";

    memset(q, 0, 12);
    memcpy(q, "\xbe\xef\x01\x00\x00\x01", 6);
    memcpy(q + 12, name, sizeof name);
    q[12 + sizeof name] = (uint8_t)(type >> 8);
    q[12 + sizeof name + 1] = (uint8_t)type;
    q[12 + sizeof name + 2] = 0;
    q[12 + sizeof name + 3] = 1;
    return 12 + sizeof name + 4;
}

static void every_name_is_here(void **unused)
{
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 10, 0, 4, 192, 168, 4, 1};
    uint8_t q[FW_DNS_MAX], a[FW_DNS_MAX];
    size_t size = ask(q, 1);

    (void)unused;
    assert_int_equal(fw_dns_answer(q, size, address, a), size + sizeof record);
    assert_memory_equal(a, "\xbe\xef\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00", 12);
    assert_memory_equal(a + 12, q + 12, size - 12);
    assert_memory_equal(a + size, record, sizeof record);

    /* Of other kinds there is nothing, which is an answer too: no waiting for IPv6. */
    size = ask(q, 28);
    assert_int_equal(fw_dns_answer(q, size, address, a), size);
    assert_memory_equal(a, "\xbe\xef\x85\x80\x00\x01\x00\x00\x00\x00\x00\x00", 12);

    /* An OPT record behind the question is left out. */
    size = ask(q, 1);
    memset(q + size, 0, 11);
    q[11] = 1;
    assert_int_equal(fw_dns_answer(q, size + 11, address, a), size + sizeof record);
    assert_int_equal(a[11], 0);
}

static void what_is_no_question_gets_no_answer(void **unused)
{
    uint8_t q[FW_DNS_MAX + 1] = {0}, a[FW_DNS_MAX];
    size_t size = ask(q, 1);

    (void)unused;
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(fw_dns_answer(q, cut, address, a), 0);
    assert_int_equal(fw_dns_answer(q, FW_DNS_MAX + 1, address, a), 0);
    q[2] |= 0x80; /* an answer */
    assert_int_equal(fw_dns_answer(q, size, address, a), 0);
    ask(q, 1);
    q[2] = 0x28; /* an update */
    assert_int_equal(fw_dns_answer(q, size, address, a), 0);
    ask(q, 1);
    q[5] = 2;
    assert_int_equal(fw_dns_answer(q, size, address, a), 0);
    ask(q, 1);
    q[12] = 0xc0; /* a pointer, to itself */
    q[13] = 12;
    assert_int_equal(fw_dns_answer(q, size, address, a), 0);

    /* Labels without an end, to the last byte. */
    memset(q + 12, 1, FW_DNS_MAX - 12);
    assert_int_equal(fw_dns_answer(q, FW_DNS_MAX, address, a), 0);
    memset(q + FW_DNS_MAX - 5, 0, 5);
    assert_int_equal(fw_dns_answer(q, FW_DNS_MAX, address, a), 0);
}

static void the_longest_name_fits(void **unused)
{
    uint8_t q[FW_DNS_MAX] = {0}, a[FW_DNS_MAX];
    size_t at = 12;

    (void)unused;
    ask(q, 1);
    for (int i = 0; i < 4; i++) {
        size_t label = i == 3 ? 61 : 63;
        q[at++] = (uint8_t)label;
        memset(q + at, 'a', label);
        at += label;
    }
    memcpy(q + at, "\x00\x00\x01\x00\x01", 5);
    at += 5;
    assert_int_equal(at, 12 + 255 + 4);
    assert_int_equal(fw_dns_answer(q, at, address, a), at + 16);
}

static void noise_is_survived(void **unused)
{
    uint32_t state = 1;

    (void)unused;
    for (int i = 0; i < 200000; i++) {
        uint8_t q[FW_DNS_MAX], a[FW_DNS_MAX];
        size_t count = 0;
        state = state * 1664525 + 1013904223;
        count = state >> 22;
        count = count > FW_DNS_MAX ? FW_DNS_MAX : count;
        for (size_t n = 0; n < count; n++) {
            state = state * 1664525 + 1013904223;
            q[n] = (uint8_t)(state >> 27);
        }
        if (count > 6)
            memcpy(q + 2, "\x01\x00\x00\x01", 4);
        assert_true(fw_dns_answer(q, count, address, a) <= FW_DNS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_here),
        cmocka_unit_test(what_is_no_question_gets_no_answer),
        cmocka_unit_test(the_longest_name_fits),
        cmocka_unit_test(noise_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

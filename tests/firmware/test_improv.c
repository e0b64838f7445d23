/* Improv packets, whole and broken, among console text. */
#include "tests/cmocka_all.h"

#include "firmware/logic/improv.h"

#include <string.h>

static enum fw_improv_command feed(struct fw_improv *improv, const void *bytes, size_t count)
{
    enum fw_improv_command command = FW_IMPROV_NONE;

    for (size_t i = 0; i < count; i++) {
        enum fw_improv_command one = fw_improv_byte(improv, ((const uint8_t *)bytes)[i]);
        if (one != FW_IMPROV_NONE)
            command = one;
    }
    return command;
}

/* A packet of type 3 around `data`; gives its size. */
static size_t pack(uint8_t *packet, const char *data, size_t count)
{
    unsigned sum = 0;

    memcpy(packet, "IMPROV\x01\x03", 8);
    packet[8] = (uint8_t)count;
    memcpy(packet + 9, data, count);
    for (size_t i = 0; i < 9 + count; i++)
        sum += packet[i];
    packet[9 + count] = (uint8_t)sum;
    return 10 + count;
}

#define JOIN                                                                                       \
    "\x01\x0d\x04"                                                                                 \
    "home\x07"                                                                                     \
    "secret!"

/* The packets of the published example: a request for the state, and for the device's name. */
static void known_packets(void **unused)
{
    static const uint8_t state[] = {'I', 'M', 'P', 'R', 'O', 'V', 1, 3, 2, 2, 0, 0xe5};
    struct fw_improv improv;
    uint8_t packet[FW_IMPROV_PACKET];

    (void)unused;
    fw_improv_init(&improv);
    assert_int_equal(feed(&improv, state, sizeof state), FW_IMPROV_GET_STATE);
    assert_int_equal(fw_improv_tell_state(FW_IMPROV_PROVISIONED, packet), 12);
    assert_memory_equal(packet, "IMPROV\x01\x01\x01\x04\xe4\n", 12);
    assert_int_equal(fw_improv_tell_error(FW_IMPROV_CANNOT_CONNECT, packet), 12);
    assert_memory_equal(packet, "IMPROV\x01\x02\x01\x03\xe4\n", 12);
}

static void settings_arrive_between_other_text(void **unused)
{
    struct fw_improv improv;
    uint8_t packet[FW_IMPROV_PACKET];
    size_t size = pack(packet, JOIN, 15);

    (void)unused;
    fw_improv_init(&improv);
    feed(&improv, "help\r\nIMPIMPRO", 14);
    assert_int_equal(feed(&improv, packet, size), FW_IMPROV_JOIN);
    assert_string_equal(improv.ssid, "home");
    assert_string_equal(improv.password, "secret!");
    assert_int_equal(improv.error, FW_IMPROV_OK);
    /* What came is not kept twice. */
    for (size_t i = 0; i + 7 <= sizeof improv.packet; i++)
        assert_memory_not_equal(improv.packet + i, "secret!", 7);
    assert_int_equal(feed(&improv, packet, size), FW_IMPROV_JOIN);
}

static void broken_packets_are_told_apart(void **unused)
{
    static const struct {
        const char *data;
        size_t count;
        enum fw_improv_error error;
    } bad[] = {
        {"\x01", 1, FW_IMPROV_INVALID},
        {"", 0, FW_IMPROV_INVALID},
        {"\x02\x01", 2, FW_IMPROV_INVALID},
        {"\x09\x00", 2, FW_IMPROV_UNKNOWN},
        {"\x01\x00", 2, FW_IMPROV_INVALID},
        {"\x01\x02\x00\x00", 4, FW_IMPROV_INVALID},       /* no name */
        {"\x01\x03\x01z\x05", 5, FW_IMPROV_INVALID},      /* a password that is not there */
        {"\x01\x03\x05zz", 5, FW_IMPROV_INVALID},         /* a name that is not */
        {"\x01\x04\x01z\x00\x00", 6, FW_IMPROV_INVALID},  /* something behind */
        {"\x01\x05\x02z\x00\x01y", 7, FW_IMPROV_INVALID}, /* a NUL inside */
    };
    struct fw_improv improv;
    uint8_t packet[FW_IMPROV_PACKET];

    (void)unused;
    fw_improv_init(&improv);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t size = pack(packet, bad[i].data, bad[i].count);
        assert_int_equal(feed(&improv, packet, size), FW_IMPROV_NONE);
        assert_int_equal(improv.error, bad[i].error);
        fw_improv_byte(&improv, '\n');
        assert_int_equal(improv.error, FW_IMPROV_OK);
    }
    /* Any flipped bit. */
    size_t size = pack(packet, JOIN, 15);
    for (size_t bit = 0; bit < size * 8; bit++) {
        packet[bit / 8] ^= (uint8_t)(1U << bit % 8);
        fw_improv_init(&improv);
        assert_int_equal(feed(&improv, packet, size), FW_IMPROV_NONE);
        packet[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    /* Names and passwords that are longer than Wi-Fi has them. */
    char longer[3 + 33 + 1] = {1, 35, 33};
    memset(longer + 3, 'x', 33);
    assert_int_equal(feed(&improv, packet, pack(packet, longer, sizeof longer)), FW_IMPROV_NONE);
    longer[1] = 34;
    longer[2] = 32;
    longer[35] = 0;
    fw_improv_init(&improv);
    assert_int_equal(feed(&improv, packet, pack(packet, longer, 36)), FW_IMPROV_JOIN);
}

static void results_are_lists_of_texts(void **unused)
{
    static const char *const texts[] = {"MEPlink", "0.2.0"};
    char longest[300];
    const char *const many[] = {longest, "b", longest};
    uint8_t packet[FW_IMPROV_PACKET];

    (void)unused;
    assert_int_equal(fw_improv_tell_result(FW_IMPROV_GET_INFO, texts, 2, packet), 9 + 16 + 2);
    assert_memory_equal(packet,
                        "IMPROV\x01\x04\x10\x03\x0e\x07MEPlink\x05"
                        "0.2.0",
                        25);
    assert_int_equal(fw_improv_tell_result(FW_IMPROV_SCAN, NULL, 0, packet), 13);
    assert_memory_equal(packet, "IMPROV\x01\x04\x02\x04\x00", 11);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    size_t size = fw_improv_tell_result(FW_IMPROV_SCAN, many, 3, packet);
    assert_true(size <= FW_IMPROV_PACKET);
    assert_int_equal(packet[8] + 11, size);
    assert_int_equal(packet[10], packet[8] - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_packets),
        cmocka_unit_test(settings_arrive_between_other_text),
        cmocka_unit_test(broken_packets_are_told_apart),
        cmocka_unit_test(results_are_lists_of_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

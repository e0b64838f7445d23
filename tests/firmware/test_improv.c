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
        {"\x01\x07\x01z\x03pwd!", 9, FW_IMPROV_INVALID},  /* the same, behind a password */
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
        assert_string_equal(improv.password, "");
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

/* ---- The board's side ---- */

static struct {
    char sent[512]; /* types and results of the packets, readable */
    char joined[100];
    bool busy;
} did;

static void send(const uint8_t *packet, size_t size)
{
    char *end = did.sent + strlen(did.sent);

    assert_memory_equal(packet, "IMPROV\x01", 7);
    assert_int_equal(packet[size - 1], '\n');
    *end++ = "?SE?R"[packet[7]];
    if (packet[7] == 4) {
        *end++ = (char)('0' + packet[9]);
        for (const uint8_t *at = packet + 11; at < packet + size - 2; at += 1 + *at) {
            *end++ = ' ';
            memcpy(end, at + 1, *at);
            end += *at;
        }
    } else {
        *end++ = (char)('0' + packet[9]);
    }
    *end++ = '\n';
    *end = 0;
}

static bool join(const char *ssid, const char *password)
{
    if (did.busy)
        return false;
    strcpy(did.joined, ssid);
    strcat(did.joined, "/");
    strcat(did.joined, password);
    return true;
}

static size_t scan(struct fw_seen *seen, size_t size)
{
    size_t count = fw_seen_add(seen, 0, size, "home", -50, false);

    return fw_seen_add(seen, count, size, "open", -80, true);
}

static const char *const *info(void)
{
    static const char *const texts[] = {"MEPlink", "1.2.3", "esp32", "meplink"};

    return texts;
}

static const struct fw_improv_host host = {send, join, scan, info};
static struct fw_improv_board board;

static void turn(const char *command, size_t count, enum fw_trial trial, bool online)
{
    uint8_t packet[FW_IMPROV_PACKET];

    did.sent[0] = 0;
    fw_improv_turn(&board, packet, count != 0 ? pack(packet, command, count) : 0, trial, online,
                   online ? "10.1.2.3" : "");
}

static void a_browser_sets_up_the_board(void **unused)
{
    (void)unused;
    memset(&did, 0, sizeof did);
    fw_improv_board_init(&board, &host);
    turn("\x02\0", 2, FW_TRIAL_NONE, false);
    assert_string_equal(did.sent, "S2\n");
    turn("\x03", 2, FW_TRIAL_NONE, false);
    assert_string_equal(did.sent, "R3 MEPlink 1.2.3 esp32 meplink\n");
    turn("\x04", 2, FW_TRIAL_NONE, false);
    assert_string_equal(did.sent, "R4 home -50 YES\nR4 open -80 NO\nR4\n");
    turn("\x09", 2, FW_TRIAL_NONE, false);
    assert_string_equal(did.sent, "E2\n");

    /* Wrong first, then right; said once each. */
    turn(JOIN, 15, FW_TRIAL_NONE, false);
    assert_string_equal(did.sent, "S3\n");
    assert_string_equal(did.joined, "home/secret!");
    assert_int_equal(board.improv.password[0], 0);
    turn("", 0, FW_TRIAL_RUNNING, false);
    turn("\x02\0", 2, FW_TRIAL_RUNNING, false);
    assert_string_equal(did.sent, "S3\n");
    turn("", 0, FW_TRIAL_FAILED, false);
    assert_string_equal(did.sent, "E3\nS2\n");
    turn("", 0, FW_TRIAL_FAILED, false);
    assert_string_equal(did.sent, "");
    turn(JOIN, 15, FW_TRIAL_FAILED, false);
    assert_string_equal(did.sent, "S3\n");
    turn("", 0, FW_TRIAL_OK, true);
    assert_string_equal(did.sent, "S4\nR1 http://10.1.2.3/\n");
    turn("\x02\0", 2, FW_TRIAL_OK, true);
    assert_string_equal(did.sent, "S4\nR2 http://10.1.2.3/\n");

    /* Another trial runs, begun on the page: nobody waits for this one. */
    did.busy = true;
    turn(JOIN, 15, FW_TRIAL_RUNNING, false);
    assert_string_equal(did.sent, "E3\nS2\n");
    turn("", 0, FW_TRIAL_OK, true);
    assert_string_equal(did.sent, "");

    /* Asked for twice: the second one is refused, and the end of the first is told. */
    did.busy = false;
    turn(JOIN, 15, FW_TRIAL_NONE, false);
    did.busy = true;
    turn(JOIN, 15, FW_TRIAL_RUNNING, false);
    assert_string_equal(did.sent, "E3\nS3\n");
    turn("", 0, FW_TRIAL_OK, true);
    assert_string_equal(did.sent, "S4\nR1 http://10.1.2.3/\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_packets),
        cmocka_unit_test(settings_arrive_between_other_text),
        cmocka_unit_test(broken_packets_are_told_apart),
        cmocka_unit_test(results_are_lists_of_texts),
        cmocka_unit_test(a_browser_sets_up_the_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

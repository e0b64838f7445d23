/* Settings through power cuts at every byte, damage, and other versions. */
#include "tests/cmocka_all.h"

#include "firmware/logic/store.h"
#include "firmware/logic/tolerant.h"

#include <string.h>

enum {
    SLOT_SIZE = 1024
};

/* Flash that loses its power: what is written until then is there, the rest is not. */
struct flash {
    uint8_t slot[FW_STORE_SLOTS][SLOT_SIZE];
    size_t size[FW_STORE_SLOTS];
    size_t power_left; /* bytes that can be written; erasing costs one */
    bool lies;         /* writes nothing and says it did */
};

static size_t read_slot(void *context, unsigned slot, uint8_t *bytes, size_t size)
{
    struct flash *f = context;
    size_t count = f->size[slot] < size ? f->size[slot] : size;

    memcpy(bytes, f->slot[slot], count);
    return count;
}

static bool write_slot(void *context, unsigned slot, const uint8_t *bytes, size_t count)
{
    struct flash *f = context;

    if (f->lies)
        return true;
    if (f->power_left == 0)
        return false;
    f->power_left--;
    memset(f->slot[slot], 0xff, SLOT_SIZE);
    f->size[slot] = SLOT_SIZE; /* as raw flash has it: what is behind the end is there too */
    size_t some = count < f->power_left ? count : f->power_left;
    memcpy(f->slot[slot], bytes, some);
    f->power_left -= some;
    return some == count;
}

static struct fw_store_flash ops(struct flash *f)
{
    return (struct fw_store_flash){.context = f, .read = read_slot, .write = write_slot};
}

/* What a start finds. */
static const char *found(struct flash *f, char text[SLOT_SIZE])
{
    static uint8_t buffer[SLOT_SIZE];
    struct fw_store_flash o = ops(f);
    struct fw_store store;
    size_t length;
    unsigned version;

    fw_store_init(&store, &o, buffer, sizeof buffer);
    const char *loaded = fw_store_load(&store, &length, &version);
    if (loaded == NULL)
        return NULL;
    assert_int_equal(version, FW_STORE_VERSION);
    memcpy(text, loaded, length);
    text[length] = 0;
    return text;
}

static bool save(struct flash *f, const char *text)
{
    static uint8_t buffer[SLOT_SIZE];
    struct fw_store_flash o = ops(f);
    struct fw_store store;
    size_t length;
    unsigned version;

    fw_store_init(&store, &o, buffer, sizeof buffer);
    fw_store_load(&store, &length, &version);
    return fw_store_save(&store, text, strlen(text));
}

static void crc_is_the_usual_one(void **unused)
{
    (void)unused;
    assert_int_equal(fw_crc32(0, (const uint8_t *)"123456789", 9), 0xcbf43926);
    assert_int_equal(fw_crc32(fw_crc32(0, (const uint8_t *)"1234", 4), (const uint8_t *)"56789", 5),
                     0xcbf43926);
}

static void a_new_board_has_none(void **unused)
{
    struct flash f = {.power_left = SIZE_MAX};
    char text[SLOT_SIZE];

    (void)unused;
    assert_null(found(&f, text));
    memset(f.slot, 0xff, sizeof f.slot);
    f.size[0] = f.size[1] = SLOT_SIZE;
    assert_null(found(&f, text));
    assert_true(save(&f, ""));
    assert_string_equal(found(&f, text), "");
    assert_true(save(&f, "mqtt.url = mqtt://a\n"));
    assert_string_equal(found(&f, text), "mqtt.url = mqtt://a\n");
}

static void power_cut_at_every_byte_of_a_save_leaves_old_or_new(void **unused)
{
    static const char *const texts[] = {"http.public = yes\n",
                                        "http.public = no\nlog.level = info\n", "a",
                                        "mqtt.url = mqtt://192.168.0.2\n"};
    char text[SLOT_SIZE];

    (void)unused;
    for (unsigned saves = 1; saves < 4; saves++) {
        size_t whole = 1 + FW_STORE_HEADER + strlen(texts[saves]);
        for (size_t cut = 0; cut <= whole; cut++) {
            struct flash f = {.power_left = SIZE_MAX};
            for (unsigned i = 0; i < saves; i++)
                assert_true(save(&f, texts[i]));
            f.power_left = cut;
            assert_int_equal(save(&f, texts[saves]), cut == whole);
            assert_string_equal(found(&f, text), texts[cut == whole ? saves : saves - 1]);

            /* And the next save works, whatever the cut one left. */
            f.power_left = SIZE_MAX;
            assert_true(save(&f, "after"));
            assert_string_equal(found(&f, text), "after");
        }
    }
}

static void two_cuts_in_a_row_do_no_harm_either(void **unused)
{
    char text[SLOT_SIZE];

    (void)unused;
    for (size_t first = 0; first < 30; first++) {
        for (size_t second = 0; second < 30; second++) {
            struct flash f = {.power_left = SIZE_MAX};
            assert_true(save(&f, "one"));
            assert_true(save(&f, "kept"));
            f.power_left = first;
            bool saved = save(&f, "new 1");
            f.power_left = second;
            bool again = save(&f, "new 2");
            assert_string_equal(found(&f, text), again ? "new 2" : saved ? "new 1" : "kept");
        }
    }
}

static void damage_anywhere_is_noticed(void **unused)
{
    char text[SLOT_SIZE];

    (void)unused;
    for (size_t at = 0; at < FW_STORE_HEADER + 6; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct flash f = {.power_left = SIZE_MAX};
            assert_true(save(&f, "old"));
            assert_true(save(&f, "newest"));
            f.slot[1][at] ^= (uint8_t)(1U << bit);
            assert_string_equal(found(&f, text), "old");
        }
    }
}

static void flash_that_lies_is_noticed(void **unused)
{
    struct flash f = {.power_left = SIZE_MAX};
    char text[SLOT_SIZE];

    (void)unused;
    assert_true(save(&f, "old"));
    f.lies = true;
    assert_false(save(&f, "new"));
    assert_string_equal(found(&f, text), "old");
}

static void too_long_is_refused(void **unused)
{
    struct flash f = {.power_left = SIZE_MAX};
    char text[SLOT_SIZE], much[SLOT_SIZE];

    (void)unused;
    memset(much, 'x', sizeof much);
    much[SLOT_SIZE - 1] = 0;
    assert_true(save(&f, "old"));
    assert_false(save(&f, much));
    much[SLOT_SIZE - FW_STORE_HEADER] = 0;
    assert_true(save(&f, much));
    assert_string_equal(found(&f, text), much);
}

static void numbers_go_round(void **unused)
{
    struct flash f = {.power_left = SIZE_MAX};
    uint8_t buffer[SLOT_SIZE];
    struct fw_store_flash o = ops(&f);
    struct fw_store store;
    char text[SLOT_SIZE];

    (void)unused;
    fw_store_init(&store, &o, buffer, sizeof buffer);
    store.number = UINT32_MAX - 2;
    for (int i = 0; i < 6; i++) {
        char number[] = {(char)('0' + i), 0};
        assert_true(fw_store_save(&store, number, 1));
        assert_string_equal(found(&f, text), number);
    }
}

/* ---- Other versions ---- */

static const struct fw_renamed renamed[] = {
    {1, "broker.url", "mqtt.url"}, {2, "broker.name", "mqtt.user"}, {0, NULL, NULL}};

static int read_text(struct reader_settings *settings, const char *text, unsigned version)
{
    static struct reader_meter_settings meters[2];
    struct reader_settings_problem problem;
    char scratch[512];

    reader_settings_init(settings, meters, 2);
    return fw_settings_read(settings, text, strlen(text), version, renamed, scratch, sizeof scratch,
                            &problem);
}

static void renamed_keys_keep_their_values(void **unused)
{
    static const char text[] = "# mine\n  broker.url = mqtt://one\nbroker.name=\"me\"\n"
                               "http.public = no";
    struct reader_settings s;

    (void)unused;
    assert_int_equal(read_text(&s, text, 1), 0);
    assert_string_equal(s.mqtt_url, "mqtt://one");
    assert_string_equal(s.mqtt_user, "me");
    assert_false(s.http_public);
    /* From version 2 on the first name was free for something else, which is not known here. */
    assert_int_equal(read_text(&s, text, 2), 1);
    assert_string_equal(s.mqtt_url, "");
    assert_string_equal(s.mqtt_user, "me");
    assert_int_equal(read_text(&s, text, 3), 2);
}

static void what_a_newer_version_left_locks_nobody_out(void **unused)
{
    static const char text[] = "future.key = 12\n"
                               "mqtt.url = mqtt://one\n"
                               "mqtt.url.of.the.future = x\n"
                               "http.public = perhaps\n"
                               "nonsense\n"
                               "[meter house]\n"
                               "colour = blue\n"
                               "period_s = 5\n"
                               "[meter \x01]\n";
    struct reader_settings s;

    (void)unused;
    assert_int_equal(read_text(&s, text, 9), 6);
    assert_string_equal(s.mqtt_url, "mqtt://one");
    assert_int_equal(s.meters, 1);
    assert_int_equal(s.meter[0].period_s, 5);
    assert_true(s.http_public);
}

static void what_does_not_fit_is_not_read_by_half(void **unused)
{
    struct reader_meter_settings meters[1];
    struct reader_settings_problem problem;
    struct reader_settings s;
    char scratch[16];

    (void)unused;
    reader_settings_init(&s, meters, 1);
    assert_int_equal(fw_settings_read(&s, "http.public = no\n", 17, 1, renamed, scratch,
                                      sizeof scratch, &problem),
                     -1);
    assert_true(s.http_public);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_is_the_usual_one),
        cmocka_unit_test(a_new_board_has_none),
        cmocka_unit_test(power_cut_at_every_byte_of_a_save_leaves_old_or_new),
        cmocka_unit_test(two_cuts_in_a_row_do_no_harm_either),
        cmocka_unit_test(damage_anywhere_is_noticed),
        cmocka_unit_test(flash_that_lies_is_noticed),
        cmocka_unit_test(too_long_is_refused),
        cmocka_unit_test(numbers_go_round),
        cmocka_unit_test(renamed_keys_keep_their_values),
        cmocka_unit_test(what_a_newer_version_left_locks_nobody_out),
        cmocka_unit_test(what_does_not_fit_is_not_read_by_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

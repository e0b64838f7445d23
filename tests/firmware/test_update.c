/* Updates that break off at every kilobyte and every write, forged, foreign and old ones. */
#include "tests/cmocka_all.h"

#include "firmware/logic/update.h"

#include <string.h>

enum {
    SLOT = 64 * 1024,
    IMAGE = 40 * 1024 + 123,
    SEAL = 8 /* at the end: a sum over all before it, standing for the signature */
};

static const mep_time SECOND = 1000000, MINUTE = 60000000;

struct board {
    uint8_t slot[SLOT];
    size_t written;
    bool open, erased, active;
    unsigned drops;
    size_t writes_left; /* until the flash fails */
    bool no_erase, no_activate;
};

static struct board board;
static uint8_t image[IMAGE];

static uint64_t seal_of(const uint8_t *bytes, size_t count)
{
    uint64_t sum = 0x1234567;

    for (size_t i = 0; i < count; i++)
        sum = sum * 1099511628211U + bytes[i];
    return sum;
}

static bool slot_open(void *context, size_t size)
{
    struct board *b = context;

    assert_false(b->open);
    assert_true(size <= SLOT);
    if (b->no_erase)
        return false;
    memset(b->slot, 0xff, SLOT);
    b->open = b->erased = true;
    b->written = 0;
    return true;
}

static bool slot_write(void *context, const uint8_t *bytes, size_t count)
{
    struct board *b = context;

    assert_true(b->open);
    if (b->writes_left == 0)
        return false;
    b->writes_left--;
    memcpy(b->slot + b->written, bytes, count);
    b->written += count;
    return true;
}

static enum fw_seal slot_close(void *context)
{
    struct board *b = context;
    uint64_t seal;

    assert_true(b->open);
    b->open = false;
    if (b->written != IMAGE)
        return FW_SEAL_DAMAGED;
    memcpy(&seal, b->slot + IMAGE - SEAL, SEAL);
    return seal == seal_of(b->slot, IMAGE - SEAL) ? FW_SEAL_OK : FW_SEAL_UNSIGNED;
}

static bool slot_activate(void *context)
{
    struct board *b = context;

    assert_false(b->open);
    if (b->no_activate)
        return false;
    b->active = true;
    return true;
}

static void slot_drop(void *context)
{
    struct board *b = context;

    assert_true(b->open);
    b->open = false;
    b->drops++;
}

static const struct fw_slot slot = {&board,     slot_open,     slot_write,
                                    slot_close, slot_activate, slot_drop};
static struct fw_image_rules rules = {
    .chip = 0, .project = "meplink", .version = "0.2.0", .slot_size = SLOT};

static void make_image(const char *version)
{
    memset(&board, 0, sizeof board);
    board.writes_left = SIZE_MAX;
    for (size_t i = 0; i < IMAGE; i++)
        image[i] = (uint8_t)(i * 7 + i / 251);
    memset(image, 0, FW_IMAGE_HEAD);
    image[0] = 0xe9;
    memcpy(image + 32, "\x32\x54\xcd\xab", 4);
    memcpy(image + 48, version, strlen(version));
    memcpy(image + 80, "meplink", 7);
    uint64_t seal = seal_of(image, IMAGE - SEAL);
    memcpy(image + IMAGE - SEAL, &seal, SEAL);
}

/* Sends `count` bytes of the image in pieces; true if all was taken. */
static bool send(struct fw_update *u, size_t announced, size_t count, size_t piece)
{
    fw_update_begin(u, &slot, &rules, announced);
    for (size_t at = 0; at < count; at += piece) {
        size_t some = count - at < piece ? count - at : piece;
        if (!fw_update_bytes(u, image + at, some))
            return false;
    }
    return true;
}

static void whole_and_signed_it_is_started_next(void **unused)
{
    static const size_t pieces[] = {1, 7, 287, 288, 289, 1024, 4096, IMAGE};
    struct fw_update u;

    (void)unused;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        for (int announced = 0; announced < 2; announced++) {
            make_image("0.3.0");
            assert_true(send(&u, announced ? IMAGE : 0, IMAGE, pieces[i]));
            assert_false(board.active);
            assert_true(fw_update_end(&u));
            assert_true(board.active);
            assert_null(u.problem);
            assert_memory_equal(board.slot, image, IMAGE);
            assert_string_equal(u.image.version, "0.3.0");
            assert_false(fw_update_bytes(&u, image, 1));
            assert_false(fw_update_end(&u));
        }
    }
}

static void broken_off_anywhere_nothing_changes(void **unused)
{
    struct fw_update u;

    (void)unused;
    for (size_t count = 0; count < IMAGE; count += count < 600 ? 1 : 1024) {
        for (int announced = 0; announced < 2; announced++) {
            make_image("0.3.0");
            assert_true(send(&u, announced ? IMAGE : 0, count, 1000));
            if (count % 2 == 0)
                fw_update_abort(&u);
            else
                assert_false(fw_update_end(&u));
            assert_false(board.active);
            assert_false(board.open);
            assert_non_null(u.problem);
            /* Without its head nothing was erased. */
            assert_int_equal(board.erased, count >= FW_IMAGE_HEAD);
            assert_false(fw_update_end(&u));
            assert_false(board.active);
        }
    }
}

static void flash_that_fails_at_any_write_is_no_update(void **unused)
{
    struct fw_update u;

    (void)unused;
    for (size_t writes = 0; writes < 41; writes++) {
        make_image("0.3.0");
        board.writes_left = writes;
        assert_false(send(&u, IMAGE, IMAGE, 1000));
        assert_false(fw_update_end(&u));
        assert_false(board.active);
        assert_int_equal(board.drops, 1);
        assert_string_equal(u.problem, "the flash could not be written");
    }
    make_image("0.3.0");
    board.no_erase = true;
    assert_false(send(&u, IMAGE, IMAGE, 1000));
    assert_int_equal(board.drops, 0);
    make_image("0.3.0");
    board.no_activate = true;
    assert_true(send(&u, IMAGE, IMAGE, 1000));
    assert_false(fw_update_end(&u));
    assert_false(u.done);
}

static void a_flipped_bit_anywhere_is_not_signed(void **unused)
{
    struct fw_update u;

    (void)unused;
    for (size_t at = FW_IMAGE_HEAD; at < IMAGE; at += 997) {
        make_image("0.3.0");
        image[at] ^= 4;
        assert_true(send(&u, IMAGE, IMAGE, 4096));
        assert_false(fw_update_end(&u));
        assert_false(board.active);
        assert_non_null(strstr(u.problem, "not signed"));
    }
}

static void expect_refused(const char *why)
{
    struct fw_update u;

    assert_false(send(&u, IMAGE, IMAGE, 512));
    assert_false(board.erased);
    assert_non_null(strstr(u.problem, why));
    assert_false(fw_update_end(&u));
}

static void foreign_images_are_refused_before_anything_is_erased(void **unused)
{
    struct fw_update u;

    (void)unused;
    make_image("0.3.0");
    image[0] = 0x7f;
    expect_refused("no application image");
    make_image("0.3.0");
    image[32] ^= 1;
    expect_refused("no application image");
    make_image("0.3.0");
    image[12] = 5;
    expect_refused("another chip");
    make_image("0.3.0");
    image[80] = 'M';
    expect_refused("another project");
    make_image("0.3.0");
    memset(image + 80, 'm', 32); /* no NUL */
    expect_refused("another project");
    make_image("0.1.9");
    expect_refused("older");
    make_image("later");
    expect_refused("no version");

    make_image("0.3.0");
    assert_false(send(&u, SLOT + 1, 512, 512));
    assert_non_null(strstr(u.problem, "larger"));
    rules.secure_version = 2;
    make_image("0.3.0");
    expect_refused("security");
    rules.secure_version = 0;
    fw_update_begin(&u, &slot, &rules, 0);
    assert_false(fw_update_bytes(&u, (const uint8_t *)"MZ", 2));
}

static void more_than_the_slot_is_refused_even_unannounced(void **unused)
{
    static uint8_t zeros[4096];
    struct fw_update u;

    (void)unused;
    make_image("0.3.0");
    assert_true(send(&u, 0, IMAGE, 4096));
    bool taken = true;
    for (int i = 0; i < 10 && taken; i++)
        taken = fw_update_bytes(&u, zeros, sizeof zeros);
    assert_false(taken);
    assert_int_equal(board.drops, 1);
}

static void older_ones_only_if_allowed(void **unused)
{
    struct fw_update u;

    (void)unused;
    rules.allow_older = true;
    make_image("0.1.9");
    assert_true(send(&u, IMAGE, IMAGE, 512));
    assert_true(fw_update_end(&u));
    make_image("unversioned");
    assert_true(send(&u, IMAGE, IMAGE, 512));
    assert_true(fw_update_end(&u));
    rules.secure_version = 1;
    make_image("0.1.9");
    expect_refused("security");
    rules.secure_version = 0;
    rules.allow_older = false;
    make_image("0.2.0"); /* the same again is no downgrade */
    assert_true(send(&u, IMAGE, IMAGE, 512));
    assert_true(fw_update_end(&u));
}

static void versions_compare(void **unused)
{
    static const char *const rising[] = {"0.0.9",  "0.1.0",           "v0.1.0-3-gabcdef",
                                         "0.2.0",  "0.2.0-12-g1",     "0.10.0",
                                         "v1.0.0", "1.0.1-1-g0-dirty"};
    int order;

    (void)unused;
    for (int a = 0; a < 8; a++) {
        for (int b = 0; b < 8; b++) {
            assert_true(fw_version_compare(rising[a], rising[b], &order));
            assert_int_equal(order, (a > b) - (a < b));
        }
    }
    assert_true(fw_version_compare("1.0.0-rc1", "1.0.0", &order));
    assert_int_equal(order, 0);
    assert_false(fw_version_compare("1.0", "1.0.0", &order));
    assert_false(fw_version_compare("1.0.0", "", &order));
    assert_false(fw_version_compare("1.0.99999999999999", "1.0.0", &order));
}

static void a_new_image_must_prove_itself(void **unused)
{
    struct fw_probation p;
    mep_time now;
    enum fw_verdict verdict = FW_VERDICT_WAIT;

    (void)unused;
    fw_probation_init(&p, 0, false);
    for (now = 0; now < 20 * MINUTE; now += SECOND)
        assert_int_equal(fw_probation_turn(&p, now, false), FW_VERDICT_WAIT);

    fw_probation_init(&p, 0, true);
    for (now = 0; verdict == FW_VERDICT_WAIT; now += SECOND)
        verdict = fw_probation_turn(&p, now, false);
    assert_int_equal(verdict, FW_VERDICT_BACK);
    assert_int_equal(now, 10 * MINUTE + SECOND);
    assert_int_equal(fw_probation_turn(&p, now, false), FW_VERDICT_WAIT);

    /* Good for 29 s now and then is not good. */
    fw_probation_init(&p, 0, true);
    verdict = FW_VERDICT_WAIT;
    for (now = 0; verdict == FW_VERDICT_WAIT; now += SECOND)
        verdict = fw_probation_turn(&p, now, now / SECOND % 30 != 0);
    assert_int_equal(verdict, FW_VERDICT_BACK);

    fw_probation_init(&p, 0, true);
    verdict = FW_VERDICT_WAIT;
    for (now = 0; verdict == FW_VERDICT_WAIT; now += SECOND)
        verdict = fw_probation_turn(&p, now, now > 590 * SECOND);
    assert_int_equal(verdict, FW_VERDICT_KEEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_and_signed_it_is_started_next),
        cmocka_unit_test(broken_off_anywhere_nothing_changes),
        cmocka_unit_test(flash_that_fails_at_any_write_is_no_update),
        cmocka_unit_test(a_flipped_bit_anywhere_is_not_signed),
        cmocka_unit_test(foreign_images_are_refused_before_anything_is_erased),
        cmocka_unit_test(more_than_the_slot_is_refused_even_unannounced),
        cmocka_unit_test(older_ones_only_if_allowed),
        cmocka_unit_test(versions_compare),
        cmocka_unit_test(a_new_image_must_prove_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

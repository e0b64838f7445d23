/* The newest intervals in RAM, and series of them. */
#include "tests/cmocka_all.h"

#include "firmware/logic/history.h"

struct points {
    struct reader_point point[64];
    size_t count;
};

static void take(void *context, const struct reader_point *point)
{
    struct points *p = context;

    assert_true(p->count < 64);
    p->point[p->count++] = *point;
}

static struct points of(const struct fw_history *h, const char *name, int64_t from, int64_t to,
                        int32_t step)
{
    struct reader_series series = {
        .serial = "", .name = name, .from = from, .to = to, .step_s = step};
    struct points p = {.count = 0};

    fw_history_series(h, &series, take, &p);
    return p;
}

static void the_last_of_each_step(void **unused)
{
    uint32_t ring[FW_HISTORY_WORDS(16)];
    struct fw_history h;

    (void)unused;
    fw_history_init(&h, ring, 16);
    for (int i = 0; i < 12; i++)
        fw_history_add(&h, 900000 + 900 * i, 1000 + 10 * i, i == 5 ? -1 : 5 * i);
    struct points p = of(&h, "energy_import_wh", 900000, 900000 + 900 * 12, 3600);
    assert_int_equal(p.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(p.point[i].time, 900000 + 900 * (4 * i + 3));
        assert_int_equal(p.point[i].value, 1000 + 10 * (4 * i + 3));
        assert_true(p.point[i].from_meter);
    }
    p = of(&h, "energy_export_wh", 900000 + 900 * 4, 900000 + 900 * 6, 900);
    assert_int_equal(p.count, 1); /* 5 has none */
    assert_int_equal(p.point[0].value, 20);
    assert_int_equal(of(&h, "power_import_w", 0, INT64_MAX, 900).count, 0);
    assert_int_equal(of(&h, "energy_import_wh", 0, 900000, 900).count, 0);
}

/* An odd number of odd points, so that neighbours share words in every way. */
static void the_newest_stay(void **unused)
{
    uint32_t ring[FW_HISTORY_WORDS(15)];
    struct fw_history h;

    (void)unused;
    fw_history_init(&h, ring, 15);
    for (int i = 0; i < 100; i++)
        fw_history_add(&h, 900 * (i + 1), i * i, 7 * i);
    fw_history_add(&h, 900 * 50, 7, 7); /* older ones are not taken */
    fw_history_add(&h, 900 * 100, 7, 7);
    fw_history_add(&h, -5, 7, 7);
    struct points p = of(&h, "energy_import_wh", 0, INT64_MAX, 900);
    assert_int_equal(p.count, 15);
    for (int i = 0; i < 15; i++) {
        assert_int_equal(p.point[i].time, 900 * (86 + i));
        assert_int_equal(p.point[i].value, (85 + i) * (85 + i));
    }
    p = of(&h, "energy_export_wh", 0, INT64_MAX, 900);
    assert_int_equal(p.count, 15);
    for (int i = 0; i < 15; i++)
        assert_int_equal(p.point[i].value, 7 * (85 + i));
}

/* What a step cannot hold begins anew instead of being wrong. */
static void breaks_begin_anew(void **unused)
{
    static const struct {
        int64_t time, import_wh, export_wh;
        size_t kept;
    } next[] = {
        {900 * 2, 1000065534, 1000, 2},          /* the largest step */
        {900 * 2, 1000065535, 1000, 1},          /* beyond */
        {900 * 2, 999999999, 1000, 1},           /* fell */
        {900 * 2, 1000000000, 999, 1},           /* the other fell */
        {900 + 65535 * 60, 1000000000, 1000, 2}, /* 45 days */
        {900 + 65536 * 60, 1000000000, 1000, 1}, /* more */
        {900 * 2, (int64_t)1 << 40, (int64_t)1 << 50, 1},
    };
    uint32_t ring[FW_HISTORY_WORDS(16)];
    struct fw_history h;

    (void)unused;
    for (size_t i = 0; i < sizeof next / sizeof *next; i++) {
        fw_history_init(&h, ring, 16);
        fw_history_add(&h, 900, 1000000000, 1000);
        fw_history_add(&h, next[i].time, next[i].import_wh, next[i].export_wh);
        struct points p = of(&h, "energy_import_wh", 0, INT64_MAX, 60);
        assert_int_equal(p.count, next[i].kept);
        assert_int_equal(p.point[p.count - 1].value, next[i].import_wh);
        assert_int_equal(p.point[p.count - 1].time, next[i].time);
        p = of(&h, "energy_export_wh", 0, INT64_MAX, 60);
        assert_int_equal(p.point[p.count - 1].value, next[i].export_wh);
    }
}

/* A total that is missing for a while goes on from where it was. */
static void gaps_in_one_total(void **unused)
{
    uint32_t ring[FW_HISTORY_WORDS(4)];
    struct fw_history h;

    (void)unused;
    fw_history_init(&h, ring, 4);
    fw_history_add(&h, 900 * 1, 100, -1);
    fw_history_add(&h, 900 * 2, 200, 7);
    fw_history_add(&h, 900 * 3, -1, 8);
    fw_history_add(&h, 900 * 4, 400, -1);
    struct points p = of(&h, "energy_import_wh", 0, INT64_MAX, 900);
    assert_int_equal(p.count, 3);
    assert_int_equal(p.point[2].value, 400);
    p = of(&h, "energy_export_wh", 0, INT64_MAX, 900);
    assert_int_equal(p.count, 2);
    assert_int_equal(p.point[1].value, 8);
    /* And when the ring forgets the first ones. */
    for (int i = 5; i < 12; i++)
        fw_history_add(&h, 900 * i, 100 * i, 10 * i);
    p = of(&h, "energy_export_wh", 0, INT64_MAX, 900);
    assert_int_equal(p.count, 4);
    assert_int_equal(p.point[0].value, 80);
    assert_int_equal(p.point[3].value, 110);
}

/* No memory was to be had. */
static void a_ring_of_none(void **unused)
{
    struct fw_history h;

    (void)unused;
    fw_history_init(&h, NULL, 0);
    fw_history_add(&h, 900, 1, 1);
    assert_int_equal(of(&h, "energy_import_wh", 0, INT64_MAX, 900).count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_of_each_step), cmocka_unit_test(the_newest_stay),
        cmocka_unit_test(breaks_begin_anew),     cmocka_unit_test(gaps_in_one_total),
        cmocka_unit_test(a_ring_of_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

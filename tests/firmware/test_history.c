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
    struct fw_history_point ring[16];
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

static void the_newest_stay(void **unused)
{
    struct fw_history_point ring[16];
    struct fw_history h;

    (void)unused;
    fw_history_init(&h, ring, 16);
    for (int i = 0; i < 100; i++)
        fw_history_add(&h, 900 * (i + 1), i, i);
    fw_history_add(&h, 900 * 50, 7, 7); /* older ones are not taken */
    fw_history_add(&h, 900 * 100, 7, 7);
    fw_history_add(&h, (int64_t)1 << 32, 7, 7);
    fw_history_add(&h, -5, 7, 7);
    struct points p = of(&h, "energy_import_wh", 0, INT64_MAX, 900);
    assert_int_equal(p.count, 16);
    assert_int_equal(p.point[0].value, 84);
    assert_int_equal(p.point[15].value, 99);
    fw_history_add(&h, 900 * 101, (int64_t)UINT32_MAX + 5, 1);
    p = of(&h, "energy_import_wh", 900 * 101, 900 * 102, 900);
    assert_int_equal(p.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_of_each_step),
        cmocka_unit_test(the_newest_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/cmocka_all.h"

#include "mep/access.h"
#include "mep/budget.h"

static const mep_time MINUTE = 60 * (mep_time)1000000;
static const uint8_t data[4] = {0x11, 0x08, 5, 0}; /* EP17, sequence 5 */

static struct mep_request write_to(uint16_t table)
{
    return (struct mep_request){MEP_WRITE_PARTIAL, table, 0, 4, data};
}

static void nothing_is_allowed_unless_named(void **unused)
{
    struct mep_budget budget = {0};

    (void)unused;
    for (unsigned table = 0; table < 4096; table++) {
        struct mep_request write = write_to((uint16_t)table);
        assert_int_not_equal(mep_budget_check(&budget, &write, 0), MEP_PERMITTED);
    }
    assert_true(mep_budget_allow(&budget, "ET50"));
    for (unsigned table = 0; table < 4096; table++) {
        struct mep_request write = write_to((uint16_t)table);
        assert_int_equal(mep_budget_check(&budget, &write, 0) == MEP_PERMITTED, table == MEP_ET50);
    }
}

static void procedures_are_named_one_by_one(void **unused)
{
    struct mep_budget budget = {0};
    struct mep_request call = write_to(MEP_BT07);

    (void)unused;
    assert_false(mep_budget_allow(&budget, "BT07"));
    assert_false(mep_budget_allow(&budget, "nonsense"));
    assert_true(mep_budget_allow(&budget, "EP16"));
    assert_int_equal(mep_budget_check(&budget, &call, 0), MEP_NOT_ALLOWED);
    assert_true(mep_budget_allow(&budget, "EP17"));
    assert_int_equal(mep_budget_check(&budget, &call, 0), MEP_PERMITTED);

    /* Leave for a procedure is not leave for the table of that number, nor for half a call. */
    struct mep_request table = write_to(MEP_EP17);
    assert_int_not_equal(mep_budget_check(&budget, &table, 0), MEP_PERMITTED);
    call.offset = 1;
    assert_int_equal(mep_budget_check(&budget, &call, 0), MEP_NOT_WRITABLE);
    call.offset = 0;
    call.count = 2;
    assert_int_equal(mep_budget_check(&budget, &call, 0), MEP_NOT_WRITABLE);
}

static void four_wearing_writes_in_any_hour(void **unused)
{
    struct mep_budget budget = {0};
    struct mep_request write = write_to(MEP_ET13);
    unsigned done = 0, most_in_an_hour = 0;
    mep_time last[100];

    (void)unused;
    assert_true(mep_budget_allow(&budget, "ET13"));
    for (mep_time now = 0; now < 24 * 60 * MINUTE; now += MINUTE) {
        if (mep_budget_check(&budget, &write, now) != MEP_PERMITTED)
            continue;
        mep_budget_spend(&budget, &write, now);
        assert_true(done < 100);
        last[done++] = now;
        unsigned in_hour = 0;
        for (unsigned i = 0; i < done; i++)
            in_hour += now - last[i] < 60 * MINUTE;
        if (in_hour > most_in_an_hour)
            most_in_an_hour = in_hour;
    }
    assert_int_equal(most_in_an_hour, 4);
    assert_int_equal(done, 96); /* of 1440 tries; 100 a day are tolerable */
}

static void the_budget_is_for_all_tables_together(void **unused)
{
    struct mep_budget budget = {0};
    struct mep_request a = write_to(MEP_ET13), b = write_to(MEP_ET52), ram = write_to(MEP_ET50);

    (void)unused;
    assert_true(mep_budget_allow(&budget, "ET13") && mep_budget_allow(&budget, "ET52") &&
                mep_budget_allow(&budget, "ET50"));
    mep_budget_spend(&budget, &a, 0);
    mep_budget_spend(&budget, &b, 0);
    mep_budget_spend(&budget, &a, 0);
    mep_budget_spend(&budget, &b, 0);
    assert_int_equal(mep_budget_check(&budget, &a, MINUTE), MEP_TOO_OFTEN);
    assert_int_equal(mep_budget_check(&budget, &b, MINUTE), MEP_TOO_OFTEN);
    /* ET50 is in RAM. */
    for (int i = 0; i < 10; i++)
        mep_budget_spend(&budget, &ram, MINUTE);
    assert_int_equal(mep_budget_check(&budget, &ram, MINUTE), MEP_PERMITTED);
}

static void procedure_calls_wear_old_meters(void **unused)
{
    struct mep_budget budget = {0};
    struct mep_request call = write_to(MEP_BT07);

    (void)unused;
    assert_true(mep_budget_allow(&budget, "EP17"));
    for (int i = 0; i < 4; i++)
        mep_budget_spend(&budget, &call, 0);
    assert_int_equal(mep_budget_check(&budget, &call, 0), MEP_TOO_OFTEN); /* firmware unknown */
    budget.firmware = 0x3155;                                             /* 3.10.21 */
    assert_int_equal(mep_budget_check(&budget, &call, 0), MEP_TOO_OFTEN);
    budget.firmware = 3 << 12 | 40 << 5;
    assert_int_equal(mep_budget_check(&budget, &call, 0), MEP_PERMITTED);
}

static void rights_of_the_two_keys(void **unused)
{
    (void)unused;
    /* p.12: what the basic key may write and start. */
    assert_int_equal(mep_access(MEP_TABLE, MEP_BT07), MEP_MAK_WRITES | MEP_MBK_WRITES);
    assert_int_equal(mep_access(MEP_TABLE, MEP_ET50), MEP_MAK_WRITES | MEP_MBK_WRITES);
    assert_true(mep_access(MEP_TABLE, MEP_EXTENDED + 51) & MEP_MBK_WRITES);
    assert_true(mep_access(MEP_TABLE, MEP_ET52) & MEP_MBK_WRITES);
    assert_true(mep_access(MEP_PROCEDURE, MEP_EP39) & MEP_MBK_WRITES);
    unsigned basic = 0;
    for (unsigned table = 0; table < 4096; table++)
        basic += (mep_access(MEP_TABLE, (uint16_t)table) & MEP_MBK_WRITES) != 0;
    assert_int_equal(basic, 4);
    /* Nobody writes the registers' history or what is not listed. */
    assert_int_equal(mep_access(MEP_TABLE, 28) & (MEP_MAK_WRITES | MEP_MBK_WRITES), 0);
    assert_int_equal(mep_access(MEP_TABLE, 1000), MEP_WEARS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allowed_unless_named),
        cmocka_unit_test(procedures_are_named_one_by_one),
        cmocka_unit_test(four_wearing_writes_in_any_hour),
        cmocka_unit_test(the_budget_is_for_all_tables_together),
        cmocka_unit_test(procedure_calls_wear_old_meters),
        cmocka_unit_test(rights_of_the_two_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

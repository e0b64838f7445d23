#include "mep/budget.h"

#include "mep/access.h"

enum {
    PROCEDURE = 0x8000, /* marks a procedure among the allowed */
    FIRMWARE_3_40 = 3 << 12 | 40 << 5
};

static const mep_time HOUR = (mep_time)3600 * 1000000;

bool mep_budget_allow(struct mep_budget *budget, const char *name)
{
    enum mep_kind kind;
    uint16_t number;

    if (!mep_name_parse(name, &kind, &number) || budget->allowed_count == MEP_ALLOWED_MAX)
        return false;
    if (kind == MEP_TABLE && number == MEP_BT07)
        return false;
    budget->allowed[budget->allowed_count++] =
        (uint16_t)(number | (kind == MEP_PROCEDURE ? PROCEDURE : 0));
    return true;
}

/* The number a write to BT07 starts (p.51); false when the write does not hold a whole call. */
static bool procedure_of(const struct mep_request *write, uint16_t *number)
{
    if (write->offset != 0 || write->count < 3)
        return false;
    *number = (uint16_t)((write->data[0] | write->data[1] << 8) & 0xfff);
    return true;
}

static bool wears(const struct mep_budget *budget, const struct mep_request *write)
{
    if (write->table == MEP_BT07)
        return budget->firmware < FIRMWARE_3_40;
    return (mep_access(MEP_TABLE, write->table) & MEP_WEARS) != 0;
}

enum mep_permission mep_budget_check(const struct mep_budget *budget,
                                     const struct mep_request *write, mep_time now)
{
    uint16_t wanted = write->table;
    bool allowed = false;

    if (write->table == MEP_BT07) {
        if (!procedure_of(write, &wanted))
            return MEP_NOT_WRITABLE;
        wanted |= PROCEDURE;
    } else if ((mep_access(MEP_TABLE, write->table) & MEP_MAK_WRITES) == 0) {
        return MEP_NOT_WRITABLE;
    }
    for (size_t i = 0; i < budget->allowed_count; i++)
        allowed |= budget->allowed[i] == wanted;
    if (!allowed)
        return MEP_NOT_ALLOWED;
    if (wears(budget, write) && budget->written_count == MEP_WRITES_PER_HOUR &&
        now - budget->written[0] < HOUR)
        return MEP_TOO_OFTEN;
    return MEP_PERMITTED;
}

void mep_budget_spend(struct mep_budget *budget, const struct mep_request *write, mep_time now)
{
    if (!wears(budget, write))
        return;
    if (budget->written_count == MEP_WRITES_PER_HOUR) {
        for (size_t i = 1; i < MEP_WRITES_PER_HOUR; i++)
            budget->written[i - 1] = budget->written[i];
        budget->written_count--;
    }
    budget->written[budget->written_count++] = now;
}

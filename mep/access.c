#include "mep/access.h"

struct right {
    uint16_t number;
    uint8_t flags;
};

enum {
    READ_ONLY = 0,
    MAK = MEP_MAK_WRITES,
    BOTH = MEP_MAK_WRITES | MEP_MBK_WRITES,
    WEARS = MEP_WEARS
};

#define BT(n) (n)
#define ET(n) (MEP_EXTENDED + (n))

/* Tables C.1 and C.4, as far as they can be written at all. */
static const struct right tables[] = {
    {BT(7), BOTH},          {BT(15), MAK | WEARS},  {BT(23), MAK},         {BT(33), MAK},
    {BT(53), MAK | WEARS},  {BT(54), MAK | WEARS},  {ET(1), MAK | WEARS},  {ET(2), MAK},
    {ET(3), MAK | WEARS},   {ET(4), MAK},           {ET(5), MAK},          {ET(6), MAK},
    {ET(7), MAK | WEARS},   {ET(9), MAK},           {ET(13), MAK | WEARS}, {ET(23), MAK},
    {ET(34), MAK | WEARS},  {ET(40), MAK | WEARS},  {ET(47), MAK | WEARS}, {ET(50), BOTH},
    {ET(51), BOTH | WEARS}, {ET(52), BOTH | WEARS}, {ET(55), MAK},         {ET(57), MAK},
    {ET(67), MAK},          {ET(76), MAK},          {ET(77), MAK | WEARS}, {ET(80), MAK | WEARS},
};

/* Table C.2; EP39 by p.12. */
static const struct right procedures[] = {
    {MEP_EP16, BOTH},
    {MEP_EP17, BOTH},
    {MEP_EP39, BOTH},
    {MEP_EP61, BOTH},
};

static unsigned find(const struct right *rights, size_t count, uint16_t number, unsigned otherwise)
{
    for (size_t i = 0; i < count; i++)
        if (rights[i].number == number)
            return rights[i].flags;
    return otherwise;
}

unsigned mep_access(enum mep_kind kind, uint16_t number)
{
    if (kind == MEP_PROCEDURE)
        return find(procedures, sizeof procedures / sizeof *procedures, number, MAK);
    return find(tables, sizeof tables / sizeof *tables, number, WEARS);
}

#include "mep/reach.h"

#include <string.h>

enum {
    SHORTEST = 32, /* a read that is not worth splitting */
    DAMAGED = 6,   /* damaged answers in a row before shorter reads are tried: on a line that
                        * damages one in five, chance does it once in some days */
    TRIED = 3,     /* the same for longer ones on trial */
    ALIKE = 16,    /* stopping well before the end and within so many bytes of the place
                        * before counts double */
    PATIENCE = 16, /* clean reads before longer ones are tried, at first */
    PATIENCE_MAX = 4096
};

void mep_reach_init(struct mep_reach *reach)
{
    memset(reach, 0, sizeof *reach);
    reach->limit = MEP_READ_MAX;
    reach->patience = PATIENCE;
}

void mep_reach_begin(struct mep_reach *reach)
{
    reach->cut_alike = false;
}

void mep_reach_cut(struct mep_reach *reach, uint16_t received, uint16_t length)
{
    uint16_t before = reach->cut_at;

    reach->cut_alike =
        length - received > ALIKE && received + ALIKE > before && before + ALIKE > received;
    reach->cut_at = received;
}

void mep_reach_damaged(struct mep_reach *reach, uint16_t size)
{
    if (size <= SHORTEST)
        return;
    /* What is no longer than what went well before the trial proves nothing about it. */
    bool on_trial = reach->on_trial && size > reach->limit / 2;
    reach->clean = 0;
    reach->damaged = (uint8_t)(reach->damaged + (reach->cut_alike ? 2 : 1));
    if (reach->damaged < (on_trial ? TRIED : DAMAGED))
        return;
    reach->damaged = 0;
    reach->limit = size / 2 > SHORTEST ? size / 2 : SHORTEST;
    if (on_trial && reach->patience < PATIENCE_MAX)
        reach->patience *= 2;
    reach->on_trial = false;
}

void mep_reach_clean(struct mep_reach *reach, uint16_t size)
{
    reach->damaged = 0;
    if (size < reach->limit)
        return; /* proves nothing */
    if (reach->on_trial) {
        reach->on_trial = false;
        reach->patience = PATIENCE;
    }
    if (reach->limit == MEP_READ_MAX || ++reach->clean < reach->patience)
        return;
    reach->clean = 0;
    reach->on_trial = true;
    reach->limit = reach->limit < MEP_READ_MAX / 2 ? reach->limit * 2 : MEP_READ_MAX;
}

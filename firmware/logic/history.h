/*
 * The meter's load profile in RAM: its newest intervals, import and export, read
 * anew after each start. The board keeps nothing of it in flash.
 */
#ifndef FW_HISTORY_H
#define FW_HISTORY_H

#include "reader/bridge/bridge.h"

struct fw_history_point {
    uint32_t time;  /* its end, seconds since 1970 */
    uint32_t wh[2]; /* import, export; UINT32_MAX: not there */
};

/* A ring in the caller's memory. */
struct fw_history {
    struct fw_history_point *point;
    size_t size, first, count;
};

void fw_history_init(struct fw_history *history, struct fw_history_point *point, size_t size);

/* Later than the newest one; others are ignored. Negative: the meter does not have it. */
void fw_history_add(struct fw_history *history, int64_t time, int64_t import_wh, int64_t export_wh);

/* As reader_host's series(): totals of the energies; of other names there is nothing. */
void fw_history_series(const struct fw_history *history, const struct reader_series *series,
                       reader_point_fn *fn, void *context);

#endif

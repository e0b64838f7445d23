#include "firmware/logic/history.h"

#include <string.h>

void fw_history_init(struct fw_history *history, struct fw_history_point *point, size_t size)
{
    memset(history, 0, sizeof *history);
    history->point = point;
    history->size = size;
}

static const struct fw_history_point *at(const struct fw_history *history, size_t index)
{
    return &history->point[(history->first + index) % history->size];
}

static uint32_t kept(int64_t wh)
{
    return wh < 0 || wh >= UINT32_MAX ? UINT32_MAX : (uint32_t)wh;
}

void fw_history_add(struct fw_history *history, int64_t time, int64_t import_wh, int64_t export_wh)
{
    if (history->size == 0 || time <= 0 || time > UINT32_MAX ||
        (history->count != 0 && time <= at(history, history->count - 1)->time))
        return;
    if (history->count == history->size)
        history->first = (history->first + 1) % history->size;
    else
        history->count++;
    struct fw_history_point *new =
        &history->point[(history->first + history->count - 1) % history->size];
    new->time = (uint32_t)time;
    new->wh[0] = kept(import_wh);
    new->wh[1] = kept(export_wh);
}

void fw_history_series(const struct fw_history *history, const struct reader_series *series,
                       reader_point_fn *fn, void *context)
{
    static const char *const names[2] = {"energy_import_wh", "energy_export_wh"};
    struct reader_point point = {.from_meter = true};
    int64_t step = -1;
    int which = 0;

    while (which < 2 && strcmp(series->name, names[which]) != 0)
        which++;
    if (which == 2 || series->step_s <= 0)
        return;
    for (size_t i = 0; i < history->count; i++) {
        const struct fw_history_point *p = at(history, i);
        if (p->time < series->from || p->time >= series->to || p->wh[which] == UINT32_MAX)
            continue;
        int64_t its = (p->time - series->from) / series->step_s;
        if (step >= 0 && its != step)
            fn(context, &point);
        step = its;
        point.time = p->time;
        point.value = p->wh[which];
    }
    if (step >= 0)
        fn(context, &point);
}

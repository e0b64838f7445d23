/* Series of values from the host's store, which has them from the meter and from samples. */
#include "reader/bridge/call.h"
#include "reader/bridge/titles.h"

#include <string.h>

enum {
    NAMES_MAX = 4,
    STEPS_MAX = 3000,
    STEP_MIN_S = 60,
    STEP_MAX_S = 2678400,  /* 31 days */
    AT_STEP_MAX_S = 86400, /* one look for each time */
    DAY_S = 86400,
    STEP_S = 900 /* unless told otherwise */
};

struct series {
    const char *name;
    enum meter_unit unit;
    bool known;
};

struct history {
    struct http_call *call;
    struct series series[NAMES_MAX];
    size_t names, times;
    int64_t from, to, step_s;
    size_t begun;              /* of the answer: so many series, 0 being not even its head */
    struct reader_point point; /* the newest of those at a time */
    bool found;
};

/* ---- What was asked ---- */

static void look_at(void *context, const struct reader_value *value)
{
    struct series *series = context;

    if (value->kind == READER_INTEGER && strcmp(value->name, series->name) == 0) {
        series->known = true;
        series->unit = value->unit;
    }
}

/* A text's end, where a comma or NUL was; `text` becomes what follows. */
static char *cut(char **text)
{
    char *part = *text;
    size_t size = strcspn(part, ",");

    *text = part + size + (part[size] == ',');
    part[size] = 0;
    return part;
}

/* `text`, as it was decoded, is where the names stay. */
static const char *take_names(struct history *history, char *text)
{
    if (text[0] == 0)
        return "name is missing; up to 4 names of values, separated by commas, are accepted";
    while (*text != 0) {
        if (history->names == NAMES_MAX)
            return "name has too many; up to 4 names of values are accepted";
        struct series *series = &history->series[history->names++];
        series->name = cut(&text);
        reader_value_names_of_all(look_at, series);
        if (!series->known)
            return "name holds what is no number of a reading; names that /api/v1/info lists are "
                   "accepted";
    }
    return NULL;
}

static const char *take_times(struct history *history, const char *text)
{
    int64_t *times = history->call->bridge->scratch.times;

    while (*text != 0) {
        if (history->times == READER_TIMES_MAX)
            return "at has too many; up to 64 times are accepted";
        if (!http_number(&text, &times[history->times++]) || (*text != ',' && *text != 0))
            return "at is not seconds since 1970, separated by commas";
        text += *text == ',';
    }
    for (size_t i = 0; i < history->names; i++)
        if (!reader_is_total(history->series[i].name, history->series[i].unit))
            return "at is for energies and other totals only";
    return NULL;
}

/* False: it is there and no number. */
static bool take_number(const struct history *history, const char *name, int64_t *number,
                        int64_t fallback)
{
    char text[16];
    const char *at = text;

    if (!http_parameter(history->call->query, name, text, sizeof text))
        return false;
    *number = fallback;
    return text[0] == 0 || (http_number(&at, number) && *at == 0);
}

static const char *take_range(struct history *history)
{
    bool good = take_number(history, "to", &history->to, history->call->calendar_s);

    good = good && take_number(history, "from", &history->from, history->to - DAY_S);
    if (!good)
        return "from and to are seconds since 1970";
    if (history->from >= history->to)
        return "from is not before to";
    if ((history->to - history->from - 1) / history->step_s >= STEPS_MAX)
        return "from and to are more than 3000 steps of resolution apart";
    return NULL;
}

/* NULL, or what is wrong. The names stay in the scratch's text. */
static const char *take_all(struct history *history)
{
    struct http_call *call = history->call;
    char *text = call->bridge->scratch.text, *at = text + READER_HTTP_TARGET_MAX + 1;

    _Static_assert(2 * (READER_HTTP_TARGET_MAX + 1) <= READER_SCRATCH, "two parameters fit");
    http_parameter(call->query, "name", text, READER_HTTP_TARGET_MAX + 1);
    http_parameter(call->query, "at", at, READER_HTTP_TARGET_MAX + 1);
    const char *problem = take_names(history, text);
    if (problem != NULL)
        return problem;
    if (!take_number(history, "resolution", &history->step_s, STEP_S) ||
        history->step_s < STEP_MIN_S || history->step_s > STEP_MAX_S)
        return "resolution is not a number of seconds from 60 to 2678400";
    if (at[0] == 0)
        return take_range(history);
    if (history->step_s > AT_STEP_MAX_S)
        return "resolution, with at, is not a number of seconds from 60 to 86400";
    return take_times(history, at);
}

/* ---- The answer ---- */

/* Not before the store gave something: until then it can still be an error. */
static struct reader_out *begin_series(struct history *history, size_t index)
{
    struct http_call *call = history->call;
    const struct series *series = &history->series[index];
    bool total = reader_is_total(series->name, series->unit);

    if (history->begun > index)
        return call->out;
    if (history->begun == 0) {
        reader_json_begin(http_json(call, 200), NULL);
        reader_json_string(call->out, "meter", call->meter->settings->name);
        reader_json_integer(call->out, "resolution", history->step_s);
        reader_json_begin_array(call->out, "series");
    }
    history->begun = index + 1;
    reader_json_begin(call->out, NULL);
    reader_json_string(call->out, "name", series->name);
    reader_json_string(call->out, "unit", meter_unit_text(series->unit));
    reader_json_string(call->out, "kind", total ? "total" : "mean");
    reader_json_begin_array(call->out, "points");
    return call->out;
}

static void give_point(struct reader_out *out, const struct reader_point *point)
{
    reader_json_begin_array(out, NULL);
    reader_json_integer(out, NULL, point->time);
    reader_json_integer(out, NULL, point->value);
    reader_json_string(out, NULL, point->from_meter ? "meter" : "sample");
    reader_json_end_array(out);
}

struct giving {
    struct history *history;
    size_t index;
};

static void on_point(void *context, const struct reader_point *point)
{
    const struct giving *giving = context;
    give_point(begin_series(giving->history, giving->index), point);
}

static void on_point_at(void *context, const struct reader_point *point)
{
    struct history *history = context;

    history->point = *point;
    history->found = true;
}

static bool ask(const struct history *history, const char *name, int64_t from, int64_t to,
                reader_point_fn *fn, void *context)
{
    const struct reader_host *host = history->call->bridge->host;
    const struct reader_series wanted = {.serial =
                                             reader_info(history->call->meter->reader)->serial,
                                         .name = name,
                                         .from = from,
                                         .to = to,
                                         .step_s = (int32_t)history->step_s};
    return host->series(host->context, &wanted, fn, context);
}

static bool give_range(struct history *history, size_t index)
{
    struct giving giving = {history, index};
    return ask(history, history->series[index].name, history->from, history->to, on_point, &giving);
}

static bool give_times(struct history *history, size_t index)
{
    for (size_t i = 0; i < history->times; i++) {
        int64_t time = history->call->bridge->scratch.times[i];
        history->found = false;
        if (!ask(history, history->series[index].name, time + 1 - history->step_s, time + 1,
                 on_point_at, history))
            return false;
        struct reader_out *out = begin_series(history, index);
        if (history->found)
            give_point(out, &history->point);
        else
            reader_json_null(out, NULL);
    }
    return true;
}

static enum reader_http_result give_all(struct history *history)
{
    struct http_call *call = history->call;

    for (size_t i = 0; i < history->names; i++) {
        bool given = history->times != 0 ? give_times(history, i) : give_range(history, i);
        if (!given && history->begun == 0)
            return http_error(call, 503, "store_failed",
                              "history cannot be read now; health and the log say more");
        if (!given) {
            call->out->failed = true;
            return READER_HTTP_DONE;
        }
        begin_series(history, i);
        reader_json_end_array(call->out);
        reader_json_end(call->out);
    }
    reader_json_end_array(call->out);
    reader_json_end(call->out);
    return READER_HTTP_DONE;
}

enum reader_http_result http_get_history(struct http_call *call)
{
    struct history history = {.call = call};
    const char *problem = take_all(&history);

    if (problem != NULL)
        return http_error(call, 400, "invalid", problem);
    if (call->bridge->host->store_ok == NULL)
        return http_error(call, 404, "no_store", "this device keeps no history");
    if (reader_info(call->meter->reader)->serial[0] == 0)
        return http_error(call, 503, "unknown_serial",
                          "the meter has not told its serial number yet, under which its history "
                          "is kept");
    return give_all(&history);
}

#include "host/commands.h"
#include "host/file_out.h"
#include "host/say.h"
#include "host/session.h"
#include "reader/history.h"

#include <inttypes.h>
#include <string.h>

enum {
    PERIOD_US = 5000000, /* between rounds: the line is for the load profile, they show that the
                          * meter is still the same */
    TIME_WIDTH = 20,
    COLUMN_WIDTH = 12 /* at least */
};

struct wanted {
    struct reader_history history;
    bool as_json, titled, other_meter;
};

/* What one interval holds, by channel. */
struct row {
    struct reader_out *json; /* NULL: a table */
    bool has[METER_PROFILE_CHANNELS_MAX];
    int64_t integer[METER_PROFILE_CHANNELS_MAX];
};

static void on_value(void *context, const struct meter_value *value)
{
    struct row *row = context;

    if (row->json != NULL)
        reader_json_integer(row->json, value->name, value->integer);
    row->has[value->place] = true;
    row->integer[value->place] = value->integer;
}

static size_t flag_names(uint32_t flags, const char **names)
{
    size_t count = 0;

    for (unsigned bit = 0; bit < METER_PROFILE_FLAGS; bit++) {
        const char *name = meter_profile_flag_name(bit);
        if ((flags >> bit & 1) != 0 && name != NULL)
            names[count++] = name;
    }
    return count;
}

static void print_json(const struct session *session, const struct wanted *w,
                       const struct reader_interval *interval)
{
    struct reader_out json = file_out(stdout);
    struct row row = {.json = &json};
    const char *names[METER_PROFILE_FLAGS];
    size_t count = flag_names(interval->flags, names);
    char text[METER_TIME_SIZE];
    struct meter_time time = meter_time_from_unix(interval->time);

    reader_json_begin(&json, NULL);
    reader_json_string(&json, "time", meter_time_text(&time, text));
    reader_history_values(&w->history, &session->reader, interval, on_value, &row);
    reader_json_begin_array(&json, "flags");
    for (size_t i = 0; i < count; i++)
        reader_json_string(&json, NULL, names[i]);
    reader_json_end_array(&json);
    reader_json_end(&json);
    putchar('\n');
}

/* The channels' names and how wide each column is. */
static bool column(const struct session *session, const struct wanted *w, unsigned channel,
                   struct meter_value *value, int *width)
{
    if (!meter_profile_channel(&w->history.profile, &reader_info(&session->reader)->dimensions,
                               channel, value))
        return false;
    *width = strlen(value->name) > COLUMN_WIDTH ? (int)strlen(value->name) : COLUMN_WIDTH;
    return true;
}

static void print_line(const struct session *session, struct wanted *w,
                       const struct reader_interval *interval)
{
    struct row row = {.json = NULL};
    struct meter_value value;
    struct meter_time time = meter_time_from_unix(interval->time);
    const char *names[METER_PROFILE_FLAGS];
    char text[METER_TIME_SIZE];
    int width;

    if (!w->titled) {
        printf("%-*s", TIME_WIDTH, "time");
        for (unsigned i = 0; column(session, w, i, &value, &width); i++)
            printf("  %*s", width, value.name);
        puts("  flags");
        w->titled = true;
    }
    reader_history_values(&w->history, &session->reader, interval, on_value, &row);
    printf("%s", meter_time_text(&time, text));
    for (unsigned i = 0; column(session, w, i, &value, &width); i++) {
        if (row.has[i])
            printf("  %*" PRId64, width, row.integer[i]);
        else
            printf("  %*s", width, "-");
    }
    size_t count = flag_names(interval->flags, names);
    printf("  %s", count == 0 ? "-" : names[0]);
    for (size_t i = 1; i < count; i++)
        printf(",%s", names[i]);
    putchar('\n');
}

static void print_all(struct session *session, struct wanted *w)
{
    struct reader_interval interval;

    while (reader_history_next(&w->history, &session->reader, &interval)) {
        if (w->as_json)
            print_json(session, w, &interval);
        else
            print_line(session, w, &interval);
    }
    fflush(stdout);
}

static void on_event(struct session *session, const struct reader_event *event)
{
    struct wanted *w = session->context;

    if (event != NULL) {
        reader_history_event(&w->history, &session->reader, event);
        if (event->type == READER_EVENT_TABLE && event->table.outcome == MEP_OUTCOME_OK)
            session_give_up_in_time(session);
        w->other_meter |= event->type == READER_EVENT_METER;
    }
    print_all(session, w);
    reader_history_turn(&w->history, &session->reader, link_now());
    session->next = reader_history_wake(&w->history);
    if (w->history.state != READER_HISTORY_READING || w->other_meter)
        session_stop(session);
}

static int say_what_failed(const struct session *session, const struct wanted *w)
{
    if (w->other_meter)
        return say_failed("another meter answers now");
    if (w->history.state == READER_HISTORY_NONE && w->history.code != 0)
        return say_failed("no load profile: the meter says: %s",
                          mep_code_strerror(w->history.code));
    if (w->history.state == READER_HISTORY_NONE)
        return say_failed("no load profile: %s", meter_profile_strerror(w->history.problem));
    return session_say_failed(
        session, w->history.counters.intervals == 0 ? "load profile" : "more of the load profile");
}

static int run(const struct options *options)
{
    static struct session session;
    static struct wanted wanted;

    int status = options_require_meter(options);
    if (status != EXIT_OK)
        return status;
    wanted.as_json = (options->given & OPTION_JSON) != 0;
    reader_history_init(&wanted.history, 0,
                        (options->given & OPTION_SINCE) != 0 ? options->since : READER_HISTORY_ALL);
    session_init(&session, options, on_event, &wanted);
    session.reader.config.period_us = PERIOD_US;
    session_give_up_in_time(&session);
    session_run(&session);
    if (wanted.history.state != READER_HISTORY_CURRENT || wanted.other_meter)
        status = say_what_failed(&session, &wanted);
    session_close(&session);
    return status;
}

const struct command command_profile = {
    .name = "profile",
    .summary = "print the meter's own history, its load profile",
    .usage = "--meter URI --key KEY [--since TIME] [--encrypt] [--json]",
    .text = "Reads what the meter recorded at the end of each interval, often for months, and\n"
            "prints it, the oldest first: a line an interval, or an object a line. Energies\n"
            "are what the registers said then, not what was used in the interval. An interval\n"
            "in which the meter had no power is not there. The meter is asked once a second\n"
            "at most, so a long history takes minutes; with --since, only what is missing.",
    .options = OPTION_LINK | OPTION_SINCE | OPTION_JSON,
    .run = run,
};

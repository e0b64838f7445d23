#include "host/commands.h"
#include "host/reading.h"
#include "host/say.h"
#include "host/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    READINGS_MAX = 12 /* after so many, what is there is taken for all that will come */
};

struct wanted {
    struct reading reading;
    size_t values_before;
    unsigned readings, settled;
    bool complete;
};

/*
 * The clock and the tariff come beside the first rounds, and blocks of a BT23
 * that exceeds a frame in rounds of their own: a reading is complete when it
 * brings nothing new any more.
 */
static bool is_complete(struct wanted *w, const struct reader *reader, uint32_t flags)
{
    const struct meter_dimensions *dims = &reader_info(reader)->dimensions;
    bool in_pieces = meter_table_size(&meter_bt23, dims) > MEP_READ_MAX;
    const uint32_t partial = READER_FLAG_REJECTED | READER_FLAG_NO_ENERGY | READER_FLAG_NO_PRESENT;

    w->readings++;
    w->settled = w->reading.count == w->values_before ? w->settled + 1 : 0;
    w->values_before = w->reading.count;
    if (w->readings >= READINGS_MAX)
        return true;
    if ((flags & partial) != 0 || reading_find(&w->reading, "meter_time") == NULL)
        return false;
    if (in_pieces || reading_find(&w->reading, "tariff") == NULL)
        return w->settled >= 2;
    return true;
}

static void on_event(struct session *session, const struct reader_event *event)
{
    struct wanted *w = session->context;

    if (event->type != READER_EVENT_READING)
        return;
    reading_take(&w->reading, &session->reader, link_now());
    if (!is_complete(w, &session->reader, event->reading.flags))
        return;
    w->complete = true;
    session_stop(session);
}

/* "energy_import_t1_wh" without its unit, for people. */
static void print_label(const struct reading_value *value)
{
    static const char *const units[] = {"_wh", "_varh", "_vah", "_w",        "_var", "_va",
                                        "_ma", "_mv",   "_mhz", "_permille", "_s",   "_ms"};
    char label[METER_NAME_SIZE];

    snprintf(label, sizeof label, "%s", value->name);
    for (size_t i = 0; value->unit != METER_UNIT_NONE && i < sizeof units / sizeof *units; i++) {
        char *end = label + strlen(label) - strlen(units[i]);
        if (end > label && strcmp(end, units[i]) == 0) {
            *end = 0;
            break;
        }
    }
    for (char *c = label; *c != 0; c++)
        if (*c == '_')
            *c = ' ';
    printf("  %-32s", label);
}

static void print_table(const struct reading *reading)
{
    char text[READING_TEXT_SIZE];

    for (size_t i = 0; i < reading->count; i++) {
        print_label(&reading->value[i]);
        printf("%20s%s\n", reading_text(&reading->value[i], text),
               reading->value[i].before_ratio ? "  before the CT and VT ratio" : "");
    }
}

static void print_lines(const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct reading_value *value = &reading->value[i];
        if (value->kind == READER_INTEGER)
            printf("%s %lld\n", value->name, (long long)value->integer);
        else
            printf("%s %s\n", value->name, value->text);
    }
}

static int run(const struct options *options)
{
    static struct session session;
    static struct wanted wanted;

    int status = options_require_meter(options);
    if (status != EXIT_OK)
        return status;
    session_init(&session, options, on_event, &wanted);
    session_give_up_in_time(&session);
    session_run(&session);
    if (!wanted.complete)
        status = session_say_failed(&session, "complete reading");
    else if ((options->given & OPTION_JSON) != 0)
        reading_json(&wanted.reading, stdout);
    else if (isatty(STDOUT_FILENO))
        print_table(&wanted.reading);
    else
        print_lines(&wanted.reading);
    session_close(&session);
    return status;
}

const struct command command_read = {
    .name = "read",
    .summary = "print one complete, verified reading",
    .usage = "--meter URI --key KEY [--encrypt] [--json]",
    .text = "Reads what the meter measures and counts, once, and prints every value that it\n"
            "has: a table on a terminal, a name and a number a line in a pipe, or one flat\n"
            "JSON object. What the meter does not have is left out.",
    .options = OPTION_LINK | OPTION_JSON,
    .run = run,
};

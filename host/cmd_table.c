#include "host/commands.h"
#include "host/file_out.h"
#include "host/say.h"
#include "host/session.h"
#include "host/value_out.h"

#include <string.h>

enum {
    TABLE_BYTES_MAX = 4096
};

/* ---- What the schema knows, without a meter ----------------------------- */

static void list_tables(bool as_json)
{
    for (size_t i = 0; i < meter_table_count; i++) {
        const struct meter_table *table = meter_tables[i];
        if (as_json) {
            struct reader_out json = file_out(stdout);
            reader_json_begin(&json, NULL);
            reader_json_string(&json, "table", table->name);
            reader_json_integer(&json, "number", table->number);
            reader_json_string(&json, "title", table->title);
            reader_json_integer(&json, "page", table->page);
            reader_json_end(&json);
            putchar('\n');
        } else {
            printf("%-5s %5u  %-40s p.%u\n", table->name, table->number, table->title, table->page);
        }
    }
}

/* The type of one element: without the arrays it stands in. */
static const char *element_type(const struct meter_field *field, char *text, size_t size)
{
    const char *type = meter_type_text(field, text, size);

    for (unsigned k = 0; k < METER_FIELD_LEVELS && field->level[k].count != METER_DIM_NONE; k++) {
        const char *of = strstr(type, " of ");
        if (of != NULL)
            type = of + 4;
    }
    return type;
}

static void list_line(void *context, const struct meter_value *value)
{
    char type[96], since[METER_VERSION_SIZE];

    (void)context;
    printf("%6u  %-20s %-9s %-6s %s\n", value->offset,
           element_type(value->field, type, sizeof type), meter_unit_text(value->unit),
           meter_firmware_text(value->since, since, sizeof since), value->name);
}

static void list_json(void *context, const struct meter_value *value)
{
    char text[96];
    struct reader_out json = file_out(stdout);

    (void)context;
    reader_json_begin(&json, NULL);
    reader_json_string(&json, "name", value->name);
    reader_json_integer(&json, "offset", value->offset);
    reader_json_string(&json, "type", element_type(value->field, text, sizeof text));
    if (value->unit != METER_UNIT_NONE)
        reader_json_string(&json, "unit", meter_unit_text(value->unit));
    if (value->since != METER_FW_ANY)
        reader_json_string(&json, "since", meter_firmware_text(value->since, text, sizeof text));
    reader_json_end(&json);
    putchar('\n');
}

static void list_fields(const struct meter_table *table, bool as_json)
{
    struct meter_dimensions dims;

    meter_dimensions_default(&dims);
    if (as_json) {
        meter_list(table, &dims, list_json, NULL);
        return;
    }
    printf("%s %s (guide p.%u), as a meter with %u summations, %u tiers and %u present values "
           "has it\n\n%6s  %-20s %-9s %-6s %s\n",
           table->name, table->title, table->page, meter_dimension(&dims, METER_DIM_SUMMATIONS),
           meter_dimension(&dims, METER_DIM_TIERS),
           meter_dimension(&dims, METER_DIM_PRESENT_VALUES), "OFFSET", "TYPE", "UNIT", "SINCE",
           "NAME");
    meter_list(table, &dims, list_line, NULL);
}

static int unknown_table(const char *name)
{
    char list[METER_DIM_COUNT * 4] = "";
    size_t used = 0;

    for (size_t i = 0; i < meter_table_count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ",
                                 meter_tables[i]->name);
    return say_usage("table: %s is no known table; accepted are %s", name, list);
}

/* ---- What a meter has in it ---------------------------------------------- */

struct wanted {
    const struct meter_table *table;
    uint8_t bytes[TABLE_BYTES_MAX];
    size_t size, got; /* the whole table's, by the schema; of it read so far */
    bool complete;
    const char *problem;
};

static void ask(struct session *session, struct wanted *w)
{
    size_t left = w->size - w->got;

    if (left > MEP_READ_MAX)
        left = MEP_READ_MAX;
    reader_read(&session->reader, w->table->number, (uint32_t)w->got, (uint16_t)left,
                w->bytes + w->got);
}

static void table_done(struct session *session, struct wanted *w, const struct mep_event *done)
{
    size_t asked = w->size - w->got < MEP_READ_MAX ? w->size - w->got : MEP_READ_MAX;

    if (done->outcome == MEP_OUTCOME_OK) {
        w->got += done->count;
        if (done->count == asked && w->got < w->size) {
            ask(session, w);
            return;
        }
        w->complete = true;
    } else if (done->outcome == MEP_OUTCOME_REFUSED && w->got != 0) {
        w->complete = true; /* it ends where the last part ended */
    } else {
        w->problem = done->outcome == MEP_OUTCOME_REFUSED ? mep_code_strerror(done->code)
                                                          : mep_outcome_strerror(done->outcome);
    }
    session_stop(session);
}

static void on_event(struct session *session, const struct reader_event *event)
{
    struct wanted *w = session->context;

    if (event->type == READER_EVENT_INFO && w->size == 0) {
        w->size = meter_table_size(w->table, &reader_info(&session->reader)->dimensions);
        if (w->size > sizeof w->bytes)
            w->size = sizeof w->bytes;
        ask(session, w);
    } else if (event->type == READER_EVENT_TABLE && w->size != 0) {
        table_done(session, w, &event->table);
    }
}

static void print_table(const struct wanted *w, const struct meter_dimensions *dims, bool as_json)
{
    struct reader_out json = file_out(stdout);

    if (as_json) {
        reader_json_begin(&json, NULL);
        reader_json_string(&json, "table", w->table->name);
        reader_json_begin(&json, "values");
        meter_decode(w->table, dims, 0, w->bytes, w->got, value_json_fn, &json);
        reader_json_end(&json);
        reader_json_end(&json);
        putchar('\n');
    } else {
        printf("%s %s: %zu bytes\n", w->table->name, w->table->title, w->got);
        meter_decode(w->table, dims, 0, w->bytes, w->got, value_line_fn, stdout);
    }
}

static int read_table(const struct options *options, const struct meter_table *table)
{
    static struct session session;
    static struct wanted wanted;
    char what[32];

    int status = options_require_meter(options);
    if (status != EXIT_OK)
        return status;
    wanted.table = table;
    session_init(&session, options, on_event, &wanted);
    session_give_up_in_time(&session);
    session_run(&session);
    snprintf(what, sizeof what, "content of %s", table->name);
    if (wanted.complete)
        print_table(&wanted, &reader_info(&session.reader)->dimensions,
                    (options->given & OPTION_JSON) != 0);
    else if (wanted.problem != NULL)
        status = say_failed("no %s: the meter says: %s", what, wanted.problem);
    else
        status = session_say_failed(&session, what);
    session_close(&session);
    return status;
}

static int run(const struct options *options)
{
    const struct meter_table *table;
    bool as_json = (options->given & OPTION_JSON) != 0;

    if (options->word == NULL && options->meter != NULL)
        return say_usage("table: which one? usage: mep table %s", command_table.usage);
    if (options->word == NULL) {
        list_tables(as_json);
        return EXIT_OK;
    }
    table = meter_table_by_name(options->word);
    if (table == NULL)
        return unknown_table(options->word);
    if (options->meter != NULL)
        return read_table(options, table);
    list_fields(table, as_json);
    return EXIT_OK;
}

const struct command command_table = {
    .name = "table",
    .summary = "list the known tables, a table's fields, or what a meter has in it",
    .usage = "[NAME [--meter URI --key KEY [--encrypt]]] [--json]",
    .text = "Without NAME: the tables whose content is known. With NAME (BT23, ET03, 23, 2051\n"
            "or 0x0803): its fields with offset, type, unit and the firmware that has them\n"
            "first. With --meter: reads that table and prints what is in it, verified.",
    .word = "NAME",
    .options = OPTION_LINK | OPTION_JSON,
    .run = run,
};

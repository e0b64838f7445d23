#include "host/commands.h"
#include "host/file_out.h"
#include "host/say.h"
#include "host/session.h"
#include "reader/text/utf8.h"

#include <inttypes.h>
#include <string.h>

static void on_event(struct session *session, const struct reader_event *event)
{
    bool *known = session->context;

    if (event->type != READER_EVENT_INFO)
        return;
    *known = true;
    session_stop(session);
}

/* Prints one fact after the other in either form. */
struct facts {
    struct reader_out *json; /* NULL: lines */
};

static void text(struct facts *facts, const char *name, const char *value)
{
    if (value[0] == 0)
        return;
    if (facts->json != NULL) {
        reader_json_string(facts->json, name, value);
    } else {
        char clean[64];
        printf("%-24s %s\n", name,
               reader_utf8_clean((const uint8_t *)value, strlen(value), clean, sizeof clean));
    }
}

static void number(struct facts *facts, const char *name, int64_t value)
{
    if (facts->json != NULL)
        reader_json_integer(facts->json, name, value);
    else
        printf("%-24s %" PRId64 "\n", name, value);
}

/* Only what the meter told; a default is no fact. */
static void dimensions(struct facts *facts, const struct meter_dimensions *dims)
{
    static const struct {
        enum meter_dimension_id id;
        const char *name;
    } shown[] = {
        {METER_DIM_SUMMATIONS, "summations"},
        {METER_DIM_DEMANDS, "demands"},
        {METER_DIM_TIERS, "tiers"},
        {METER_DIM_PRESENT_VALUES, "present_values"},
        {METER_DIM_CT_RATIO, "ct_ratio"},
        {METER_DIM_VT_RATIO, "vt_ratio"},
        {METER_DIM_ENERGY_UNIT, "energy_register_unit"},
        {METER_DIM_ROLLOVER_DIGITS, "rollover_digits"},
        {METER_DIM_MAX_CURRENT_A, "max_current_a"},
        {METER_DIM_RATED_VOLTAGE_V, "rated_voltage_v"},
        {METER_DIM_IDT_VERSION, "idt_version"},
    };

    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (meter_dimension_known(dims, shown[i].id))
            number(facts, shown[i].name, meter_dimension(dims, shown[i].id));
}

static void print(const struct session *session, struct facts *facts)
{
    const struct reader_info *info = reader_info(&session->reader);

    text(facts, "link", reader_link_name(reader_link(&session->reader)));
    text(facts, "serial", info->serial);
    text(facts, "manufacturer", info->manufacturer);
    text(facts, "model", info->model);
    text(facts, "firmware", info->firmware);
    if (info->mep_port != 0)
        number(facts, "mep_port", info->mep_port);
    if (info->alert_flags_known)
        number(facts, "alert_flags", info->alert_flags);
    dimensions(facts, &info->dimensions);
}

static int run(const struct options *options)
{
    static struct session session;
    struct reader_out json = file_out(stdout);
    bool known = false;

    int status = options_require_meter(options);
    if (status != EXIT_OK)
        return status;
    session_init(&session, options, on_event, &known);
    session_give_up_in_time(&session);
    session_run(&session);
    if (!known) {
        status = session_say_failed(&session, "identity");
    } else if ((options->given & OPTION_JSON) != 0) {
        reader_json_begin(&json, NULL);
        print(&session, &(struct facts){&json});
        reader_json_end(&json);
        putchar('\n');
    } else {
        print(&session, &(struct facts){NULL});
    }
    session_close(&session);
    return status;
}

const struct command command_info = {
    .name = "info",
    .summary = "say which meter it is and whether link and key are good",
    .usage = "--meter URI --key KEY [--encrypt] [--json]",
    .text = "Reads what identifies and dimensions the meter: serial number, model, firmware,\n"
            "which registers it has, transformer ratios and units. That it prints anything\n"
            "means that the line works and the key is accepted. It says what is wrong if not.",
    .options = OPTION_LINK | OPTION_JSON,
    .run = run,
};

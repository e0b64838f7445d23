#include "host/commands.h"
#include "host/reading.h"
#include "host/say.h"
#include "host/session.h"
#include "host/watch_screen.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    REDRAW_MS = 250
};

enum watch_style {
    WATCH_LINES,
    WATCH_JSON,
    WATCH_SCREEN
};

struct watch {
    enum watch_style style;
    struct session session;
    struct reading reading;
    struct screen screen;
    mep_time verified_at; /* of the last reading; 0: none yet */
    uv_timer_t redraw;
    uv_signal_t resized;
};

/* ---- Lines ------------------------------------------------------------- */

static void print_value(const struct reading *reading, const char *label, const char *name)
{
    const struct reading_value *value = reading_find(reading, name);

    if (value != NULL) {
        char text[READING_TEXT_SIZE];
        printf("  %s%s%s", label, label[0] == 0 ? "" : " ", reading_text(value, text));
    }
}

static void print_line(const struct reading *reading)
{
    static const struct {
        const char *label, *name;
    } shown[] = {
        {"import", "power_import_w"},
        {"export", "power_export_w"},
        {"L1", "voltage_l1_mv"},
        {"", "current_l1_ma"},
        {"L2", "voltage_l2_mv"},
        {"", "current_l2_ma"},
        {"L3", "voltage_l3_mv"},
        {"", "current_l3_ma"},
        {"", "frequency_mhz"},
        {"total import", "energy_import_wh"},
        {"total export", "energy_export_wh"},
    };
    const struct reading_value *time = reading_find(reading, "meter_time");

    printf("%-20s", time == NULL ? "-" : time->text);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        print_value(reading, shown[i].label, shown[i].name);
    putchar('\n');
    fflush(stdout);
}

/* ---- Events ------------------------------------------------------------ */

static void on_reading(struct watch *w, const struct reader_event *event)
{
    w->verified_at = event->reading.verified_at;
    if (w->style == WATCH_SCREEN) {
        watch_draw(&w->screen, &w->session, w->verified_at);
        return;
    }
    reading_take(&w->reading, &w->session.reader, link_now());
    if (w->reading.count == 0)
        return;
    if (w->style == WATCH_JSON)
        reading_json(&w->reading, stdout);
    else
        print_line(&w->reading);
    if (ferror(stdout))
        session_stop(&w->session);
}

static void on_event(struct session *session, const struct reader_event *event)
{
    struct watch *w = session->context;

    if (event->type == READER_EVENT_READING)
        on_reading(w, event);
    else if (event->type == READER_EVENT_LINK && w->style != WATCH_SCREEN &&
             event->link != READER_LINK_STARTING && event->link != READER_LINK_OK)
        say_warning("%s %s", reader_link_text(event->link), reader_link_causes(event->link));
}

static void draw(struct watch *w)
{
    watch_draw(&w->screen, &w->session, w->verified_at);
}

static void on_redraw(uv_timer_t *timer)
{
    draw(timer->data);
}

static void on_resized(uv_signal_t *signal, int number)
{
    (void)number;
    draw(signal->data);
}

static void begin_screen(struct watch *w)
{
    uv_loop_t *loop = &w->session.loop;

    w->session.on_screen = true;
    screen_open(&w->screen);
    uv_timer_init(loop, &w->redraw);
    uv_signal_init(loop, &w->resized);
    w->redraw.data = w->resized.data = w;
    uv_timer_start(&w->redraw, on_redraw, 0, REDRAW_MS);
    uv_signal_start(&w->resized, on_resized, SIGWINCH);
}

static int run(const struct options *options)
{
    static struct watch w;

    int status = options_require_meter(options);
    if (status != EXIT_OK)
        return status;
    w.style = (options->given & OPTION_JSON) != 0 ? WATCH_JSON
              : screen_possible()                 ? WATCH_SCREEN
                                                  : WATCH_LINES;
    session_init(&w.session, options, on_event, &w);
    w.session.keep_trying = true;
    if (w.style == WATCH_SCREEN)
        begin_screen(&w);
    enum session_end end = session_run(&w.session);
    screen_close();
    if (end == SESSION_LOST)
        status = say_failed("%s", w.session.link.why);
    session_close(&w.session);
    return status;
}

const struct command command_watch = {
    .name = "watch",
    .summary = "show what the meter measures, live",
    .usage = "--meter URI --key KEY [--encrypt] [--json]",
    .text = "Reads the meter every second: one screen that is kept up to date on a terminal, a\n"
            "line a reading in a pipe, or with --json one flat object a line as soon as it is\n"
            "verified. Goes on until it is interrupted; a line that was lost is opened again,\n"
            "and a meter that fell silent is waited for. Old values look old.",
    .options = OPTION_LINK | OPTION_JSON,
    .run = run,
};

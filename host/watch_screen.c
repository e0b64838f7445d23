#include "host/watch_screen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIVE_US = 3000000, /* three rounds: one may fail without any fuss */
    LABEL_COLUMN = 2,
    FIRST_COLUMN = 16,
    COLUMN_WIDTH = 16,
    TIERS_SHOWN = 8
};

/* One drawing: the values and how they are to look. */
struct drawing {
    struct screen *screen;
    struct reading reading;
    enum watch_freshness freshness;
};

char *watch_age(mep_time age_us, char text[READING_TEXT_SIZE])
{
    int64_t seconds = age_us / 1000000;

    if (seconds < 10)
        snprintf(text, READING_TEXT_SIZE, "%" PRId64 ".%" PRId64 " s", seconds,
                 age_us / 100000 % 10);
    else if (seconds < 120)
        snprintf(text, READING_TEXT_SIZE, "%" PRId64 " s", seconds);
    else if (seconds < 7200)
        snprintf(text, READING_TEXT_SIZE, "%" PRId64 " min", seconds / 60);
    else
        snprintf(text, READING_TEXT_SIZE, "%" PRId64 " h", seconds / 3600);
    return text;
}

/* Whatever was read some time ago is dim, and so looks it. */
static enum screen_style style_of(const struct drawing *d, enum screen_style fresh)
{
    return d->freshness == WATCH_LIVE ? fresh : STYLE_DIM;
}

static void label(struct drawing *d, const char *text)
{
    screen_next(d->screen);
    screen_tab(d->screen, LABEL_COLUMN);
    screen_add(d->screen, STYLE_DIM, "%s", text);
}

static void column(struct drawing *d, unsigned number)
{
    screen_tab(d->screen, FIRST_COLUMN + number * COLUMN_WIDTH);
}

/* A value, or a dash for what is not known now. What a CT meter has only before the ratio would be
 * taken for the house's, next to what it has after it. */
static void value(struct drawing *d, const char *name)
{
    const struct reading_value *found = reading_find(&d->reading, name);
    char text[READING_TEXT_SIZE];

    screen_add(d->screen, style_of(d, STYLE_PLAIN), "%s",
               found == NULL || found->before_ratio ? "-" : reading_text(found, text));
}

/* A pair of which at most one is not 0, such as power from and to the grid. */
static void direction(struct drawing *d, const char *import_name, const char *export_name)
{
    const struct reading_value *in = reading_find(&d->reading, import_name);
    const struct reading_value *out = reading_find(&d->reading, export_name);
    bool exports = out != NULL && out->integer > 0 && (in == NULL || in->integer < out->integer);
    const struct reading_value *shown = exports ? out : in;

    if (shown == NULL) {
        screen_add(d->screen, style_of(d, STYLE_PLAIN), "-");
    } else {
        char text[READING_TEXT_SIZE];
        screen_add(d->screen, style_of(d, exports ? STYLE_GOOD : STYLE_NOTICE), "%s %s",
                   reading_text(shown, text), exports ? "export" : "import");
    }
}

/* ---- Parts of the page ------------------------------------------------- */

static void draw_heading(struct drawing *d, const struct session *session)
{
    const struct reader_info *info = reader_info(&session->reader);
    const struct reading_value *time = reading_find(&d->reading, "meter_time");
    struct screen *s = d->screen;
    char line[URI_TEXT_MAX + 128];
    int used = info->manufacturer[0] == 0 && info->model[0] == 0
                   ? snprintf(line, sizeof line, " mep %s", session->link.line.name)
                   : snprintf(line, sizeof line, " %s %s", info->manufacturer, info->model);

    if (info->serial[0] != 0)
        used += snprintf(line + used, sizeof line - (size_t)used, "   serial %s", info->serial);
    if (info->firmware[0] != 0)
        snprintf(line + used, sizeof line - (size_t)used, "   firmware %s", info->firmware);
    screen_add(s, STYLE_HEADING, "%-*s", (int)s->columns - 22, line);
    screen_add(s, STYLE_HEADING, "%21s ", time == NULL ? "" : time->text);
}

static void draw_age(struct drawing *d, mep_time verified_at, mep_time now)
{
    static const enum screen_style styles[] = {STYLE_BAD, STYLE_NOTICE, STYLE_GOOD};
    static const char *const words[] = {"NO CURRENT DATA", "STALE", "live"};
    char text[READING_TEXT_SIZE];

    screen_next(d->screen);
    screen_tab(d->screen, LABEL_COLUMN - 1);
    screen_add(d->screen, styles[d->freshness], "%s", words[d->freshness]);
    screen_add(d->screen, d->freshness == WATCH_LIVE ? STYLE_PLAIN : styles[d->freshness],
               verified_at == 0 ? ": no reading yet" : ": last verified %s ago",
               watch_age(now - verified_at, text));
    if (reading_find(&d->reading, "tariff") != NULL) {
        screen_tab(d->screen, FIRST_COLUMN + 3 * COLUMN_WIDTH);
        screen_add(d->screen, STYLE_DIM, "tariff ");
        value(d, "tariff");
    }
}

/* "voltage_l1_mv" from "voltage_l?_mv". Returns `name`. */
static const char *of_phase(const char *pattern, unsigned phase, char name[METER_NAME_SIZE])
{
    snprintf(name, METER_NAME_SIZE, "%s", pattern);
    *strchr(name, '?') = (char)('0' + phase);
    return name;
}

static void draw_phases(struct drawing *d)
{
    static const char *const headings[] = {"L1", "L2", "L3", "TOTAL"};
    static const struct {
        const char *label, *pattern;
    } rows[] = {
        {"voltage", "voltage_l?_mv"},
        {"current", "current_l?_ma"},
        {"power factor", "power_factor_l?_permille"},
    };
    char name[METER_NAME_SIZE], other[METER_NAME_SIZE];

    screen_next(d->screen);
    label(d, "");
    for (unsigned i = 0; i < 4; i++) {
        column(d, i);
        screen_add(d->screen, STYLE_BOLD, "%s", headings[i]);
    }
    label(d, "power");
    for (unsigned phase = 1; phase <= 3; phase++) {
        column(d, phase - 1);
        direction(d, of_phase("power_import_l?_w", phase, name),
                  of_phase("power_export_l?_w", phase, other));
    }
    column(d, 3);
    direction(d, "power_import_w", "power_export_w");
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        label(d, rows[row].label);
        for (unsigned phase = 1; phase <= 3; phase++) {
            column(d, phase - 1);
            value(d, of_phase(rows[row].pattern, phase, name));
        }
    }
}

static void draw_grid(struct drawing *d)
{
    label(d, "grid");
    column(d, 0);
    value(d, "frequency_mhz");
    column(d, 1);
    value(d, "apparent_power_va");
    column(d, 2);
    direction(d, "reactive_import_var", "reactive_export_var");
}

static void draw_energies(struct drawing *d)
{
    char import_name[METER_NAME_SIZE], export_name[METER_NAME_SIZE], text[8];

    screen_next(d->screen);
    label(d, "");
    column(d, 0);
    screen_add(d->screen, STYLE_BOLD, "IMPORT");
    column(d, 2);
    screen_add(d->screen, STYLE_BOLD, "EXPORT");
    label(d, "energy");
    column(d, 0);
    value(d, "energy_import_wh");
    column(d, 2);
    value(d, "energy_export_wh");
    label(d, "reactive");
    column(d, 0);
    value(d, "reactive_energy_import_varh");
    column(d, 2);
    value(d, "reactive_energy_export_varh");
    for (unsigned tier = 1; tier <= TIERS_SHOWN; tier++) {
        snprintf(import_name, sizeof import_name, "energy_import_t%u_wh", tier);
        snprintf(export_name, sizeof export_name, "energy_export_t%u_wh", tier);
        if (reading_find(&d->reading, import_name) == NULL)
            continue;
        snprintf(text, sizeof text, "  t%u", tier);
        label(d, text);
        column(d, 0);
        value(d, import_name);
        column(d, 2);
        value(d, export_name);
    }
}

/* A sentence in the first column and right of it, on as many lines as it takes. */
static void sentence(struct drawing *d, enum screen_style style, const char *text)
{
    size_t width = d->screen->columns > FIRST_COLUMN ? d->screen->columns - FIRST_COLUMN : 1;

    for (;;) {
        size_t length = strlen(text), end = length;
        if (length > width)
            for (end = width; end > 0 && text[end] != ' '; end--)
                ;
        if (end == 0)
            end = length; /* a word that is too long is cut by the screen */
        column(d, 0);
        screen_add(d->screen, style, "%.*s", (int)end, text);
        text += end;
        if (*text == 0)
            return;
        text++;
        label(d, "");
    }
}

static void draw_link(struct drawing *d, const struct session *session)
{
    enum reader_link link = reader_link(&session->reader);
    enum screen_style style = link == READER_LINK_OK         ? STYLE_GOOD
                              : link == READER_LINK_STARTING ? STYLE_PLAIN
                                                             : STYLE_BAD;
    const char *causes = reader_link_causes(link);

    screen_next(d->screen);
    label(d, "link");
    if (session->link.why[0] != 0) {
        char text[sizeof session->link.why + 16];
        snprintf(text, sizeof text, "%s; trying again", session->link.why);
        sentence(d, STYLE_BAD, text);
        return;
    }
    sentence(d, style, reader_link_text(link));
    if (causes[0] != 0) {
        label(d, "");
        sentence(d, STYLE_PLAIN, causes);
    }
}

static void draw_counters(struct drawing *d, const struct session *session)
{
    const struct mep_client_counters *counters = &reader_client(&session->reader)->counters;
    const struct reader_counters *reader = reader_counters(&session->reader);

    label(d, "answers");
    column(d, 0);
    screen_add(d->screen, STYLE_PLAIN, "%u verified, ", counters->outcomes[MEP_OUTCOME_OK]);
    screen_add(d->screen, session_damaged(session) == 0 ? STYLE_PLAIN : STYLE_NOTICE, "%u damaged",
               session_damaged(session));
    screen_add(d->screen, STYLE_PLAIN, ", %u missing, %u refused; %u alerts",
               counters->outcomes[MEP_OUTCOME_SILENT],
               counters->outcomes[MEP_OUTCOME_AUTH] + counters->outcomes[MEP_OUTCOME_REFUSED],
               counters->alerts);
    label(d, "readings");
    column(d, 0);
    screen_add(d->screen, STYLE_PLAIN, "%u, %u implausible and not shown", reader->readings,
               reader->rejected);
    screen_next(d->screen);
    label(d, "Ctrl-C ends");
}

void watch_draw(struct screen *screen, const struct session *session, mep_time verified_at)
{
    static struct drawing d;
    mep_time now = link_now();

    d.screen = screen;
    reading_take(&d.reading, &session->reader, now);
    d.freshness = d.reading.count == 0 || verified_at == 0 ? WATCH_NONE
                  : now - verified_at > LIVE_US            ? WATCH_STALE
                                                           : WATCH_LIVE;
    screen_begin(screen);
    draw_heading(&d, session);
    draw_age(&d, verified_at, now);
    draw_phases(&d);
    draw_grid(&d);
    draw_energies(&d);
    draw_link(&d, session);
    draw_counters(&d, session);
    screen_show(screen);
}

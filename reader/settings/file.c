/* The file: read, edited, and written as its own manual. */
#include "reader/settings/internal.h"
#include "reader/settings/lines.h"

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- Reading ---- */

struct reading {
    struct reader_settings *settings;
    struct reader_settings_problem *problem;
    const char *text;
    size_t size;
    char meter[READER_NAME_SIZE]; /* whose section this is; "": none's */
    uint64_t seen;                /* keys of this section, by their place in the declaration */
};

static bool wrong(const struct reading *r, const char *text)
{
    r->problem->text = text;
    return false;
}

/* The name by which this section's key is known elsewhere. */
static void name_key(const struct reading *r, const char *key, size_t size)
{
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, r->problem->key, sizeof r->problem->key);
    if (r->meter[0] != 0) {
        reader_out_text(&out, "meter.");
        reader_out_text(&out, r->meter);
        reader_out_text(&out, size == 0 ? "" : ".");
    }
    reader_out_bytes(&out, key, smaller(size, buffer.size - buffer.length - 1));
}

static bool is_section(const struct setting_line *line, const char *meter)
{
    return line->kind == SETTING_LINE_SECTION && line->name_size == strlen(meter) &&
           memcmp(line->name, meter, line->name_size) == 0;
}

static bool read_section(struct reading *r, const struct setting_line *line)
{
    memset(r->meter, 0, sizeof r->meter);
    memcpy(r->meter, line->name, line->name_size);
    r->seen = 0;
    name_key(r, "", 0);
    for (size_t at = 0; at < line->from;) {
        struct setting_line before = setting_line_at(r->text, r->size, at);
        if (is_section(&before, r->meter))
            return wrong(r, "has a section already; one for each meter is accepted");
        at = before.to;
    }
    return setting_meter(r->settings, r->meter) != NULL || wrong(r, r->settings->problem);
}

/* A key that is not known where it stands. */
static bool unknown_key(struct reading *r, const struct setting_line *line)
{
    bool below = r->meter[0] != 0;

    if (below && setting_by_key(line->name, line->name_size, false) != NULL)
        return wrong(r, "stands in the section of a meter; above the first [meter NAME] it is "
                        "accepted");
    if (!below && setting_by_key(line->name, line->name_size, true) != NULL)
        return wrong(r, "belongs to a meter; below its [meter NAME] it is accepted");
    return wrong(r, setting_unknown(r->settings, r->problem->key, below));
}

static bool read_key(struct reading *r, const struct setting_line *line)
{
    char value[READER_SETTING_LINE + 1];
    const struct reader_setting *setting =
        setting_by_key(line->name, line->name_size, r->meter[0] != 0);

    if (setting == NULL)
        return unknown_key(r, line);
    uint64_t bit = UINT64_C(1) << (setting - reader_settings_keys);
    if ((r->seen & bit) != 0)
        return wrong(r, "is set a second time; one line for each key is accepted");
    r->seen |= bit;
    setting_line_value(line, value);
    const char *problem = reader_settings_set(r->settings, r->problem->key, value);
    return problem == NULL || wrong(r, problem);
}

static bool read_line(struct reading *r, const struct setting_line *line)
{
    r->problem->line++;
    r->problem->key[0] = 0;
    if (line->kind == SETTING_LINE_OTHER)
        return true;
    if (line->kind == SETTING_LINE_SECTION)
        return read_section(r, line);
    if (line->value != NULL)
        name_key(r, line->name, line->name_size);
    return line->kind == SETTING_LINE_KEY ? read_key(r, line) : wrong(r, line->problem);
}

bool reader_settings_read(struct reader_settings *settings, const char *text, size_t size,
                          struct reader_settings_problem *problem)
{
    struct reading r = {.settings = settings, .problem = problem, .text = text, .size = size};

    memset(problem, 0, sizeof *problem);
    for (size_t at = 0; at < size;) {
        struct setting_line line = setting_line_at(text, size, at);
        if (!read_line(&r, &line))
            return false;
        at = line.to;
    }
    memset(problem, 0, sizeof *problem);
    return true;
}

/* ---- Editing ---- */

/* Where in the file a change belongs. */
struct spot {
    bool section;             /* there is one */
    size_t begin, end;        /* of it */
    size_t room;              /* where new lines end: before a section that was put aside */
    bool found;               /* the key has a line */
    struct setting_line line; /* that one */
    size_t insert;            /* where a new line goes */
};

/* Where the comments begin that stand directly above a line. */
static size_t above(const char *text, size_t size, size_t from, size_t line_at)
{
    size_t begin = from;

    for (size_t at = from; at < line_at;) {
        struct setting_line line = setting_line_at(text, size, at);
        if (line.kind != SETTING_LINE_OTHER || line.blank || line.disabled)
            begin = line.to;
        at = line.to;
    }
    return begin;
}

static bool is_header(const struct setting_line *line, bool aside)
{
    return aside ? line->disabled && line->disabled_kind == SETTING_LINE_SECTION
                 : line->kind == SETTING_LINE_SECTION;
}

/* Where what stands above the next header begins; the file's end without one. */
static size_t next_header(const char *text, size_t size, size_t from, bool aside)
{
    for (size_t at = from; at < size;) {
        struct setting_line line = setting_line_at(text, size, at);
        if (is_header(&line, aside))
            return above(text, size, from, line.from);
        at = line.to;
    }
    return size;
}

static void find_section(const char *text, size_t size, const char *meter, struct spot *spot)
{
    size_t inside = 0; /* below its header */

    spot->section = meter[0] == 0;
    for (size_t at = 0; !spot->section && at < size;) {
        struct setting_line line = setting_line_at(text, size, at);
        spot->section = is_section(&line, meter);
        spot->begin = line.from;
        inside = line.to;
        at = line.to;
    }
    spot->end = next_header(text, size, inside, false);
    spot->room = smaller(spot->end, next_header(text, size, inside, true));
}

static void find_key(const char *text, size_t size, const char *key, struct spot *spot)
{
    bool beside = false; /* a line of this key that was put aside */

    spot->insert = spot->room;
    for (size_t at = spot->begin; at < spot->end;) {
        struct setting_line line = setting_line_at(text, size, at);
        bool is_key = line.kind == SETTING_LINE_KEY ||
                      (line.disabled && line.disabled_kind == SETTING_LINE_KEY);
        bool same =
            is_key && line.name_size == strlen(key) && memcmp(line.name, key, line.name_size) == 0;
        if (same && line.kind == SETTING_LINE_KEY) {
            spot->found = true;
            spot->line = line;
        }
        if (at < spot->room && (same || (!beside && (is_key || line.kind == SETTING_LINE_SECTION))))
            spot->insert = line.to;
        beside = beside || same;
        at = line.to;
    }
}

static void write_value(struct reader_out *out, const char *value)
{
    size_t length = strlen(value);
    bool quotes = length != 0 && (value[0] == '"' || value[0] == ' ' || value[length - 1] == ' ' ||
                                  strchr(value, '#') != NULL);

    if (!quotes) {
        reader_out_text(out, value);
        return;
    }
    reader_out_text(out, "\"");
    for (; *value != 0; value++) {
        if (*value == '"' || *value == '\\')
            reader_out_text(out, "\\");
        reader_out_bytes(out, value, 1);
    }
    reader_out_text(out, "\"");
}

static void write_key(struct reader_out *out, const char *key, const char *value)
{
    reader_out_text(out, key);
    reader_out_text(out, " = ");
    write_value(out, value);
    reader_out_text(out, "\n");
}

/* Everything but what lies between; whoever writes next begins a line. */
static void write_before(const char *text, size_t end, struct reader_out *out)
{
    reader_out_bytes(out, text, end);
    if (end != 0 && text[end - 1] != '\n')
        reader_out_text(out, "\n");
}

static void edit_key(const char *text, size_t size, const struct setting_place *place,
                     const struct spot *spot, const char *value, struct reader_out *out)
{
    if (!spot->found) {
        write_before(text, spot->insert, out);
        write_key(out, place->setting->key, value);
        reader_out_bytes(out, text + spot->insert, size - spot->insert);
        return;
    }
    reader_out_bytes(out, text, (size_t)(spot->line.value - text));
    write_value(out, value);
    const char *rest = spot->line.value + spot->line.value_size;
    if (rest < text + size && *rest == '#') /* only where there was no value */
        reader_out_text(out, " ");
    reader_out_bytes(out, rest, size - (size_t)(rest - text));
}

static void add_section(const char *text, size_t size, const struct setting_place *place,
                        const char *value, struct reader_out *out)
{
    write_before(text, size, out);
    reader_out_text(out, size == 0 ? "[meter " : "\n[meter ");
    reader_out_text(out, place->meter);
    reader_out_text(out, "]\n");
    write_key(out, place->setting->key, value);
}

void reader_settings_edit(const char *text, size_t size, const char *name, const char *value,
                          struct reader_out *out)
{
    struct setting_place place;
    struct spot spot = {.found = false};
    bool known = setting_place_of(name, &place);
    size_t from = size, to = size; /* what is taken out */

    if (known)
        find_section(text, size, place.meter, &spot);
    if (known && spot.section && place.setting != NULL)
        find_key(text, size, place.setting->key, &spot);
    if (known && value != NULL && place.setting != NULL) {
        if (spot.section)
            edit_key(text, size, &place, &spot, value, out);
        else
            add_section(text, size, &place, value, out);
        return;
    }
    if (value == NULL && spot.found) {
        from = spot.line.from;
        to = spot.line.to;
    } else if (known && value == NULL && place.setting == NULL && spot.section) {
        from = spot.begin;
        to = spot.end;
    }
    reader_out_bytes(out, text, from);
    reader_out_bytes(out, text + to, size - to);
}

/* ---- The manual ---- */

enum {
    MANUAL_WIDTH = 78
};

/* Writes words as comments of lines that fit a screen. */
static void write_comment(struct reader_out *out, const char *text, size_t *column)
{
    for (;;) {
        text += strspn(text, " ");
        size_t length = strcspn(text, " ");
        if (length == 0)
            return;
        if (*column != 0 && *column + 1 + length > MANUAL_WIDTH) {
            reader_out_text(out, "\n");
            *column = 0;
        }
        reader_out_text(out, *column == 0 ? "# " : " ");
        reader_out_bytes(out, text, length);
        *column += length + (*column == 0 ? 2 : 1);
        text += length;
    }
}

/* What is accepted, where its text need not say so. */
static void write_range(struct reader_out *out, const struct reader_setting *setting,
                        size_t *column)
{
    char text[160];
    struct reader_buffer buffer;
    struct reader_out range;
    unsigned decimals = setting->kind == READER_SETTING_DECIMAL ? SETTING_DECIMALS : 0;

    reader_out_buffer(&range, &buffer, text, sizeof text);
    if (setting->kind == READER_SETTING_INTEGER || setting->kind == READER_SETTING_DECIMAL) {
        reader_out_text(&range, "(");
        reader_out_decimal(&range, setting->min, decimals);
        reader_out_text(&range, " to ");
        reader_out_decimal(&range, setting->max, decimals);
        reader_out_text(&range, ")");
    } else if (setting->kind == READER_SETTING_BOOL) {
        reader_out_text(&range, "(yes, no)");
    } else if (setting->kind == READER_SETTING_CHOICE) {
        for (size_t i = 0; setting->choices[i] != NULL; i++) {
            reader_out_text(&range, i == 0 ? "(" : ", ");
            reader_out_text(&range, setting->choices[i]);
        }
        reader_out_text(&range, ")");
    }
    write_comment(out, text, column);
}

static void write_keys(struct reader_out *out, unsigned flags, bool meter)
{
    const unsigned apart = READER_SETTING_HOST | READER_SETTING_BOARD;

    for (size_t i = 0; i < reader_settings_count; i++) {
        const struct reader_setting *setting = &reader_settings_keys[i];
        size_t column = 0;
        if (((setting->flags & READER_SETTING_METER) != 0) != meter ||
            ((setting->flags & apart) != 0 && (setting->flags & flags & apart) == 0))
            continue;
        reader_out_text(out, "\n");
        write_comment(out, setting->text, &column);
        write_range(out, setting, &column);
        reader_out_text(out, "\n#");
        reader_out_text(out, setting->key);
        reader_out_text(out, setting->fallback[0] == 0 ? " =" : " = ");
        reader_out_text(out, setting->fallback);
        reader_out_text(out, "\n");
    }
}

void reader_settings_manual(struct reader_out *out, unsigned flags)
{
    reader_out_text(out, "# Settings. Lines that begin with # set nothing; those of the form KEY = "
                         "VALUE\n# show the default.\n");
    write_keys(out, flags, false);
    reader_out_text(out, "\n# A meter; one such section for each, below all of the above.\n"
                         "#[meter house]\n");
    write_keys(out, flags, true);
}

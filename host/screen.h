/* One screen of text in a terminal, drawn anew in place. */
#ifndef HOST_SCREEN_H
#define HOST_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum screen_style {
    STYLE_PLAIN,
    STYLE_DIM,
    STYLE_BOLD,
    STYLE_GOOD,    /* green: to the grid, all well */
    STYLE_NOTICE,  /* yellow: from the grid, getting old */
    STYLE_BAD,     /* red */
    STYLE_HEADING, /* inverse */
    STYLES
};

enum {
    SCREEN_LINES_MAX = 40,
    SCREEN_LINE_SIZE = 1024
};

struct screen {
    char line[SCREEN_LINES_MAX][SCREEN_LINE_SIZE];
    size_t lines;
    size_t columns, rows; /* of the terminal */
    size_t column;        /* where the last line ends */
    bool colour;          /* terminals only, and not with NO_COLOR */
    bool utf8;
};

/* Whether standard output is a terminal that can be drawn on. */
bool screen_possible(void);

/* Takes the terminal over: another page, no cursor, no echo. screen_close gives it back. */
void screen_open(struct screen *screen);
void screen_close(void);

/* Begins a page of the size that the terminal has now. */
void screen_begin(struct screen *screen);

/* Adds to the last line what fits on it. */
void screen_add(struct screen *screen, enum screen_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Goes on in a column of the last line, at least one space further. */
void screen_tab(struct screen *screen, size_t column);

/* Begins the next line. */
void screen_next(struct screen *screen);

/* Shows the page. */
void screen_show(const struct screen *screen);

#endif

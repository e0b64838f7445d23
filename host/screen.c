#include "host/screen.h"

#include "reader/text/utf8.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static bool echo_off, open;

static void put(const char *text, size_t count)
{
    while (count != 0) {
        ssize_t written = write(STDOUT_FILENO, text, count);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return;
        if (written > 0) {
            text += written;
            count -= (size_t)written;
        }
    }
}

bool screen_possible(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && term != NULL && term[0] != 0 && strcmp(term, "dumb") != 0;
}

void screen_open(struct screen *screen)
{
    static const char enter[] = "\033[?1049h\033[?25l\033[2J";
    const char *no_colour = getenv("NO_COLOR");
    struct termios quiet;

    memset(screen, 0, sizeof *screen);
    setlocale(LC_CTYPE, "");
    screen->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    screen->colour = no_colour == NULL || no_colour[0] == 0;
    if (isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
        quiet.c_cc[VSUSP] = _POSIX_VDISABLE; /* Ctrl-Z would leave the terminal as it is now */
        echo_off = tcsetattr(STDIN_FILENO, TCSANOW, &quiet) == 0;
    }
    open = true;
    atexit(screen_close);
    put(enter, sizeof enter - 1);
}

void screen_close(void)
{
    static const char leave[] = "\033[0m\033[?25h\033[?1049l";

    if (!open)
        return;
    open = false;
    put(leave, sizeof leave - 1);
    if (echo_off)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    echo_off = false;
}

void screen_begin(struct screen *screen)
{
    struct winsize size = {.ws_row = 0};

    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    /* The last column stays free: a character there would be erased with the rest of its line. */
    screen->columns = (size.ws_col == 0 ? 80u : size.ws_col) - 1u;
    screen->rows = size.ws_row == 0 ? 24 : size.ws_row;
    screen->lines = 1;
    screen->line[0][0] = 0;
    screen->column = 0;
}

void screen_next(struct screen *screen)
{
    if (screen->lines < SCREEN_LINES_MAX)
        screen->line[screen->lines++][0] = 0;
    screen->column = 0;
}

static void append(struct screen *screen, const char *text, size_t count)
{
    char *line = screen->line[screen->lines - 1];
    size_t used = strlen(line);

    if (used + count < SCREEN_LINE_SIZE - 8) { /* room is kept for the end of a style */
        memcpy(line + used, text, count);
        line[used + count] = 0;
    }
}

void screen_add(struct screen *screen, enum screen_style style, const char *format, ...)
{
    static const char *const styles[STYLES] = {"",         "\033[2m",  "\033[1m", "\033[32m",
                                               "\033[33m", "\033[31m", "\033[7m"};
    char text[512];
    va_list arguments;
    bool styled = style != STYLE_PLAIN && screen->colour;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (styled)
        append(screen, styles[style], strlen(styles[style]));
    for (size_t at = 0, size, count = strlen(text); at < count; at += size) {
        uint32_t character = reader_utf8_next((const uint8_t *)text + at, count - at, &size);
        if (screen->column >= screen->columns)
            break;
        if (character >= 0x80 && !screen->utf8)
            append(screen, "?", 1);
        else
            append(screen, text + at, size);
        screen->column++;
    }
    if (styled)
        memcpy(strchr(screen->line[screen->lines - 1], 0), "\033[0m", 5);
}

void screen_tab(struct screen *screen, size_t column)
{
    do
        screen_add(screen, STYLE_PLAIN, " ");
    while (screen->column < column && screen->column < screen->columns);
}

void screen_show(const struct screen *screen)
{
    static char page[SCREEN_LINES_MAX * (SCREEN_LINE_SIZE + 8) + 16];
    size_t used = 0, lines = screen->lines < screen->rows ? screen->lines : screen->rows;

    used += (size_t)sprintf(page, "\033[H");
    for (size_t i = 0; i < lines; i++)
        used += (size_t)sprintf(page + used, "%s%s\033[K", i == 0 ? "" : "\r\n", screen->line[i]);
    used += (size_t)sprintf(page + used, "\033[J");
    put(page, used);
}

#include "host/mepd/log.h"

#include "host/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum log_level most = LOG_INFO;
static bool to_journal;

/* The journal names its end of the socket by device and inode: stderr may have been redirected. */
void log_init(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char here[64];
    struct stat is;

    if (stream == NULL || fstat(STDERR_FILENO, &is) != 0)
        return;
    snprintf(here, sizeof here, "%llu:%llu", (unsigned long long)is.st_dev,
             (unsigned long long)is.st_ino);
    to_journal = strcmp(stream, here) == 0;
}

void log_set_level(enum log_level level)
{
    most = level;
}

/* One write for the whole line, and control characters from outside kept out of it. */
static void write_line(enum log_level level, const char *format, va_list arguments)
{
    static const struct {
        const char *journal, *others;
    } prefix[] = {
        [LOG_ERROR] = {"<3>", "mepd: "},
        [LOG_WARNING] = {"<4>", "mepd: warning: "},
        [LOG_INFO] = {"<6>", "mepd: "},
        [LOG_DEBUG] = {"<7>", "mepd: debug: "},
    };
    char line[1024];

    if (level > most || vsnprintf(line, sizeof line, format, arguments) < 0)
        return;
    for (char *c = line; *c != 0; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    fprintf(stderr, "%s%s\n", to_journal ? prefix[level].journal : prefix[level].others, line);
}

#define LOG(level)                                                                                 \
    va_list arguments;                                                                             \
    va_start(arguments, format);                                                                   \
    write_line(level, format, arguments);                                                          \
    va_end(arguments)

void log_error(const char *format, ...)
{
    LOG(LOG_ERROR);
}

void log_warning(const char *format, ...)
{
    LOG(LOG_WARNING);
}

void log_info(const char *format, ...)
{
    LOG(LOG_INFO);
}

void log_debug(const char *format, ...)
{
    LOG(LOG_DEBUG);
}

int log_usage(const char *format, ...)
{
    LOG(LOG_ERROR);
    return EXIT_USAGE;
}

/*
 * What mepd has to say, a line each on stderr: with the journal's priority in
 * front if that is where it goes. Nothing secret ever is among the arguments.
 */
#ifndef HOST_MEPD_LOG_H
#define HOST_MEPD_LOG_H

/* In the order of the setting log.level. */
enum log_level {
    LOG_ERROR,
    LOG_WARNING,
    LOG_INFO,
    LOG_DEBUG
};

void log_init(void);

/* Less important lines than these are not written; LOG_INFO at first. */
void log_set_level(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What was asked for makes no sense: one line, and the exit status for it. */
int log_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

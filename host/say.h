/* What goes wrong, in one line on stderr, and the exit status that says so. */
#ifndef HOST_SAY_H
#define HOST_SAY_H

enum {
    EXIT_OK = 0,
    EXIT_DATA = 1, /* the meter, the link or the data failed */
    EXIT_USAGE = 2 /* what was asked for made no sense */
};

/* Each prints "mep: ..." and gives the exit status of its name. */
int say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same without any bearing on the exit status. */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

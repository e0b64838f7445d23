#include "host/commands.h"
#include "host/say.h"
#include "host/session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_event(struct session *session, const struct reader_event *event)
{
    struct tap *tap = session->context;

    if (event->type == READER_EVENT_LINK && event->link != READER_LINK_STARTING)
        say_warning("%s", reader_link_text(event->link));
    if (tap->failed)
        session_stop(session);
}

/* Only its owner may read it, also if it was there before. */
static FILE *create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    struct stat status;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && fchmod(fd, S_IRUSR | S_IWUSR) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return NULL;
    }
    return fdopen(fd, "w");
}

static int run(const struct options *options)
{
    static struct session session;
    static struct tap tap;

    if (options->word == NULL)
        return say_usage("capture: no FILE; usage: mep capture %s", command_capture.usage);
    int status = options_require_meter(options);
    if (status != EXIT_OK)
        return status;
    FILE *file = create(options->word);
    if (file == NULL)
        return say_usage("capture: %s: %s; the name of a file that can be written is accepted",
                         options->word, strerror(errno));
    say_warning("warning: %s will reveal key material, since the protocol's digest is weak: treat "
                "it like the key",
                options->word);
    session_init(&session, options, on_event, &tap);
    tap_init(&tap, file, options->meter, line_gap_us(&session.link.line));
    session.link.tap = &tap;
    session.keep_trying = true;
    enum session_end end = session_run(&session);
    tap_finish(&tap);
    if (fclose(file) != 0 || tap.failed)
        status = say_failed("capture: %s could not be written", options->word);
    else if (end == SESSION_LOST)
        status = say_failed("%s", session.link.why);
    else
        say_warning("%llu packets in %s", (unsigned long long)tap.packets, options->word);
    session_close(&session);
    return status;
}

const struct command command_capture = {
    .name = "capture",
    .summary = "read a meter and write every byte on the line to a file",
    .usage = "FILE --meter URI --key KEY [--encrypt]",
    .text = "Reads the meter as `mep watch` does and writes what goes over the line, in both\n"
            "directions, to FILE (pcapng), until it is interrupted. `mep decode FILE` and\n"
            "Wireshark open it; FILE can be read only by its owner.\n"
            "A capture reveals key material, since the protocol's digest is weak.",
    .word = "FILE",
    .options = OPTION_LINK,
    .run = run,
};

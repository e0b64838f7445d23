/*
 * A serial line by termios. libserialport, which would be the house's choice,
 * opens neither pseudo-terminals nor links to devices, and both are wanted.
 */
#include "host/line.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

static speed_t speed_of(uint32_t baud)
{
    static const struct {
        uint32_t baud;
        speed_t speed;
    } speeds[] = {
        {300, B300},   {600, B600},     {1200, B1200},   {2400, B2400},   {4800, B4800},
        {9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200},
    };
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
        if (speeds[i].baud == baud)
            return speeds[i].speed;
    return B9600;
}

/* 8N1, raw, no flow control (guide, p.20). False with errno. */
static bool configure(int fd, uint32_t baud)
{
    struct termios tio;
    speed_t speed = speed_of(baud);

    if (tcgetattr(fd, &tio) != 0)
        return false;
    cfmakeraw(&tio);
    tio.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | PARENB | HUPCL);
    tio.c_cflag |= CLOCAL | CREAD | CS8;
    tio.c_cc[VMIN] = 1;
    tio.c_cc[VTIME] = 0;
    cfsetispeed(&tio, speed);
    cfsetospeed(&tio, speed);
    if (tcsetattr(fd, TCSANOW, &tio) != 0 || tcgetattr(fd, &tio) != 0)
        return false;
    errno = EINVAL; /* tcsetattr is content when anything of it could be done */
    return cfgetospeed(&tio) == speed && tcflush(fd, TCIOFLUSH) == 0;
}

/* Kept for itself by flock: TIOCEXCL would outlive this program on a pseudo-terminal. */
static void open_serial(struct line *line)
{
    const char *path = line->uri.path;

    line->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line->fd < 0) {
        line_lose(line, "%s: %s", path,
                  errno == EBUSY ? "another program uses it" : strerror(errno));
    } else if (!isatty(line->fd)) {
        line_lose(line, "%s: no serial line", path);
    } else if (flock(line->fd, LOCK_EX | LOCK_NB) != 0) {
        line_lose(line, "%s: another program uses it", path);
    } else if (!configure(line->fd, line->uri.baud)) {
        line_lose(line, "%s: cannot be set to %u baud 8N1: %s", path, line->uri.baud,
                  strerror(errno));
    } else {
        line_opened_fd(line, line->fd);
    }
}

static size_t write_serial(struct line *line, const uint8_t *bytes, size_t count)
{
    return line_wrote(line, write(line->fd, bytes, count), count);
}

const struct line_ops line_serial_ops = {open_serial, write_serial, line_drain_fd, line_close_fd};

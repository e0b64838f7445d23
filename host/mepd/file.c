#include "host/mepd/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads until the end or until `most` bytes are there and more would come. */
static bool read_all(int fd, char *text, size_t most, size_t *size)
{
    *size = 0;
    for (;;) {
        ssize_t count = read(fd, text + *size, most + 1 - *size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        *size += (size_t)count;
        if (count == 0)
            break;
        if (*size > most) {
            errno = EFBIG;
            return false;
        }
    }
    text[*size] = 0;
    return true;
}

char *file_read(const char *path, size_t most, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = fd < 0 ? NULL : malloc(most + 1);

    if (text != NULL && !read_all(fd, text, most, size)) {
        explicit_bzero(text, most + 1);
        free(text);
        text = NULL;
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return text;
}

static bool write_all(int fd, const char *text, size_t size)
{
    while (size != 0) {
        ssize_t count = write(fd, text, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        text += count;
        size -= (size_t)count;
    }
    return fsync(fd) == 0;
}

/* The new name lasts only once its directory is on the disk. */
static bool sync_directory(const char *path)
{
    char copy[PATH_MAX];

    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Whose it was cannot be kept by everybody. */
static bool give_to(int fd, const struct stat *owner)
{
    return (owner->st_uid == geteuid() && owner->st_gid == getegid()) ||
           fchown(fd, owner->st_uid, owner->st_gid) == 0 || errno == EPERM;
}

/* As the one that it replaces. A new one belongs to whom its directory belongs, so that what root
 * makes can be read by the program that it is for. */
static bool take_over(int fd, const char *path)
{
    char copy[PATH_MAX];
    struct stat old;

    if (stat(path, &old) == 0)
        return give_to(fd, &old) && fchmod(fd, old.st_mode & 07777) == 0;
    if (errno != ENOENT)
        return false;
    snprintf(copy, sizeof copy, "%s", path);
    return stat(dirname(copy), &old) == 0 && give_to(fd, &old);
}

bool file_replace(const char *path, const char *text, size_t size)
{
    char target[PATH_MAX], temporary[PATH_MAX + 8];

    if (realpath(path, target) == NULL)
        snprintf(target, sizeof target, "%s", path);
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", target);
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return false;
    bool ok = take_over(fd, target) && write_all(fd, text, size);
    ok = close(fd) == 0 && ok;
    ok = ok && rename(temporary, target) == 0;
    if (!ok) {
        int error = errno;
        unlink(temporary);
        errno = error;
        return false;
    }
    return sync_directory(target);
}

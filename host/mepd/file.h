/* Small files, whole. */
#ifndef HOST_MEPD_FILE_H
#define HOST_MEPD_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* All of a file, with a NUL behind it; NULL with errno: EFBIG if it has more than `most`. */
char *file_read(const char *path, size_t most, size_t *size);

/*
 * Replaces a file's content, or makes it: after a power failure it is the old or
 * the new one. Links are followed; owner and mode stay. False with errno.
 */
bool file_replace(const char *path, const char *text, size_t size);

#endif

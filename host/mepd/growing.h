/* Text that grows, up to a limit, for reader_out. */
#ifndef HOST_MEPD_GROWING_H
#define HOST_MEPD_GROWING_H

#include "reader/text/out.h"

struct growing {
    char *bytes; /* NULL, or ended by a NUL */
    size_t count, room, most;
};

void growing_init(struct growing *text, size_t most);
void growing_free(struct growing *text); /* what it held is overwritten */

/* What it holds, "" if that is nothing. */
const char *growing_text(const struct growing *text);

/* An out that fails when there is too much or no memory. */
void growing_out(struct growing *text, struct reader_out *out);

#endif

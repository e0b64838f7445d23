/*
 * Settings as another version of the firmware left them. An update renames keys,
 * and a rolled-back update leaves keys behind that the older image does not know:
 * neither may lock the owner out, so what cannot be understood is skipped, line
 * by line, and counted.
 */
#ifndef FW_TOLERANT_H
#define FW_TOLERANT_H

#include "reader/settings/settings.h"

/* A key that was called otherwise up to a version. */
struct fw_renamed {
    unsigned up_to; /* FW_STORE_VERSION of the last text with the old name; 0 ends the list */
    const char *from, *to;
};

/*
 * Reads settings over what is set, from a copy in `scratch`. Gives how many lines
 * were skipped; `problem` is the last one, if any. -1: scratch is too small, and
 * nothing was read.
 */
int fw_settings_read(struct reader_settings *settings, const char *text, size_t size,
                     unsigned version, const struct fw_renamed *renamed, char *scratch,
                     size_t scratch_size, struct reader_settings_problem *problem);

#endif

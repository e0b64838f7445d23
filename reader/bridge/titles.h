/* What the values of a reading are called and what they are, for other programs. */
#ifndef READER_TITLES_H
#define READER_TITLES_H

#include "reader/reader.h"

enum {
    READER_TITLE_SIZE = 64
};

/* "power_import_average_l1_w" of this unit is "Power import average L1"; returns `title`. */
char *reader_title(const char *name, enum meter_unit unit, char title[READER_TITLE_SIZE]);

/* True if it only ever grows, until it rolls over: import, export, outages, pulses. */
bool reader_is_total(const char *name, enum meter_unit unit);

#endif

/* The portable rooms' writer onto a file. */
#ifndef HOST_FILE_OUT_H
#define HOST_FILE_OUT_H

#include "reader/text/out.h"

#include <stdio.h>

struct reader_out file_out(FILE *file);

#endif

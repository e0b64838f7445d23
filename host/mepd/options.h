/* mepd's command line. */
#ifndef HOST_MEPD_OPTIONS_H
#define HOST_MEPD_OPTIONS_H

#include "host/mepd/config.h"

enum task {
    TASK_RUN,
    TASK_SET_PASSWORD,
    TASK_CHECK_CONFIG,
    TASK_MANUAL,
    TASK_NOTHING /* help or version was printed */
};

/*
 * Reads the command line and MEP_KEY. EXIT_OK, or after one line an exit status.
 * A key among the arguments is overwritten, so that other users do not find it in
 * the list of processes.
 */
int options_parse(int argc, char **argv, struct config_source *source, enum task *task);

#endif

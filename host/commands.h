/* The commands of `mep`, a file for each: cmd_NAME.c. */
#ifndef HOST_COMMANDS_H
#define HOST_COMMANDS_H

#include "host/options.h"

extern const struct command command_read;
extern const struct command command_watch;
extern const struct command command_table;
extern const struct command command_info;
extern const struct command command_profile;
extern const struct command command_decode;
extern const struct command command_capture;
extern const struct command command_key;

#endif

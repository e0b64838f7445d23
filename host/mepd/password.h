/* mepd --set-password */
#ifndef HOST_MEPD_PASSWORD_H
#define HOST_MEPD_PASSWORD_H

#include "host/mepd/config.h"

/* Asks for a password, on a terminal without showing it, and stores its hash; gives the exit
 * status. */
int password_set(const struct config_source *source);

#endif

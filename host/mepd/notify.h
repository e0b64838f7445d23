/* Tells the service manager how we are (sd_notify(3)'s protocol); without one, nobody. */
#ifndef HOST_MEPD_NOTIFY_H
#define HOST_MEPD_NOTIFY_H

#include <stdint.h>

/* READY=1 and others, lines of them. */
void notify_state(const char *state);

/* RELOADING=1, with the time that the manager wants with it; READY=1 is to follow. */
void notify_reloading(void);

/* How often, in milliseconds, WATCHDOG=1 is expected; 0: not at all. */
uint64_t notify_watchdog_ms(void);

#endif

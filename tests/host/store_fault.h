/* A file system for SQLite that can be full, and that can be stopped: the store's tests use it. */
#ifndef STORE_FAULT_H
#define STORE_FAULT_H

#include <stdbool.h>

/* Makes it SQLite's default; once, before anything is opened. */
void store_fault_install(void);

/* From now on writes fail as if the disk were full. */
void store_fault_full(bool full);

/* From now on writes wait until they may go on. */
void store_fault_stop(bool stop);

/* Whether one waits. */
bool store_fault_waiting(void);

#endif

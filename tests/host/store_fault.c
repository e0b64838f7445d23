#include "tests/host/store_fault.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static sqlite3_vfs *real;
static sqlite3_vfs vfs;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t go_on = PTHREAD_COND_INITIALIZER;
static bool is_full, is_stopped;
static int waiting;

/* The real file system has several sets of methods, all with the same xWrite, and each file keeps
 * its own but for that. */
enum {
    SETS = 4
};
static sqlite3_io_methods methods[SETS];
static const sqlite3_io_methods *real_methods[SETS];

static int write_file(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    while (is_stopped)
        pthread_cond_wait(&go_on, &mutex);
    waiting--;
    bool full = is_full;
    pthread_mutex_unlock(&mutex);
    return full ? SQLITE_FULL : real_methods[0]->xWrite(file, bytes, count, offset);
}

static int open_file(sqlite3_vfs *unused, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    (void)unused;
    int result = real->xOpen(real, name, file, flags, out_flags);
    if (result == SQLITE_OK && file->pMethods != NULL) {
        int set = 0;
        pthread_mutex_lock(&mutex);
        while (real_methods[set] != NULL && real_methods[set] != file->pMethods)
            set++;
        if (set == SETS || (set > 0 && file->pMethods->xWrite != real_methods[0]->xWrite))
            abort();
        real_methods[set] = file->pMethods;
        methods[set] = *file->pMethods;
        methods[set].xWrite = write_file;
        file->pMethods = &methods[set];
        pthread_mutex_unlock(&mutex);
    }
    return result;
}

void store_fault_install(void)
{
    real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.zName = "fault";
    vfs.pNext = NULL;
    vfs.xOpen = open_file;
    sqlite3_vfs_register(&vfs, 1);
}

void store_fault_full(bool full)
{
    pthread_mutex_lock(&mutex);
    is_full = full;
    pthread_mutex_unlock(&mutex);
}

void store_fault_stop(bool stop)
{
    pthread_mutex_lock(&mutex);
    is_stopped = stop;
    pthread_cond_broadcast(&go_on);
    pthread_mutex_unlock(&mutex);
}

bool store_fault_waiting(void)
{
    pthread_mutex_lock(&mutex);
    bool result = is_stopped && waiting > 0;
    pthread_mutex_unlock(&mutex);
    return result;
}

/* One meter of mepd: its line, its reader, its history on the way to the store. */
#ifndef HOST_MEPD_METER_H
#define HOST_MEPD_METER_H

#include "host/link.h"
#include "host/mepd/store.h"
#include "reader/bridge/bridge.h"

struct meter;

/* What a meter needs of those around it. */
struct meter_surroundings {
    uv_loop_t *loop;
    struct store *store; /* NULL: nothing is stored */
    int32_t sample_s;    /* between samples; 0: none are taken */
    /* There is something new for those who are told; from within the meter's work. */
    void (*news)(void *context, struct meter *meter);
    void *context;
};

struct meter {
    struct reader_meter_settings settings;
    struct mep_key key;
    const struct meter_surroundings *around;
    struct link link;
    struct reader reader;
    struct reader_history history;
    struct reader_exchanges log;
    struct reader_meter bridge;
    bool has_reading; /* new ones, until whoever is told resets it; the meter's last byte of it */
    mep_time last_byte_at; /* came then */

    /* The rest is the meter's own. */
    char serial[READER_SERIAL_SIZE + 1]; /* whose history is being read; "": not known yet */
    mep_time again_at;                   /* when to look for more history */
    bool recent;                         /* the newest intervals go before older ones */
    mep_time room_at;                    /* when to look whether the store has room again */
    int64_t sampled;                     /* the period of the last sample */
    bool restarted;                      /* since then an energy rolled over or began anew */
};

/*
 * Begins to read a meter after a while. NULL: no memory. `settings` are copied
 * and understood; `around` must stay.
 */
struct meter *meter_start(const struct meter_surroundings *around,
                          const struct reader_meter_settings *settings, const struct mep_key *key,
                          mep_time delay_us);

/* Whether it is what these settings want. */
bool meter_is_same(const struct meter *meter, const struct reader_meter_settings *settings,
                   const struct mep_key *key);

/* Somebody else asked it for something. */
void meter_turn(struct meter *meter);

/* Ends it and, once the loop has let go of it, frees it. */
void meter_end(struct meter *meter);

#endif

/* What `mep watch` shows on a terminal. */
#ifndef HOST_WATCH_SCREEN_H
#define HOST_WATCH_SCREEN_H

#include "host/reading.h"
#include "host/screen.h"
#include "host/session.h"

enum watch_freshness {
    WATCH_NONE,  /* no reading yet, or so old that it is not shown any more */
    WATCH_STALE, /* shown, but clearly as of some seconds ago */
    WATCH_LIVE
};

/* How long ago: "0.4 s", "12 s", "3 min", "2 h". Returns `text`. */
char *watch_age(mep_time age_us, char text[READING_TEXT_SIZE]);

/*
 * Draws the newest reading, as far as it is not stale, and the state of the
 * link. `verified_at`: of the last reading, 0 if there was none.
 */
void watch_draw(struct screen *screen, const struct session *session, mep_time verified_at);

#endif

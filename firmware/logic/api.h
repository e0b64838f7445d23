/*
 * The board's own paths beside those of reader/bridge/http.h: set-up, diagnostics,
 * backup, updates. docs/firmware.md lists them.
 *
 * Who may: who has logged in, as for all settings. As long as no password is set
 * nobody can; then a few paths that set up the board are open to who has it in
 * hand: at its access point, whose password is its own, or for a while after it
 * was powered or its button pressed.
 */
#ifndef FW_API_H
#define FW_API_H

#include "firmware/logic/echo.h"
#include "firmware/logic/ladder.h"
#include "firmware/logic/network.h"
#include "firmware/logic/reset.h"
#include "reader/bridge/http.h"

/* How the board is, beyond its network and the meter's line: what /api/v1/board gives. */
enum {
    FW_TASKS = 16
};
struct fw_status {
    const char *idf, *chip, *slot; /* versions and names of the firmware's */
    bool probation, core_dump;
    int64_t uptime_s, time;
    int rssi; /* dBm; 0: unknown */
    const char *address;
    size_t heap_free, heap_least, heap_largest; /* bytes; the largest block */
    struct {
        const char *name;
        uint32_t left; /* bytes of its stack that were never used */
    } task[FW_TASKS];
    size_t tasks;
    const uint32_t *resets; /* how often by each reason since it was flashed */
    unsigned last_reset;    /* the last one's */
    bool update_busy, update_done;
    size_t update_bytes;
    const char *update_problem; /* NULL: none */
};

/* Texts in PEM form for a broker over TLS, which are longer than a setting can be. */
enum fw_pem {
    FW_PEM_CA, /* in place of the well-known ones */
    FW_PEM_CERTIFICATE,
    FW_PEM_KEY, /* secret */
    FW_PEMS
};

/* The board, of which there is one. */
struct fw_api_host {
    void (*status)(struct fw_status *status); /* all zero before */
    /* Networks seen when last looked for; `look`: asks for that, which takes seconds, in which
     * nobody at the access point is heard. NULL: no radio. */
    size_t (*networks)(bool look, const struct fw_seen **seen);
    bool (*join)(const char *ssid, const char *password); /* false: not now */
    const char *(*change)(const char *const *names, const char *const *values, size_t count);
    const char *(*backup)(bool secrets, size_t *size);
    const char *(*restore)(const char *text, size_t size, unsigned *line);
    const char *(*fetch)(const char *url, bool allow_older); /* an update */
    /* Stores one, or none if it is empty; NULL or what is wrong with it. */
    const char *(*set_pem)(enum fw_pem which, const char *text, size_t size);
    bool (*has_pem)(enum fw_pem which);
    void (*log)(struct reader_out *out);
    /* The core dump of the last crash; false: there is none. `out` NULL: only erases it. */
    bool (*core)(struct reader_out *out);
    void (*restart)(void);
    void (*forget)(void); /* all settings */
};

/* How a visitor came; all but the first have the board in hand, see above. */
enum fw_visit {
    FW_VISIT_NETWORK,
    FW_VISIT_IN_HAND,
    FW_VISIT_ACCESS_POINT
};

struct fw_api {
    struct reader_bridge *bridge;
    struct fw_network *network;
    const struct fw_ladder *ladder;
    const struct fw_echo *echo;
    const struct fw_api_host *host;
};

/*
 * Answers a request as reader_http() does; *handled is false, and nothing was
 * done, if its path is none of the board's. Whoever has to be shown how to set it
 * up is sent to /setup: a phone at our access point that looks whether there is
 * internet, and everybody at a board without a password. That page is an asset of the
 * host's (web/setup).
 */
enum reader_http_result fw_api(struct fw_api *api, mep_time now, enum fw_visit visit,
                               struct reader_http_request *request,
                               struct reader_http_response *response, bool *handled);

/* An image comes as a body that no buffer holds: POST to this path, `older=yes` in its query. */
bool fw_api_is_upload(const struct reader_http_request *request, bool *allow_older);

/* NULL, or why such a request is refused; *status is 401 or 403. */
const char *fw_api_refusal(struct fw_api *api, mep_time now,
                           const struct reader_http_request *request, int *status);

#endif

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
#include "reader/bridge/http.h"

/* The board, of which there is one. */
struct fw_api_host {
    /* Members of the object that /api/v1/board gives, beyond the network's and the meter link's. */
    void (*status)(struct reader_out *out);
    /* Networks seen lately; asks for a new look, which takes seconds. NULL: no radio. */
    size_t (*networks)(const struct fw_seen **seen);
    bool (*join)(const char *ssid, const char *password); /* false: not now */
    const char *(*change)(const char *const *names, const char *const *values, size_t count);
    const char *(*backup)(bool secrets, size_t *size);
    const char *(*restore)(const char *text, size_t size, unsigned *line);
    const char *(*fetch)(const char *url, bool allow_older); /* an update */
    void (*log)(struct reader_out *out);
    /* The core dump of the last crash; false: there is none. `out` NULL: only erases it. */
    bool (*core)(struct reader_out *out);
    void (*restart)(void);
    void (*forget)(void); /* all settings */
    const char *page;     /* for set-up and recovery: all in one */
    size_t page_size;
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
 * done, if its path is none of the board's. `in_hand`: see above.
 */
enum reader_http_result fw_api(struct fw_api *api, mep_time now, bool in_hand,
                               struct reader_http_request *request,
                               struct reader_http_response *response, bool *handled);

/* An image comes as a body that no buffer holds: POST to this path, `older=yes` in its query. */
bool fw_api_is_upload(const struct reader_http_request *request, bool *allow_older);

/* NULL, or why such a request is refused; *status is 401 or 403. */
const char *fw_api_refusal(struct fw_api *api, mep_time now, bool in_hand,
                           const struct reader_http_request *request, int *status);

#endif

/*
 * The dashboard as it is served: what `npm run build` put into web/dist, and the
 * API's description. Made from these at build time by web/embed.
 */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include "reader/bridge/bridge.h"

extern const struct reader_asset web_assets[];
extern const size_t web_assets_count;

/*
 * The asset of a path as it was asked for, "/assets/index-1a2b.js"; what follows a
 * '?' does not count. "/" is the page. NULL if there is none.
 */
const struct reader_asset *web_asset(const char *path);

#endif

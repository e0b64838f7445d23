#include "web/assets.h"

#include <string.h>

const struct reader_asset *web_asset(const char *path)
{
    size_t length = strcspn(path, "?");
    for (size_t i = 0; i < web_assets_count; i++)
        if (strlen(web_assets[i].path) == length && memcmp(web_assets[i].path, path, length) == 0)
            return &web_assets[i];
    return NULL;
}

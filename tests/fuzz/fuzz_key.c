/* The key parser: an exact copy on the heap shows any read beyond the text. */
#include "mep/key.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + (size == 0));
    struct mep_key key, before;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    memset(&key, 0x5a, sizeof key);
    before = key;
    enum mep_key_error error = mep_key_parse(text, size, &key);
    if (error != MEP_KEY_OK && memcmp(&key, &before, sizeof key) != 0)
        abort();
    if (error == MEP_KEY_OK && size != 16 && size != 20 && size != 32 && size != 40 && size != 36 &&
        size != 44)
        abort();
    free(text);
    return 0;
}

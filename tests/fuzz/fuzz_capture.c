/* Captures, from the file's bytes to the last decoded value, with a key and without one. */
#include "host/capture.h"
#include "host/value_out.h"

#include <stdlib.h>
#include <string.h>

static void use_value(void *context, const struct meter_value *value)
{
    char text[VALUE_TEXT_SIZE];
    size_t *total = context;
    *total += strlen(value_text(value, text)) + strlen(value->name);
}

static void use_item(void *context, const struct capture_item *item)
{
    const struct exchange *x = item->exchange;

    if (x == NULL || x->response.data == NULL)
        return;
    if (x->digest == EXCHANGE_BAD || item->problem != NULL)
        abort(); /* nothing of it may be believed */
    const struct meter_table *table = meter_table_by_number(x->request.table);
    if (table != NULL)
        meter_decode(table, item->dims, x->request.offset, x->response.data, x->response.count,
                     use_value, context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mep_key key = {.bytes = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
    struct meter_dimensions dims;
    size_t total = 0;

    meter_dimensions_default(&dims);
    capture_read(data, size, NULL, &dims, use_item, &total);
    meter_dimensions_default(&dims);
    capture_read(data, size, &key, &dims, use_item, &total);
    return 0;
}

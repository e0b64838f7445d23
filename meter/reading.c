#include "meter/walk.h"

/* BT28: the sources after the CT and VT ratio, and those before it (p.204-206). */
static const struct {
    uint8_t after;
    uint8_t before;
    uint8_t count;
} ratio_pairs[] = {
    {81, 8, 4},    /* places 18-21 for 0-3 */
    {191, 185, 6}, /* places 32-37 for 26-31 */
    {197, 12, 3},  /* places 38-40 for 4-6 */
};

bool meter_reading_name(struct meter_value *value, const struct meter_dimensions *dims)
{
    bool ct = meter_is_ct(dims);
    if (value->table->number != meter_bt28.number || !value->sourced)
        return true;
    for (size_t i = 0; i < sizeof ratio_pairs / sizeof ratio_pairs[0]; i++) {
        unsigned after = (unsigned)value->source - ratio_pairs[i].after;
        unsigned before = (unsigned)value->source - ratio_pairs[i].before;
        if (before < ratio_pairs[i].count)
            return !ct;
        if (after < ratio_pairs[i].count) {
            uint8_t id = (uint8_t)(ratio_pairs[i].before + after);
            if (ct)
                meter_name_source(
                    value, meter_find_source(meter_present_sources, meter_present_source_count, id),
                    id);
            return ct;
        }
    }
    return true;
}

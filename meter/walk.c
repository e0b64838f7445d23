#include "meter/walk.h"

static const uint8_t type_size[METER_TYPES] = {
    [METER_UINT8] = 1, [METER_UINT16] = 2, [METER_UINT32] = 4, [METER_INT8] = 1,  [METER_INT16] = 2,
    [METER_INT24] = 3, [METER_INT32] = 4,  [METER_INT40] = 5,  [METER_INT48] = 6, [METER_LTIME] = 6,
    [METER_STIME] = 5, [METER_HMS] = 3,    [METER_VERSION] = 2};

uint32_t meter_element_size(const struct meter_field *field, const struct meter_dimensions *dims)
{
    return type_size[field->type] ? type_size[field->type] : meter_dimension(dims, field->length);
}

static enum meter_kind kind_of(const struct meter_field *field)
{
    switch (field->type) {
    case METER_TEXT:
    case METER_VERSION:
        return METER_STRING;
    case METER_BYTES:
    case METER_SECRET:
        return METER_RAW;
    case METER_LTIME:
    case METER_STIME:
        return METER_TIME;
    case METER_UINT8:
    case METER_UINT16:
    case METER_UINT32:
    case METER_HMS:
        return field->bits == 1 ? METER_BOOL : METER_UNSIGNED;
    default:
        return METER_SIGNED;
    }
}

/* ---- Names ---- */

struct writer {
    char *out;
    size_t used;
};

static void put(struct writer *w, char c)
{
    if (w->used < METER_NAME_SIZE - 1)
        w->out[w->used++] = c;
}

static void put_number(struct writer *w, unsigned number)
{
    unsigned power = 1;
    while (number / power >= 10)
        power *= 10;
    for (; power != 0; power /= 10)
        put(w, (char)('0' + number / power % 10));
}

void meter_compose(struct meter_value *value, const char *pattern, const unsigned *numbers)
{
    struct writer w = {value->name, 0};
    for (; *pattern; pattern++) {
        if (*pattern == '#') {
            put_number(&w, *numbers++);
        } else if (*pattern != '@') {
            put(&w, *pattern);
        } else if (value->tier) {
            put(&w, '_');
            put(&w, 't');
            put_number(&w, value->tier);
        }
    }
    value->name[w.used] = 0;
}

const struct meter_source *meter_find_source(const struct meter_source *sources, size_t count,
                                             unsigned id)
{
    for (size_t i = 0; i < count; i++) {
        if (id >= sources[i].first && id - sources[i].first < sources[i].count)
            return &sources[i];
    }
    return NULL;
}

/* A source listed twice keeps its name at the first place only: names are unique. */
static bool listed_before(const uint8_t *list, unsigned place)
{
    for (unsigned i = 0; i < place; i++) {
        if (list[i] == list[place])
            return true;
    }
    return false;
}

void meter_name_source(struct meter_value *value, const struct meter_source *source, uint8_t id)
{
    unsigned number = (unsigned)(id - source->first + source->number);
    value->sourced = true;
    value->source = id;
    value->unit = (enum meter_unit)source->unit;
    value->since = source->since;
    meter_compose(value, source->name, &number);
}

/* Names a summation; false if this tier block does not have it. */
static bool name_summation(struct meter_value *value, const uint8_t *list, const char *by_place)
{
    unsigned place = value->place;
    if (place >= METER_SUMMATIONS_MAX || listed_before(list, place)) {
        meter_compose(value, by_place, &place);
        return true;
    }
    unsigned id = list[place];
    const struct meter_source *source =
        meter_find_source(meter_summation_sources, meter_summation_source_count, id);
    if (source) {
        meter_name_source(value, source, (uint8_t)id);
        return !source->total_only || !value->tier;
    }
    value->sourced = true;
    value->source = (uint8_t)id;
    meter_compose(value, "source_#@", &id);
    return true;
}

static void name_present(struct meter_value *value, const uint8_t *list, const char *by_place)
{
    unsigned place = value->place;
    const struct meter_source *source = NULL;
    if (place < METER_PRESENT_VALUES_MAX && !listed_before(list, place))
        source = meter_find_source(meter_present_sources, meter_present_source_count, list[place]);
    if (source)
        meter_name_source(value, source, list[place]);
    else
        meter_compose(value, by_place, &place);
}

static bool name_value(struct meter_walk *walk, const struct meter_field *field,
                       const unsigned *index)
{
    struct meter_value *value = &walk->value;
    unsigned numbers[METER_FIELD_LEVELS] = {0};
    unsigned *next = numbers;
    value->unit = (enum meter_unit)field->unit;
    value->since = field->since;
    value->sourced = false;
    value->source = 0;
    value->tier = 0;
    value->place = 0;
    for (unsigned k = 0; k < METER_FIELD_LEVELS && field->level[k].count; k++) {
        value->place = (uint8_t)index[k];
        switch (field->level[k].naming) {
        case METER_TIER:
            value->tier = (uint8_t)index[k];
            break;
        case METER_SUMMATION:
            return name_summation(value, walk->dims->summation_source, field->name);
        case METER_PRESENT:
            name_present(value, walk->dims->present_source, field->name);
            return true;
        default:
            *next++ = index[k] + (field->level[k].naming == METER_FROM_1);
        }
    }
    meter_compose(value, field->name, numbers);
    return true;
}

/* ---- Places ---- */

static uint32_t level_count(const struct meter_walk *walk, const struct meter_level *level)
{
    return level->count ? meter_dimension(walk->dims, level->count) : 1;
}

static uint32_t stride_of(const struct meter_walk *walk, const struct meter_level *level,
                          uint32_t size)
{
    return level->stride ? meter_dimension(walk->dims, level->stride) : size;
}

static bool field_there(const struct meter_walk *walk, const struct meter_field *field)
{
    uint32_t firmware = walk->dims->value[METER_DIM_FIRMWARE];
    /* Modules number their firmware otherwise, from 1.00 on; the guide gives no complete list. */
    if (firmware >= METER_FW_3_0 && firmware < field->since)
        return false;
    return !field->when || meter_dimension(walk->dims, field->when);
}

static uint32_t offset_in_entry(const struct meter_walk *walk, const struct meter_field *field)
{
    uint32_t at = field->at;
    for (unsigned i = 0; i < METER_FIELD_TERMS; i++)
        at += field->term[i].factor * meter_dimension(walk->dims, field->term[i].dimension);
    return at;
}

/* All elements of one field in one entry of level 0. */
static bool walk_entry(struct meter_walk *walk, const struct meter_field *field, unsigned entry)
{
    const struct meter_level *level = field->level;
    uint32_t size = meter_element_size(field, walk->dims);
    uint32_t stride0 = stride_of(walk, &level[0], size);
    uint32_t stride1 = stride_of(walk, &level[1], size);
    uint32_t count1 = level_count(walk, &level[1]);
    uint32_t count2 = level_count(walk, &level[2]);
    uint32_t within = offset_in_entry(walk, field);
    uint32_t start = meter_dimension(walk->dims, field->base) + entry * stride0;
    unsigned index[METER_FIELD_LEVELS] = {entry, 0, 0};

    for (index[1] = 0; size && index[1] < count1; index[1]++) {
        for (index[2] = 0; index[2] < count2; index[2]++) {
            uint32_t at = within + index[1] * stride1 + index[2] * size;
            if (level[0].stride && at + size > stride0)
                return true;
            if (start + at + size > walk->high)
                return true;
            if (start + at < walk->low || !name_value(walk, field, index))
                continue;
            walk->size = size;
            walk->value.field = field;
            walk->value.kind = kind_of(field);
            walk->value.offset = start + at;
            if (!walk->visit(walk))
                return false;
        }
    }
    return true;
}

/* The fields of one structure, entry by entry. */
static bool walk_structure(struct meter_walk *walk, const struct meter_field *field,
                           const struct meter_field *end)
{
    bool more = true;
    for (unsigned entry = 0; more; entry++) {
        more = false;
        for (const struct meter_field *f = field; f < end; f++) {
            uint32_t count = level_count(walk, &f->level[0]);
            uint32_t stride = stride_of(walk, &f->level[0], 0);
            if (entry >= count ||
                meter_dimension(walk->dims, f->base) + entry * stride > walk->high)
                continue;
            more = true;
            if (entry >= f->level[0].first && field_there(walk, f) && !walk_entry(walk, f, entry))
                return false;
        }
    }
    return true;
}

bool meter_walk(struct meter_walk *walk)
{
    const struct meter_field *field = walk->table->fields;
    const struct meter_field *last = field + walk->table->field_count;
    walk->value.table = walk->table;
    while (field < last) {
        const struct meter_field *end = field + 1;
        while (end < last && end->level[0].stride &&
               end->level[0].stride == field->level[0].stride && end->base == field->base)
            end++;
        if (!walk_structure(walk, field, end))
            return false;
        field = end;
    }
    return true;
}

size_t meter_table_size(const struct meter_table *table, const struct meter_dimensions *dims)
{
    const struct meter_walk walk = {.table = table, .dims = dims};
    uint32_t most = table->size;
    for (const struct meter_field *f = table->fields; f < table->fields + table->field_count; f++) {
        uint32_t size = meter_element_size(f, dims);
        uint32_t count[METER_FIELD_LEVELS];
        for (unsigned k = 0; k < METER_FIELD_LEVELS; k++)
            count[k] = level_count(&walk, &f->level[k]);
        if (!count[0] || !count[1] || !count[2] || !field_there(&walk, f))
            continue;
        uint32_t stride0 = stride_of(&walk, &f->level[0], size);
        uint32_t end = meter_dimension(dims, f->base) + (count[0] - 1) * stride0;
        if (f->level[0].stride)
            end += stride0;
        else
            end += offset_in_entry(&walk, f) +
                   (count[1] - 1) * stride_of(&walk, &f->level[1], size) + count[2] * size;
        if (end > most)
            most = end;
    }
    return most;
}

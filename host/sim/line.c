#include "host/sim/line.h"

#include <string.h>

enum {
    BITS_PER_BYTE = 10,
    PIECES_PER_S = 50
};

static mep_time line_time(const struct sim_line *line, size_t bytes)
{
    if (line->baud == 0)
        return 0;
    return (mep_time)bytes * BITS_PER_BYTE * 1000000 / line->baud;
}

static struct sim_chunk *chunk_at(struct sim_line *line, unsigned place)
{
    return &line->chunk[(line->first + place) % SIM_LINE_CHUNKS];
}

void sim_line_init(struct sim_line *line, uint32_t baud)
{
    memset(line, 0, sizeof *line);
    line->baud = baud;
    line->free_at = INT64_MIN / 2;
}

/* When the last byte that is on the line will have arrived. */
static mep_time end_of(struct sim_line *line)
{
    mep_time end = line->free_at;

    for (unsigned i = 0; i < line->chunks; i++) {
        const struct sim_chunk *chunk = chunk_at(line, i);
        end = (chunk->at > end ? chunk->at : end) + line_time(line, chunk->size);
    }
    return end;
}

void sim_line_push(struct sim_line *line, mep_time at, const uint8_t *bytes, size_t count)
{
    size_t room = SIM_LINE_BYTES - line->used;

    if (count > room)
        count = room;
    if (count == 0)
        return;
    if (line->chunks == SIM_LINE_CHUNKS || (line->chunks != 0 && at <= end_of(line)))
        chunk_at(line, line->chunks - 1u)->size += (uint16_t)count;
    else
        *chunk_at(line, line->chunks++) = (struct sim_chunk){at, (uint16_t)count, 0};
    for (size_t i = 0; i < count; i++)
        line->bytes[(line->head + line->used++) % SIM_LINE_BYTES] = bytes[i];
}

/* When the first chunk began to go. */
static mep_time begin_of_first(const struct sim_line *line)
{
    mep_time at = line->chunk[line->first].at;
    return at > line->free_at ? at : line->free_at;
}

size_t sim_line_pop(struct sim_line *line, mep_time now, uint8_t *bytes, size_t size, mep_time *at)
{
    size_t count = 0;

    while (line->chunks != 0 && count < size) {
        struct sim_chunk *chunk = chunk_at(line, 0);
        mep_time begin = begin_of_first(line);
        mep_time arrival = begin + line_time(line, chunk->taken + 1u);
        if (arrival > now)
            break;
        bytes[count++] = line->bytes[line->head];
        line->head = (uint16_t)((line->head + 1) % SIM_LINE_BYTES);
        line->used--;
        *at = arrival;
        if (++chunk->taken == chunk->size) {
            line->free_at = arrival;
            line->first = (uint8_t)((line->first + 1) % SIM_LINE_CHUNKS);
            line->chunks--;
        }
    }
    return count;
}

mep_time sim_line_wake(const struct sim_line *line)
{
    if (line->chunks == 0)
        return MEP_NEVER;
    const struct sim_chunk *chunk = &line->chunk[line->first];
    unsigned piece =
        line->baud > PIECES_PER_S * BITS_PER_BYTE ? line->baud / (PIECES_PER_S * BITS_PER_BYTE) : 1;
    unsigned rest = chunk->size - chunk->taken;
    return begin_of_first(line) + line_time(line, chunk->taken + (piece < rest ? piece : rest));
}

void sim_line_clear(struct sim_line *line)
{
    line->used = 0;
    line->chunks = 0;
}

#include "firmware/logic/lines.h"

#include <string.h>

void fw_lines_add(struct fw_lines *lines, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\033')
            lines->colour = true;
        else if (lines->colour)
            lines->colour = text[i] != 'm';
        else
            lines->kept[lines->written++ % FW_LINES] = text[i];
    }
}

void fw_lines_write(const struct fw_lines *lines, struct reader_out *out)
{
    size_t from = lines->written % FW_LINES;

    if (lines->written > FW_LINES)
        reader_out_bytes(out, lines->kept + from, FW_LINES - from);
    reader_out_bytes(out, lines->kept, lines->written > FW_LINES ? from : lines->written);
}

size_t fw_lines_take(struct fw_lines *lines, char *line, size_t size)
{
    size_t length = 0;

    if (lines->written - lines->sent > FW_LINES)
        lines->sent = lines->written - FW_LINES;
    for (size_t at = lines->sent; at < lines->written; at++) {
        char c = lines->kept[at % FW_LINES];
        if (c != '\n') {
            if (length < size)
                line[length++] = c;
            continue;
        }
        lines->sent = at + 1;
        if (length != 0)
            return length;
    }
    return 0;
}

int fw_lines_severity(const char *line)
{
    static const char letters[] = "EWIDV";
    static const int severities[] = {3, 4, 6, 7, 7};
    const char *found = line[0] != 0 ? strchr(letters, line[0]) : NULL;

    return found != NULL ? severities[found - letters] : 6;
}

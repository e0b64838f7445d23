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

static int severity(char letter)
{
    static const char letters[] = "EWIDV";
    static const int severities[] = {3, 4, 6, 7, 7};
    const char *found = letter != 0 ? strchr(letters, letter) : NULL;

    return found != NULL ? severities[found - letters] : 6;
}

size_t fw_lines_syslog(struct fw_lines *lines, const char *hostname, char *packet, size_t size)
{
    enum {
        LOCAL_0 = 16 /* the facility */
    };
    char line[FW_LINE];
    struct reader_buffer buffer;
    struct reader_out out;
    size_t count = fw_lines_take(lines, line, sizeof line);

    if (count == 0)
        return 0;
    /* No time: the receiver's is better. */
    reader_out_buffer(&out, &buffer, packet, size);
    reader_out_text(&out, "<");
    reader_out_integer(&out, LOCAL_0 * 8 + severity(line[0]));
    reader_out_text(&out, ">1 - ");
    reader_out_text(&out, hostname);
    reader_out_text(&out, " meplink - - - ");
    reader_out_bytes(&out, line, count);
    return out.failed ? 0 : buffer.length;
}

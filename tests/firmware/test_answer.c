/* Answers as they go out: whole, in chunks, from flash, to connections that break. Lines of the log. */
#include "tests/cmocka_all.h"

#include "firmware/logic/answer.h"
#include "firmware/logic/calls.h"
#include "firmware/logic/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUFFER = 1000
};

static const char flash[5000] = {'f', 'l', 'a', 's', 'h'};

struct connection {
    char text[20000];
    size_t count, breaks_at; /* 0: never */
};

static struct connection line;
static struct fw_answer answer;
static struct reader_http_response response;

static bool take(void *context, const char *bytes, size_t count)
{
    struct connection *c = context;

    if (c->breaks_at != 0 && c->count + count > c->breaks_at)
        return false;
    assert_true(c->count + count < sizeof c->text);
    memcpy(c->text + c->count, bytes, count);
    c->count += count;
    c->text[c->count] = 0;
    return true;
}

static bool lasts(const void *bytes)
{
    return (const char *)bytes >= flash && (const char *)bytes < flash + sizeof flash;
}

static void begin(bool head_only)
{
    static char buffer[BUFFER];

    memset(&line, 0, sizeof line);
    memset(&response, 0, sizeof response);
    answer.send = take;
    answer.lasts = lasts;
    answer.context = &line;
    answer.bytes = buffer;
    answer.size = BUFFER;
    fw_answer_begin(&answer, &response, head_only);
    response.status = 200;
    response.content_type = "text/plain";
}

/* Puts a chunked body together; gives its size. */
static size_t unchunk(const char *body, char *out)
{
    size_t total = 0;

    for (;;) {
        char *end;
        unsigned long size = strtoul(body, &end, 16);
        assert_memory_equal(end, "\r\n", 2);
        body = end + 2;
        if (size == 0) {
            assert_string_equal(body, "\r\n");
            return total;
        }
        memcpy(out + total, body, size);
        total += size;
        assert_memory_equal(body + size, "\r\n", 2);
        body += size + 2;
    }
}

static const char *body(void)
{
    const char *end = strstr(line.text, "\r\n\r\n");

    assert_non_null(end);
    return end + 4;
}

static void short_ones_go_with_their_length(void **unused)
{
    (void)unused;
    begin(false);
    response.etag = "\"1\"";
    strcpy(response.set_cookie, "a=b");
    response.retry_after_s = 7;
    reader_out_text(&response.out, "hello");
    assert_true(fw_answer_end(&answer, false));
    assert_memory_equal(line.text, "HTTP/1.1 200 OK\r\n", 17);
    assert_non_null(strstr(line.text, "\r\nContent-Length: 5\r\n"));
    assert_non_null(strstr(line.text, "\r\nSet-Cookie: a=b\r\n"));
    assert_non_null(strstr(line.text, "\r\nETag: \"1\"\r\n"));
    assert_non_null(strstr(line.text, "\r\nRetry-After: 7\r\n"));
    assert_non_null(strstr(line.text, "nosniff"));
    assert_non_null(strstr(line.text, "X-Frame-Options: DENY"));
    assert_null(strstr(line.text, "chunked"));
    assert_string_equal(body(), "hello");

    begin(true);
    reader_out_text(&response.out, "hello");
    assert_true(fw_answer_end(&answer, false));
    assert_non_null(strstr(line.text, "\r\nContent-Length: 5\r\n"));
    assert_string_equal(body(), "");

    begin(false);
    response.status = 304;
    assert_true(fw_answer_end(&answer, false));
    assert_null(strstr(line.text, "Content-Length"));

    begin(false);
    response.status = 302;
    response.allow = "http://192.168.4.1/setup";
    assert_true(fw_answer_end(&answer, false));
    assert_non_null(strstr(line.text, "\r\nLocation: http://192.168.4.1/setup\r\n"));
}

static void long_ones_go_in_chunks(void **unused)
{
    char whole[20000], expected[20000];

    (void)unused;
    for (size_t size = BUFFER - 2; size < 6000; size += size < BUFFER + 3 ? 1 : 497) {
        size_t at = 0;
        begin(false);
        while (at < size) {
            char piece[40];
            size_t some = size - at < 7 ? size - at : 7;
            snprintf(piece, sizeof piece, "%07u", (unsigned)at);
            reader_out_bytes(&response.out, piece, some);
            memcpy(expected + at, piece, some);
            at += some;
        }
        assert_true(fw_answer_end(&answer, false));
        assert_int_equal(strstr(line.text, "chunked") != NULL, size > BUFFER);
        if (size > BUFFER)
            assert_int_equal(unchunk(body(), whole), size);
        else
            memcpy(whole, body(), size);
        assert_memory_equal(whole, expected, size);
    }
}

static void flash_is_not_copied(void **unused)
{
    char whole[20000];

    (void)unused;
    begin(false);
    reader_out_bytes(&response.out, flash, sizeof flash);
    assert_int_equal(answer.count, 0);
    assert_true(fw_answer_end(&answer, false));
    assert_non_null(strstr(line.text, "\r\nContent-Length: 5000\r\n"));
    assert_memory_equal(body(), flash, sizeof flash);

    /* Between other things, in order. */
    begin(false);
    reader_out_text(&response.out, "<");
    reader_out_bytes(&response.out, flash, sizeof flash);
    reader_out_text(&response.out, ">");
    reader_out_bytes(&response.out, flash, 600);
    assert_true(fw_answer_end(&answer, false));
    assert_int_equal(unchunk(body(), whole), 5000 + 600 + 2);
    assert_int_equal(whole[0], '<');
    assert_memory_equal(whole + 1, flash, 5000);
    assert_int_equal(whole[5001], '>');
    assert_memory_equal(whole + 5002, flash, 600);
}

static void streams_go_on(void **unused)
{
    struct reader_out out;

    (void)unused;
    begin(false);
    reader_out_text(&response.out, ": begun\n\n");
    assert_true(fw_answer_end(&answer, true));
    assert_string_equal(body(), "9\r\n: begun\n\n\r\n");
    line.count = 0;
    fw_answer_chunk(&answer, &out);
    assert_true(fw_answer_chunk_end(&answer));
    assert_int_equal(line.count, 0); /* an empty chunk would end it */
    fw_answer_chunk(&answer, &out);
    reader_out_text(&out, "data: 0123456789\n\n");
    assert_true(fw_answer_chunk_end(&answer));
    assert_string_equal(line.text, "12\r\ndata: 0123456789\n\n\r\n");
}

static void broken_connections_are_noticed_anywhere(void **unused)
{
    size_t whole;

    (void)unused;
    begin(false);
    for (int i = 0; i < 500; i++)
        reader_out_text(&response.out, "0123456789");
    assert_true(fw_answer_end(&answer, false));
    whole = line.count;
    for (size_t at = 1; at < whole; at += 13) {
        begin(false);
        line.breaks_at = at;
        for (int i = 0; i < 500; i++)
            reader_out_text(&response.out, "0123456789");
        assert_false(fw_answer_end(&answer, false));
    }
}

/* ---- Calls ---- */

static void there_is_room_for_so_many(void **unused)
{
    static struct fw_calls calls;
    struct fw_call *call[FW_CALLS];

    (void)unused;
    /* Streams, which keep no text, up to their number, and the others beside them. */
    for (int i = 0; i < FW_CALL_STREAMS; i++) {
        call[i] = fw_calls_take(&calls, i);
        assert_non_null(call[i]);
        strcpy(fw_call_room(call[i], 6), "cookie");
        assert_true(fw_call_stream(&calls, call[i]));
    }
    for (int i = FW_CALL_STREAMS; i < FW_CALLS; i++) {
        call[i] = fw_calls_take(&calls, i);
        assert_non_null(call[i]);
        assert_string_equal(call[i]->text, "");
        assert_false(fw_call_stream(&calls, call[i]));
    }
    assert_null(fw_calls_take(&calls, 9));
    fw_call_end(call[1]); /* a stream's end makes room for another, but not for what it says */
    assert_null(fw_calls_take(&calls, 9));
    fw_call_end(call[6]);
    call[6] = fw_calls_take(&calls, 9);
    assert_non_null(call[6]);

    /* Texts do not run into each other. */
    char *first = fw_call_room(call[6], 1000), *second = fw_call_room(call[6], 534);
    assert_ptr_equal(second, first + 1001);
    assert_null(fw_call_room(call[6], 0));
    fw_call_end(call[6]);
    call[6] = fw_calls_take(&calls, 9);
    assert_null(fw_call_room(call[6], FW_CALL_TEXT));
    assert_non_null(fw_call_room(call[6], FW_CALL_TEXT - 1));
}

/* ---- Lines ---- */

static void newest_lines_are_kept(void **unused)
{
    static struct fw_lines lines;
    static char text[FW_LINES + 1];
    struct reader_buffer buffer;
    struct reader_out out;
    char one[80], written[100];

    (void)unused;
    static const char coloured[] = "\033[0;32mI (12) meter: on\033[0m\n";
    fw_lines_add(&lines, coloured, sizeof coloured - 1);
    fw_lines_add(&lines, "E half", 6);
    reader_out_buffer(&out, &buffer, text, sizeof text);
    fw_lines_write(&lines, &out);
    assert_string_equal(text, "I (12) meter: on\nE half");
    assert_int_equal(fw_lines_take(&lines, one, 9), 9);
    assert_memory_equal(one, "I (12) me", 9);
    assert_int_equal(fw_lines_take(&lines, one, sizeof one), 0);
    fw_lines_add(&lines, " done\n\n", 7);
    assert_int_equal(fw_lines_take(&lines, one, sizeof one), 11);
    static const char log[] = "E (1) a: bad\nW (2) b: odd\n?\n\nI (3) c: fine";
    static const char *const packets[] = {"<131>1 - board meplink - - - E (1) a: bad",
                                          "<132>1 - board meplink - - - W (2) b: odd",
                                          "<134>1 - board meplink - - - ?", ""};
    char packet[64];
    fw_lines_add(&lines, log, sizeof log - 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fw_lines_syslog(&lines, "board", packet, sizeof packet),
                         strlen(packets[i]));
        assert_memory_equal(packet, packets[i], strlen(packets[i]));
    }
    fw_lines_add(&lines, "\n", 1);
    assert_int_equal(fw_lines_syslog(&lines, "board", packet, 30), 0);

    for (int i = 0; i < 1000; i++) {
        snprintf(written, sizeof written, "line %d of very many\n", i);
        fw_lines_add(&lines, written, strlen(written));
    }
    reader_out_buffer(&out, &buffer, text, sizeof text);
    fw_lines_write(&lines, &out);
    assert_int_equal(buffer.length, FW_LINES);
    assert_non_null(strstr(text, "\nline 998 of very many\nline 999 of very many\n"));
    /* Who did not keep up gets what there still is, and then nothing twice. */
    unsigned taken = 0;
    while (fw_lines_take(&lines, one, sizeof one) != 0)
        taken++;
    assert_in_range(taken, FW_LINES / 24, FW_LINES / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_ones_go_with_their_length),
        cmocka_unit_test(long_ones_go_in_chunks),
        cmocka_unit_test(flash_is_not_copied),
        cmocka_unit_test(streams_go_on),
        cmocka_unit_test(broken_connections_are_noticed_anywhere),
        cmocka_unit_test(there_is_room_for_so_many),
        cmocka_unit_test(newest_lines_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

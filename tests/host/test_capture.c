#include "tests/cmocka_all.h"

#include "host/capture.h"
#include "host/hex.h"
#include "host/tap.h"

#include <stdlib.h>
#include <string.h>

/* BT23, 44 bytes from 0, and the answer to a wrong sequence number; key 01 x 16. */
#define REQUEST "00143f0017000000002c77635b9113db85a135a0575e"
#define RESPONSE                                                                                   \
    "003700002c0000000000000000000000000000000008000000030000000000000000000000000000000000000006" \
    "000000addcb82c3d417f91"
#define WRONG_REQUEST  "00143f0017000000002c0102030474861f6d7658dd56"
#define WRONG_RESPONSE "000d0c77635b9035863c1df5b91482"

static const struct mep_key key = {.bytes = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};

struct file {
    FILE *stream;
    char *bytes;
    size_t size;
    struct tap tap;
    int64_t time_us;
};

static void begin(struct file *file)
{
    file->stream = open_memstream(&file->bytes, &file->size);
    file->time_us = INT64_C(1767225600000000);
    tap_init(&file->tap, file->stream, "test", 100000);
}

/* Bytes on the line, `step` at a time and a millisecond apart. */
static void send_in_steps(struct file *file, enum pcapng_direction direction, const char *text,
                          size_t step)
{
    uint8_t bytes[MEP_WIRE_MAX];
    size_t count;

    assert_null(hex_parse(text, bytes, sizeof bytes, &count));
    for (size_t i = 0; i < count; i += step, file->time_us += 1000)
        tap_bytes(&file->tap, direction, file->time_us, bytes + i,
                  step < count - i ? step : count - i);
}

static void end(struct file *file)
{
    tap_finish(&file->tap);
    assert_false(file->tap.failed);
    fclose(file->stream);
}

struct seen {
    unsigned items, exchanges, verified, alerts, problems;
    struct exchange last;
};

static void on_item(void *context, const struct capture_item *item)
{
    struct seen *seen = context;

    seen->items++;
    seen->alerts += item->alert;
    seen->problems += item->problem != NULL;
    if (item->exchange != NULL) {
        seen->exchanges++;
        seen->verified += item->exchange->digest == EXCHANGE_OK;
        seen->last = *item->exchange;
    }
}

static enum pcapng_result read_all(const char *bytes, size_t size, struct seen *seen)
{
    struct meter_dimensions dims;

    meter_dimensions_default(&dims);
    memset(seen, 0, sizeof *seen);
    return capture_read((const uint8_t *)bytes, size, &key, &dims, on_item, seen);
}

static void frames_come_back_whole(void **unused)
{
    (void)unused;
    for (size_t step = 1; step < 60; step++) {
        struct file file;
        struct seen seen;

        begin(&file);
        send_in_steps(&file, PCAPNG_OUTBOUND, WRONG_REQUEST, step);
        send_in_steps(&file, PCAPNG_INBOUND, WRONG_RESPONSE, step);
        send_in_steps(&file, PCAPNG_OUTBOUND, REQUEST, step);
        send_in_steps(&file, PCAPNG_INBOUND, "0000" RESPONSE, step);
        end(&file);
        assert_int_equal(read_all(file.bytes, file.size, &seen), PCAPNG_END);
        assert_int_equal(file.tap.packets, 5);
        assert_int_equal(seen.exchanges, 2);
        assert_int_equal(seen.verified, 2);
        assert_int_equal(seen.alerts, 1);
        assert_int_equal(seen.last.response.count, 44);
        free(file.bytes);
    }
}

static void every_byte_is_in_one_packet(void **unused)
{
    struct file file;
    struct pcapng_reader reader;
    struct pcapng_packet packet;
    char text[2 * PCAPNG_WRITE_MAX + 1], all[8000] = "";

    (void)unused;
    begin(&file);
    send_in_steps(&file, PCAPNG_INBOUND, "ffffff" WRONG_RESPONSE "fe", 7);
    send_in_steps(&file, PCAPNG_OUTBOUND, REQUEST, 100);
    send_in_steps(&file, PCAPNG_INBOUND, "0037000011", 1); /* stops */
    file.time_us += 200000;
    send_in_steps(&file, PCAPNG_INBOUND, "0000", 2);
    for (unsigned i = 0; i < 3000; i++)
        tap_bytes(&file.tap, PCAPNG_INBOUND, file.time_us, (const uint8_t[]){0xff}, 1);
    end(&file);
    pcapng_reader_init(&reader, (const uint8_t *)file.bytes, file.size);
    while (pcapng_next(&reader, &packet) == PCAPNG_PACKET) {
        hex_text(packet.bytes, packet.count, text);
        assert_true(strlen(all) + strlen(text) + 2 < sizeof all);
        strcat(strcat(all, packet.direction == PCAPNG_INBOUND ? "<" : ">"), text);
    }
    assert_non_null(strstr(all, "<ffffff<" WRONG_RESPONSE "<fe>" REQUEST "<0037000011<0000<ff"));
    size_t rubbish = 0;
    for (const char *c = strstr(all, "<0000<ff"); *c != 0; c++)
        rubbish += *c == 'f';
    assert_int_equal(rubbish, 6000);
    free(file.bytes);
}

static void a_cut_file_is_read_to_its_last_whole_block(void **unused)
{
    struct file file;
    struct seen seen;
    unsigned before = 0;

    (void)unused;
    begin(&file);
    send_in_steps(&file, PCAPNG_OUTBOUND, REQUEST, 9);
    send_in_steps(&file, PCAPNG_INBOUND, RESPONSE, 9);
    end(&file);
    for (size_t size = 0; size < file.size; size++) {
        char *copy = malloc(size); /* so that a sanitizer sees where it ends */
        memcpy(copy, file.bytes, size);
        enum pcapng_result result = read_all(copy, size, &seen);
        assert_true(result == PCAPNG_TRUNCATED || result == PCAPNG_END || size < 12);
        assert_int_not_equal(result, PCAPNG_BROKEN);
        assert_true(seen.items >= before);
        before = seen.items;
        free(copy);
    }
    free(file.bytes);
}

static void put(uint8_t *out, size_t *used, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        out[(*used)++] = (uint8_t)(value >> 8 * (size - 1 - i));
}

/* Written by others: big-endian, in nanoseconds, with a block and a link type we do not know. */
static size_t foreign_file(uint8_t *out)
{
    uint8_t frame[MEP_WIRE_MAX];
    size_t used = 0, count;

    for (unsigned i = 0; i < 7; i++)
        put(out, &used, (const uint32_t[]){0x0a0d0d0a, 28, 0x1a2b3c4d, 0x10000, ~0u, ~0u, 28}[i],
            4);
    for (unsigned i = 0; i < 5; i++) /* Ethernet */
        put(out, &used, (const uint32_t[]){1, 20, 1 << 16, 0, 20}[i], 4);
    for (unsigned i = 0; i < 4; i++)
        put(out, &used, (const uint32_t[]){1, 32, 147 << 16, 0}[i], 4);
    put(out, &used, 0x00090001, 4); /* if_tsresol */
    put(out, &used, 0x09000000, 4);
    put(out, &used, 0, 4);
    put(out, &used, 32, 4);
    for (unsigned i = 0; i < 3; i++)
        put(out, &used, (const uint32_t[]){0x0bad, 12, 12}[i], 4);
    for (unsigned packet = 0; packet < 2; packet++) {
        hex_parse(packet == 0 ? REQUEST : RESPONSE, frame, sizeof frame, &count);
        uint32_t padded = (uint32_t)(count + 3) / 4 * 4, length = 32 + padded + 12;
        const uint32_t head[] = {
            6, length, 1, 0x18861, 0x5a000000, (uint32_t)count, (uint32_t)count};
        for (unsigned i = 0; i < 7; i++)
            put(out, &used, head[i], 4);
        memset(out + used, 0, padded);
        memcpy(out + used, frame, count);
        used += padded;
        put(out, &used, 0x00020004, 4);
        put(out, &used, packet == 0 ? 2 : 1, 4);
        put(out, &used, 0, 4);
        put(out, &used, length, 4);
    }
    return used;
}

static void the_other_byte_order_is_read(void **unused)
{
    uint8_t bytes[1024];
    struct seen seen;

    (void)unused;
    size_t size = foreign_file(bytes);
    assert_int_equal(read_all((const char *)bytes, size, &seen), PCAPNG_END);
    assert_int_equal(seen.verified, 1);
}

static void what_is_no_capture_is_told(void **unused)
{
    uint8_t bytes[1024];
    struct seen seen;

    (void)unused;
    size_t size = foreign_file(bytes);
    assert_int_equal(read_all("", 0, &seen), PCAPNG_FOREIGN);
    assert_int_equal(read_all("{\"no\": \"capture\"}", 17, &seen), PCAPNG_FOREIGN);
    assert_int_equal(read_all((const char *)bytes, 48, &seen), PCAPNG_FOREIGN); /* Ethernet */
    bytes[size - 1] ^= 1; /* the two lengths of a block differ */
    assert_int_equal(read_all((const char *)bytes, size, &seen), PCAPNG_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_whole),
        cmocka_unit_test(every_byte_is_in_one_packet),
        cmocka_unit_test(a_cut_file_is_read_to_its_last_whole_block),
        cmocka_unit_test(the_other_byte_order_is_read),
        cmocka_unit_test(what_is_no_capture_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "host/capture.h"
#include "host/commands.h"
#include "host/file_out.h"
#include "host/hex.h"
#include "host/say.h"
#include "host/value_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BT21_SIZE = 10
}; /* bytes of BT21 that count */

/* ---- One exchange ------------------------------------------------------ */

/* A frame as hex, with its length field and perhaps alerts before it. */
static int read_frame(const char *option, const char *text, uint8_t *frame, size_t *size)
{
    uint8_t wire[MEP_WIRE_MAX + 16], *at = wire;
    size_t count;

    const char *problem = hex_parse(text, wire, sizeof wire, &count);
    if (problem != NULL)
        return say_usage("%s %s", option, problem);
    for (; count > 2 && mep_get16(at) == 0; count -= 2)
        at += 2;
    if (count < MEP_LENGTH_SIZE + 1)
        return say_usage("%s is too short: two bytes of length and the frame are accepted", option);
    *size = count - MEP_LENGTH_SIZE;
    if (mep_get16(at) != *size)
        return say_usage("%s has a length field of %u, but %zu byte%s after it", option,
                         mep_get16(at), *size, *size == 1 ? "" : "s");
    if (*size > MEP_FRAME_MAX)
        return say_usage("%s is longer than a frame: at most %d bytes after the length field",
                         option, MEP_FRAME_MAX);
    memcpy(frame, at + MEP_LENGTH_SIZE, *size);
    return EXIT_OK;
}

static int read_dimensions(const char *text, struct meter_dimensions *dims)
{
    uint8_t bytes[64];
    size_t count;

    meter_dimensions_default(dims);
    if (text == NULL)
        return EXIT_OK;
    const char *problem = hex_parse(text, bytes, sizeof bytes, &count);
    if (problem != NULL)
        return say_usage("--dimensions %s", problem);
    if (count < BT21_SIZE)
        return say_usage("--dimensions has %zu byte%s; BT21's content, %d bytes or more, is "
                         "accepted",
                         count, count == 1 ? "" : "s", BT21_SIZE);
    meter_dimensions_update(dims, &meter_bt21, 0, bytes, count);
    return EXIT_OK;
}

static bool is_write(const struct exchange *x)
{
    return x->has_table && !mep_service_reads(x->request.service);
}

/* The values that were read or written. */
static void walk_values(const struct exchange *x, const struct meter_dimensions *dims,
                        meter_value_fn *fn, void *context)
{
    const struct meter_table *table = meter_table_by_number(x->request.table);
    const uint8_t *data = is_write(x) ? x->request.data : x->response.data;
    size_t count = is_write(x) ? x->request.count : x->response.count;

    if (table != NULL && data != NULL)
        meter_decode(table, dims, x->request.offset, data, count, fn, context);
}

/* Whether there are values: the meter did what it was asked to, and no more is wrong. */
static bool has_values(const struct exchange *x)
{
    return x->problem == NULL && x->digest != EXCHANGE_BAD && x->response.code == MEP_CODE_OK;
}

static void json_table(struct reader_out *json, uint16_t table)
{
    char name[TABLE_NAME_SIZE];
    reader_json_string(json, "table", table_name(table, name));
}

static void exchange_json(struct reader_out *json, const struct exchange *x,
                          const struct meter_dimensions *dims)
{
    if (x->has_table)
        json_table(json, x->request.table);
    if (x->has_table || x->problem == NULL)
        reader_json_integer(json, "response_code", x->response.code);
    reader_json_string(json, "digest", exchange_digest_name(x->digest));
    if (x->digest == EXCHANGE_BAD || x->problem != NULL)
        return;
    if (x->response.code == MEP_CODE_SEQUENCE) {
        char sequence[9];
        snprintf(sequence, sizeof sequence, "%08x", x->response.sequence);
        reader_json_string(json, "sequence", sequence);
    }
    if (!has_values(x))
        return;
    reader_json_begin(json, is_write(x) ? "written" : "values");
    walk_values(x, dims, value_json_fn, json);
    reader_json_end(json);
    if (meter_table_by_number(x->request.table) == NULL)
        reader_json_hex(json, "data", is_write(x) ? x->request.data : x->response.data,
                        is_write(x) ? x->request.count : x->response.count);
}

static void exchange_lines(const struct exchange *x, const struct meter_dimensions *dims)
{
    char name[TABLE_NAME_SIZE] = "?";
    const struct meter_table *table = meter_table_by_number(x->request.table);

    if (x->has_table)
        table_name(x->request.table, name);
    printf("%s %s", x->has_table ? name : "unknown table",
           table == NULL || !x->has_table ? "" : table->title);
    if (is_write(x))
        printf(": write of %u bytes at %u", x->request.count, x->request.offset);
    else if (has_values(x))
        printf(": %u bytes from %u", x->response.count, x->request.offset);
    printf("\n  response code %u, %s; digest %s%s\n", x->response.code,
           mep_code_strerror(x->response.code), exchange_digest_name(x->digest),
           x->encrypted ? "; encrypted" : "");
    if (has_values(x))
        walk_values(x, dims, value_line_fn, stdout);
    else if (x->digest != EXCHANGE_BAD && x->response.code == MEP_CODE_SEQUENCE)
        printf("  sequence %08x\n", x->response.sequence);
}

static int decode_exchange(const struct options *options)
{
    uint8_t request[MEP_FRAME_MAX], response[MEP_FRAME_MAX];
    size_t request_size = 0, response_size = 0;
    struct meter_dimensions dims;
    struct exchange x;
    int status;

    if (options->request == NULL || options->response == NULL)
        return say_usage("decode: --request HEX and --response HEX belong together; mep decode "
                         "FILE takes a capture");
    if ((status = read_frame("--request", options->request, request, &request_size)) != EXIT_OK ||
        (status = read_frame("--response", options->response, response, &response_size)) !=
            EXIT_OK ||
        (status = read_dimensions(options->dimensions, &dims)) != EXIT_OK)
        return status;
    exchange_open(&x, request, request_size, response, response_size,
                  options->has_key ? &options->key : NULL);
    if (x.problem != NULL)
        return say_failed("decode: %s", x.problem);
    if ((options->given & OPTION_JSON) != 0) {
        struct reader_out json = file_out(stdout);
        reader_json_begin(&json, NULL);
        exchange_json(&json, &x, &dims);
        reader_json_end(&json);
        putchar('\n');
    } else {
        exchange_lines(&x, &dims);
    }
    return x.digest == EXCHANGE_BAD ? EXIT_DATA : EXIT_OK;
}

/* ---- A capture --------------------------------------------------------- */

static void json_time(struct reader_out *json, int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm tm;
    char text[64];

    if (time_us < 0 || gmtime_r(&seconds, &tm) == NULL)
        return;
    size_t used = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + used, sizeof text - used, ".%06dZ", (int)(time_us % 1000000));
    reader_json_string(json, "time", text);
}

struct tally {
    unsigned long bad;
};

static void print_item(void *context, const struct capture_item *item)
{
    struct tally *tally = context;
    struct reader_out json = file_out(stdout);

    reader_json_begin(&json, NULL);
    json_time(&json, item->time_us);
    if (item->exchange != NULL)
        exchange_json(&json, item->exchange, item->dims);
    if (item->has_table)
        json_table(&json, item->table);
    if (item->alert)
        reader_json_bool(&json, "alert", true);
    if (item->problem != NULL)
        reader_json_string(&json, "problem", item->problem);
    reader_json_end(&json);
    putchar('\n');
    if (item->exchange != NULL && item->exchange->digest == EXCHANGE_BAD)
        tally->bad++;
}

/* `*bytes` is to be freed whatever came of it. */
static int read_file(const char *path, uint8_t **bytes, size_t *size)
{
    FILE *file = fopen(path, "re");
    size_t room = 1 << 16, got = 1;

    if (file == NULL)
        return say_usage("decode: %s: %s; a capture written by mep capture is accepted", path,
                         strerror(errno));
    while (got != 0) {
        uint8_t *larger = *size + room > *size ? realloc(*bytes, *size + room) : NULL;
        if (larger == NULL) {
            fclose(file);
            return say_failed("decode: %s: too large for this machine's memory", path);
        }
        *bytes = larger;
        got = fread(*bytes + *size, 1, room, file);
        *size += got;
        room = *size > room ? *size : room;
    }
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error != 0)
        return say_usage("decode: %s: %s; a capture written by mep capture is accepted", path,
                         strerror(error));
    return EXIT_OK;
}

/* What there is to say when the file was read as far as it goes. */
static int judge_end(enum pcapng_result result, const char *path)
{
    switch (result) {
    case PCAPNG_FOREIGN:
        return say_usage("decode: %s is no capture of a MEP line; files written by mep capture are "
                         "accepted",
                         path);
    case PCAPNG_BROKEN:
        return say_failed("decode: %s is damaged; what stands before the damage was decoded", path);
    case PCAPNG_TRUNCATED:
        return say_failed("decode: %s ends within a block; what stands before it was decoded",
                          path);
    default:
        return EXIT_OK;
    }
}

static int decode_file(const struct options *options)
{
    struct tally tally = {0};
    struct meter_dimensions dims;
    uint8_t *bytes = NULL;
    size_t size = 0;

    int status = read_dimensions(options->dimensions, &dims);
    if (status == EXIT_OK)
        status = read_file(options->word, &bytes, &size);
    if (status == EXIT_OK) {
        enum pcapng_result result = capture_read(
            bytes, size, options->has_key ? &options->key : NULL, &dims, print_item, &tally);
        fflush(stdout); /* what is wrong is told after what was decoded */
        status = judge_end(result, options->word);
    }
    free(bytes);
    return status == EXIT_OK && tally.bad != 0 ? EXIT_DATA : status;
}

static int run(const struct options *options)
{
    if (options->word == NULL)
        return decode_exchange(options);
    if (options->request != NULL || options->response != NULL)
        return say_usage("decode: either FILE or --request and --response, not both");
    return decode_file(options);
}

const struct command command_decode = {
    .name = "decode",
    .summary = "decode a request and its response, or a capture",
    .usage = "{--request HEX --response HEX | FILE} [--key KEY] [--dimensions HEX] [--json]",
    .text = "Decodes one exchange, or every exchange of a capture as one JSON object a line.\n"
            "With a key the digests are verified and encrypted exchanges are decrypted; what\n"
            "does not verify is not decoded. Without one the digest is \"unchecked\".\n"
            "HEX may have spaces and colons.",
    .word = "FILE",
    .options = OPTION_KEY | OPTION_JSON | OPTION_REQUEST | OPTION_RESPONSE | OPTION_DIMENSIONS,
    .run = run,
};

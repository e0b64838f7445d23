/*
 * The board without its chip, for trying its pages in a browser: firmware/logic
 * and reader/ as they are, with memory for flash, a list for the radio and the
 * built-in simulated meter at the line.
 *
 *     test_board PORT [network]    without "network" visitors have it in hand
 *
 * Two networks are in sight: "Home", whose password is "correct horse", and
 * "Café & Søn", which is open. An image is signed if it ends in "signed". Time
 * runs faster for the network's decisions, and for a new image's probation less so,
 * or nobody would see it.
 */
#include "tests/firmware/board/http.h"

#include "firmware/logic/config.h"
#include "firmware/logic/history.h"
#include "firmware/logic/lines.h"
#include "firmware/logic/update.h"
#include "host/link.h"
#include "host/mepd/kdf.h"
#include "web/assets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    SLOT = 0x1e0000,
    POINTS = 31 * 96,
    DEAF_US = 1500000, /* a restart */
    JOINS_US = 500000, /* the radio's answer */
    FASTER = 10,
    PROBATION_FASTER = 2
};

static struct {
    /* Outlasts a restart. */
    uint8_t flash[FW_STORE_SLOTS][FW_STORE_HEADER + FW_CONFIG_TEXT];
    size_t flash_size[FW_STORE_SLOTS];
    char version[FW_IMAGE_TEXT + 1], next_version[FW_IMAGE_TEXT + 1];
    unsigned slot, starts;
    bool update_installed, core_dump;
    size_t pem[FW_PEMS];
    struct fw_lines lines;

    /* Begins anew with each. */
    mep_time started_at, restart_at, radio_at;
    uint32_t attempt;
    struct fw_config config;
    struct reader_settings settings;
    struct reader_meter_settings section[FW_CONFIG_METERS];
    struct fw_network network;
    struct fw_ladder ladder;
    struct fw_echo echo;
    struct fw_probation probation;
    struct fw_profile profile;
    uint32_t words[FW_PROFILE_WORDS(POINTS)];
    struct reader reader;
    struct reader_exchanges exchanges;
    struct reader_meter meter, *meters[1];
    struct reader_bridge bridge;
    char candidate_ssid[33], candidate_password[65];
    uint8_t hash[READER_HASH_SIZE];
    bool derived;
    struct fw_update update;
    uint8_t tail[6];
    bool updating;

    struct link link;
    struct http http;
    struct fw_api api;
} b;

static void note(const char *line)
{
    fw_lines_add(&b.lines, line, strlen(line));
    fw_lines_add(&b.lines, "\n", 1);
}

/* ---- Settings ---- */

static size_t read_slot(void *context, unsigned slot, uint8_t *bytes, size_t size)
{
    size_t count = b.flash_size[slot] < size ? b.flash_size[slot] : size;

    (void)context;
    memcpy(bytes, b.flash[slot], count);
    return count;
}

static bool write_slot(void *context, unsigned slot, const uint8_t *bytes, size_t count)
{
    (void)context;
    memcpy(b.flash[slot], bytes, count);
    b.flash_size[slot] = count;
    return true;
}

static void apply(void)
{
    struct reader_config config;

    fw_config_reader(&b.section[0], 0, &config);
    reader_init(&b.reader, &config);
    reader_exchanges_init(&b.exchanges);
    reader_meter_init(&b.meter, &b.section[0], &b.reader, &b.profile.history, &b.exchanges);
    fw_profile_forget(&b.profile);
}

static const char *change(const char *const *names, const char *const *values, size_t count)
{
    const char *problem = fw_config_change(&b.config, names, values, count);

    if (problem == NULL)
        apply();
    return problem;
}

static const char *bridge_change(void *context, const char *const *names, const char *const *values,
                                 size_t count)
{
    const char *problem = fw_config_untried(names, count);

    (void)context;
    return problem != NULL ? problem : change(names, values, count);
}

static const char *backup(bool secrets, size_t *size)
{
    return fw_config_backup(&b.config, secrets, size);
}

static const char *restore(const char *text, size_t size, unsigned *line)
{
    const char *problem = fw_config_restore(&b.config, text, size, line);

    if (problem == NULL)
        apply();
    return problem;
}

static void restart(void)
{
    b.restart_at = link_now() + DEAF_US / 2;
}

static void forget(void)
{
    memset(b.flash_size, 0, sizeof b.flash_size);
    restart();
}

/* ---- The bridge's host ---- */

static void random_bytes(void *context, uint8_t *bytes, size_t count)
{
    (void)context;
    if (getrandom(bytes, count, 0) != (ssize_t)count)
        abort();
}

static bool derive(void *context, const char *password, const uint8_t salt[READER_SALT_SIZE],
                   uint32_t iterations)
{
    (void)context;
    b.derived = kdf_derive(password, salt, iterations, b.hash);
    return b.derived;
}

static bool series(void *context, const struct reader_series *wanted, reader_point_fn *fn,
                   void *fn_context)
{
    (void)context;
    fw_profile_series(&b.profile, wanted, fn, fn_context);
    return true;
}

static const struct reader_asset *asset(void *context, const char *path)
{
    (void)context;
    return web_asset(path);
}

static bool keeps_history(void *context)
{
    (void)context;
    return true;
}

static const struct reader_host host = {.random = random_bytes,
                                        .derive = derive,
                                        .series = series,
                                        .change = bridge_change,
                                        .asset = asset,
                                        .store_ok = keeps_history,
                                        .iterations = 1000,
                                        .lacks = READER_SETTING_HOST};

/* ---- The radio ---- */

static const struct {
    struct fw_seen seen;
    const char *password;
} around[] = {{{"Home", -48, false}, "correct horse"}, {{"Café & Søn", -67, true}, ""}};
enum {
    AROUND = sizeof around / sizeof *around
};

static mep_time network_now(void)
{
    return link_now() * FASTER;
}

static mep_time probation_now(void)
{
    return link_now() * PROBATION_FASTER;
}

static size_t networks(bool look, const struct fw_seen **seen)
{
    static struct fw_seen found[AROUND];

    for (size_t i = 0; look && i < AROUND; i++)
        found[i] = around[i].seen;
    *seen = found;
    return found[0].ssid[0] != 0 ? AROUND : 0;
}

static bool try_network(const char *ssid, const char *password)
{
    if (!fw_network_try(&b.network, network_now()))
        return false;
    snprintf(b.candidate_ssid, sizeof b.candidate_ssid, "%s", ssid);
    snprintf(b.candidate_password, sizeof b.candidate_password, "%s", password);
    return true;
}

static void answer_try(void)
{
    bool candidate = b.network.candidate;
    const char *ssid = candidate ? b.candidate_ssid : b.settings.board.wifi_ssid;
    const char *password = candidate ? b.candidate_password : b.settings.board.wifi_password;
    enum fw_network_failure failure = FW_NETWORK_NOT_FOUND;

    for (size_t i = 0; i < AROUND; i++)
        if (strcmp(around[i].seen.ssid, ssid) == 0)
            failure =
                strcmp(around[i].password, password) == 0 ? FW_NETWORK_FINE : FW_NETWORK_REFUSED;
    if (failure == FW_NETWORK_FINE)
        fw_network_joined(&b.network, network_now());
    else
        fw_network_failed(&b.network, network_now(), failure);
}

static void network_turn(mep_time now)
{
    static const char *const names[] = {"wifi.ssid", "wifi.password"};
    const char *const values[] = {b.candidate_ssid, b.candidate_password};

    if (b.network.join && b.network.attempt != b.attempt) {
        b.attempt = b.network.attempt;
        b.radio_at = now + JOINS_US;
    }
    if (now >= b.radio_at) {
        b.radio_at = MEP_NEVER;
        answer_try();
    }
    fw_network_turn(&b.network, network_now(), b.http.visit == FW_VISIT_ACCESS_POINT);
    if (b.network.trial == FW_TRIAL_OK && b.network.candidate && change(names, values, 2) == NULL)
        fw_network_kept(&b.network);
}

/* ---- Updates ---- */

static bool slot_open(void *context, size_t size)
{
    (void)context;
    return size <= SLOT;
}

static bool slot_write(void *context, const uint8_t *bytes, size_t count)
{
    size_t some = count < sizeof b.tail ? count : sizeof b.tail;

    (void)context;
    memmove(b.tail, b.tail + some, sizeof b.tail - some);
    memcpy(b.tail + sizeof b.tail - some, bytes + count - some, some);
    return true;
}

static enum fw_seal slot_close(void *context)
{
    (void)context;
    return memcmp(b.tail, "signed", sizeof b.tail) == 0 ? FW_SEAL_OK : FW_SEAL_UNSIGNED;
}

static bool slot_activate(void *context)
{
    (void)context;
    return true;
}

static void slot_drop(void *context)
{
    (void)context;
}

static const char *update_begin(size_t announced, bool allow_older)
{
    static const struct fw_slot slot = {NULL,       slot_open,     slot_write,
                                        slot_close, slot_activate, slot_drop};
    static struct fw_image_rules rules;

    if (b.updating)
        return "another update is under way; try again later";
    rules = (struct fw_image_rules){
        .project = "meplink", .version = b.version, .slot_size = SLOT, .allow_older = allow_older};
    b.updating = true;
    fw_update_begin(&b.update, &slot, &rules, announced);
    return NULL;
}

static void update_bytes(const uint8_t *bytes, size_t count)
{
    fw_update_bytes(&b.update, bytes, count);
}

static const char *update_end(bool whole)
{
    b.updating = false;
    if (whole && fw_update_end(&b.update)) {
        snprintf(b.next_version, sizeof b.next_version, "%s", b.update.image.version);
        b.update_installed = true;
        restart();
        return NULL;
    }
    fw_update_abort(&b.update);
    return b.update.problem;
}

/* The only server is one that never has it. */
static const char *fetch(const char *url, bool allow_older)
{
    (void)url;
    const char *problem = update_begin(0, allow_older);
    if (problem == NULL) {
        b.update.problem = "is not given out by the server at that URL";
        update_end(false);
    }
    return problem;
}

static const struct http_image_host image = {update_begin, update_bytes, update_end};

/* ---- What else the board's paths ask ---- */

static void status(struct fw_status *s)
{
    static uint32_t resets[FW_RESETS];

    resets[1] = b.starts;
    s->idf = "v5.1";
    s->chip = "esp32";
    s->slot = b.slot == 0 ? "ota_0" : "ota_1";
    s->probation = b.probation.pending;
    s->core_dump = b.core_dump;
    s->uptime_s = (link_now() - b.started_at) / 1000000;
    s->time = link_calendar_us() / 1000000;
    s->rssi = b.network.state == FW_NETWORK_ONLINE ? -48 : 0;
    s->address = b.network.state == FW_NETWORK_ONLINE ? "10.1.2.3" : "";
    s->heap_free = 124000;
    s->heap_least = 109000;
    s->heap_largest = 60000;
    s->resets = resets;
    s->last_reset = 1;
    s->update_busy = b.updating;
    s->update_bytes = b.update.got;
    s->update_problem = b.update.problem;
    s->update_done = b.update.done;
}

static const char *set_pem(enum fw_pem which, const char *text, size_t size)
{
    if (size != 0 && strncmp(text, "-----BEGIN ", 11) != 0)
        return "certificates in PEM form are accepted";
    b.pem[which] = size;
    return NULL;
}

static bool has_pem(enum fw_pem which)
{
    return b.pem[which] != 0;
}

static void log_text(struct reader_out *out)
{
    fw_lines_write(&b.lines, out);
}

static bool core(struct reader_out *out)
{
    bool was = b.core_dump;

    if (out == NULL)
        b.core_dump = false;
    else if (was)
        reader_out_text(out, "a core dump");
    return was;
}

/* ---- The meter's line ---- */

static void input(void *user, mep_time now, const uint8_t *bytes, size_t count)
{
    (void)user;
    reader_exchanges_received(&b.exchanges, now, bytes, count);
    reader_input(&b.reader, now, bytes, count);
    reader_exchanges_judge(&b.exchanges, &b.reader);
}

static size_t output(void *user, mep_time now, uint8_t *bytes, size_t size)
{
    size_t count = reader_output(&b.reader, now, bytes, size);

    (void)user;
    reader_exchanges_sent(&b.exchanges, now, bytes, count);
    return count;
}

static mep_time wake(void *user)
{
    mep_time when = reader_wake(&b.reader), profile = fw_profile_wake(&b.profile);

    (void)user;
    return when < profile ? when : profile;
}

static void reset(void *user, mep_time now)
{
    (void)user;
    reader_line_reset(&b.reader, now);
}

static void take_clock(void *context, const struct reader_value *value)
{
    if (value->kind == READER_TIME)
        *(int64_t *)context = meter_time_unix(&value->time);
}

static void turn(void *user, mep_time now)
{
    struct reader_event event;
    int64_t clock = 0;

    (void)user;
    while (reader_event(&b.reader, &event)) {
        reader_meter_event(&b.meter, now, &event);
        if (b.profile.begun)
            reader_history_event(&b.profile.history, &b.reader, &event);
        if (event.type == READER_EVENT_READING) {
            reader_values(&b.reader, now, take_clock, &clock);
            if (clock != 0)
                fw_profile_begin(&b.profile, clock, 31 * 86400, 2 * 86400);
        }
    }
    reader_meter_turn(&b.meter, now);
    fw_profile_turn(&b.profile, &b.reader, now);
}

static bool lost(void *user, const char *why)
{
    (void)user;
    (void)why;
    return true;
}

/* ---- Life ---- */

static void start(void)
{
    static const struct fw_store_flash flash = {NULL, read_slot, write_slot};
    mep_time now = link_now();

    b.started_at = now;
    b.restart_at = b.radio_at = MEP_NEVER;
    b.starts++;
    if (b.update_installed) {
        memcpy(b.version, b.next_version, sizeof b.version);
        b.slot = !b.slot;
    }
    memset(&b.update, 0, sizeof b.update);
    fw_probation_init(&b.probation, probation_now(), b.update_installed);
    b.update_installed = false;
    fw_config_load(&b.config, &b.settings, b.section, "uart:", &flash);
    fw_network_init(&b.network, network_now(), b.settings.board.wifi_ssid[0] != 0);
    b.attempt = 0;
    fw_ladder_init(&b.ladder, now, now);
    b.ladder.transceiver = b.ladder.enable = true;
    fw_echo_init(&b.echo);
    fw_profile_init(&b.profile, b.words, POINTS);
    reader_bridge_init(&b.bridge, &host, &b.settings, "meplink", b.version, now);
    b.bridge.hostname = b.settings.board.hostname;
    b.meters[0] = &b.meter;
    reader_bridge_set_meters(&b.bridge, b.meters, 1);
    apply();
    reader_line_reset(&b.reader, now);
    note("I (1) meplink: started");
}

static void turn_all(uv_loop_t *loop)
{
    mep_time now = link_now();

    if (now >= b.restart_at) {
        http_drop_all(&b.http);
        start();
    }
    uv_run(loop, UV_RUN_NOWAIT);
    link_pump(&b.link);
    http_turn(&b.http);
    network_turn(now);
    if (b.derived) {
        b.derived = false;
        reader_bridge_derived(&b.bridge, b.hash, true);
    }
    if (fw_probation_turn(&b.probation, probation_now(), b.network.state == FW_NETWORK_ONLINE) ==
        FW_VERDICT_KEEP)
        note("I (2) update: this image has proved itself");
}

int main(int count, char **words)
{
    static const struct link_user ops = {input, output, wake, reset, turn, lost};
    static const struct fw_api_host api_host = {status,  networks, try_network, change,  backup,
                                                restore, fetch,    set_pem,     has_pem, log_text,
                                                core,    restart,  forget};
    static uv_loop_t loop;
    struct uri uri;

    if (count < 2) {
        fprintf(stderr, "usage: test_board PORT [network]\n");
        return 2;
    }
    strcpy(b.version, "0.1.0");
    b.core_dump = true;
    b.api = (struct fw_api){&b.bridge, &b.network, &b.ladder, &b.echo, &api_host};
    uri_parse("sim:", &uri);
    uv_loop_init(&loop);
    link_init(&b.link, &loop, &uri, &ops, NULL);
    start();
    if (!http_open(&b.http, (unsigned)strtoul(words[1], NULL, 10), &b.api, &image)) {
        perror("test_board");
        return 1;
    }
    b.http.visit = count > 2 ? FW_VISIT_NETWORK : FW_VISIT_IN_HAND;
    link_start(&b.link, 0);
    puts("ready");
    fflush(stdout);
    for (;;)
        turn_all(&loop);
}

/* The board's own paths: who may, and what they do. */
#include "tests/reader/visitor.h"

#include "firmware/logic/api.h"

#include <stdio.h>
#include <string.h>

static struct visitor v;
static struct fw_network network;
static struct fw_api api;
static struct fw_ladder ladder;
static struct fw_echo echo;
static enum fw_visit visit;
static struct {
    char ssid[33], password[65], hash[160], url[256];
    unsigned restarts, forgets, scans;
    bool secrets, older, core;
    size_t pem[FW_PEMS];
} did;

static void status(struct fw_status *s)
{
    static const uint32_t resets[FW_RESETS] = {[1] = 7, [4] = 4, [15] = 2};

    s->idf = "v5";
    s->chip = "esp32";
    s->slot = "ota_1";
    s->address = "10.1.2.3";
    s->heap_free = 123456;
    s->task[s->tasks].name = "meter";
    s->task[s->tasks++].left = 789;
    s->resets = resets;
    s->last_reset = 6;
}

static size_t networks(bool look, const struct fw_seen **seen)
{
    static const struct fw_seen found[] = {{"home", -50, false}, {"caf\xff\"", -80, true}};

    did.scans += look;
    *seen = found;
    return 2;
}

static const char *set_pem(enum fw_pem which, const char *text, size_t size)
{
    if (size != 0 && strncmp(text, "-----BEGIN", 10) != 0)
        return "is no PEM";
    did.pem[which] = size;
    return NULL;
}

static bool has_pem(enum fw_pem which)
{
    return did.pem[which] != 0;
}

static bool join(const char *ssid, const char *password)
{
    if (did.ssid[0] != 0)
        return false;
    strcpy(did.ssid, ssid);
    strcpy(did.password, password);
    return true;
}

static const char *change(const char *const *names, const char *const *values, size_t count)
{
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "http.password");
    strcpy(did.hash, values[0]);
    return reader_settings_set(v.house.bridge.settings, names[0], values[0]);
}

static const char *backup(bool secrets, size_t *size)
{
    did.secrets = secrets;
    *size = 5;
    return "a = b";
}

static const char *restore(const char *text, size_t size, unsigned *line)
{
    *line = size == 0 ? 0 : 3;
    return size == 4 && memcmp(text, "good", 4) == 0 ? NULL : "is wrong";
}

static const char *fetch(const char *url, bool allow_older)
{
    strcpy(did.url, url);
    did.older = allow_older;
    return url[0] == 'h' ? NULL : "the URL is none";
}

static void write_log(struct reader_out *out)
{
    reader_out_text(out, "I (1) a log\n");
}

static bool core(struct reader_out *out)
{
    if (did.core && out != NULL)
        reader_out_bytes(out,
                         "\x7f"
                         "ELF",
                         4);
    bool was = did.core;
    did.core = did.core && out != NULL;
    return was;
}

static void restart(void)
{
    did.restarts++;
}

static void forget(void)
{
    did.forgets++;
}

static struct fw_api_host host = {status,  networks, join,      change, backup,  restore, fetch,
                                  set_pem, has_pem,  write_log, core,   restart, forget};

static int setup(void **state)
{
    (void)state;
    visitor_init(&v);
    memset(&did, 0, sizeof did);
    fw_network_init(&network, 0, false);
    network.trial = FW_TRIAL_FAILED;
    network.refusal = FW_NETWORK_REFUSED;
    api = (struct fw_api){&v.house.bridge, &network, &ladder, &echo, &host};
    fw_echo_init(&echo);
    fw_ladder_init(&ladder, 0, 0);
    ladder.supply_cycles = 7;
    host.networks = networks;
    visit = FW_VISIT_NETWORK;
    return 0;
}

static int setup_without_password(void **state)
{
    setup(state);
    v.house.bridge.settings->http_password[0] = 0;
    return 0;
}

/* Gives the status; -1: none of the board's paths; -2: it waits. */
static int ask(const char *method, const char *target, const char *body)
{
    struct reader_buffer buffer;
    bool handled = true;

    v.request.method = method;
    v.request.target = target;
    v.request.body = body;
    v.request.body_size = body != NULL ? strlen(body) : 0;
    v.request.cookie = v.cookie[0] != 0 ? v.cookie : NULL;
    v.request.csrf = v.csrf[0] != 0 ? v.csrf : NULL;
    for (int i = 0; i < 3; i++) {
        reader_out_buffer(&v.response.out, &buffer, v.house.text, sizeof v.house.text);
        enum reader_http_result result =
            fw_api(&api, v.house.fake.now, visit, &v.request, &v.response, &handled);
        if (!handled)
            return -1;
        if (result == READER_HTTP_DONE)
            return v.response.status;
        visitor_derived(&v);
    }
    return -2;
}

static void begin(void)
{
    visitor_get(&v, "/"); /* fills in the headers */
}

static void who_has_not_logged_in_sees_little(void **state)
{
    static const char *const closed[][2] = {
        {"GET", "/api/v1/board/networks"},  {"POST", "/api/v1/board/join"},
        {"POST", "/api/v1/board/password"}, {"GET", "/api/v1/board/backup"},
        {"POST", "/api/v1/board/restore"},  {"POST", "/api/v1/board/fetch"},
        {"GET", "/api/v1/board/log"},       {"GET", "/api/v1/board/core"},
        {"DELETE", "/api/v1/board/core"},   {"POST", "/api/v1/board/restart"},
        {"POST", "/api/v1/board/forget"},   {"POST", "/api/v1/board/certificate?name=mqtt.ca"},
    };

    (void)state;
    begin();
    for (visit = FW_VISIT_NETWORK; visit <= FW_VISIT_ACCESS_POINT; visit++) {
        /* In hand is of no use once a password is set. */
        for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
            assert_int_equal(ask(closed[i][0], closed[i][1], "{}"), 401);
        assert_int_equal(ask("GET", "/setup", NULL), -1); /* the bridge has it */
        assert_int_equal(ask("GET", "/api/v1/board", NULL), 200);
        assert_non_null(strstr(v.house.text, "\"password_set\":true,\"key_set\":true,"));
        assert_non_null(strstr(v.house.text, "\"free\":123456"));
        assert_non_null(strstr(v.house.text, "\"stack_left\":{\"meter\":789}"));
        assert_non_null(strstr(v.house.text, "\"starts\":{\"all\":13,\"last\":\"task_watchdog\","
                                             "\"power_on\":7,\"crash\":4,\"brown_out\":0,"
                                             "\"lockup\":2}"));
        assert_non_null(strstr(v.house.text, "\"hostname\":\"meplink\""));
        assert_non_null(strstr(v.house.text, "\"state\":\"setup\""));
        assert_non_null(strstr(v.house.text, "\"trial_problem\":\"refused;"));
        assert_non_null(strstr(v.house.text, "\"supply_cycles\":7"));
        assert_non_null(strstr(v.house.text, "\"bridged\":false"));
    }
    assert_int_equal(did.restarts + did.forgets + did.scans, 0);
    assert_string_equal(fw_reset_name(FW_RESETS), "unknown");
    assert_int_equal(ask("GET", "/api/v1/latest", NULL), -1);
    assert_int_equal(ask("POST", "/api/v1/board", NULL), 405);
    assert_string_equal(v.response.allow, "GET");
    v.request.host = "elsewhere.example";
    assert_int_equal(ask("GET", "/api/v1/board", NULL), 403);
}

static void without_a_password_only_who_has_it_in_hand_sets_it_up(void **state)
{
    (void)state;
    begin();
    assert_int_equal(ask("POST", "/api/v1/board/password", "{\"password\":\"long enough\"}"), 401);
    assert_int_equal(ask("POST", "/api/v1/board/join", "{\"ssid\":\"home\"}"), 401);
    visit = FW_VISIT_IN_HAND;
    assert_int_equal(ask("POST", "/api/v1/board/restart", NULL), 401);
    assert_int_equal(ask("GET", "/api/v1/board/backup", NULL), 401);
    assert_int_equal(ask("POST", "/api/v1/board/password", "{\"password\":\"short\"}"), 400);
    assert_int_equal(ask("POST", "/api/v1/board/password", "{\"other\":\"long enough\"}"), 400);
    assert_int_equal(ask("POST", "/api/v1/board/password", "nonsense"), 400);
    assert_string_equal(did.hash, "");
    assert_int_equal(ask("POST", "/api/v1/board/password", "{\"password\":\"long enough\"}"), 200);
    assert_memory_equal(did.hash, "pbkdf2-sha256$", 14);
    assert_null(strstr(v.house.text, "long enough"));
    /* From now on, login. */
    assert_int_equal(ask("POST", "/api/v1/board/password", "{\"password\":\"another one\"}"), 401);
    v.request.origin = "http://elsewhere.example";
    assert_int_equal(ask("POST", "/api/v1/board/join", "{\"ssid\":\"home\"}"), 403);
}

static void who_looks_for_something_else_is_sent_to_the_set_up(void **state)
{
    static const char *const probes[][2] = {{"connectivitycheck.gstatic.com", "/generate_204"},
                                            {"captive.apple.com", "/hotspot-detect.html"},
                                            {"www.msftconnecttest.com", "/connecttest.txt"},
                                            {"meplink.local", "/api/v1/board"}};

    (void)state;
    begin();
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        v.request.host = probes[i][0];
        visit = FW_VISIT_ACCESS_POINT;
        assert_int_equal(ask("GET", probes[i][1], NULL), 302);
        assert_string_equal(v.response.allow, "http://192.168.4.1/setup");
        visit = FW_VISIT_IN_HAND;
        assert_int_not_equal(ask("GET", probes[i][1], NULL), 302);
    }
    visit = FW_VISIT_ACCESS_POINT;
    v.request.host = "192.168.4.1";
    assert_int_equal(ask("GET", "/setup", NULL), -1); /* nowhere else */
    assert_int_equal(ask("GET", "/", NULL), -1);      /* the dashboard */
}

static void a_board_without_a_password_shows_its_set_up(void **state)
{
    (void)state;
    begin();
    for (visit = FW_VISIT_NETWORK; visit <= FW_VISIT_ACCESS_POINT; visit++) {
        v.request.host = "192.168.4.1";
        assert_int_equal(ask("GET", "/?x=1", NULL), 302);
        assert_string_equal(v.response.allow, "/setup");
        assert_int_equal(ask("GET", "/api/v1/latest", NULL), -1);
    }
}

static void networks_are_looked_for_and_joined(void **state)
{
    (void)state;
    begin();
    visit = FW_VISIT_IN_HAND;
    assert_int_equal(ask("GET", "/api/v1/board/networks", NULL), 200);
    assert_non_null(strstr(v.house.text, "{\"ssid\":\"home\",\"rssi\":-50,\"open\":false}"));
    assert_non_null(strstr(v.house.text, "\"caf"));
    assert_int_equal(did.scans, 0);
    assert_int_equal(ask("GET", "/api/v1/board/networks?look=yes", NULL), 200);
    assert_int_equal(did.scans, 1);
    assert_int_equal(ask("POST", "/api/v1/board/join", "{\"ssid\":\"\",\"password\":\"12345678\"}"),
                     400);
    assert_int_equal(ask("POST", "/api/v1/board/join", "{\"ssid\":\"a\",\"password\":\"short\"}"),
                     400);
    assert_int_equal(
        ask("POST", "/api/v1/board/join", "{\"ssid\":\"thirty-three characters are too many\"}"),
        400);
    assert_string_equal(did.ssid, "");
    assert_int_equal(
        ask("POST", "/api/v1/board/join", "{\"ssid\":\"home\",\"password\":\"hunter22\"}"), 200);
    assert_string_equal(did.ssid, "home");
    assert_string_equal(did.password, "hunter22");
    assert_int_equal(ask("POST", "/api/v1/board/join", "{\"ssid\":\"other\"}"), 503);
    host.networks = NULL;
    assert_int_equal(ask("POST", "/api/v1/board/join", "{\"ssid\":\"other\"}"), 400);
}

static void a_name_is_listed_once(void **state)
{
    struct fw_seen seen[2];
    size_t count = 0;

    (void)state;
    count = fw_seen_add(seen, count, 2, "home", -40, false);
    count = fw_seen_add(seen, count, 2, "home", -60, false);
    count = fw_seen_add(seen, count, 2, "", -61, true);
    count = fw_seen_add(seen, count, 2, "thirty-three characters are too many", -62, true);
    count = fw_seen_add(seen, count, 2, "next door", -70, true);
    count = fw_seen_add(seen, count, 2, "too far", -90, true);
    assert_int_equal(count, 2);
    assert_int_equal(seen[0].rssi, -40);
    assert_string_equal(seen[1].ssid, "next door");
    assert_true(seen[1].open);
}

static void who_has_logged_in_may_all(void **state)
{
    (void)state;
    begin();
    visitor_log_in(&v);
    begin();
    assert_int_equal(ask("GET", "/api/v1/board/backup", NULL), 200);
    assert_string_equal(v.house.text, "a = b");
    assert_false(did.secrets);
    assert_int_equal(ask("GET", "/api/v1/board/backup?secrets=yes", NULL), 200);
    assert_true(did.secrets);
    assert_int_equal(ask("POST", "/api/v1/board/restore", "good"), 200);
    assert_int_equal(ask("POST", "/api/v1/board/restore", "bad"), 400);
    assert_non_null(strstr(v.house.text, "\"line\":3"));
    assert_int_equal(ask("POST", "/api/v1/board/fetch", "{\"url\":\"http://a/b\",\"older\":true}"),
                     200);
    assert_string_equal(did.url, "http://a/b");
    assert_true(did.older);
    assert_int_equal(ask("POST", "/api/v1/board/fetch", "{\"url\":\"ftp://a/b\"}"), 400);
    assert_false(did.older);
    assert_int_equal(ask("POST", "/api/v1/board/certificate?name=mqtt.key", "-----BEGIN X"), 200);
    assert_int_equal(did.pem[FW_PEM_KEY], 12);
    assert_int_equal(ask("POST", "/api/v1/board/certificate?name=mqtt.ca", "nonsense"), 400);
    assert_int_equal(ask("POST", "/api/v1/board/certificate?name=ca", "-----BEGIN X"), 400);
    assert_int_equal(ask("POST", "/api/v1/board/certificate", "-----BEGIN X"), 400);
    assert_int_equal(ask("GET", "/api/v1/board", NULL), 200);
    assert_non_null(
        strstr(v.house.text, "{\"mqtt.ca\":false,\"mqtt.cert\":false,\"mqtt.key\":true}"));
    assert_int_equal(ask("POST", "/api/v1/board/certificate?name=mqtt.key", NULL), 200);
    assert_int_equal(did.pem[FW_PEM_KEY], 0);
    assert_int_equal(ask("GET", "/api/v1/board/log", NULL), 200);
    assert_string_equal(v.house.text, "I (1) a log\n");
    assert_int_equal(ask("GET", "/api/v1/board/core", NULL), 404);
    did.core = true;
    assert_int_equal(ask("GET", "/api/v1/board/core", NULL), 200);
    assert_string_equal(v.house.text, "\x7f"
                                      "ELF");
    assert_int_equal(ask("DELETE", "/api/v1/board/core", NULL), 200);
    assert_int_equal(ask("GET", "/api/v1/board/core", NULL), 404);
    assert_int_equal(ask("POST", "/api/v1/board/restart", NULL), 200);
    assert_int_equal(ask("POST", "/api/v1/board/forget", NULL), 200);
    assert_int_equal(did.restarts, 1);
    assert_int_equal(did.forgets, 1);
    v.csrf[0] = 0;
    assert_int_equal(ask("POST", "/api/v1/board/restart", NULL), 403);
    assert_int_equal(did.restarts, 1);
}

static void uploads_are_known_and_guarded(void **state)
{
    bool older = true;
    int code = 0;

    (void)state;
    begin();
    v.request.method = "POST";
    v.request.target = "/api/v1/board/update";
    assert_true(fw_api_is_upload(&v.request, &older));
    assert_false(older);
    v.request.target = "/api/v1/board/update?older=yes";
    assert_true(fw_api_is_upload(&v.request, &older));
    assert_true(older);
    assert_non_null(fw_api_refusal(&api, v.house.fake.now, &v.request, &code));
    assert_int_equal(code, 401);
    v.request.method = "GET";
    assert_false(fw_api_is_upload(&v.request, &older));
    v.request.method = "POST";
    v.request.target = "/api/v1/board/updates";
    assert_false(fw_api_is_upload(&v.request, &older));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_has_not_logged_in_sees_little, setup),
        cmocka_unit_test_setup(without_a_password_only_who_has_it_in_hand_sets_it_up,
                               setup_without_password),
        cmocka_unit_test_setup(who_looks_for_something_else_is_sent_to_the_set_up, setup),
        cmocka_unit_test_setup(a_board_without_a_password_shows_its_set_up, setup_without_password),
        cmocka_unit_test_setup(networks_are_looked_for_and_joined, setup_without_password),
        cmocka_unit_test_setup(a_name_is_listed_once, setup),
        cmocka_unit_test_setup(who_has_logged_in_may_all, setup),
        cmocka_unit_test_setup(uploads_are_known_and_guarded, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

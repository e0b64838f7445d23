/* Settings between flash and RAM: changes, power cuts, backup and restore. */
#include "tests/cmocka_all.h"

#include "firmware/logic/config.h"

#include <string.h>

static struct {
    uint8_t slot[FW_STORE_SLOTS][FW_STORE_HEADER + FW_CONFIG_TEXT];
    size_t size[FW_STORE_SLOTS];
    size_t power_left;
} flash;

static struct fw_config config;
static struct reader_settings settings;
static struct reader_meter_settings section[FW_CONFIG_METERS];

static size_t read_slot(void *context, unsigned slot, uint8_t *bytes, size_t size)
{
    (void)context;
    size_t count = flash.size[slot] < size ? flash.size[slot] : size;
    memcpy(bytes, flash.slot[slot], count);
    return count;
}

static bool write_slot(void *context, unsigned slot, const uint8_t *bytes, size_t count)
{
    (void)context;
    size_t some = count < flash.power_left ? count : flash.power_left;
    memcpy(flash.slot[slot], bytes, some);
    flash.size[slot] = some;
    flash.power_left -= some;
    return some == count;
}

static const struct fw_store_flash ops = {NULL, read_slot, write_slot};

static void start(void)
{
    memset(&config, 0, sizeof config);
    fw_config_load(&config, &settings, section, "uart:", &ops);
}

static int new_board(void **unused)
{
    (void)unused;
    memset(&flash, 0, sizeof flash);
    flash.power_left = SIZE_MAX;
    start();
    return 0;
}

static const char *change(const char *name, const char *value)
{
    return fw_config_change(&config, &name, &value, 1);
}

static const char *backup(bool secrets)
{
    static char text[FW_CONFIG_TEXT + 1];
    size_t size;

    const char *given = fw_config_backup(&config, secrets, &size);
    memcpy(text, given, size);
    text[size] = 0;
    return text;
}

static const char *restore(const char *text, unsigned *line)
{
    return fw_config_restore(&config, text, strlen(text), line);
}

static void a_new_board_has_its_meter(void **unused)
{
    (void)unused;
    assert_int_equal(settings.meters, 1);
    assert_string_equal(section[0].name, "meter");
    assert_string_equal(section[0].uri, "uart:");
    assert_string_equal(backup(true), "");
}

static void changes_outlast_a_start(void **unused)
{
    const char *const names[] = {"wifi.ssid", "wifi.password", "meter.meter.key"};
    const char *const values[] = {"home", "12345678", "0123456789abcdef"};

    (void)unused;
    assert_null(fw_config_change(&config, names, values, 3));
    assert_string_equal(settings.board.wifi_ssid, "home");
    start();
    assert_string_equal(settings.board.wifi_ssid, "home");
    assert_string_equal(settings.board.wifi_password, "12345678");
    assert_string_equal(section[0].key, "0123456789abcdef");
    assert_null(change("wifi.ssid", NULL));
    start();
    assert_string_equal(settings.board.wifi_ssid, "");
    assert_string_equal(section[0].key, "0123456789abcdef");
}

static void wrong_changes_change_nothing(void **unused)
{
    const char *const names[] = {"wifi.ssid", "wifi.password"};
    const char *const values[] = {"other", "short"};

    (void)unused;
    assert_null(change("wifi.ssid", "home"));
    const char *why = fw_config_change(&config, names, values, 2);
    assert_non_null(why);
    assert_memory_equal(why, "wifi.password: ", 15);
    assert_string_equal(settings.board.wifi_ssid, "home");
    assert_non_null(strstr(change("data", "/tmp"), "data: "));
    assert_non_null(strstr(change("meter.meter.uri", "/dev/null"), "meter.meter.uri: "));
    assert_non_null(change("meter.second.key", "0123456789abcdef"));
    assert_non_null(strstr(change("mqtt.expire_s", "10"), "mqtt.expire_s: "));
    assert_non_null(change("nothing", "1"));
    assert_string_equal(backup(true), "wifi.ssid = home\n");
    assert_int_equal(settings.mqtt_expire_s, 180);
    start();
    assert_string_equal(settings.board.wifi_ssid, "home");
}

static void power_cut_at_every_byte_of_a_change(void **unused)
{
    for (size_t cut = 0; cut < 200; cut++) {
        new_board(unused);
        assert_null(change("wifi.ssid", "home"));
        flash.power_left = cut;
        const char *problem = change("wifi.ssid", "other");
        /* What is told is what is in force, now and after a start. */
        const char *expected = problem == NULL ? "other" : "home";
        assert_string_equal(settings.board.wifi_ssid, expected);
        start();
        assert_string_equal(settings.board.wifi_ssid, expected);
        assert_int_equal(settings.meters, 1);
    }
    assert_string_equal(settings.board.wifi_ssid, "other");
}

static void backups_have_secrets_only_if_wanted(void **unused)
{
    const char *const names[] = {"wifi.ssid", "wifi.password", "meter.meter.key", "mqtt.password",
                                 "meter.meter.period_s"};
    const char *const values[] = {"home", "hunter22", "hunter2hunter2ab", "hunter2", "5"};
    char with[FW_CONFIG_TEXT], without[FW_CONFIG_TEXT];
    unsigned line;

    (void)unused;
    assert_null(fw_config_change(&config, names, values, 5));
    strcpy(with, backup(true));
    strcpy(without, backup(false));
    assert_non_null(strstr(with, "hunter2hunter2ab"));
    assert_null(strstr(without, "hunter2"));
    assert_non_null(strstr(without, "wifi.ssid = home"));
    assert_non_null(strstr(without, "period_s = 5"));

    /* Back on the same board, nothing is missing. */
    assert_null(change("wifi.ssid", "elsewhere"));
    assert_null(restore(without, &line));
    assert_string_equal(settings.board.wifi_ssid, "home");
    assert_string_equal(settings.board.wifi_password, "hunter22");
    assert_string_equal(section[0].key, "hunter2hunter2ab");
    assert_int_equal(section[0].period_s, 5);
    assert_int_equal(settings.meters, 1);

    /* On another one, all of it. */
    new_board(NULL);
    assert_null(restore(with, &line));
    start();
    assert_string_equal(settings.mqtt_password, "hunter2");
    assert_string_equal(section[0].key, "hunter2hunter2ab");
    assert_string_equal(section[0].uri, "uart:");
}

static void wrong_backups_are_refused_with_their_line(void **unused)
{
    static char much[FW_CONFIG_TEXT + 10];
    unsigned line;

    (void)unused;
    assert_null(change("wifi.ssid", "home"));
    assert_non_null(restore("# mine\nhttp.public = maybe\n", &line));
    assert_int_equal(line, 2);
    assert_non_null(restore("\x89PNG\r\n\x1a\n", &line));
    assert_int_equal(line, 1);
    assert_non_null(restore("[meter house]\nperiod_s = 2\n", &line));
    assert_non_null(restore("mqtt.power_min_s = 100\nmqtt.power_max_s = 50\n", &line));
    memset(much, '#', sizeof much - 1);
    for (size_t i = 60; i < sizeof much - 1; i += 60)
        much[i] = '\n';
    assert_non_null(strstr(restore(much, &line), "too long"));
    assert_string_equal(settings.board.wifi_ssid, "home");
    start();
    assert_string_equal(settings.board.wifi_ssid, "home");
}

static void too_many_settings_are_refused(void **unused)
{
    char value[256];
    unsigned kept = 0;

    (void)unused;
    memset(value, 'a', sizeof value - 1);
    value[255] = 0;
    char much[FW_CONFIG_TEXT] = "";
    unsigned line;
    for (int i = 0; i < 50; i++)
        strcat(much, "# a comment that is kept, since it belongs to who wrote it\n");
    assert_null(restore(much, &line));
    kept += change("http.hosts", value) == NULL;
    assert_int_equal(kept, 0);
    assert_string_equal(settings.http_hosts, "");
    assert_null(change("wifi.ssid", "home"));
}

/* What must be tried before it is kept comes by another way. */
static void the_wifi_is_not_changed_untried(void **unused)
{
    static const char *const harmless[] = {"net.hostname", "wifi.power_dbm"};
    static const char *const wifi[] = {"net.hostname", "wifi.password"};

    (void)unused;
    assert_null(fw_config_untried(harmless, 2));
    assert_null(fw_config_untried(NULL, 0));
    assert_non_null(fw_config_untried(wifi, 2));
    assert_memory_equal(fw_config_untried(wifi, 2), "wifi.ssid: ", 11);
}

/* A later version may know more meters than one: its others do not take our meter's place. */
static void another_meters_section_is_passed_over(void **unused)
{
    static const char text[] =
        "[meter house]\nkey = fedcba9876543210\n[meter meter]\nperiod_s = 7\n";
    uint8_t buffer[FW_STORE_HEADER + 200];
    struct fw_store store;

    (void)unused;
    fw_store_init(&store, &ops, buffer, sizeof buffer);
    assert_true(fw_store_save(&store, text, sizeof text - 1));
    start();
    assert_int_equal(settings.meters, 1);
    assert_string_equal(section[0].name, "meter");
    assert_string_equal(section[0].key, "");
    assert_int_equal(section[0].period_s, 7);
    assert_int_not_equal(config.skipped, 0);
    assert_null(change("meter.meter.key", "0123456789abcdef"));
    start();
    assert_string_equal(section[0].key, "0123456789abcdef");
}

/* A configuration of mepd's, or of a version that judged otherwise, keeps nobody from changes. */
static void what_does_not_agree_locks_nobody_out(void **unused)
{
    static const char text[] = "mqtt.cert = /etc/cert.pem\nhttp.listen = 0.0.0.0:80\n"
                               "mqtt.power_min_s = 900\nmqtt.power_max_s = 30\n"
                               "mqtt.expire_s = 7\nmqtt.url = mqtt://broker\n";
    uint8_t buffer[FW_STORE_HEADER + 300];
    struct fw_store store;
    unsigned line;

    (void)unused;
    fw_store_init(&store, &ops, buffer, sizeof buffer);
    assert_true(fw_store_save(&store, text, sizeof text - 1));
    start();
    assert_int_equal(config.skipped, 2); /* the times */
    assert_string_equal(settings.mqtt_url, "mqtt://broker");
    assert_int_equal(settings.mqtt_power_max_s, 30);
    assert_null(change("http.public", "no"));
    start();
    assert_false(settings.http_public);
    /* Who sets it now is told all the same. */
    assert_non_null(change("mqtt.expire_s", "7"));
    assert_null(restore("mqtt.cert = /etc/cert.pem\n", &line));
}

static void the_reader_begins_anew_only_for_what_is_its_own(void **unused)
{
    static const char *const changes[][2] = {{"meter.meter.key", "another meter's."},
                                             {"meter.meter.encrypt", "true"},
                                             {"meter.meter.period_s", "10"},
                                             {"meter.meter.key", NULL}};
    struct reader_config before, now;

    (void)unused;
    fw_config_reader(section, 9600, &now);
    assert_true(now.no_key);
    assert_null(change("meter.meter.key", "0123456789abcdef"));
    fw_config_reader(section, 9600, &now);
    assert_false(now.no_key);
    assert_memory_equal(now.client.key.bytes, "0123456789abcdef", 16);
    assert_int_equal(now.client.baud, 9600);
    assert_int_equal(now.period_us, 1000000);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        before = now;
        assert_null(change("net.hostname", i % 2 == 0 ? "cellar" : "attic"));
        fw_config_reader(section, 9600, &now);
        assert_true(fw_config_is_same_reader(&before, &now));
        assert_null(change(changes[i][0], changes[i][1]));
        fw_config_reader(section, 9600, &now);
        assert_false(fw_config_is_same_reader(&before, &now));
    }
    assert_true(now.no_key && now.client.encrypt);
    assert_int_equal(now.period_us, 10000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_new_board_has_its_meter, new_board),
        cmocka_unit_test_setup(changes_outlast_a_start, new_board),
        cmocka_unit_test_setup(wrong_changes_change_nothing, new_board),
        cmocka_unit_test_setup(power_cut_at_every_byte_of_a_change, new_board),
        cmocka_unit_test_setup(backups_have_secrets_only_if_wanted, new_board),
        cmocka_unit_test_setup(wrong_backups_are_refused_with_their_line, new_board),
        cmocka_unit_test_setup(too_many_settings_are_refused, new_board),
        cmocka_unit_test(the_wifi_is_not_changed_untried),
        cmocka_unit_test_setup(what_does_not_agree_locks_nobody_out, new_board),
        cmocka_unit_test_setup(another_meters_section_is_passed_over, new_board),
        cmocka_unit_test_setup(the_reader_begins_anew_only_for_what_is_its_own, new_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

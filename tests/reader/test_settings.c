/* What can be set, by name. */
#include "tests/cmocka_all.h"

#include "reader/settings/settings.h"

#include <stdio.h>
#include <string.h>

enum {
    METERS = 3
};

struct fixture {
    struct reader_meter_settings meter[METERS];
    struct reader_settings settings, before;
    struct reader_meter_settings before_meter[METERS];
    char text[700];
};

static void begin(struct fixture *f)
{
    memset(f, 0x5a, sizeof *f);
    reader_settings_init(&f->settings, f->meter, METERS);
}

static const char *value(struct fixture *f, const char *name)
{
    struct reader_buffer buffer;
    struct reader_out out;

    reader_out_buffer(&out, &buffer, f->text, sizeof f->text);
    reader_settings_value(&f->settings, name, &out);
    return f->text;
}

static void good(struct fixture *f, const char *name, const char *text)
{
    const char *problem = reader_settings_set(&f->settings, name, text);
    if (problem != NULL)
        fail_msg("%s = %s: %s", name, text == NULL ? "(default)" : text, problem);
}

/* Refused with one line that is of use, and nothing else changed. */
static const char *bad(struct fixture *f, const char *name, const char *text)
{
    f->before = f->settings;
    memcpy(f->before_meter, f->meter, sizeof f->meter);
    const char *problem = reader_settings_set(&f->settings, name, text);
    if (problem == NULL) {
        fail_msg("%s = %s is accepted", name, text == NULL ? "(default)" : text);
        return "";
    }
    assert_null(strchr(problem, '\n'));
    assert_in_range(strlen(problem), 20, READER_SETTING_PROBLEM - 2);
    assert_int_not_equal(problem[strlen(problem) - 1], '.');
    const struct reader_setting *setting = reader_setting_find(name);
    bool secret = setting != NULL && (setting->flags & READER_SETTING_SECRET) != 0;
    if (strstr(problem, "hunter2") != NULL ||
        (secret && strlen(text) > 16 && strstr(problem, text) != NULL))
        fail_msg("%s: \"%s\" quotes the value", name, problem);
    memcpy(f->before.problem, f->settings.problem, sizeof f->before.problem);
    assert_memory_equal(&f->before, &f->settings, sizeof f->before);
    assert_memory_equal(f->before_meter, f->meter, f->settings.meters * sizeof *f->meter);
    return problem;
}

/* Each name as it is used elsewhere. */
static const char *full_name(const struct reader_setting *setting, char *name, size_t size)
{
    snprintf(name, size, "%s%s", (setting->flags & READER_SETTING_METER) != 0 ? "meter.house." : "",
             setting->key);
    return name;
}

static void defaults(void **unused)
{
    struct fixture f;

    (void)unused;
    begin(&f);
    const struct reader_settings *s = &f.settings;
    assert_string_equal(s->http_listen, "127.0.0.1:8080");
    assert_true(s->http_public);
    assert_string_equal(s->http_password, "");
    assert_string_equal(s->data, "/var/lib/mepd");
    assert_int_equal(s->history_sample_s, 60);
    assert_int_equal(s->history_keep_days, 400);
    assert_string_equal(s->mqtt_url, "");
    assert_string_equal(s->mqtt_topic, "meplink");
    assert_true(s->mqtt_discovery);
    assert_string_equal(s->mqtt_discovery_prefix, "homeassistant");
    assert_int_equal(s->mqtt_power_min_s, 1);
    assert_int_equal(s->mqtt_power_max_s, 60);
    assert_int_equal(s->mqtt_energy_min_s, 10);
    assert_int_equal(s->mqtt_energy_max_s, 60);
    assert_int_equal(s->mqtt_other_min_s, 10);
    assert_int_equal(s->mqtt_other_max_s, 60);
    assert_int_equal(s->mqtt_expire_s, 180);
    assert_string_equal(s->cost_currency, "EUR");
    assert_int_equal(s->cost_import, 0);
    assert_string_equal(value(&f, "language"), "auto");
    assert_string_equal(value(&f, "log.level"), "info");
    assert_int_equal(s->meters, 0);

    good(&f, "meter.house.uri", "/dev/ttyUSB0");
    assert_int_equal(s->meters, 1);
    assert_string_equal(f.meter[0].name, "house");
    assert_string_equal(f.meter[0].key, "");
    assert_false(f.meter[0].encrypt);
    assert_int_equal(f.meter[0].period_s, 1);
}

static void every_key_is_declared_well(void **unused)
{
    struct fixture f;
    char name[READER_SETTING_NAME];

    (void)unused;
    for (size_t i = 0; i < reader_settings_count; i++) {
        const struct reader_setting *setting = &reader_settings_keys[i];
        bool secret = (setting->flags & READER_SETTING_SECRET) != 0;
        size_t length = strlen(setting->text);

        begin(&f);
        full_name(setting, name, sizeof name);
        assert_ptr_equal(reader_setting_find(name), setting);
        assert_in_range(length, 10, 150);
        assert_int_not_equal(setting->text[length - 1], '.');
        for (size_t k = 0; k < i; k++)
            assert_true(strcmp(reader_settings_keys[k].key, setting->key) != 0);

        good(&f, name, setting->fallback);
        good(&f, name, NULL);
        assert_string_equal(value(&f, name), secret ? "" : setting->fallback);
        if (setting->kind == READER_SETTING_INTEGER || setting->kind == READER_SETTING_DECIMAL) {
            assert_int_equal(setting->size, sizeof(int32_t));
            assert_true(setting->min < setting->max);
        } else if (setting->kind == READER_SETTING_BOOL) {
            assert_int_equal(setting->size, sizeof(bool));
        } else if (setting->kind == READER_SETTING_CHOICE) {
            assert_non_null(setting->choices);
        }
    }
}

static void kinds(void **unused)
{
    struct fixture f;

    (void)unused;
    begin(&f);
    good(&f, "http.public", "no");
    assert_false(f.settings.http_public);
    good(&f, "http.public", "on");
    assert_true(f.settings.http_public);
    good(&f, "http.public", "false");
    assert_string_equal(value(&f, "http.public"), "no");
    good(&f, "http.public", "true");
    assert_string_equal(value(&f, "http.public"), "yes");
    bad(&f, "http.public", "");
    bad(&f, "http.public", "Yes");
    bad(&f, "http.public", "1");

    good(&f, "history.sample_s", "10");
    good(&f, "history.sample_s", "3600");
    good(&f, "history.sample_s", "0060");
    assert_string_equal(value(&f, "history.sample_s"), "60");
    assert_string_equal(bad(&f, "history.sample_s", "9"),
                        "is out of range; whole numbers from 10 to 3600 are accepted");
    bad(&f, "history.sample_s", "3601");
    bad(&f, "history.sample_s", "-60");
    bad(&f, "history.sample_s", "99999999999999999999");
    bad(&f, "history.sample_s", "");
    bad(&f, "history.sample_s", "-");
    bad(&f, "history.sample_s", "60 ");
    bad(&f, "history.sample_s", "60.0");
    bad(&f, "history.sample_s", "0x10");
    bad(&f, "history.sample_s", "abc");

    good(&f, "cost.import", "2.45");
    assert_int_equal(f.settings.cost_import, 24500);
    assert_string_equal(value(&f, "cost.import"), "2.45");
    good(&f, "cost.import", "-0.0001");
    assert_int_equal(f.settings.cost_import, -1);
    assert_string_equal(value(&f, "cost.import"), "-0.0001");
    good(&f, "cost.import", "10000");
    good(&f, "cost.import", "10000.0000");
    good(&f, "cost.import", "-0");
    assert_string_equal(value(&f, "cost.import"), "0");
    assert_string_equal(bad(&f, "cost.import", "10000.0001"),
                        "is out of range; numbers with up to 4 decimals from -10000 to 10000 are "
                        "accepted");
    bad(&f, "cost.import", "0.00001");
    bad(&f, "cost.import", "2,45");
    bad(&f, "cost.import", "2.");
    bad(&f, "cost.import", ".5");
    bad(&f, "cost.import", "1e3");
    bad(&f, "cost.import", "2.-5");
    bad(&f, "cost.import", "--2");
    bad(&f, "cost.import", "99999999999999999999");
    bad(&f, "cost.fixed", "-1");

    good(&f, "language", "da");
    assert_int_equal(f.settings.language, 2);
    assert_string_equal(bad(&f, "language", "fr"),
                        "is none of the choices; auto, en, da and de are accepted");
    bad(&f, "log.level", "");

    good(&f, "mqtt.user",
         "k\xc3\xb8"
         "benhavn # \"x\" ");
    assert_string_equal(value(&f, "mqtt.user"), "k\xc3\xb8"
                                                "benhavn # \"x\" ");
    bad(&f, "mqtt.user", "a\nb");
    bad(&f, "mqtt.user", "a\tb");
    bad(&f, "mqtt.user", "a\x7f");
    bad(&f, "mqtt.user", "a\xc2\x85");
    bad(&f, "mqtt.user", "a\xff");
}

static void long_texts_are_bounded(void **unused)
{
    struct fixture f;
    char name[READER_SETTING_NAME], text[READER_SETTING_TEXT + 2];

    (void)unused;
    for (size_t i = 0; i < reader_settings_count; i++) {
        const struct reader_setting *setting = &reader_settings_keys[i];
        if (setting->kind != READER_SETTING_STRING || setting->check != NULL)
            continue;
        begin(&f);
        full_name(setting, name, sizeof name);
        memset(text, 'a', sizeof text);
        text[setting->size] = 0;
        assert_string_equal(strstr(bad(&f, name, text), "too long") != NULL ? "y" : "n", "y");
        text[setting->size - 1] = 0;
        good(&f, name, text);
        if ((setting->flags & READER_SETTING_SECRET) == 0)
            assert_string_equal(value(&f, name), text);
    }
}

/* Each wrong one is the right ones' neighbour. */
static void checked_texts(void **unused)
{
    static const struct {
        const char *name, *accepted[14], *refused[22];
    } texts[] = {
        {"http.listen",
         {"", "127.0.0.1:8080", "[::1]:8080", "[::]:80", "0.0.0.0:1", "localhost:65535", "a-b.c:0"},
         {"127.0.0.1", "8080", ":8080", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x",
          "127.0.0.1:80 ", "::1:80", "[::1]", "[]:80", "[::1:80", "http://a:80", "a b:80", "a:-1",
          "a:000080"}},
        {"http.hosts",
         {"", "meter.local", "meter.local 192.168.1.7", "a, b,[::1]", " a "},
         {"http://a", "a:80", "a;b", "a/b", "*", "[::1", "a [x]"}},
        {"http.password",
         {"", "pbkdf2-sha256$600000$00112233$aabb", "pbkdf2-sha256$1$A+/=$b"},
         {"hunter2", "pbkdf2-sha256", "pbkdf2-sha256$", "pbkdf2-sha256$1$a", "pbkdf2-sha256$1$a$",
          "pbkdf2-sha256$$a$b", "pbkdf2-sha256$x$a$b", "pbkdf2-sha256$1$a$b$c",
          "pbkdf2-sha256$123456789$a$b", "pbkdf2-sha1$1$a$b", "pbkdf2-sha256$1$a$b "}},
        {"mqtt.url",
         {"", "mqtt://broker", "mqtts://broker.local:8883", "mqtt://[::1]:1883", "mqtt://10.0.0.1"},
         {"broker", "http://broker", "mqtt:broker", "mqtt://", "mqtt://:1883", "mqtt://broker:0",
          "mqtt://broker:", "mqtt://broker:65536", "mqtt://broker/", "mqtt://user:hunter2@broker",
          "mqtt://a b", "MQTT://broker", "mqtts//broker"}},
        {"mqtt.topic", {"a", "home/meter", "a b"}, {"", "/a", "$SYS", "a/", "a/+", "a#", "/"}},
        {"mqtt.discovery_prefix", {"homeassistant"}, {"", "#"}},
        {"mqtt.legacy_topic", {"", "dabbler"}, {"/", "a/+/b"}},
        {"cost.currency", {"DKK", "kr.", "\xe2\x82\xac"}, {"", "nine bytes"}},
        {"meter.house.key",
         {"", "0123456789abcdef", "0123456789abcdef0123", "00112233445566778899aabbccddeeff",
          "00112233445566778899aabbccddeeff00112233", "hex:00112233445566778899aabbccddeeff",
          "@/etc/mepd/house.key"},
         {"0123456789abcde", "0123456789abcdefg", "00112233445566778899aabbccddeefg",
          "0123456789abcd\xc3\xa6", "@", "hex:00112233445566778899aabbccddeef"}},
        {"wifi.ssid", {"", "home", "a # b"}, {"thirty-three characters are too many"}},
        {"wifi.password",
         {"", "8 chars!", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"},
         {"7 chars", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEg"}},
        {"net.hostname", {"a", "meter-2", "7"}, {"", "-a", "a-", "a.b", "a b", "a_b"}},
        {"net.address",
         {"", "192.168.1.20/24", "10.0.0.1/8", "0.0.0.0/30"},
         {"192.168.1.20", "192.168.1.20/", "1.2.3.4/7", "1.2.3.4/31", "1.2.3.4/024", "1.2.3/24",
          "1.2.3.256/24", "1.2.3.4/24 ", "1.2.3.4.5/24", "a/24"}},
        {"net.gateway", {"", "192.168.1.1"}, {"192.168.1", "192.168.1.1/24", "1234.1.1.1", "..."}},
        {"net.dns", {"", "8.8.8.8"}, {"dns"}},
        {"log.syslog", {"", "192.168.1.5"}, {"192.168.1.5:514"}},
        {"meter.house.uri",
         {"/dev/ttyUSB0", "tcp://[::1]:1", "sim:", "anything the host checks"},
         {"\n"}},
    };
    struct fixture f;

    (void)unused;
    begin(&f);
    good(&f, "meter.house.period_s", "1");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t k = 0; texts[i].accepted[k] != NULL; k++)
            good(&f, texts[i].name, texts[i].accepted[k]);
        for (size_t k = 0; texts[i].refused[k] != NULL; k++)
            bad(&f, texts[i].name, texts[i].refused[k]);
    }
}

static void unknown_names(void **unused)
{
    static const char *const names[] = {"",
                                        "http",
                                        "http.",
                                        "http.listen ",
                                        "Http.listen",
                                        "uri",
                                        "key",
                                        "meter",
                                        "meter.",
                                        "meter..uri",
                                        "meter.house.",
                                        "meter.house.mqtt.url",
                                        "meter.ho use.uri",
                                        "meter.h\xc3\xb8j.uri",
                                        "meter.aaaaaaaaaabbbbbbbbbbccccccccccddd.uri",
                                        "meter.house.uri.x"};
    struct fixture f;

    (void)unused;
    begin(&f);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_null(reader_setting_find(names[i]));
        bad(&f, names[i], "1");
        assert_string_equal(value(&f, names[i]), "");
        assert_false(reader_settings_is_set(&f.settings, names[i]));
    }
    bad(&f, "meter.house", "1");
    assert_string_equal(bad(&f, "history.sample", "60"),
                        "is not known; history.sample_s, history.keep_days are accepted");
    assert_string_equal(bad(&f, "meter.house.baud", "9600"),
                        "is not known; uri, key, encrypt, period_s are accepted");
    assert_non_null(strstr(bad(&f, "mqtt.host", "a"), "mqtt.expire_s are accepted"));
}

static void secrets_are_not_shown(void **unused)
{
    static const char *const secrets[][2] = {
        {"http.password", "pbkdf2-sha256$600000$00112233$aabb"},
        {"mqtt.password", "correct horse"},
        {"meter.house.key", "0123456789abcdef"},
    };
    struct fixture f;

    (void)unused;
    begin(&f);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        assert_false(reader_settings_is_set(&f.settings, secrets[i][0]));
        good(&f, secrets[i][0], secrets[i][1]);
        assert_true(reader_settings_is_set(&f.settings, secrets[i][0]));
        assert_string_equal(value(&f, secrets[i][0]), "");
        good(&f, secrets[i][0], "");
        assert_false(reader_settings_is_set(&f.settings, secrets[i][0]));
    }
    /* Nor does the rest of a longer one stay. */
    good(&f, "mqtt.password", "a longer one");
    good(&f, "mqtt.password", "short");
    for (size_t i = 5; i < sizeof f.settings.mqtt_password; i++)
        assert_int_equal(f.settings.mqtt_password[i], 0);
}

static void meters_come_and_go(void **unused)
{
    struct fixture f;

    (void)unused;
    begin(&f);
    good(&f, "meter.a.uri", "tcp://a:1");
    good(&f, "meter.b.uri", "tcp://b:1");
    good(&f, "meter.aaaaaaaaaabbbbbbbbbbccccccccccdd.uri", "tcp://c:1");
    assert_int_equal(f.settings.meters, 3);
    assert_string_equal(bad(&f, "meter.d.uri", "tcp://d:1"),
                        "is one meter too many; up to 3 are accepted");
    good(&f, "meter.b.period_s", "10");
    assert_string_equal(value(&f, "meter.b.period_s"), "10");
    assert_string_equal(value(&f, "meter.a.period_s"), "1");
    good(&f, "meter.a", NULL);
    good(&f, "meter.a", NULL);
    assert_int_equal(f.settings.meters, 2);
    assert_string_equal(f.meter[0].name, "b");
    assert_int_equal(f.meter[0].period_s, 10);
    assert_string_equal(value(&f, "meter.a.uri"), "");
    good(&f, "meter.b.period_s", NULL);
    assert_string_equal(value(&f, "meter.b.period_s"), "1");

    bad(&f, "meter.e.period_s", "0");
    assert_int_equal(f.settings.meters, 2); /* nothing wrong begins to exist */
    good(&f, "meter.e.period_s", NULL);
    assert_int_equal(f.settings.meters, 2);
}

static void together(void **unused)
{
    static const struct {
        const char *set[4][2];
        const char *key; /* NULL: all is well */
    } cases[] = {
        {{{NULL}}, NULL},
        {{{"meter.a.uri", "tcp://a:1"}}, "meter.a.key"},
        {{{"meter.a.key", "0123456789abcdef"}}, "meter.a.uri"},
        {{{"meter.a.uri", "tcp://a:1"}, {"meter.a.key", "0123456789abcdef"}}, NULL},
        {{{"meter.a.uri", "sim:"}, {"meter.b.uri", "sim:"}}, NULL},
        {{{"meter.a.uri", "x"},
          {"meter.a.key", "0123456789abcdef"},
          {"meter.b.uri", "x"},
          {"meter.b.key", "0123456789abcdef"}},
         "meter.b.uri"},
        {{{"mqtt.power_min_s", "60"}}, NULL},
        {{{"mqtt.power_min_s", "61"}}, "mqtt.power_min_s"},
        {{{"mqtt.energy_max_s", "9"}}, "mqtt.energy_min_s"},
        {{{"mqtt.other_min_s", "61"}}, "mqtt.other_min_s"},
        {{{"mqtt.expire_s", "60"}}, "mqtt.expire_s"},
        {{{"mqtt.expire_s", "60"}, {"mqtt.power_max_s", "59"}}, NULL},
        {{{"mqtt.cert", "a.pem"}}, "mqtt.key"},
        {{{"mqtt.key", "a.pem"}}, "mqtt.cert"},
        {{{"mqtt.key", "a.pem"}, {"mqtt.cert", "b.pem"}}, NULL},
    };
    struct fixture f;

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reader_settings_problem problem;
        begin(&f);
        for (size_t k = 0; k < 4 && cases[i].set[k][0] != NULL; k++)
            good(&f, cases[i].set[k][0], cases[i].set[k][1]);
        bool ok = reader_settings_check(&f.settings, &problem);
        assert_int_equal(ok, cases[i].key == NULL);
        if (ok)
            continue;
        assert_string_equal(problem.key, cases[i].key);
        assert_int_equal(problem.line, 0);
        assert_in_range(strlen(problem.text), 20, 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(every_key_is_declared_well),
        cmocka_unit_test(kinds),
        cmocka_unit_test(long_texts_are_bounded),
        cmocka_unit_test(checked_texts),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(secrets_are_not_shown),
        cmocka_unit_test(meters_come_and_go),
        cmocka_unit_test(together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

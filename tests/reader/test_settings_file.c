/* The file of settings: read, edited, and its manual. */
#include "tests/cmocka_all.h"

#include "reader/settings/settings.h"

#include <stdio.h>
#include <string.h>

enum {
    METERS = 3
};

struct fixture {
    struct reader_meter_settings meter[METERS];
    struct reader_settings settings;
    struct reader_settings_problem problem;
    struct reader_buffer buffer;
    char text[20000], edited[20000];
};

static bool read(struct fixture *f, const char *text)
{
    memset(f->meter, 0, sizeof f->meter);
    reader_settings_init(&f->settings, f->meter, METERS);
    return reader_settings_read(&f->settings, text, strlen(text), &f->problem);
}

static void good(struct fixture *f, const char *text)
{
    if (!read(f, text))
        fail_msg("line %u, %s: %s\n%s", f->problem.line, f->problem.key, f->problem.text, text);
    assert_int_equal(f->problem.line, 0);
}

static const char *value(struct fixture *f, const char *name)
{
    struct reader_out out;

    reader_out_buffer(&out, &f->buffer, f->text, sizeof f->text);
    reader_settings_value(&f->settings, name, &out);
    return f->text;
}

static const char *edit(struct fixture *f, const char *text, const char *name, const char *to)
{
    struct reader_out out;

    reader_out_buffer(&out, &f->buffer, f->edited, sizeof f->edited);
    reader_settings_edit(text, strlen(text), name, to, &out);
    assert_false(out.failed);
    return f->edited;
}

static void a_file_is_read(void **unused)
{
    static const char text[] = "# a comment\n"
                               "\n"
                               "  \t \n"
                               "http.listen = 0.0.0.0:80\n"
                               "  http.public=no# no comment, no blank before it\n";
    static const char rest[] = "http.hosts = a b  # two\n"
                               "mqtt.user = \"a#b \\\"c\\\" \\\\ \"\t# quoted\r\n"
                               "mqtt.password = a#b\n"
                               "mqtt.legacy_topic =\n"
                               "data =   # none\n"
                               "data2\n";
    struct fixture f;

    (void)unused;
    assert_false(read(&f, text)); /* "no# no comment ..." is neither yes nor no */
    assert_int_equal(f.problem.line, 5);
    assert_string_equal(f.problem.key, "http.public");
    assert_string_equal(f.settings.http_listen, "0.0.0.0:80");

    assert_false(read(&f, rest));
    assert_int_equal(f.problem.line, 6);
    assert_string_equal(f.problem.key, "");
    assert_string_equal(f.settings.http_hosts, "a b");
    assert_string_equal(f.settings.mqtt_user, "a#b \"c\" \\ ");
    assert_string_equal(f.settings.mqtt_password, "a#b");
    assert_string_equal(f.settings.data, "");

    good(&f, "");
    good(&f, "language = da");
    assert_string_equal(value(&f, "language"), "da");
    good(&f, "language = da\r\n[meter a]\r\nuri = tcp://a:1 \r\n\t[meter   b-2_X\t]  # the other\n"
             "uri = sim:\nperiod_s = 10\n[meter c]");
    assert_int_equal(f.settings.meters, 3);
    assert_string_equal(f.meter[0].uri, "tcp://a:1");
    assert_string_equal(f.meter[1].name, "b-2_X");
    assert_int_equal(f.meter[1].period_s, 10);
    assert_string_equal(f.meter[2].uri, "");
}

static void wrong_lines_are_named(void **unused)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *key, *says;
    } cases[] = {
        {"x\n", 1, "", "KEY = VALUE"},
        {"\n\nhttp.listen\n", 3, "", "KEY = VALUE"},
        {"0123456789abcdef\n", 1, "", "KEY = VALUE"},
        {"= x\n", 1, "", "KEY = VALUE"},
        {"a b = x\n", 1, "", "KEY = VALUE"},
        {"mqtt.host = x\n", 1, "mqtt.host", "mqtt.url"},
        {"# a\nhistory.sample_s = 5\n", 2, "history.sample_s", "10 to 3600"},
        {"language = da\nlanguage = de\n", 2, "language", "second time"},
        {"mqtt.url = \"mqtt://a\n", 1, "mqtt.url", "closing quote"},
        {"mqtt.url = \"mqtt://a\" b\n", 1, "mqtt.url", "closing quote"},
        {"mqtt.user = \"a\\n\"\n", 1, "mqtt.user", "\\"},
        {"mqtt.user = \"a\\", 1, "mqtt.user", "\\"},
        {"mqtt.user = a\001b\n", 1, "mqtt.user", "control"},
        {"uri = /dev/ttyUSB0\n", 1, "uri", "[meter NAME]"},
        {"meter.a.uri = sim:\n", 1, "meter.a.uri", "[meter NAME]"},
        {"[meter a]\nuri = sim:\nmqtt.url = mqtt://b\n", 3, "meter.a.mqtt.url", "above"},
        {"[meter a]\nbaud = 9600\n", 2, "meter.a.baud", "period_s"},
        {"[meter a]\nkey = 0123456789abcde\n", 2, "meter.a.key", "wrong length"},
        {"[meter a]\n[meter b]\n[meter a]\n", 3, "meter.a", "already"},
        {"[meter a]\n[meter b]\n[meter c]\n[meter d]\n", 4, "meter.d", "up to 3"},
        {"[meter a]\nuri = x\nuri = x\n", 3, "meter.a.uri", "second time"},
        {"[meter]\n", 1, "", "[meter NAME]"},
        {"[meter ]\n", 1, "", "[meter NAME]"},
        {"[meter a\n", 1, "", "[meter NAME]"},
        {"[meter a b]\n", 1, "", "[meter NAME]"},
        {"[meter a] b\n", 1, "", "[meter NAME]"},
        {"[meter a/b]\n", 1, "", "[meter NAME]"},
        {"[meters a]\n", 1, "", "[meter NAME]"},
        {"[mqtt]\n", 1, "", "[meter NAME]"},
        {"[meter aaaaaaaaaabbbbbbbbbbccccccccccddd]\n", 1, "", "[meter NAME]"},
    };
    struct fixture f;

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(read(&f, cases[i].text));
        assert_int_equal(f.problem.line, cases[i].line);
        assert_string_equal(f.problem.key, cases[i].key);
        if (strstr(f.problem.text, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].text, f.problem.text);
        assert_null(strstr(f.problem.text, "0123456789"));
    }
    assert_false(reader_settings_read(&f.settings, "mqtt.user = a\0b\n", 16, &f.problem));
    assert_string_equal(f.problem.key, "mqtt.user");
}

static void long_lines(void **unused)
{
    struct fixture f;
    char text[READER_SETTING_LINE + 2];

    (void)unused;
    memset(text, ' ', sizeof text);
    memcpy(text, "language = da", 13);
    text[READER_SETTING_LINE] = 0;
    text[READER_SETTING_LINE - 1] = '\n';
    good(&f, text);
    memcpy(text + READER_SETTING_LINE - 1, " \n", 3);
    assert_false(read(&f, text));
    assert_int_equal(f.problem.line, 1);
    text[0] = '#';
    good(&f, text);
    snprintf(text, sizeof text, "%0200d = 1", 0);
    assert_false(read(&f, text));
    assert_int_equal(strlen(f.problem.key), READER_SETTING_NAME - 1);
}

/* ---- Editing ---- */

static void edits(void **unused)
{
    static const struct {
        const char *before, *name, *value, *after;
    } cases[] = {
        {"", "language", "da", "language = da\n"},
        {"# top", "language", "da", "# top\nlanguage = da\n"},
        {"language = da\n", "language", "de", "language = de\n"},
        {"language = da", "language", "de", "language = de"},
        {"  language=da \t# why\r\nx", "language", "de", "  language=de \t# why\r\nx"},
        {"language =   # why\n", "language", "de", "language =   de # why\n"},
        {"language = da # why\n# z\n", "language", NULL, "# z\n"},
        {"# a\nlanguage = da", "language", NULL, "# a\n"},
        {"# a\n", "language", NULL, "# a\n"},
        /* Below its line in the manual, else where the section ends. */
        {"#language = auto\n\n#log.level = info\n", "language", "de",
         "#language = auto\nlanguage = de\n\n#log.level = info\n"},
        {"data = a\n\n# about this meter\n[meter a]\nuri = x\n", "language", "de",
         "data = a\nlanguage = de\n\n# about this meter\n[meter a]\nuri = x\n"},
        {"# about all\n\n# about this meter\n[meter a]\n", "language", "de",
         "# about all\n\nlanguage = de\n# about this meter\n[meter a]\n"},
        {"#data = a\n\n#[meter a]\n#uri =\n", "language", "de",
         "#data = a\nlanguage = de\n\n#[meter a]\n#uri =\n"},
        {"#[meter a]\n#uri =\nlanguage = da\n", "language", "de",
         "#[meter a]\n#uri =\nlanguage = de\n"},
        {"#[meter a]\n#uri =\ndata = a\n", "language", "de",
         "language = de\n#[meter a]\n#uri =\ndata = a\n"},
        {"[meter a]\n\n# like this\n#[meter b]\n#uri =\n", "meter.a.uri", "x",
         "[meter a]\nuri = x\n\n# like this\n#[meter b]\n#uri =\n"},
        /* Meters. */
        {"", "meter.a.uri", "x", "[meter a]\nuri = x\n"},
        {"data = a", "meter.a.uri", "x", "data = a\n\n[meter a]\nuri = x\n"},
        {"#[meter a]\n#uri =\n", "meter.a.uri", "x", "#[meter a]\n#uri =\n\n[meter a]\nuri = x\n"},
        {"[meter a]\nuri = x\n\n[meter b]\nuri = y\n", "meter.a.period_s", "2",
         "[meter a]\nuri = x\nperiod_s = 2\n\n[meter b]\nuri = y\n"},
        {"[meter a]\nuri = x\n\n[meter b]\nuri = y\n", "meter.b.uri", "z",
         "[meter a]\nuri = x\n\n[meter b]\nuri = z\n"},
        {"[meter a]\n[meter b]\n", "meter.a.uri", "x", "[meter a]\nuri = x\n[meter b]\n"},
        {"[meter a]\nuri = x\n[meter b]\nuri = y\n", "meter.b.uri", NULL,
         "[meter a]\nuri = x\n[meter b]\n"},
        {"data = a\n[meter a]\nuri = x\n# of b\n[meter b]\nuri = y\n", "meter.a", NULL,
         "data = a\n# of b\n[meter b]\nuri = y\n"},
        {"data = a\n[meter a]\nuri = x\n# of b\n[meter b]\nuri = y\n", "meter.b", NULL,
         "data = a\n[meter a]\nuri = x\n# of b\n"},
        {"[meter a]\n", "meter.b", NULL, "[meter a]\n"},
        {"[meter a]\n", "meter.b.uri", NULL, "[meter a]\n"},
        /* Quotes where they are needed. */
        {"", "mqtt.user", "a b", "mqtt.user = a b\n"},
        {"", "mqtt.user", "", "mqtt.user = \n"},
        {"", "mqtt.user", " a", "mqtt.user = \" a\"\n"},
        {"", "mqtt.user", "a ", "mqtt.user = \"a \"\n"},
        {"", "mqtt.user", "a #\"\\", "mqtt.user = \"a #\\\"\\\\\"\n"},
        {"", "mqtt.user", "\"a\"", "mqtt.user = \"\\\"a\\\"\"\n"},
        {"", "mqtt.user", "a\\b", "mqtt.user = a\\b\n"},
        {"mqtt.user = \"a # b\"#c\n", "mqtt.user", "d", "mqtt.user = d #c\n"},
        /* What is not known changes nothing. */
        {"data = a\n", "nothing", "x", "data = a\n"},
    };
    struct fixture f;

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(edit(&f, cases[i].before, cases[i].name, cases[i].value),
                            cases[i].after);
}

/* Values of every kind, some of them hard to write. */
static const char *sample(const struct reader_setting *setting, unsigned which, char *text)
{
    static const char *const hard[] = {"#",    "a #b", " x", "x ",       "\"",  "\"q\"",
                                       "\\\\", "\\",   "",   "\"a\" #b", "a=b", "[meter x]"};
    static const char *const others[] = {"tcp://a:1",       "[::1]:80",  "",
                                         "mqtt://b",        "0.0.0.0:9", "10.0.0.1",
                                         "192.168.1.20/24", "a-device",  "eight c."};

    switch (setting->kind) {
    case READER_SETTING_BOOL:
        return which % 2 != 0 ? "yes" : "no";
    case READER_SETTING_CHOICE:
        for (unsigned i = 0;; i++)
            if (i == which || setting->choices[i + 1] == NULL)
                return setting->choices[i];
    case READER_SETTING_INTEGER:
        snprintf(text, 40, "%d", which % 2 != 0 ? setting->min : setting->max);
        return text;
    case READER_SETTING_DECIMAL:
        snprintf(text, 40, "%d.%04u", which * 7, which);
        return text;
    default:
        break;
    }
    if (setting->check == NULL || setting->check(hard[which % 12]) == NULL)
        return hard[which % 12];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (setting->check(others[(which + i) % (sizeof others / sizeof *others)]) == NULL)
            return others[(which + i) % (sizeof others / sizeof *others)];
    return "";
}

/* For each key: what is set and written is what is read, whatever else stands there. */
static void edited_files_read_back(void **unused)
{
    static const char *const files[] = {
        "",
        "# top\n\n",
        "# no newline at the end",
        "[meter other]\nuri = tcp://o:1\n",
        "# top\ncost.currency = DKK # crowns\n\n# of house\n[meter house]\n  encrypt = yes\n\n"
        "# of other\n[meter other]\nuri=x",
        NULL, /* the manual */
    };
    struct fixture f;
    char name[READER_SETTING_NAME], number[40], before[20000], shown[700];

    (void)unused;
    for (size_t file = 0; file < sizeof files / sizeof *files; file++)
        for (size_t i = 0; i < reader_settings_count; i++) {
            const struct reader_setting *setting = &reader_settings_keys[i];
            snprintf(name, sizeof name, "%s%s",
                     (setting->flags & READER_SETTING_METER) != 0 ? "meter.house." : "",
                     setting->key);
            if (files[file] != NULL) {
                snprintf(before, sizeof before, "%s", files[file]);
            } else {
                struct reader_out out;
                reader_out_buffer(&out, &f.buffer, before, sizeof before);
                reader_settings_manual(&out, READER_SETTING_HOST | READER_SETTING_BOARD);
            }
            size_t lines = 0;
            for (unsigned which = 0; which < 12; which++) {
                const char *to = sample(setting, which, number);
                good(&f, before);
                if (reader_settings_set(&f.settings, name, to) != NULL)
                    continue;
                lines++;
                snprintf(shown, sizeof shown, "%.699s", value(&f, name));
                bool is_set = reader_settings_is_set(&f.settings, name);
                snprintf(before, sizeof before, "%s", edit(&f, before, name, to));
                good(&f, before);
                assert_string_equal(value(&f, name), shown);
                assert_int_equal(reader_settings_is_set(&f.settings, name), is_set);
            }
            assert_in_range(lines, 1, 12);
            edit(&f, before, name, NULL);
            good(&f, f.edited);
            if ((setting->flags & READER_SETTING_SECRET) == 0)
                assert_string_equal(value(&f, name), setting->fallback);
            if (files[file] != NULL && strstr(files[file], "# of other") != NULL) {
                assert_non_null(strstr(f.edited, "# of other\n[meter other]\nuri=x"));
                assert_non_null(strstr(f.edited, "\n# of house\n[meter house]\n"));
            }
        }
}

/* ---- The manual ---- */

/* With its # taken away, the manual sets every default. */
static void the_manual_is_a_file(void **unused)
{
    struct fixture f;
    struct reader_out out;
    char uncommented[20000];
    size_t length = 0;

    (void)unused;
    reader_out_buffer(&out, &f.buffer, f.edited, sizeof f.edited);
    reader_settings_manual(&out, READER_SETTING_HOST);
    assert_false(out.failed);
    good(&f, f.edited);
    assert_int_equal(f.settings.meters, 0);
    for (const char *line = f.edited; *line != 0; line = strchr(line, '\n') + 1) {
        size_t size = (size_t)(strchr(line, '\n') + 1 - line);
        bool setting = line[0] == '#' && line[1] != ' ' && line[1] != '\n';
        assert_in_range(size, 1, 80);
        memcpy(uncommented + length, line + setting, size - setting);
        length += size - setting;
    }
    uncommented[length] = 0;
    good(&f, uncommented);
    assert_int_equal(f.settings.meters, 1);
    for (size_t i = 0; i < reader_settings_count; i++) {
        const struct reader_setting *setting = &reader_settings_keys[i];
        char line[400];
        snprintf(line, sizeof line, "\n#%s =%s%s\n", setting->key,
                 setting->fallback[0] == 0 ? "" : " ", setting->fallback);
        if ((setting->flags & READER_SETTING_BOARD) != 0)
            assert_null(strstr(f.edited, line));
        else
            assert_non_null(strstr(f.edited, line));
    }
    reader_out_buffer(&out, &f.buffer, f.edited, sizeof f.edited);
    reader_settings_manual(&out, READER_SETTING_BOARD);
    assert_null(strstr(f.edited, "history.sample_s"));
    assert_non_null(strstr(f.edited, "#mqtt.url"));
    assert_non_null(strstr(f.edited, "#wifi.ssid"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(wrong_lines_are_named),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(edits),
        cmocka_unit_test(edited_files_read_back),
        cmocka_unit_test(the_manual_is_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

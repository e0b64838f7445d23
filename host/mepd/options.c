#include "host/mepd/options.h"

#include "host/mepd/log.h"
#include "host/say.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* what getopt_long gives; those before are enum config_option */
    WORD_CONFIG = CONFIG_OPTIONS,
    WORD_SET_PASSWORD,
    WORD_CHECK_CONFIG,
    WORD_MANUAL,
    WORD_HELP,
    WORD_VERSION
};

static const struct option words[] = {
    {"config", required_argument, NULL, WORD_CONFIG},
    {"meter", required_argument, NULL, CONFIG_METER},
    {"key", required_argument, NULL, CONFIG_KEY},
    {"http", required_argument, NULL, CONFIG_HTTP},
    {"data", required_argument, NULL, CONFIG_DATA},
    {"mqtt", required_argument, NULL, CONFIG_MQTT},
    {"legacy-topic", required_argument, NULL, CONFIG_LEGACY_TOPIC},
    {"set-password", no_argument, NULL, WORD_SET_PASSWORD},
    {"check-config", no_argument, NULL, WORD_CHECK_CONFIG},
    {"manual", no_argument, NULL, WORD_MANUAL},
    {"help", no_argument, NULL, WORD_HELP},
    {"version", no_argument, NULL, WORD_VERSION},
    {NULL, 0, NULL, 0},
};
#define ACCEPTED                                                                                   \
    "--config, --meter, --key, --http, --data, --mqtt, --legacy-topic, --set-password, "           \
    "--check-config, --manual, --help and --version"

static void print_help(void)
{
    puts("mepd reads smart meters and gives what they say to a web page, an API and MQTT.\n\n"
         "usage: mepd [--config FILE] [--meter URI --key KEY] [--http HOST:PORT] [--data DIR]\n"
         "            [--mqtt URL] [--legacy-topic T]\n"
         "       mepd --set-password | --check-config | --manual\n\n"
         "Options go before what the file says:\n"
         "  --config FILE     the configuration (mepd.conf in the directory of the data)\n"
         "  --meter URI       where the meter is: /dev/ttyUSB0, /dev/ttyUSB0?baud=9600,\n"
         "                    tcp://host:port, or sim: (built in; needs no key)\n"
         "  --key KEY         its access key: 16 or 20 ASCII characters, 32 or 40 hex digits,\n"
         "                    hex:DIGITS, or @FILE; else MEP_KEY in the environment.\n"
         "                    Prefer these two: command lines can be seen by others.\n"
         "  --http HOST:PORT  where the web page and the API are (127.0.0.1:8080)\n"
         "  --data DIR        where history is kept (/var/lib/mepd)\n"
         "  --mqtt URL        the broker: mqtt://host or mqtts://host, with :port if it is not\n"
         "                    the usual one\n"
         "  --legacy-topic T  base topic of the original firmware's messages\n\n"
         "  --set-password    asks for the web page's password and stores its hash\n"
         "  --check-config    says whether the configuration is right\n"
         "  --manual          prints every key of the file with its meaning\n"
         "  --help, --version\n\n"
         "SIGHUP reads the configuration again. Exit status: 0 ok; 1 something failed; 2 usage.");
}

/* Never quotes the value, which might be a key. */
static int complain(int kind, char *word)
{
    char letter[] = {'-', (char)optopt, 0};
    char *equals = strchr(word, '=');

    if (kind == '?' && optopt > WORD_CONFIG && optopt <= WORD_VERSION)
        return log_usage("%s takes no value", equals == NULL ? word : (*equals = 0, word));
    if (kind == ':')
        return log_usage("%s needs a value; see mepd --help", word);
    if (optopt >= ' ')
        word = letter;
    else if (equals != NULL)
        *equals = 0;
    return log_usage("option %s is not understood; accepted are " ACCEPTED, word);
}

static void take_task(int word, enum task *task)
{
    static const enum task tasks[] = {
        [WORD_SET_PASSWORD] = TASK_SET_PASSWORD,
        [WORD_CHECK_CONFIG] = TASK_CHECK_CONFIG,
        [WORD_MANUAL] = TASK_MANUAL,
        [WORD_HELP] = TASK_NOTHING,
        [WORD_VERSION] = TASK_NOTHING,
    };
    if (*task == TASK_NOTHING)
        return;
    *task = tasks[word];
    if (word == WORD_HELP)
        print_help();
    else if (word == WORD_VERSION)
        puts("mepd " MEPLINK_VERSION);
}

/* Kept where the list of processes does not show it. */
static int take_key(char *value, struct config_source *source)
{
    size_t length = strlen(value);

    if (length >= sizeof source->key)
        return log_usage("--key: is longer than any key or name of a file");
    memcpy(source->key, value, length + 1);
    source->option[CONFIG_KEY] = source->key;
    if (value[0] != '@')
        memset(value, '*', length);
    return EXIT_OK;
}

static int take(int word, char *value, struct config_source *source, enum task *task)
{
    if (word == WORD_CONFIG) {
        if (strlen(value) >= sizeof source->path)
            return log_usage("--config: the name is too long");
        memcpy(source->path, value, strlen(value) + 1);
        source->given = true;
    } else if (word == CONFIG_KEY) {
        return take_key(value, source);
    } else if (word < CONFIG_OPTIONS) {
        source->option[word] = value;
    } else {
        take_task(word, task);
    }
    return EXIT_OK;
}

/* MEP_KEY stands in for --key. */
static void take_environment(struct config_source *source)
{
    const char *key = getenv("MEP_KEY");

    if (source->option[CONFIG_KEY] != NULL || key == NULL || key[0] == 0)
        return;
    source->option[CONFIG_KEY] = key;
    source->key_of_environment = true;
}

int options_parse(int argc, char **argv, struct config_source *source, enum task *task)
{
    memset(source, 0, sizeof *source);
    *task = TASK_RUN;
    opterr = 0;
    for (int got; (got = getopt_long(argc, argv, ":", words, NULL)) != -1;) {
        int status = got == '?' || got == ':' ? complain(got, argv[optind - 1])
                                              : take(got, optarg, source, task);
        if (status != EXIT_OK)
            return status;
    }
    if (optind != argc)
        return log_usage("%d argument%s too many; see mepd --help", argc - optind,
                         argc - optind == 1 ? "" : "s");
    take_environment(source);
    config_source_default(source);
    return EXIT_OK;
}

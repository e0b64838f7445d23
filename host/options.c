#include "host/options.h"

#include "host/rfc3339.h"
#include "host/say.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    unsigned bit;
    const char *name;
    const char *value; /* NULL: it takes none */
    const char *help;
} known[] = {
    {OPTION_METER, "meter", "URI",
     "where the meter is: /dev/ttyUSB0, /dev/ttyUSB0?baud=9600,\n"
     "                     tcp://host:port, or sim: (built in; needs no key)"},
    {OPTION_KEY, "key", "KEY",
     "the access key: 16 or 20 ASCII characters, 32 or 40 hex digits,\n"
     "                     hex:DIGITS, or @FILE; else MEP_KEY in the environment.\n"
     "                     Prefer these two: command lines can be seen by others."},
    {OPTION_ENCRYPT, "encrypt", NULL, "use the protocol's RC4 encryption for every request"},
    {OPTION_JSON, "json", NULL, "print JSON"},
    {OPTION_REQUEST, "request", "HEX", "the request's bytes, from its length field on"},
    {OPTION_RESPONSE, "response", "HEX", "the response's bytes, from its length field on"},
    {OPTION_DIMENSIONS, "dimensions", "HEX",
     "BT21's content; default: 11 summations, 4 tiers,\n"
     "                     no demands, 55 present values"},
    {OPTION_SINCE, "since", "TIME",
     "only what ended after it: 2026-01-31T18:00:00Z, or with an\n"
     "                     offset from UTC: 2026-01-31T19:00:00+01:00"},
};
enum {
    KNOWN = sizeof known / sizeof *known,
    LONG_OPTION = 256 /* what getopt_long gives for known[0]; below it are letters */
};

void options_print_help(unsigned set)
{
    puts("\nOptions:");
    for (size_t i = 0; i < KNOWN; i++) {
        char name[32];
        if ((set & known[i].bit) == 0)
            continue;
        snprintf(name, sizeof name, "--%s %s", known[i].name,
                 known[i].value == NULL ? "" : known[i].value);
        printf("  %-18s %s\n", name, known[i].help);
    }
    printf("  %-18s %s\n", "--help", "print this");
}

/* Names the options of a set: "--meter, --key". */
static const char *option_list(unsigned set, char *text, size_t size)
{
    size_t used = 0;

    text[0] = 0;
    for (size_t i = 0; i < KNOWN; i++)
        if ((set & known[i].bit) != 0 && used < size)
            used += (size_t)snprintf(text + used, size - used, "--%s, ", known[i].name);
    if (used < size)
        snprintf(text + used, size - used, "--help");
    return text;
}

static int read_key_file(const char *path, char *text, size_t size, size_t *length)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return say_usage("key file %s: %s; a file with the key on one line is accepted", path,
                         strerror(errno));
    *length = fread(text, 1, size, file);
    bool failed = ferror(file) != 0;
    int error = errno;
    fclose(file);
    if (failed)
        return say_usage("key file %s: %s; a file with the key on one line is accepted", path,
                         strerror(error));
    if (*length != 0 && text[*length - 1] == '\n')
        --*length;
    return EXIT_OK;
}

int options_read_key(const char *text, const char *where, struct mep_key *key)
{
    char from_file[64]; /* longer than any key, so that longer texts are refused */
    size_t length = strlen(text);

    if (text[0] == '@') {
        int status = read_key_file(text + 1, from_file, sizeof from_file, &length);
        if (status != EXIT_OK)
            return status;
        where = text + 1;
        text = from_file;
    }
    enum mep_key_error error = mep_key_parse(text, length, key);
    explicit_bzero(from_file, sizeof from_file);
    if (error != MEP_KEY_OK)
        return say_usage("%s: %s", where, mep_key_strerror(error));
    return EXIT_OK;
}

static int take_key(char *text, struct options *options)
{
    int status = options_read_key(text, "--key", &options->key);
    if (text[0] != '@')
        memset(text, '*', strlen(text));
    options->has_key = status == EXIT_OK;
    return status;
}

static int take(unsigned bit, char *value, struct options *options)
{
    const char *problem = NULL;

    options->given |= bit;
    switch (bit) {
    case OPTION_METER:
        options->meter = value;
        problem = uri_parse(value, &options->uri);
        return problem == NULL ? EXIT_OK : say_usage("--meter %s %s", value, problem);
    case OPTION_KEY:
        return take_key(value, options);
    case OPTION_SINCE:
        return rfc3339_parse(value, &options->since)
                   ? EXIT_OK
                   : say_usage("--since %s is no time; accepted are 2026-01-31T18:00:00Z and "
                               "2026-01-31T19:00:00+01:00",
                               value);
    case OPTION_REQUEST:
        options->request = value;
        break;
    case OPTION_RESPONSE:
        options->response = value;
        break;
    case OPTION_DIMENSIONS:
        options->dimensions = value;
        break;
    }
    return EXIT_OK;
}

/* An option that getopt did not like; never quotes its value, which might be a key. */
static int complain(const struct command *command, int kind, char *word)
{
    char list[160], letter[] = {'-', (char)optopt, 0};
    char *equals = strchr(word, '=');

    if (kind == '?' && optopt >= LONG_OPTION)
        return say_usage("%s: --%s takes no value", command->name,
                         known[optopt - LONG_OPTION].name);
    if (optopt > 0 && optopt < LONG_OPTION)
        word = letter;
    else if (equals != NULL)
        *equals = 0;
    if (kind == ':')
        return say_usage("%s: %s needs a value; see mep %s --help", command->name, word,
                         command->name);
    return say_usage("%s: option %s is not understood; accepted are %s", command->name, word,
                     option_list(command->options, list, sizeof list));
}

static int take_word(const struct command *command, int argc, char **argv, struct options *options)
{
    int words = argc - optind;

    if (words > (command->word == NULL ? 0 : 1))
        return say_usage("%s: %d argument%s too many; usage: mep %s %s", command->name,
                         words - (command->word == NULL ? 0 : 1),
                         words - (command->word == NULL ? 0 : 1) == 1 ? "" : "s", command->name,
                         command->usage);
    options->word = words == 1 ? argv[optind] : NULL;
    return EXIT_OK;
}

/* MEP_KEY stands in for --key; a simulated meter has its own. */
static int take_environment(const struct command *command, struct options *options)
{
    const char *text = getenv("MEP_KEY");
    bool simulated = options->meter != NULL && options->uri.kind == URI_SIM;

    if (text == NULL || text[0] == 0 || options->has_key || simulated ||
        (command->options & OPTION_KEY) == 0)
        return EXIT_OK;
    int status = options_read_key(text, "MEP_KEY", &options->key);
    options->has_key = status == EXIT_OK;
    return status;
}

int options_parse(const struct command *command, int argc, char **argv, struct options *options,
                  bool *help)
{
    struct option table[KNOWN + 2] = {{0}};
    size_t used = 0;

    memset(options, 0, sizeof *options);
    *help = false;
    for (int i = 0; i < KNOWN; i++)
        if ((command->options & known[i].bit) != 0)
            table[used++] =
                (struct option){known[i].name, known[i].value != NULL, NULL, LONG_OPTION + i};
    table[used] = (struct option){"help", no_argument, NULL, 'h'};

    opterr = 0;
    optind = 1;
    for (int got; (got = getopt_long(argc, argv, ":h", table, NULL)) != -1;) {
        if (got == 'h') {
            *help = true;
            return EXIT_OK;
        }
        if (got == '?' || got == ':')
            return complain(command, got, argv[optind - 1]);
        int status = take(known[got - LONG_OPTION].bit, optarg, options);
        if (status != EXIT_OK)
            return status;
    }
    int status = take_word(command, argc, argv, options);
    return status != EXIT_OK ? status : take_environment(command, options);
}

int options_require_meter(const struct options *options)
{
    if (options->meter == NULL)
        return say_usage("no meter: --meter takes /dev/ttyUSB0, /dev/ttyUSB0?baud=9600, "
                         "tcp://host:port or sim:");
    if (!options->has_key && options->uri.kind != URI_SIM)
        return say_usage("no key: --key KEY, --key @FILE or MEP_KEY in the environment are "
                         "accepted");
    return EXIT_OK;
}

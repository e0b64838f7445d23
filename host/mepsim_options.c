#include "host/mepsim.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    PORT_MAX = 65535,
    KEY_FILE_MAX = 64
};

static const char bauds[] = "300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600 "
                            "and 115200";

static void say_line(const char *format, va_list arguments)
{
    char line[1024];

    vsnprintf(line, sizeof line, format, arguments);
    for (char *c = line; *c != 0; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* what was typed must not make two lines of it */
    fprintf(stderr, "mepsim: %s\n", line);
}

void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say_line(format, arguments);
    va_end(arguments);
}

void options_print_help(void)
{
    puts("usage: mepsim --pty PATH | --tcp HOST:PORT [OPTIONS]\n\n"
         "Simulates OSGP meters with a MEP port, each in its own house.\n\n"
         "  --pty PATH           a pseudo-terminal, to which PATH becomes a symbolic link\n"
         "  --tcp HOST:PORT      raw bytes over TCP\n"
         "  --meters N           so many, on PATH0, PATH1, ... or PORT, PORT+1, ... (1)\n"
         "  --model NAME         reference, single, old, ct, gen4 or large (reference)\n"
         "  --mbk KEY, --mak KEY the access keys: 16 or 20 ASCII characters, 32 or 40 hex\n"
         "                       digits, hex:DIGITS, or @FILE\n"
         "  --seed N             what the houses do and what goes wrong follows from it (1)\n"
         "  --fault NAME=RATE    makes things go wrong; may be repeated. For an exchange, the\n"
         "                       probability: flip, drop, dup, insert, lose, late, truncate,\n"
         "                       alert, foreign-seq; times per hour: reconfigure, optical,\n"
         "                       reboot, rekey\n"
         "  --baud N             speed of the line (9600)\n"
         "  --realtime           bytes take their time on the line (default)\n"
         "  --fast               bytes take no time, and the meters answer at once\n"
         "  --truth FILE         what the meters really did, as JSON lines\n"
         "  --help               print this\n\n"
         "Prints one line when ready; ends on SIGINT or SIGTERM.");
}

/* Decimal digits up to `most`. */
static bool parse_number(const char *text, uint64_t most, uint64_t *number)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != 0 || errno != 0 || value > most)
        return false;
    *number = value;
    return true;
}

static bool parse_tcp(const char *text, struct options *options)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;
    size_t length = colon == NULL ? 0 : (size_t)(colon - text);

    if (length > 2 && text[0] == '[' && text[length - 1] == ']') { /* [::1]:port */
        text++;
        length -= 2;
    } else if (memchr(text, ':', length) != NULL) {
        length = 0;
    }
    if (length == 0 || length >= HOST_SIZE || !parse_number(colon + 1, PORT_MAX, &port)) {
        say("--tcp %s is no address; HOST:PORT is accepted, such as 127.0.0.1:4059 or [::1]:4059",
            text);
        return false;
    }
    memcpy(options->host, text, length);
    options->host[length] = 0;
    options->port = (unsigned)port;
    options->tcp = true;
    return true;
}

static bool parse_key(const char *option, const char *text, struct mep_key *key)
{
    char content[KEY_FILE_MAX + 2];
    size_t length = strlen(text);

    if (text[0] == '@') {
        FILE *file = fopen(text + 1, "re");
        length = file == NULL ? 0 : fread(content, 1, sizeof content, file);
        if (file == NULL || ferror(file)) {
            say("%s: key file %s: %s; a file with the key on one line is accepted", option,
                text + 1, strerror(errno));
            if (file != NULL)
                fclose(file);
            return false;
        }
        fclose(file);
        text = content;
        if (length != 0 && text[length - 1] == '\n')
            length--;
    }
    enum mep_key_error error = mep_key_parse(text, length, key);
    if (error != MEP_KEY_OK)
        say("%s: %s", option, mep_key_strerror(error));
    return error == MEP_KEY_OK;
}

static void list_faults(char *text, size_t size)
{
    size_t used = 0;

    for (unsigned i = 0; i < SIM_FAULTS && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i == 0 ? "" : ", ",
                                 sim_fault_name(i));
}

static bool parse_fault(const char *text, struct options *options)
{
    char name[32], *end;
    const char *equals = strchr(text, '=');
    size_t length = equals == NULL ? strlen(text) : (size_t)(equals - text);
    enum sim_fault fault;

    snprintf(name, sizeof name, "%.*s", (int)length, text);
    if (!sim_fault_by_name(name, &fault)) {
        char names[256];
        list_faults(names, sizeof names);
        say("--fault %s: there is no such fault; accepted are %s", text, names);
        return false;
    }
    double rate = equals == NULL ? -1 : strtod(equals + 1, &end);
    double most = sim_fault_rate_max(fault);
    if (equals == NULL || end == equals + 1 || *end != 0 || !(rate >= 0 && rate <= most)) {
        say("--fault %s: NAME=RATE is accepted, for %s from 0 to %g %s", text, name, most,
            most > 1 ? "times per hour" : "of the exchanges");
        return false;
    }
    options->config.rate[fault] = rate;
    return true;
}

static bool parse_count(const char *option, const char *text, uint64_t least, uint64_t most,
                        uint64_t *number)
{
    if (parse_number(text, most, number) && *number >= least)
        return true;
    say("%s %s: a whole number from %" PRIu64 " to %" PRIu64 " is accepted", option, text, least,
        most);
    return false;
}

static bool parse_baud(const char *text, uint32_t *baud)
{
    static const uint32_t speeds[] = {300,   600,   1200,  2400,  4800,  9600,
                                      14400, 19200, 28800, 38400, 57600, 115200};
    uint64_t number = 0;
    bool fits = parse_number(text, UINT32_MAX, &number);

    for (size_t i = 0; fits && i < sizeof speeds / sizeof *speeds; i++) {
        if (speeds[i] == number) {
            *baud = speeds[i];
            return true;
        }
    }
    say("--baud %s: accepted are %s", text, bauds);
    return false;
}

/* What is not about one option alone. */
static bool check(const struct options *options, bool realtime, bool fast, bool baud)
{
    const char *wrong = NULL;

    if (options->tcp == (options->pty != NULL))
        wrong = "one of --pty PATH and --tcp HOST:PORT is needed; see mepsim --help";
    else if (fast && realtime)
        wrong = "--fast and --realtime exclude each other";
    else if (fast && baud)
        wrong = "--baud makes no sense with --fast, where bytes take no time";
    else if (options->tcp && options->port == 0 && options->meters > 1)
        wrong = "--tcp: port 0, any that is free, is accepted for one meter only";
    else if (options->tcp && options->port + options->meters - 1 > PORT_MAX)
        wrong = "--meters: there are not so many ports from that of --tcp on; 65535 is the last";
    if (wrong != NULL)
        say("%s", wrong);
    return wrong == NULL;
}

enum {
    PTY = 256, /* what getopt_long gives; below it are letters */
    TCP,
    METERS,
    MODEL,
    MBK,
    MAK,
    SEED,
    FAULT,
    BAUD,
    REALTIME,
    FAST,
    TRUTH,
    HELP
};

static const struct option known[] = {
    {"pty", required_argument, NULL, PTY},       {"tcp", required_argument, NULL, TCP},
    {"meters", required_argument, NULL, METERS}, {"model", required_argument, NULL, MODEL},
    {"mbk", required_argument, NULL, MBK},       {"mak", required_argument, NULL, MAK},
    {"seed", required_argument, NULL, SEED},     {"fault", required_argument, NULL, FAULT},
    {"baud", required_argument, NULL, BAUD},     {"realtime", no_argument, NULL, REALTIME},
    {"fast", no_argument, NULL, FAST},           {"truth", required_argument, NULL, TRUTH},
    {"help", no_argument, NULL, HELP},           {NULL, 0, NULL, 0}};

/* An option with a value of its own kind. */
static bool parse_value(int which, struct options *options)
{
    uint64_t number = 0;
    bool fits;

    switch (which) {
    case PTY:
        options->pty = optarg;
        if (optarg[0] == 0)
            say("--pty: the path for the symbolic link is accepted, not an empty one");
        return optarg[0] != 0;
    case TCP:
        return parse_tcp(optarg, options);
    case METERS:
        fits = parse_count("--meters", optarg, 1, METERS_MAX, &number);
        options->meters = (unsigned)number;
        return fits;
    case MODEL:
        if (sim_model_by_name(optarg, &options->config.model))
            return true;
        say("--model %s: accepted are reference, single, old, ct, gen4 and large", optarg);
        return false;
    case MBK:
        options->own_mbk = true;
        return parse_key("--mbk", optarg, &options->config.mbk);
    case MAK:
        options->own_mak = true;
        return parse_key("--mak", optarg, &options->config.mak);
    case SEED:
        return parse_count("--seed", optarg, 0, UINT64_MAX, &options->config.seed);
    case FAULT:
        return parse_fault(optarg, options);
    case BAUD:
        return parse_baud(optarg, &options->config.baud);
    default:
        options->truth = optarg;
        return true;
    }
}

bool options_parse(int argc, char **argv, struct options *options, bool *help)
{
    bool realtime = false, fast = false, baud = false, fault = false;
    int which;

    memset(options, 0, sizeof *options);
    sim_config_init(&options->config);
    options->meters = 1;
    *help = false;
    opterr = 0;
    while ((which = getopt_long(argc, argv, ":h", known, NULL)) != -1) {
        realtime |= which == REALTIME;
        fast |= which == FAST;
        baud |= which == BAUD;
        fault |= which == FAULT;
        if (which == HELP || which == 'h') {
            *help = true;
            return true;
        }
        if (which == '?' || which == ':') {
            say("%s: %s; see mepsim --help", argv[optind - 1],
                which == ':' ? "it needs a value"
                             : "there is no such option, or it takes no value");
            return false;
        }
        if (which != REALTIME && which != FAST && !parse_value(which, options))
            return false;
    }
    for (int i = optind; i < argc; i++) { /* further NAME=RATE after --fault */
        if (!fault) {
            say("%s is no option; see mepsim --help", argv[i]);
            return false;
        }
        if (!parse_fault(argv[i], options))
            return false;
    }
    if (!check(options, realtime, fast, baud))
        return false;
    if (fast)
        options->config.baud = 0;
    return true;
}

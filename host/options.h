/* What all commands share on the command line. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include "host/uri.h"
#include "mep/key.h"

#include <stdbool.h>

enum option_bit {
    OPTION_METER = 1 << 0,
    OPTION_KEY = 1 << 1,
    OPTION_ENCRYPT = 1 << 2,
    OPTION_JSON = 1 << 3,
    OPTION_REQUEST = 1 << 4,
    OPTION_RESPONSE = 1 << 5,
    OPTION_DIMENSIONS = 1 << 6,
    OPTION_SINCE = 1 << 7,
    OPTION_LINK = OPTION_METER | OPTION_KEY | OPTION_ENCRYPT
};

struct options {
    unsigned given; /* enum option_bit */
    const char *meter;
    struct uri uri; /* of meter */
    struct mep_key key;
    bool has_key; /* from --key or MEP_KEY */
    const char *request, *response, *dimensions;
    int64_t since; /* seconds since 1970, if given */
    char *word;    /* the one argument that is no option, or NULL */
};

struct command {
    const char *name;
    const char *summary; /* one line for `mep --help` */
    const char *usage;   /* what stands after the name */
    const char *text;    /* `mep NAME --help`: a paragraph or two */
    const char *word;    /* what its one argument is called, NULL: it takes none */
    unsigned options;    /* which it accepts */
    int (*run)(const struct options *options);
};

/*
 * Reads argv[1..] of a command. EXIT_OK: run it; *help says to print its help
 * instead. Otherwise the exit status; one line was printed. A key in argv is
 * overwritten, so that other users do not find it in the list of processes.
 */
int options_parse(const struct command *command, int argc, char **argv, struct options *options,
                  bool *help);

/* Requires --meter and a key, which only sim: does without. EXIT_OK or an exit status. */
int options_require_meter(const struct options *options);

/*
 * Reads KEY as the contract has it: what mep_key_parse takes, or @FILE.
 * EXIT_OK or, after one line, an exit status.
 */
int options_read_key(const char *text, const char *where, struct mep_key *key);

/* A short description of each option in the set, for --help. */
void options_print_help(unsigned set);

#endif

/* mep: read an OSGP smart meter over its MEP port. */
#include "host/commands.h"
#include "host/say.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_read,   &command_watch,   &command_profile, &command_table, &command_info,
    &command_decode, &command_capture, &command_key,     NULL,
};

static void print_help(void)
{
    puts("mep reads an OSGP smart meter over its MEP port.\n\n"
         "usage: mep COMMAND [ARGUMENTS]\n\nCommands:");
    for (const struct command *const *c = commands; *c != NULL; c++)
        printf("  %-9s %s\n", (*c)->name, (*c)->summary);
    puts("\n`mep COMMAND --help` tells more. To see it work without a meter:\n\n"
         "  mep watch --meter sim:\n\n"
         "Exit status: 0 ok; 1 the meter, the link or the data failed; 2 usage.");
}

static void print_command_help(const struct command *command)
{
    printf("usage: mep %s %s\n\n%s\n", command->name, command->usage, command->text);
    options_print_help(command->options);
}

static const struct command *find(const char *name)
{
    const struct command *const *c = commands;

    while (*c != NULL && strcmp((*c)->name, name) != 0)
        c++;
    return *c;
}

static int run(int argc, char **argv)
{
    static const char accepted[] = "read, watch, profile, table, info, decode, capture and key";

    if (argc < 2)
        return say_usage("no command; accepted are %s; see mep --help", accepted);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("mep " MEPLINK_VERSION);
        return EXIT_OK;
    }
    const struct command *command = find(argv[1]);
    if (command == NULL)
        return say_usage("%s is no command; accepted are %s", argv[1], accepted);

    struct options options;
    bool help;
    int status = options_parse(command, argc - 1, argv + 1, &options, &help);
    if (status == EXIT_OK && help)
        print_command_help(command);
    else if (status == EXIT_OK)
        status = command->run(&options);
    mep_key_wipe(&options.key);
    return status;
}

int main(int argc, char **argv)
{
    int status = run(argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout))
        return say_failed("standard output could not be written");
    return status;
}

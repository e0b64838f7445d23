#include "host/commands.h"
#include "host/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(const struct options *options)
{
    const char *text = options->word != NULL ? options->word : getenv("MEP_KEY");
    struct mep_key key;

    if (text == NULL || text[0] == 0)
        return say_usage("key: no key; mep key KEY, mep key @FILE or MEP_KEY in the environment "
                         "are accepted");
    int status = options_read_key(text, options->word != NULL ? "KEY" : "MEP_KEY", &key);
    if (options->word != NULL && options->word[0] != '@')
        memset(options->word, '*', strlen(options->word));
    if (status != EXIT_OK)
        return status;
    printf("understood as %s\n", mep_key_form_name(key.form));
    if (key.looks_like_hex)
        puts("note: it has nothing but hex digits, yet at this length it is taken as text;\n"
             "      meant as hex it is too short: 32 or 40 digits are needed");
    mep_key_wipe(&key);
    return EXIT_OK;
}

const struct command command_key = {
    .name = "key",
    .summary = "show how a key is understood, without showing the key",
    .usage = "[KEY | @FILE]",
    .text = "Says how a key is understood: as text or as hex, and how much of it is used.\n"
            "A key of 20 or 40 characters that could be either is taken as its length says.\n"
            "The key itself is never printed. Without KEY, the one in MEP_KEY is taken.\n"
            "Whether the meter accepts it, `mep info` tells.",
    .word = "KEY",
    .options = 0,
    .run = run,
};

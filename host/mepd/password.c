#include "host/mepd/password.h"

#include "host/mepd/kdf.h"
#include "host/mepd/log.h"
#include "host/say.h"
#include "reader/bridge/password.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

enum {
    PASSWORD_MIN = 8, /* characters */
    PASSWORD_SIZE = 256
};

static bool take_line(char text[PASSWORD_SIZE])
{
    if (fgets(text, PASSWORD_SIZE, stdin) == NULL)
        return false;
    text[strcspn(text, "\r\n")] = 0;
    return true;
}

/* A line from the terminal that it does not show. */
static bool ask(const char *what, char text[PASSWORD_SIZE])
{
    struct termios shown, hidden;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0)
        return take_line(text);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "%s: ", what);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    bool ok = take_line(text);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    return ok;
}

static int get(char password[PASSWORD_SIZE])
{
    char again[PASSWORD_SIZE];

    if (!ask("New password", password))
        return log_usage("no password was given; one line with it is accepted");
    if (strlen(password) < PASSWORD_MIN || strlen(password) >= PASSWORD_SIZE - 1)
        return log_usage("the password has the wrong length: 8 to 254 characters are accepted");
    if (!isatty(STDIN_FILENO))
        return EXIT_OK;
    bool same = ask("The same again", again) && strcmp(password, again) == 0;
    explicit_bzero(again, sizeof again);
    return same ? EXIT_OK : log_usage("the two passwords differ; nothing was changed");
}

static int store(const struct config_source *source, const char *text)
{
    static const char *const name = "http.password";
    struct reader_password hashed = {.iterations = READER_KDF_ITERATIONS};
    char value[READER_SETTING_TEXT], problem[CONFIG_PROBLEM_SIZE];
    const char *const values[] = {value};
    struct reader_buffer buffer;
    struct reader_out out;

    if (getrandom(hashed.salt, sizeof hashed.salt, 0) != (ssize_t)sizeof hashed.salt ||
        !kdf_derive(text, hashed.salt, hashed.iterations, hashed.hash)) {
        log_error("no random numbers or no memory");
        return EXIT_DATA;
    }
    reader_out_buffer(&out, &buffer, value, sizeof value);
    reader_password_write(&hashed, &out);
    struct config *config = config_change(source, &name, values, 1, NULL, NULL, problem);
    if (config == NULL) {
        log_error("%s", problem);
        return EXIT_DATA;
    }
    config_free(config);
    printf("The password's hash is in %s; a mepd that runs takes it over on SIGHUP.\n",
           source->path);
    return EXIT_OK;
}

int password_set(const struct config_source *source)
{
    char password[PASSWORD_SIZE];

    int status = get(password);
    if (status == EXIT_OK)
        status = store(source, password);
    explicit_bzero(password, sizeof password);
    return status;
}

/* The program: how it is called, that it answers, and that it leaves nothing behind. */
#include "tests/cmocka_all.h"

#include "host/sim/sim.h"
#include "tests/host/sim/program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PRESENT_SIZE = 220
};

static struct program program;
static char folder[] = "/tmp/mepsim-test-XXXXXX";
static char path[256]; /* in that folder */

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* ---- The command line -------------------------------------------------- */

static void test_bad_calls_get_one_clear_line(void **state)
{
    static const struct {
        const char *arguments[8];
        const char *said; /* in the line */
    } calls[] = {
        {{NULL}, "--pty PATH and --tcp HOST:PORT"},
        {{"--pty", "x", "--tcp", "127.0.0.1:0"}, "--pty PATH and --tcp HOST:PORT"},
        {{"--tcp", "4059"}, "127.0.0.1:4059"},
        {{"--tcp", "127.0.0.1:65536"}, "HOST:PORT is accepted"},
        {{"--tcp", "127.0.0.1:-1"}, "HOST:PORT is accepted"},
        {{"--tcp", "::1:4059"}, "[::1]:4059"},
        {{"--tcp", ":4059"}, "HOST:PORT is accepted"},
        {{"--tcp", "127.0.0.1:65000", "--meters", "1000"}, "65535 is the last"},
        {{"--tcp", "127.0.0.1:0", "--meters", "2"}, "one meter only"},
        {{"--pty", "x", "--meters", "0"}, "from 1 to 10000"},
        {{"--pty", "x", "--meters", "many"}, "from 1 to 10000"},
        {{"--pty", "x", "--meters", "10001"}, "from 1 to 10000"},
        {{"--pty", ""}, "the path for the symbolic link"},
        {{"--pty"}, "it needs a value"},
        {{"--pty", "x", "--seed", "-1"}, "a whole number"},
        {{"--pty", "x", "--seed", "18446744073709551616"}, "a whole number"},
        {{"--pty", "x", "--model", "new"}, "reference, single, old, ct, gen4 and large"},
        {{"--pty", "x", "--mbk", "short"}, "32 or 40 hex digits"},
        {{"--pty", "x", "--mak", "hex:00"}, "32 or 40 hex digits"},
        {{"--pty", "x", "--mbk", "@/dev/null/key"}, "a file with the key on one line"},
        {{"--pty", "x", "--fault", "quake=0.1"}, "accepted are flip, drop, dup"},
        {{"--pty", "x", "--fault", "flip"}, "NAME=RATE is accepted"},
        {{"--pty", "x", "--fault", "flip=1.5"}, "from 0 to 1 of the exchanges"},
        {{"--pty", "x", "--fault", "flip=nan"}, "from 0 to 1 of the exchanges"},
        {{"--pty", "x", "--fault", "optical=4000"}, "from 0 to 3600 times per hour"},
        {{"--pty", "x", "--fault", "flip=0.1", "drip=0.1"}, "no such fault"},
        {{"--pty", "x", "drop=0.1"}, "is no option"},
        {{"--pty", "x", "--baud", "9601"}, "300, 600, 1200"},
        {{"--pty", "x", "--fast", "--realtime"}, "exclude each other"},
        {{"--pty", "x", "--fast", "--baud", "9600"}, "makes no sense with --fast"},
        {{"--pty", "x", "--truth", "/dev/null/truth"}, "/dev/null/truth"},
        {{"--quick"}, "--quick"},
        {{"--fast=yes"}, "--fast=yes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        program_start(&program, calls[i].arguments);
        int status = program_wait(&program);
        const char *newline = strchr(program.text, '\n');
        if (status != 2 || strncmp(program.text, "mepsim: ", 8) != 0 || newline == NULL ||
            newline[1] != 0 || strstr(program.text, calls[i].said) == NULL)
            fail_msg("call %zu (%s): status %d, said: %s", i, calls[i].said, status, program.text);
    }
}

static void test_help(void **state)
{
    const char *const arguments[] = {"--help", NULL};

    (void)state;
    program_start(&program, arguments);
    assert_true(program_ready(&program));
    assert_non_null(strstr(program.text, "usage: mepsim --pty PATH | --tcp HOST:PORT"));
    assert_int_equal(program_wait(&program), 0);
    assert_string_equal(program.text, "");
}

/* What cannot be had is said too, but the call itself was right. */
static void test_a_port_that_is_taken(void **state)
{
    const char *const any[] = {"--tcp", "127.0.0.1:0", NULL};
    struct program second;
    char taken[64] = "";

    (void)state;
    program_start(&program, any);
    assert_true(program_ready(&program));
    assert_int_equal(sscanf(program.text, "mepsim: ready: 1 meter on %63[^;];", taken), 1);
    const char *const same[] = {"--tcp", taken, NULL};
    program_start(&second, same);
    assert_int_equal(program_wait(&second), 1);
    assert_non_null(strstr(second.text, taken));
    assert_int_equal(program_end(&program, SIGTERM), 0);
}

static void test_a_file_in_the_way_is_kept(void **state)
{
    const char *const arguments[] = {"--pty", in_folder("file"), NULL};

    (void)state;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    program_start(&program, arguments);
    assert_int_equal(program_wait(&program), 1);
    assert_non_null(strstr(program.text, path));
    assert_int_equal(unlink(path), 0);
}

/* ---- Answers ----------------------------------------------------------- */

static void check_reading(struct remote *remote)
{
    uint8_t bytes[PRESENT_SIZE];
    uint16_t got = 0;

    assert_int_equal(remote_read(remote, 28, PRESENT_SIZE, bytes, &got), MEP_OUTCOME_OK);
    assert_int_equal(got, PRESENT_SIZE);
    int32_t mhz = (int32_t)mep_get32((uint8_t[]){bytes[47], bytes[46], bytes[45], bytes[44]});
    assert_in_range(mhz, 49900, 50100);
}

static void test_tcp(void **state)
{
    const char *const arguments[] = {"--tcp",           "127.0.0.1:0", "--fault", "alert=0.5",
                                     "foreign-seq=0.2", "--seed",      "5",       NULL};
    struct remote remote, other;
    unsigned port = 0;

    (void)state;
    program_start(&program, arguments);
    assert_true(program_ready(&program));
    assert_int_equal(sscanf(program.text, "mepsim: ready: 1 meter on 127.0.0.1:%u;", &port), 1);
    assert_non_null(strstr(program.text, sim_default_mbk));
    assert_non_null(strstr(program.text, " bytes a meter\n"));
    assert_true(remote_tcp(&remote, port, sim_default_mbk));
    check_reading(&remote);
    check_reading(&remote);
    /* The newest client has the line. */
    assert_true(remote_tcp(&other, port, sim_default_mak));
    check_reading(&other);
    assert_false(remote_receive(&remote));
    remote_close(&remote);
    remote_close(&other);
    assert_int_equal(program_end(&program, SIGINT), 0);
}

/* Clients come and go; the next one is not bothered by what the last one left. */
static void test_pty(void **state)
{
    const char *const arguments[] = {"--pty", in_folder("meter"), "--mbk", "0123456789abcdef",
                                     NULL};
    uint8_t bytes[PRESENT_SIZE];
    uint16_t got;

    (void)state;
    program_start(&program, arguments);
    assert_true(program_ready(&program));
    assert_null(strstr(program.text, "0123456789abcdef")); /* a key is never echoed */
    for (unsigned i = 0; i < 3; i++) {
        struct remote remote;
        assert_true(remote_terminal(&remote, path, "0123456789abcdef"));
        check_reading(&remote);
        /* It leaves before the answer comes. */
        assert_int_equal(mep_client_read(&remote.client, 28, 0, PRESENT_SIZE, bytes), MEP_OK);
        usleep(110000);
        (void)remote_send(&remote, 1);
        usleep(i * 60000);
        remote_close(&remote);
        usleep(300000);
    }
    struct remote wrong;
    assert_true(remote_terminal(&wrong, path, "fedcba9876543210"));
    assert_int_equal(remote_read(&wrong, 28, PRESENT_SIZE, bytes, &got), MEP_OUTCOME_AUTH);
    assert_int_equal(wrong.client.counters.strays + wrong.client.counters.garbage, 0);
    remote_close(&wrong);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(program_end(&program, SIGTERM), 0);
    assert_int_not_equal(readlink(path, (char *)bytes, sizeof bytes) >= 0, 1);
}

/* At 9600 baud 22 and 233 bytes take 266 ms, and 55 ms are for thinking and the pause. */
static void test_realtime_is_line_time(void **state)
{
    const char *const arguments[] = {"--pty", in_folder("line"), NULL};
    struct remote remote;

    (void)state;
    program_start(&program, arguments);
    assert_true(program_ready(&program));
    assert_true(remote_terminal(&remote, path, sim_default_mbk));
    check_reading(&remote);
    mep_time begin = remote_now();
    for (unsigned i = 0; i < 5; i++)
        check_reading(&remote);
    assert_in_range((remote_now() - begin) / 5, 320000, 450000);
    remote_close(&remote);
    assert_int_equal(program_end(&program, SIGTERM), 0);
}

static void test_several_terminals_and_truth(void **state)
{
    char truth[256], line[8192] = "";
    snprintf(truth, sizeof truth, "%s", in_folder("truth"));
    const char *const arguments[] = {"--pty",   in_folder("m"), "--meters", "3",   "--fast",
                                     "--model", "reference",    "--truth",  truth, NULL};
    unsigned reads = 0, voltages = 0;

    (void)state;
    program_start(&program, arguments);
    assert_true(program_ready(&program));
    for (unsigned i = 0; i < 3; i++) {
        struct remote remote;
        char name[16];
        snprintf(name, sizeof name, "m%u", i);
        assert_true(remote_terminal(&remote, in_folder(name), sim_default_mbk));
        check_reading(&remote);
        remote_close(&remote);
    }
    assert_int_equal(program_end(&program, SIGTERM), 0);
    FILE *file = fopen(truth, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        reads += strstr(line, "\"read\":\"BT28\"") != NULL;
        voltages += strstr(line, "\"voltage_l1_mv\":2") != NULL;
        assert_true(line[0] == '{' && strcmp(line + strlen(line) - 2, "}\n") == 0);
    }
    fclose(file);
    assert_int_equal(reads, 3);
    assert_int_equal(voltages, 3);
    assert_int_equal(unlink(truth), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_calls_get_one_clear_line),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_a_port_that_is_taken),
        cmocka_unit_test(test_a_file_in_the_way_is_kept),
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_pty),
        cmocka_unit_test(test_realtime_is_line_time),
        cmocka_unit_test(test_several_terminals_and_truth),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

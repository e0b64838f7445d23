#include "tests/host/store_house.h"

#include "tests/host/store_fault.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void say(void *context, bool problem, const char *line)
{
    struct state *s = context;

    (void)problem;
    if (s->says < 8)
        snprintf(s->said[s->says], STORE_WHY, "%s", line);
    s->says++;
}

struct store *open_store(struct state *s, char why[STORE_WHY])
{
    struct store_config config = {
        .folder = s->folder, .keep_days = s->keep_days, .commit_ms = 50, .say = say, .context = s};
    return store_open(&config, why);
}

void begin(struct state *s)
{
    char why[STORE_WHY] = "";
    s->store = open_store(s, why);
    if (s->store == NULL)
        fail_msg("%s", why);
}

int set_up(void **state)
{
    struct state *s = calloc(1, sizeof *s);

    snprintf(s->folder, sizeof s->folder, "/tmp/store.XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    begin(s);
    *state = s;
    return 0;
}

void empty(const char *folder)
{
    char path[512];
    DIR *dir = opendir(folder);

    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(folder);
}

int tear_down(void **state)
{
    struct state *s = *state;

    store_fault_full(false);
    store_fault_stop(false);
    if (s->store != NULL)
        store_close(s->store);
    empty(s->folder);
    free(s);
    return 0;
}

void reopen(struct state *s)
{
    store_close(s->store);
    begin(s);
}

bool put(struct state *s, const char *name, int64_t time, int64_t value, bool from_meter)
{
    struct store_point point = {"SIM1", name, time, value, from_meter, false};
    return store_put(s->store, &point);
}

struct store_counters counters(struct state *s)
{
    struct store_counters counters;
    store_counters(s->store, &counters);
    return counters;
}

static bool all_committed(struct state *s)
{
    struct store_counters now = counters(s);
    return now.put == now.committed;
}

void wait_until(struct state *s, bool (*condition)(struct state *))
{
    for (int ms = 0; !condition(s); ms += 5) {
        if (ms > WAIT_MS)
            fail_msg("waited in vain");
        usleep(5000);
    }
}

void commit(struct state *s)
{
    wait_until(s, all_committed);
}

static void on_point(void *context, const struct reader_point *point)
{
    struct points *points = context;
    assert_true(points->count < POINTS);
    points->point[points->count++] = *point;
}

bool get(struct state *s, const char *name, int64_t from, int64_t to, int32_t step,
         struct points *points)
{
    struct reader_series series = {"SIM1", name, from, to, step};
    points->count = 0;
    return store_series(s->store, &series, on_point, points);
}

void assert_series(struct state *s, const char *name, int64_t from, int64_t to, int32_t step,
                   const char *expected)
{
    struct points points;
    char text[1024] = "";
    size_t length = 0;

    assert_true(get(s, name, from, to, step, &points));
    for (size_t i = 0; i < points.count; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%d:%d%s", i == 0 ? "" : " ",
                             (int)(points.point[i].time - T), (int)points.point[i].value,
                             points.point[i].from_meter ? "m" : "");
    assert_string_equal(text, expected);
}

/* --truth: what the meters really did, a JSON object a line. */
#include "host/mepsim.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

bool truth_open(struct truth *truth, const char *path)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    truth->unix_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - now_us() / 1000;
    truth->file = NULL;
    if (path == NULL)
        return true;
    truth->file = fopen(path, "we");
    if (truth->file == NULL) {
        say("--truth %s: %s", path, strerror(errno));
        return false;
    }
    setvbuf(truth->file, NULL, _IOLBF, BUFSIZ);
    return true;
}

bool truth_close(struct truth *truth)
{
    if (truth->file == NULL)
        return true;
    bool failed = ferror(truth->file) != 0;
    return fclose(truth->file) == 0 && !failed;
}

/* Names and texts of the simulation hold nothing that JSON wants escaped. */
static void print_value(void *context, const struct sim_truth_value *value)
{
    const struct port *port = context;
    FILE *file = port->truth->file;

    if (value->text != NULL)
        fprintf(file, ",\"%s\":\"%s\"", value->name, value->text);
    else
        fprintf(file, ",\"%s\":%" PRId64, value->name, value->integer);
}

static void print_begin(const struct port *port, mep_time at)
{
    fprintf(port->truth->file, "{\"meter\":%u,\"unix_ms\":%" PRId64, port->number,
            port->truth->unix_ms + at / 1000);
}

/* With the truth about everything where the table is one of readings. */
static void on_served(void *context, const struct sim_meter *meter, const struct sim_served *served)
{
    const struct port *port = context;
    unsigned number = served->table;

    print_begin(port, served->at);
    fprintf(port->truth->file,
            ",\"%s\":\"%s%02u\",\"offset\":%" PRIu32 ",\"count\":%u,\"response_code\":%u",
            served->write ? "write" : "read", number < MEP_EXTENDED ? "BT" : "ET",
            number % MEP_EXTENDED, served->offset, served->count, served->code);
    if (!served->write && (number == meter_bt23.number || number == meter_bt28.number))
        sim_truth(meter, print_value, context);
    fputs("}\n", port->truth->file);
}

static void on_fault(void *context, enum sim_fault fault, mep_time from, mep_time until)
{
    const struct port *port = context;

    print_begin(port, from);
    fprintf(port->truth->file, ",\"fault\":\"%s\",\"until_unix_ms\":%" PRId64 "}\n",
            sim_fault_name(fault), port->truth->unix_ms + until / 1000);
}

void truth_follow(struct port *port)
{
    const struct sim_observer observer = {on_served, on_fault, port};

    if (port->truth->file != NULL)
        sim_observe(&port->sim, &observer);
}

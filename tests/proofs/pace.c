/*
 * How fast: a reading a second for an hour at 9600 baud, and the share of the
 * line's limit that requests back to back reach.
 *
 * The limit of an exchange is the larger of 100 ms and its bytes both ways at
 * 10 bits each, 25 ms after each full 117 bytes of the answer that others
 * follow, and 30 ms for the meter to think.
 */
#include "tests/proofs/join.h"

#include <stdio.h>
#include <string.h>

static const mep_time SECOND = 1000000, HOUR = 3600 * (mep_time)1000000;

static struct sim sim;

static void begin(struct mep_key *key)
{
    struct sim_config config;

    sim_config_init(&config);
    sim_init(&sim, &config, 0);
    *key = config.mbk;
}

/* ---- An hour of readings ------------------------------------------------ */

struct served {
    unsigned bt23, bt28, refused;
};

static void count_served(void *context, const struct sim_meter *meter,
                         const struct sim_served *served)
{
    struct served *total = context;

    (void)meter;
    total->bt23 += served->table == meter_bt23.number;
    total->bt28 += served->table == meter_bt28.number;
    total->refused += served->code != MEP_CODE_OK;
}

static bool a_reading_a_second(void)
{
    static struct reader reader;
    struct reader_config config;
    struct reader_event event;
    struct mep_key key;
    struct served served = {0, 0, 0}, at_first = {0, 0, 0};
    struct sim_observer observer = {count_served, NULL, &served};
    mep_time now = 0, first = 0, last = 0, shortest = HOUR, longest = 0;
    unsigned readings = 0;

    begin(&key);
    sim_observe(&sim, &observer);
    reader_config_init(&config, &key);
    reader_init(&reader, &config);
    while (first == 0 || now < first + HOUR) {
        mep_time next = join_turn(&reader, &sim, now);
        while (reader_event(&reader, &event)) {
            if (event.type != READER_EVENT_READING)
                continue;
            if (first == 0) {
                first = now;
                at_first = served;
            } else {
                mep_time gap = now - last;
                shortest = gap < shortest ? gap : shortest;
                longest = gap > longest ? gap : longest;
                readings++;
            }
            last = now;
        }
        now = next;
    }
    served.bt23 -= at_first.bt23;
    served.bt28 -= at_first.bt28;
    printf(
        "RESULT an hour at 9600 baud: %u readings, %.3f to %.3f s apart; %u reads of BT23, %u of "
        "BT28\n",
        readings, (double)shortest / 1e6, (double)longest / 1e6, served.bt23, served.bt28);
    return readings >= 3599 && shortest >= SECOND * 95 / 100 && longest <= SECOND * 105 / 100 &&
           served.bt23 <= readings + 1 && served.bt28 <= readings + 1 && served.bt23 >= readings &&
           served.bt28 >= readings;
}

/* ---- Back to back -------------------------------------------------------- */

static mep_time limit_us(size_t request, size_t answer)
{
    mep_time line = (mep_time)(request + answer) * 10 * SECOND / 9600;
    mep_time all = line + (mep_time)((answer - 1) / 117) * 25000 + 30000;

    return all > 100000 ? all : 100000;
}

/* One read until done; gives the bytes of its answer's data, 0 on failure. */
static size_t read_once(struct mep_client *client, mep_time *now, uint16_t table, uint16_t count)
{
    static uint8_t into[MEP_READ_MAX];
    uint8_t bytes[MEP_WIRE_MAX];
    struct mep_event event;

    if (mep_client_read(client, table, 0, count, into) != MEP_OK)
        return 0;
    for (;;) {
        size_t got;
        while ((got = sim_output(&sim, *now, bytes, sizeof bytes)) != 0)
            mep_client_input(client, *now, bytes, got);
        while ((got = mep_client_output(client, *now, bytes, sizeof bytes)) != 0)
            sim_input(&sim, *now, bytes, got);
        while (mep_client_event(client, &event))
            if (event.type == MEP_EVENT_DONE)
                return event.outcome == MEP_OUTCOME_OK ? event.count : 0;
        mep_time ours = mep_client_wake(client), theirs = sim_wake(&sim);
        mep_time next = ours < theirs ? ours : theirs;
        *now = next > *now ? next : *now + 1;
    }
}

static bool back_to_back(void)
{
    static struct mep_client client;
    struct mep_client_config config;
    struct mep_key key;
    mep_time now = 0, limit = 0;
    unsigned exchanges = 0;

    begin(&key);
    mep_client_config_init(&config, &key);
    mep_client_init(&client, &config);
    if (read_once(&client, &now, meter_bt23.number, 220) == 0) /* settles the sequence number */
        return false;
    mep_time began = now;
    while (now - began < HOUR) {
        uint16_t table = exchanges % 2 ? meter_bt23.number : meter_bt28.number;
        size_t got = read_once(&client, &now, table, 220);
        if (got != 220)
            return false;
        limit += limit_us(22, got + 13);
        exchanges++;
    }
    double ratio = (double)limit / (double)(now - began);
    printf(
        "RESULT back to back: %u exchanges, limit %.1f s, taken %.1f s: %.2f %% of the limit; one "
        "reading of BT23 and BT28 in %.3f s\n",
        exchanges, (double)limit / 1e6, (double)(now - began) / 1e6, 100 * ratio,
        2 * (double)(now - began) / 1e6 / exchanges);
    return ratio >= 0.95;
}

int main(void)
{
    bool paced = a_reading_a_second();
    bool fast = back_to_back();

    if (!paced)
        puts("FAILED: not one reading each 1.00 s +- 5 %, with one read of each table");
    if (!fast)
        puts("FAILED: less than 95 % of the line's limit");
    return paced && fast ? 0 : 1;
}

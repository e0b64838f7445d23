#include "firmware/logic/network.h"

#include <string.h>

static const mep_time SECOND = 1000000, MINUTE = 60000000;

enum {
    JOIN_S = 30,  /* a try, until it counts as failed */
    TRIAL_S = 25, /* all tries of a candidate: who asked by Improv waits 30 s */
    TRIES = 3,
    RETRY_FIRST_S = 2,
    RETRY_LAST_S = 60,
    RETRY_GUESTS_S = 300,
    OPEN_AFTER_MIN = 3, /* without the network */
    CLOSE_AFTER_MIN = 2,
    ASKED_MIN = 10
};

static void join(struct fw_network *n, mep_time now, bool candidate)
{
    n->state = FW_NETWORK_JOINING;
    n->join = true;
    n->linked = false;
    n->candidate = candidate;
    n->attempt++;
    n->until = now + (candidate ? TRIAL_S : JOIN_S) * SECOND;
}

static void wait_for_retry(struct fw_network *n, mep_time now)
{
    int64_t s = n->failed < 6 ? (int64_t)RETRY_FIRST_S << n->failed : RETRY_LAST_S;

    n->state = FW_NETWORK_WAITING;
    n->join = false;
    n->candidate = false;
    n->until = now + (s < RETRY_LAST_S ? s : RETRY_LAST_S) * SECOND;
    n->failed++;
}

static void stop(struct fw_network *n)
{
    n->state = FW_NETWORK_SETUP;
    n->join = false;
    n->candidate = false;
    n->until = MEP_NEVER;
}

void fw_network_init(struct fw_network *n, mep_time now, bool stored)
{
    memset(n, 0, sizeof *n);
    n->stored = stored;
    n->offline_at = now;
    n->setup_until = now;
    if (stored)
        join(n, now, false);
    else
        stop(n);
    n->access_point = !stored;
}

void fw_network_linked(struct fw_network *n)
{
    n->linked = n->state == FW_NETWORK_JOINING;
}

void fw_network_joined(struct fw_network *n, mep_time now)
{
    if (n->state != FW_NETWORK_JOINING)
        return;
    n->state = FW_NETWORK_ONLINE;
    n->until = MEP_NEVER;
    n->failed = 0;
    n->failure = FW_NETWORK_FINE;
    n->joined++;
    /* Who set it up reads the new address at the access point. */
    if (n->access_point)
        n->setup_until = now + CLOSE_AFTER_MIN * MINUTE;
    if (n->candidate)
        n->trial = FW_TRIAL_OK;
}

static void give_up_candidate(struct fw_network *n, mep_time now)
{
    n->trial = FW_TRIAL_FAILED;
    n->refusal = n->failure;
    n->failed = 0;
    if (n->stored)
        wait_for_retry(n, now);
    else
        stop(n);
}

void fw_network_failed(struct fw_network *n, mep_time now, enum fw_network_failure failure)
{
    if (n->state == FW_NETWORK_ONLINE) {
        n->lost++;
        n->offline_at = now;
    } else if (n->state != FW_NETWORK_JOINING) {
        return; /* the end of a try that was given up */
    }
    n->failure = failure;
    n->linked = false;
    if (n->candidate && n->state == FW_NETWORK_JOINING && ++n->tried < TRIES && now < n->until)
        n->attempt++;
    else if (n->candidate)
        give_up_candidate(n, now);
    else
        wait_for_retry(n, now);
}

bool fw_network_try(struct fw_network *n, mep_time now)
{
    if (n->trial == FW_TRIAL_RUNNING)
        return false;
    if (n->state == FW_NETWORK_ONLINE)
        n->offline_at = now;
    n->trial = FW_TRIAL_RUNNING;
    n->access_point = true;
    n->setup_until = now + ASKED_MIN * MINUTE;
    n->tried = 0;
    n->failure = FW_NETWORK_FINE;
    join(n, now, true);
    return true;
}

void fw_network_kept(struct fw_network *n)
{
    n->stored = true;
    n->candidate = false;
}

void fw_network_open(struct fw_network *n, mep_time now)
{
    n->setup_until = now + ASKED_MIN * MINUTE;
}

static bool wants_access_point(const struct fw_network *n, mep_time now, unsigned guests)
{
    if (!n->stored || n->trial == FW_TRIAL_RUNNING || now < n->setup_until)
        return true;
    if (n->state != FW_NETWORK_ONLINE)
        return n->access_point || now - n->offline_at >= OPEN_AFTER_MIN * MINUTE;
    return n->access_point && guests != 0;
}

/* Why a try took too long. */
static enum fw_network_failure overdue(const struct fw_network *n)
{
    if (n->linked)
        return FW_NETWORK_NO_ADDRESS;
    return n->candidate && n->tried != 0 ? n->failure : FW_NETWORK_NO_ANSWER;
}

void fw_network_turn(struct fw_network *n, mep_time now, unsigned guests)
{
    if (n->state == FW_NETWORK_JOINING && now >= n->until)
        fw_network_failed(n, now, overdue(n));
    n->access_point = wants_access_point(n, now, guests);
    if (n->state != FW_NETWORK_WAITING || now < n->until)
        return;
    /* Nobody is cut off for a network that was not there a moment ago. */
    if (guests != 0 && n->failed > 1 && now < n->until + RETRY_GUESTS_S * SECOND)
        return;
    join(n, now, false);
}

const char *fw_network_failure_text(enum fw_network_failure failure)
{
    static const char *const texts[FW_NETWORK_FAILURES] = {
        [FW_NETWORK_FINE] = "",
        [FW_NETWORK_NOT_FOUND] =
            "not found, or open although a password was given; only 2.4 GHz networks can be joined",
        [FW_NETWORK_REFUSED] = "refused; the password may be wrong",
        [FW_NETWORK_NO_ADDRESS] = "joined, but got no address, or its gateway does not answer",
        [FW_NETWORK_LOST] = "the connection was lost",
        [FW_NETWORK_NO_ANSWER] = "no answer in time",
        [FW_NETWORK_SECURITY] = "found, but its security does not go with the password given",
    };
    return texts[failure];
}

enum fw_network_failure fw_network_reason(unsigned reason)
{
    switch (reason) {
    case 201: /* none found */
    case 212: /* none strong enough */
        return FW_NETWORK_NOT_FOUND;
    case 210: /* none whose security is ours, */
    case 211: /* or at least what was asked for */
        return FW_NETWORK_SECURITY;
    case 2:   /* authentication expired */
    case 14:  /* message integrity */
    case 15:  /* four-way handshake timed out: the usual sign of a wrong password */
    case 23:  /* 802.1X */
    case 202: /* authentication, */
    case 203: /* association, */
    case 204: /* handshake, */
    case 205: /* connection failed */
        return FW_NETWORK_REFUSED;
    default:
        return FW_NETWORK_LOST;
    }
}

/* The form was checked when it was set; gives what follows the four numbers. */
static const char *parse_address(const char *text, uint8_t address[4])
{
    memset(address, 0, 4);
    for (int i = 0; i < 4; i++, text += *text == '.')
        while (*text >= '0' && *text <= '9')
            address[i] = (uint8_t)(address[i] * 10 + (*text++ - '0'));
    return text;
}

bool fw_fixed_address(const struct reader_board_settings *settings, struct fw_fixed_address *fixed)
{
    unsigned bits = 0;
    const char *text = parse_address(settings->address, fixed->address);

    if (*text != '/')
        return false;
    while (*++text >= '0' && *text <= '9')
        bits = bits * 10 + (unsigned)(*text - '0');
    for (unsigned i = 0; i < 4; i++) {
        unsigned ones = bits > i * 8 ? bits - i * 8 : 0;
        fixed->mask[i] = (uint8_t)(ones >= 8 ? 0xffU : 0xff00U >> ones & 0xffU);
    }
    parse_address(settings->gateway, fixed->gateway);
    parse_address(settings->dns[0] != 0 ? settings->dns : settings->gateway, fixed->dns);
    return true;
}

size_t fw_seen_add(struct fw_seen *seen, size_t count, size_t size, const char *ssid, int rssi,
                   bool open)
{
    size_t length = strlen(ssid);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(seen[i].ssid, ssid) == 0)
            return count;
    }
    if (count == size || length == 0 || length >= sizeof seen->ssid)
        return count;
    memcpy(seen[count].ssid, ssid, length + 1);
    seen[count].rssi = (int8_t)rssi;
    seen[count].open = open;
    return count + 1;
}

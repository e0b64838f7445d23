/* What a person should think of the link, from how requests end. */
#include "reader/internal.h"

enum {
    DAMAGE_ALL = 4096,
    DAMAGE_MANY = DAMAGE_ALL / 2, /* says so above this */
    DAMAGE_FEW = DAMAGE_ALL / 4,  /* and no longer below this */
    DAMAGE_MEMORY = 16,           /* answers that count */
    SILENT_REQUESTS = 3,          /* in a row, at least, before it counts as silence */
    SILENT_RETRY_US = 1000000,
    REFUSED_RETRY_US = 3000000 /* on a bad line a few tries must fit in ten seconds */
};

bool reader_in_trouble(const struct reader *r)
{
    return r->link == READER_LINK_NEVER_HEARD || r->link == READER_LINK_WENT_SILENT ||
           r->link == READER_LINK_KEY_REFUSED || r->link == READER_LINK_TLS_LIKELY;
}

/* A sliding share of damaged answers, from the attempts within this request too. */
static void learn_damage(struct reader *r)
{
    const uint32_t *outcomes = r->client.counters.outcomes;
    uint32_t damaged = outcomes[MEP_OUTCOME_SHORT] + outcomes[MEP_OUTCOME_BAD_DIGEST];
    uint32_t undamaged = outcomes[MEP_OUTCOME_OK] + outcomes[MEP_OUTCOME_REFUSED] +
                         outcomes[MEP_OUTCOME_SEQUENCE] + outcomes[MEP_OUTCOME_MALFORMED];

    for (; r->damaged != damaged; r->damaged++)
        r->damage = (uint16_t)(r->damage + (DAMAGE_ALL - r->damage) / DAMAGE_MEMORY);
    for (; r->undamaged != undamaged; r->undamaged++)
        r->damage = (uint16_t)(r->damage - r->damage / DAMAGE_MEMORY);
}

/* Whether any of the request's attempts brought any answer. */
static bool was_answered(struct reader *r)
{
    const struct mep_client_counters *c = &r->client.counters;
    uint32_t answers = c->outcomes[MEP_OUTCOME_AUTH] + r->damaged + r->undamaged;
    bool more = answers != r->answers;

    r->answers = answers;
    return more;
}

static bool is_verified(enum mep_outcome outcome)
{
    return outcome == MEP_OUTCOME_OK || outcome == MEP_OUTCOME_REFUSED ||
           outcome == MEP_OUTCOME_SEQUENCE || outcome == MEP_OUTCOME_MALFORMED;
}

static bool is_damaged(enum mep_outcome outcome)
{
    return outcome == MEP_OUTCOME_SHORT || outcome == MEP_OUTCOME_BAD_DIGEST;
}

static enum reader_link link_after(const struct reader *r, enum mep_outcome outcome, mep_time now)
{
    unsigned limit = r->link == READER_LINK_DAMAGED ? DAMAGE_FEW : DAMAGE_MANY;

    if (outcome == MEP_OUTCOME_TLS)
        return READER_LINK_TLS_LIKELY;
    if (is_verified(outcome))
        return r->damage >= limit ? READER_LINK_DAMAGED : READER_LINK_OK;
    if (outcome == MEP_OUTCOME_AUTH && r->client.counters.auth_in_a_row >= READER_KEY_REFUSALS)
        return READER_LINK_KEY_REFUSED;
    if (is_damaged(outcome) && r->damage >= limit)
        return READER_LINK_DAMAGED;
    if (outcome == MEP_OUTCOME_SILENT && r->item != ITEM_PROBE && r->link == READER_LINK_TLS_LIKELY)
        return READER_LINK_TLS_LIKELY; /* such a port says nothing to our requests */
    if (outcome == MEP_OUTCOME_SILENT && r->silent_requests >= SILENT_REQUESTS &&
        now - r->heard_at >= r->config.silent_after_us)
        return r->verified || r->client.counters.auth_in_a_row != 0 ? READER_LINK_WENT_SILENT
                                                                    : READER_LINK_NEVER_HEARD;
    return (enum reader_link)r->link;
}

/*
 * How long to leave a link in trouble alone. Only silence and a clear no are
 * worth waiting for: any other answer may be the first one of better times.
 */
static mep_time retry_after(const struct reader *r, enum mep_outcome outcome, bool answered)
{
    switch ((enum reader_link)r->link) {
    case READER_LINK_KEY_REFUSED:
        if (outcome == MEP_OUTCOME_AUTH)
            return REFUSED_RETRY_US;
        break;
    case READER_LINK_TLS_LIKELY:
        return REFUSED_RETRY_US;
    case READER_LINK_NEVER_HEARD:
    case READER_LINK_WENT_SILENT:
        break;
    default:
        return 0;
    }
    return answered ? 0 : SILENT_RETRY_US;
}

/*
 * A meter that was away may come back as another one, or configured otherwise:
 * what was known of it needs a check before anything is published.
 */
static void set_link(struct reader *r, enum reader_link link)
{
    if (r->link == link)
        return;
    r->link = (uint8_t)link;
    r->pending |= PENDING_LINK;
    if (!reader_in_trouble(r))
        return;
    reader_abort_round(r);
    r->check_idt = true;
    r->check_serial = true;
    if (!r->setup_done)
        reader_begin_setup(r);
}

void reader_link_learn(struct reader *r, const struct mep_event *done, mep_time now)
{
    learn_damage(r);
    bool answered = was_answered(r) && r->item != ITEM_PROBE;
    if (answered) {
        r->heard_at = now;
        r->silent_requests = 0;
    } else if (r->silent_requests < UINT8_MAX) {
        r->silent_requests++;
    }
    if (is_verified(done->outcome) && r->item != ITEM_PROBE)
        r->verified = true;
    if (r->item != ITEM_PROBE || done->outcome == MEP_OUTCOME_TLS ||
        done->outcome == MEP_OUTCOME_SILENT)
        set_link(r, link_after(r, done->outcome, now));

    bool tls_code = (done->outcome == MEP_OUTCOME_REFUSED || is_damaged(done->outcome)) &&
                    done->code == MEP_CODE_SERVICE_STATE;
    r->probe_wanted = r->link == READER_LINK_NEVER_HEARD || r->link == READER_LINK_TLS_LIKELY ||
                      (tls_code && r->item != ITEM_PROBE);
    r->retry_at = now + retry_after(r, done->outcome, answered);
}

const char *reader_link_name(enum reader_link link)
{
    static const char *const names[READER_LINKS] = {
        "starting", "ok", "never_heard", "went_silent", "key_refused", "tls_likely", "damaged",
    };
    return (unsigned)link < READER_LINKS ? names[link] : "unknown";
}

const char *reader_link_text(enum reader_link link)
{
    static const char *const texts[READER_LINKS] = {
        "Waiting for the meter's first answer.",
        "The meter answers and every answer verifies.",
        "The meter has never answered.",
        "The meter answered before and is silent now.",
        "The meter answers but refuses the key.",
        "The port answers a TLS hello and nothing else: it wants TLS, which is not supported.",
        "The meter answers, but many answers arrive damaged.",
    };
    return (unsigned)link < READER_LINKS ? texts[link] : "Unknown.";
}

const char *reader_link_causes(enum reader_link link)
{
    static const char *const causes[READER_LINKS] = {
        "",
        "",
        "Wiring (RXD and TXD swapped, ENABLE not driven), a port the utility has disabled, the "
        "other one of two ports, another baud rate, or a port that wants TLS.",
        "An optical session shares the port on generation 2 and 3 meters and may last minutes; "
        "else power, a loose cable or ENABLE. Reading goes on by itself.",
        "Another meter's key, a mistyped one, or one the utility has changed.",
        "The utility requires TLS on this port; ask for RC4 security.",
        "Long answers cut short: ENABLE below 8 V under load; others: baud rate, a long cable, "
        "noise or a weak level converter.",
    };
    return (unsigned)link < READER_LINKS ? causes[link] : "";
}

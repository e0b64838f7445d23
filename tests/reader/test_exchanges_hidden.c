/* What must never be seen of the last exchanges: digests, damaged or not, and what is encrypted. */
#include "tests/reader/house.h"

#include <stdio.h>
#include <string.h>

static struct house house;
static struct fake *const f = &house.fake;
static struct reader_exchanges exchanges;

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    reader_exchanges_init(&exchanges);
    f->log = &exchanges;
    return 0;
}

static uint32_t dice_state;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(dice_state >> 8) * sides >> 24);
}

/* Every string of hex digits in the text, one after another. */
static char hex_text[HOUSE_TEXT];

static void find_hex(void)
{
    size_t used = 0;

    for (const char *at = house.text; (at = strchr(at, '"')) != NULL;) {
        size_t length = strspn(++at, "0123456789abcdef");
        if (at[length] != '"' || length == 0)
            continue;
        memcpy(hex_text + used, at, length);
        used += length;
        hex_text[used++] = ' ';
        at += length + 1;
    }
    hex_text[used] = 0;
}

/* Fails if any so many bytes in a row are in the text as hex. */
static void expect_hidden(const uint8_t *bytes, size_t count, size_t window)
{
    for (size_t at = 0; at + window <= count; at++) {
        char hex[2 * MEP_DIGEST_SIZE + 1];
        for (size_t i = 0; i < window; i++)
            snprintf(hex + 2 * i, 3, "%02x", bytes[at + i]);
        if (strstr(hex_text, hex) != NULL)
            fail_msg("%s is in %s", hex, house.text);
    }
}

/* How many bytes of hex the newest response shows. */
static size_t shown_bytes(void)
{
    char path[40];
    size_t shown = 0;

    for (unsigned i = 0;; i++) {
        snprintf(path, sizeof path, "0/response/%u/hex", i);
        const char *hex = json_at(house.text, path);
        if (hex == NULL)
            return shown;
        if (strcmp(hex, "\"0000\"") != 0) /* an alert */
            shown += strspn(hex + 1, "0123456789abcdef") / 2;
    }
}

struct pair {
    uint8_t request[MEP_WIRE_MAX], response[MEP_WIRE_MAX + 64];
    uint8_t request_digest[MEP_DIGEST_SIZE], response_digest[MEP_DIGEST_SIZE];
    size_t request_size, response_size;
};

/* A request for BT23 and its answer, as they would go over the line. */
static void make_pair(struct pair *p, const struct mep_key *key, bool encrypt)
{
    struct mep_request request = {MEP_READ_PARTIAL, 23, 0, (uint16_t)(1 + dice(60)), NULL};
    struct mep_exchange seal;
    uint8_t *frame = p->response + MEP_LENGTH_SIZE;

    size_t size = mep_request_encode(&request, p->request + MEP_LENGTH_SIZE);
    size = mep_seal_request(&seal, key->bytes, 1 + dice(1 << 20), encrypt,
                            p->request + MEP_LENGTH_SIZE, size);
    mep_put16(p->request, (uint16_t)size);
    p->request_size = MEP_LENGTH_SIZE + size;
    memcpy(p->request_digest, p->request + p->request_size - MEP_DIGEST_SIZE, MEP_DIGEST_SIZE);

    frame[0] = MEP_CODE_OK;
    mep_put16(frame + 1, request.count);
    memset(frame + 3, 0xee, request.count);
    size = mep_seal_response(&seal, key->bytes, frame, 3u + request.count);
    mep_put16(p->response, (uint16_t)size);
    p->response_size = MEP_LENGTH_SIZE + size;
    memcpy(p->response_digest, p->response + p->response_size - MEP_DIGEST_SIZE, MEP_DIGEST_SIZE);
}

/* Damages an answer in one of the ways that lines do it. */
static void damage(struct pair *p, const struct pair *before)
{
    size_t at = dice((uint32_t)p->response_size), count = 1 + dice(12);

    switch (dice(7)) {
    case 0: /* flipped */
        p->response[at] ^= (uint8_t)(1u << dice(8));
        break;
    case 1: /* lost */
        count = count < p->response_size - at ? count : p->response_size - at;
        memmove(p->response + at, p->response + at + count, p->response_size - at - count);
        p->response_size -= count;
        break;
    case 2: /* too many */
        memmove(p->response + at + count, p->response + at, p->response_size - at);
        memset(p->response + at, (int)dice(256), count);
        p->response_size += count;
        break;
    case 3: /* cut */
        p->response_size = at;
        break;
    case 4: /* the beginning lost */
        memmove(p->response, p->response + at, p->response_size - at);
        p->response_size -= at;
        break;
    case 5: /* the end of the answer before comes late, alone or in front */
        memmove(p->response + count, p->response, p->response_size);
        memcpy(p->response, before->response + before->response_size - count, count);
        p->response_size = dice(2) != 0 ? count : p->response_size + count;
        break;
    default: /* another length */
        p->response[1] = (uint8_t)dice(256);
        break;
    }
}

static void no_digest_of_damaged_answers(void **state)
{
    (void)state;
    static struct pair pair, before;
    struct mep_key key = fake_config().client.key, other = key;
    unsigned shown = 0;

    other.bytes[5] ^= 16;
    dice_state = 20240328;
    make_pair(&before, &key, false);
    for (unsigned i = 0; i < 10000; i++) {
        bool encrypt = dice(3) == 0, tried = dice(5) == 0;
        make_pair(&pair, tried ? &other : &key, encrypt);
        size_t whole = pair.response_size;
        static uint8_t intact[MEP_WIRE_MAX];
        memcpy(intact, pair.response, whole);
        for (unsigned k = 1 + dice(2); k != 0; k--)
            if (pair.response_size != 0 && pair.response_size < MEP_WIRE_MAX)
                damage(&pair, &before);
        reader_exchanges_init(&exchanges);
        reader_exchanges_sent(&exchanges, 0, pair.request, pair.request_size);
        reader_exchanges_received(&exchanges, 0, pair.response, pair.response_size);
        house_exchanges(&house, &exchanges);
        find_hex();
        expect_hidden(pair.request_digest, MEP_DIGEST_SIZE, 3);
        expect_hidden(pair.response_digest, MEP_DIGEST_SIZE, 3);
        expect_hidden(before.response_digest, MEP_DIGEST_SIZE, 3);
        if (encrypt) {
            expect_hidden(pair.request + 2, pair.request_size - 2 - MEP_DIGEST_SIZE, 4);
            expect_hidden(intact + 2, whole - 2 - MEP_DIGEST_SIZE, 4);
        }
        bool verified = strstr(house.text, "\"data\"") != NULL;
        if (!verified)
            assert_in_range(shown_bytes(), 0, 3);
        shown += verified;
        if (!tried)
            make_pair(&before, &key, encrypt);
    }
    assert_in_range(shown, 50, 9900); /* damage after or before the answer lets it be seen */
}

/* The last digests that went to the meter. */
static struct {
    uint8_t digest[64][MEP_DIGEST_SIZE];
    unsigned count;
} spied;

static void spy(const uint8_t *frame, size_t size)
{
    if (size >= MEP_DIGEST_SIZE)
        memcpy(spied.digest[spied.count++ % 64], frame + size - MEP_DIGEST_SIZE, MEP_DIGEST_SIZE);
}

static bool spy_request(struct fake *x, uint8_t *bytes, size_t count)
{
    (void)x;
    spy(bytes, count);
    return true;
}

static void no_digest_of_a_living_line(void **state)
{
    for (unsigned encrypt = 0; encrypt < 2; encrypt++) {
        struct reader_config config = fake_config();
        config.client.encrypt = encrypt != 0;
        setup(state);
        f->to_meter = spy_request;
        fake_start(f, &config);
        for (unsigned i = 0; i < 40; i++) {
            f->damage_each = i % 20 < 10 ? 0 : 3;
            f->truncate_to = i % 20 < 15 ? 0 : 60;
            fake_run(f, 517 * MS);
            house_exchanges(&house, &exchanges);
            find_hex();
            for (unsigned k = 0; k < 64; k++)
                if (memcmp(spied.digest[k], "\0\0\0\0\0\0\0", MEP_DIGEST_SIZE) != 0)
                    expect_hidden(spied.digest[k], MEP_DIGEST_SIZE, 4);
            for (unsigned k = 0; k < READER_EXCHANGES; k++) {
                const struct reader_exchange *x = &exchanges.ring[k];
                if (x->response_size > 10 && x->response_size <= sizeof x->response &&
                    mep_get16(x->response) + MEP_LENGTH_SIZE == x->response_size)
                    expect_hidden(x->response + x->response_size - MEP_DIGEST_SIZE, MEP_DIGEST_SIZE,
                                  4);
            }
        }
    }
    assert_true(spied.count > 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_digest_of_damaged_answers, setup),
        cmocka_unit_test_setup(no_digest_of_a_living_line, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A bridge with the fake meter: what its documents and messages are tested with. */
#ifndef TESTS_READER_HOUSE_H
#define TESTS_READER_HOUSE_H

#include "reader/bridge/bridge.h"
#include "tests/reader/fake.h"
#include "tests/reader/json.h"

enum {
    HOUSE_TEXT = 200000
};

struct house {
    struct fake fake; /* first: hooks get it */
    struct reader_meter_settings section;
    struct reader_settings settings;
    struct reader_meter meter;
    struct reader_meter *list[2];
    struct reader_bridge bridge;
    char text[HOUSE_TEXT];
    struct reader_buffer buffer;
    struct reader_out out; /* into text */
};

/* A meter named "house", the fake one with all its tables, and a bridge with it alone. */
void house_init(struct house *house);

/* Empties `text`. */
struct reader_out *house_out(struct house *house);

/* Its last exchanges as JSON, into `text`. */
void house_exchanges(struct house *house, const struct reader_exchanges *exchanges);

/* Fails unless the text is valid JSON and the value at `path` stands there as `expected`; NULL: none. */
void house_expect(const struct house *house, const char *path, const char *expected);

#endif

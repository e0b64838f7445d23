#include "tests/reader/house.h"

#include <string.h>

static void on_event(struct fake *f, const struct reader_event *event)
{
    struct house *house = (struct house *)f;
    reader_meter_event(&house->meter, f->now, event);
}

static void on_turn(struct fake *f)
{
    struct house *house = (struct house *)f;
    reader_meter_turn(&house->meter, f->now);
}

void house_init(struct house *house)
{
    memset(house, 0, sizeof *house);
    fake_init(&house->fake);
    house->fake.on_event = on_event;
    house->fake.on_turn = on_turn;
    reader_settings_init(&house->settings, &house->section, 1);
    house->settings.meters = 1;
    strcpy(house->section.name, "house");
    strcpy(house->settings.mqtt_url, "mqtt://127.0.0.1");
    reader_meter_init(&house->meter, &house->section, &house->fake.reader, NULL, NULL);
    house->list[0] = &house->meter;
    reader_bridge_init(&house->bridge, NULL, &house->settings, "mepd", "1.2.3", 0);
    reader_bridge_set_meters(&house->bridge, house->list, 1);
}

struct reader_out *house_out(struct house *house)
{
    reader_out_buffer(&house->out, &house->buffer, house->text, sizeof house->text);
    return &house->out;
}

void house_exchanges(struct house *house, const struct reader_exchanges *exchanges)
{
    reader_exchanges_json(exchanges, &house->fake.reader, house->fake.now, house_out(house), NULL);
    assert_false(house->out.failed);
    if (!json_valid(house->text))
        fail_msg("not JSON: %s", house->text);
}

void house_expect(const struct house *house, const char *path, const char *expected)
{
    if (!json_valid(house->text))
        fail_msg("not JSON: %s", house->text);
    const char *found = json_at(house->text, path);
    if (expected == NULL && found != NULL)
        fail_msg("%s is there: %s", path, found);
    if (expected != NULL && (found == NULL || strcmp(found, expected) != 0))
        fail_msg("%s is %s, not %s", path, found != NULL ? found : "not there", expected);
}

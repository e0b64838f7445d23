/*
 * Prints what a bridge with one fake meter publishes, for programs that we did
 * not write to judge: a line of JSON for each message, {"meter", "kind", "topic",
 * "retain", "qos", "payload"}, and one with its metrics.
 */
#include "tests/reader/house.h"

#include "reader/bridge/mqtt.h"

#include <stdio.h>
#include <string.h>

static struct house house;
static struct fake *const f = &house.fake;

/* ---- Meters ---- */

static void usual(void)
{
}

static void odd(void)
{
    fake_set_text(f, &meter_et03, "serial", " A\"\\/+#{{\xc3\xa6\xff\x01 b ");
    fake_set_text(f, &meter_bt01, "model", "\"\\\xff");
    strcpy(house.settings.mqtt_topic, "home/power meters");
    strcpy(house.settings.http_listen, "0.0.0.0:8080");
    house.bridge.hostname = "pi.local";
}

static void old(void)
{
    meter_dimension_set(&f->dims, METER_DIM_PRESENT_VALUES, 26);
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 0);
    fake_build(f);
}

static void ct(void)
{
    meter_dimension_set(&f->dims, METER_DIM_CT_RATIO, 40);
    fake_build(f);
}

static void full(void)
{
    meter_dimension_set(&f->dims, METER_DIM_SUMMATIONS, 19);
    meter_dimension_set(&f->dims, METER_DIM_TIERS, 8);
    meter_dimension_set(&f->dims, METER_DIM_PRESENT_VALUES, 84);
    fake_build(f);
}

static void extreme(void)
{
    static const char *const names[] = {"power_import_w", "power_factor_l1_permille",
                                        "current_l1_ma", "frequency_mhz"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        fake_set(f, &meter_bt28, names[i], i % 2 == 0 ? INT32_MAX : INT32_MIN);
    fake_set(f, &meter_bt28, "voltage_l2_mv", 0);
    fake_set(f, &meter_bt28, "voltage_l3_mv", 7);
    fake_set(f, &meter_bt23, "energy_export_wh", 0);
}

static const struct {
    const char *name;
    void (*change)(void);
} meters[] = {{"usual", usual}, {"odd", odd},   {"old", old},
              {"ct", ct},       {"full", full}, {"extreme", extreme}};

/* ---- Lines ---- */

static bool to_stdout(void *context, const char *bytes, size_t count)
{
    (void)context;
    return fwrite(bytes, 1, count, stdout) == count;
}

static void print(const char *meter, const char *kind, const struct reader_mqtt_message *message)
{
    struct reader_out out;
    reader_out_init(&out, to_stdout, NULL);
    reader_json_begin(&out, NULL);
    reader_json_string(&out, "meter", meter);
    reader_json_string(&out, "kind", kind);
    if (message != NULL) {
        reader_json_string(&out, "topic", message->topic);
        reader_json_bool(&out, "retain", message->retain);
        reader_json_integer(&out, "qos", message->qos);
    }
    reader_json_string(&out, "payload", house.text);
    reader_json_end(&out);
    putchar('\n');
}

static void print_messages(const char *meter, enum reader_mqtt_role role)
{
    static const char *const kinds[] = {"online", "discovery", "state", "link", "legacy"};
    struct reader_mqtt mqtt;
    struct reader_mqtt_message message;

    reader_mqtt_init(&mqtt, &house.bridge, role);
    reader_mqtt_connected(&mqtt, true);
    while (reader_mqtt_next(&mqtt, f->now, &message)) {
        reader_mqtt_payload(&mqtt, f->now, &message, house_out(&house));
        print(meter, kinds[message.kind], &message);
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof meters / sizeof *meters; i++) {
        house_init(&house);
        strcpy(house.settings.mqtt_legacy_topic, "dabbler");
        meters[i].change();
        if (!fake_until_readings(f, 3, 20 * SECOND))
            return 1;
        fake_run(f, 100 * MS);
        print_messages(meters[i].name, READER_MQTT_MAIN);
        print_messages(meters[i].name, READER_MQTT_ORIGINAL);
        reader_metrics(&house.bridge, f->now, house_out(&house));
        print(meters[i].name, "metrics", NULL);
        if (reader_legacy_dash(&house.meter, f->now, "1.2.3", house_out(&house)))
            print(meters[i].name, "dash", NULL);
    }
    return 0;
}

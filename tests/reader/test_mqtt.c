/* What is published, where and when. */
#include "tests/reader/house.h"

#include "reader/bridge/mqtt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT = 64
};

static struct house house;
static struct fake *const f = &house.fake;
static struct reader_mqtt mqtt;

/* What was published since the last look. */
static struct reader_mqtt_message sent[KEPT];
static mep_time sent_at[KEPT];
static unsigned count;
static unsigned of_kind[READER_MQTT_LEGACY + 1];

static void start(enum reader_mqtt_role role)
{
    reader_mqtt_init(&mqtt, &house.bridge, role);
}

static void forget(void)
{
    count = 0;
    memset(of_kind, 0, sizeof of_kind);
}

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    start(READER_MQTT_MAIN);
    forget();
    return 0;
}

static void publish_due(void)
{
    struct reader_mqtt_message message;
    unsigned limit = 0;
    while (reader_mqtt_next(&mqtt, f->now, &message)) {
        assert_true(limit++ < 1000);
        reader_mqtt_payload(&mqtt, f->now, &message, house_out(&house));
        assert_false(house.out.failed);
        assert_true(house.out.total != 0);
        if (message.kind != READER_MQTT_ONLINE && !json_valid(house.text))
            fail_msg("%s: %s", message.topic, house.text);
        sent[count % KEPT] = message;
        sent_at[count++ % KEPT] = f->now;
        of_kind[message.kind]++;
    }
}

/* As a host does: publishes after each turn, and when asked to. */
static void run(mep_time for_us)
{
    for (mep_time end = f->now + for_us; f->now < end;) {
        publish_due();
        mep_time wake = reader_mqtt_wake(&mqtt, f->now);
        mep_time step = wake - f->now < 10 * MS ? wake - f->now : 10 * MS;
        fake_run(f, step > MS ? step : MS);
    }
}

static void connect(void)
{
    reader_mqtt_connected(&mqtt, true);
}

static void to_readings(void)
{
    assert_true(fake_until_readings(f, 1, 8 * SECOND));
}

/* ---- Settings ---- */

static void wanted_when_there_is_a_broker(void **state)
{
    (void)state;
    struct reader_mqtt original;
    char topic[READER_MQTT_TOPIC_SIZE];
    reader_mqtt_init(&original, &house.bridge, READER_MQTT_ORIGINAL);
    assert_true(reader_mqtt_wanted(&mqtt));
    assert_false(reader_mqtt_wanted(&original));
    strcpy(house.settings.mqtt_legacy_topic, "dabbler");
    assert_true(reader_mqtt_wanted(&original));
    assert_string_equal(reader_mqtt_will(&mqtt, topic), "offline");
    assert_string_equal(topic, "meplink/status");
    assert_string_equal(reader_mqtt_will(&original, topic), "Offline");
    assert_string_equal(topic, "dabbler/lwt");
    assert_true(reader_mqtt_subscription(&mqtt, topic));
    assert_string_equal(topic, "homeassistant/status");
    assert_false(reader_mqtt_subscription(&original, topic));
    house.settings.mqtt_discovery = false;
    assert_false(reader_mqtt_subscription(&mqtt, topic));
    house.settings.mqtt_url[0] = 0;
    assert_false(reader_mqtt_wanted(&mqtt));
    assert_false(reader_mqtt_wanted(&original));
}

static void longest_topics_fit(void **state)
{
    (void)state;
    fake_set_text(f, &meter_et03, "serial", "abcdefghijklmnopqrstuvwxyz1234");
    memset(house.settings.mqtt_topic, 'x', sizeof house.settings.mqtt_topic - 1);
    memset(house.settings.mqtt_discovery_prefix, 'y',
           sizeof house.settings.mqtt_discovery_prefix - 1);
    house.settings.mqtt_topic[30] = '/';
    to_readings();
    connect();
    run(SECOND);
    for (unsigned i = 0; i < count; i++) {
        const char *end = strrchr(sent[i].topic, '/');
        assert_true(strcmp(end, "/status") == 0 || strcmp(end, "/config") == 0 ||
                    strcmp(end, "/state") == 0 || strcmp(end, "/link") == 0);
        if (sent[i].kind == READER_MQTT_DISCOVERY)
            assert_non_null(strstr(sent[i].topic, "x_xxx"));
    }
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 1);
}

/* ---- A connection ---- */

static void nothing_without_a_connection(void **state)
{
    (void)state;
    to_readings();
    run(2 * SECOND);
    assert_int_equal(count, 0);
    assert_true(reader_mqtt_wake(&mqtt, f->now) == MEP_NEVER);
}

static void a_connection_gets_all_anew(void **state)
{
    (void)state;
    to_readings();
    for (unsigned round = 0; round < 3; round++) {
        forget();
        connect();
        publish_due();
        assert_int_equal(count, 4);
        assert_int_equal(sent[0].kind, READER_MQTT_ONLINE);
        assert_string_equal(sent[0].topic, "meplink/status");
        assert_true(sent[0].retain);
        assert_int_equal(sent[0].qos, 1);
        assert_int_equal(sent[1].kind, READER_MQTT_DISCOVERY);
        assert_string_equal(sent[1].topic, "homeassistant/device/meplink_ACME-0001/config");
        assert_true(sent[1].retain);
        assert_int_equal(sent[2].kind, READER_MQTT_LINK);
        assert_string_equal(sent[2].topic, "meplink/ACME-0001/link");
        assert_false(sent[2].retain);
        assert_int_equal(sent[3].kind, READER_MQTT_STATE);
        assert_string_equal(sent[3].topic, "meplink/ACME-0001/state");
        assert_false(sent[3].retain);
        assert_int_equal(sent[3].qos, 0);
        house_expect(&house, "energy_import_wh", "100000");
        reader_mqtt_connected(&mqtt, false);
        fake_run(f, 2 * SECOND);
        publish_due();
        assert_int_equal(count, 4);
    }
}

static void the_link_alone_before_the_first_reading(void **state)
{
    (void)state;
    f->cut = true;
    connect();
    run(30 * SECOND);
    assert_int_equal(of_kind[READER_MQTT_STATE], 0);
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 0);
    assert_in_range(of_kind[READER_MQTT_LINK], 2, 4);         /* starting, never heard */
    assert_string_equal(sent[1].topic, "meplink/house/link"); /* no serial number yet */
    house_expect(&house, "link", "\"never_heard\"");
    house_expect(&house, "age_ms", NULL);
    f->cut = false;
    forget();
    run(10 * SECOND);
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 1);
    assert_true(of_kind[READER_MQTT_STATE] >= 1);
}

static void without_discovery(void **state)
{
    (void)state;
    house.settings.mqtt_discovery = false;
    to_readings();
    connect();
    run(10 * SECOND);
    reader_mqtt_received(&mqtt, "homeassistant/status", "online", 6);
    run(10 * SECOND);
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 0);
    assert_true(of_kind[READER_MQTT_STATE] >= 1);
}

static void home_assistant_is_back(void **state)
{
    (void)state;
    to_readings();
    connect();
    run(10 * SECOND);
    forget();
    reader_mqtt_received(&mqtt, "homeassistant/status", "offline", 7);
    reader_mqtt_received(&mqtt, "homeassistant/status", "onlinex", 7);
    reader_mqtt_received(&mqtt, "meplink/status", "online", 6);
    publish_due();
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 0);
    reader_mqtt_received(&mqtt, "homeassistant/status", "online", 6);
    mep_time at = f->now;
    run(4 * SECOND);
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 1);
    /* Who has just subscribed gets state and link soon. */
    mep_time state_at = 0, link_at = 0;
    for (unsigned i = 0; i < count; i++) {
        if (sent[i].kind == READER_MQTT_STATE && sent_at[i] - at >= 3 * SECOND)
            state_at = sent_at[i];
        if (sent[i].kind == READER_MQTT_LINK && sent_at[i] - at >= 3 * SECOND)
            link_at = sent_at[i];
    }
    assert_in_range(state_at - at, 3 * SECOND, 3 * SECOND + 20 * MS);
    assert_in_range(link_at - at, 3 * SECOND, 3 * SECOND + 20 * MS);
}

/* ---- When ---- */

static void change(const char *name, int64_t value)
{
    fake_set(f, strstr(name, "energy") != NULL ? &meter_bt23 : &meter_bt28, name, value);
}

static unsigned states_in(mep_time us)
{
    forget();
    run(us);
    return of_kind[READER_MQTT_STATE];
}

static void settle(void)
{
    to_readings();
    connect();
    run(65 * SECOND); /* beyond what repeats after discovery */
}

/* The clock and the age change with each reading, which is no reason to publish. */
static void nothing_new_comes_at_the_maximum_interval(void **state)
{
    (void)state;
    settle();
    assert_in_range(states_in(600 * SECOND), 9, 11); /* each 60 s */
    house.settings.mqtt_other_max_s = 20;
    fake_run(f, 2 * SECOND);
    run(60 * SECOND);
    assert_in_range(states_in(600 * SECOND), 29, 31);
}

static void on_each_reading_a_power(struct fake *fake)
{
    fake_set(fake, &meter_bt28, "power_import_w", 100 + fake->readings % 2);
}

static void on_each_reading_an_energy(struct fake *fake)
{
    fake_add(fake, "energy_import_wh", 1);
}

static void on_each_reading_a_voltage(struct fake *fake)
{
    fake_set(fake, &meter_bt28, "voltage_l2_mv", 230000 + fake->readings % 2);
}

static void on_each_reading_an_outage(struct fake *fake)
{
    fake_add(fake, "power_outage_s", 1);
}

static void changes_come_at_their_minimum_interval(void **state)
{
    (void)state;
    settle();
    f->on_reading = on_each_reading_a_power;
    assert_in_range(states_in(100 * SECOND), 95, 101); /* each second */
    f->on_reading = on_each_reading_an_energy;
    assert_in_range(states_in(100 * SECOND), 9, 12); /* each 10 s */
    f->on_reading = on_each_reading_a_voltage;
    assert_in_range(states_in(100 * SECOND), 9, 12);
    f->on_reading = on_each_reading_an_outage;
    assert_in_range(states_in(100 * SECOND), 9, 12);
    house.settings.mqtt_power_min_s = 5;
    f->on_reading = on_each_reading_a_power;
    assert_in_range(states_in(100 * SECOND), 17, 21);
    house.settings.mqtt_energy_min_s = 0;
    f->on_reading = on_each_reading_an_energy;
    assert_in_range(states_in(100 * SECOND), 95, 101);
}

/* The newest of several changes is what comes, not the first. */
static void a_change_that_waited_comes_with_its_newest_value(void **state)
{
    (void)state;
    settle();
    change("energy_import_wh", 100010);
    while (states_in(100 * MS) == 0)
        ;
    house_expect(&house, "energy_import_wh", "100010");
    change("energy_import_wh", 100011);
    fake_run(f, 3 * SECOND);
    change("energy_import_wh", 100012);
    fake_run(f, 3 * SECOND);
    assert_int_equal(states_in(0), 0);
    assert_in_range(states_in(5 * SECOND), 1, 1);
    house_expect(&house, "energy_import_wh", "100012");
}

static void wake_says_when(void **state)
{
    (void)state;
    settle();
    for (unsigned i = 0; i < 200; i++) {
        publish_due();
        mep_time wake = reader_mqtt_wake(&mqtt, f->now);
        assert_true(wake > f->now); /* what was published is not asked for again */
        unsigned before = count, readings = f->readings;
        unsigned links = house.meter.links;
        fake_run(f, wake - f->now > 500 * MS ? 500 * MS : wake - f->now);
        if (readings == f->readings && links == house.meter.links && f->now < wake) {
            publish_due();
            assert_int_equal(count, before);
        }
    }
}

static void nothing_stale(void **state)
{
    (void)state;
    settle();
    f->cut = true;
    fake_run(f, 20 * SECOND);
    forget();
    run(600 * SECOND);
    assert_int_equal(of_kind[READER_MQTT_STATE], 0);
    assert_in_range(of_kind[READER_MQTT_LINK], 10, 40);
    house_expect(&house, "link", "\"went_silent\"");
    assert_true(atol(json_at(house.text, "age_ms")) > 500000);
    f->cut = false;
    forget();
    run(15 * SECOND);
    assert_true(of_kind[READER_MQTT_STATE] >= 1);
}

static void a_link_that_changes_is_told_at_once(void **state)
{
    (void)state;
    settle();
    f->cut = true;
    unsigned links = house.meter.links;
    while (house.meter.links == links)
        fake_run(f, 10 * MS);
    forget();
    publish_due();
    assert_int_equal(of_kind[READER_MQTT_LINK], 1);
    house_expect(&house, "link", "\"went_silent\"");
}

/* ---- Which meter ---- */

static void odd_serial_numbers_make_plain_topics(void **state)
{
    (void)state;
    fake_set_text(f, &meter_et03, "serial", "A/+ #\xc3\xa6\xff-_");
    to_readings();
    connect();
    forget();
    publish_due();
    assert_string_equal(sent[3].topic, "meplink/A_______-_/state");
    assert_string_equal(sent[1].topic, "homeassistant/device/meplink_A_______-_/config");
}

static void another_meter_is_announced_under_its_own_name(void **state)
{
    (void)state;
    settle();
    fake_set_text(f, &meter_et03, "serial", "ACME-0002");
    forget();
    run(120 * SECOND);
    assert_int_equal(f->metered, 1);
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 1);
    assert_string_equal(sent[(count - 1) % KEPT].topic + strlen("meplink/"),
                        of_kind[READER_MQTT_STATE] != 0 &&
                                sent[(count - 1) % KEPT].kind == READER_MQTT_STATE
                            ? "ACME-0002/state"
                            : "ACME-0002/link");
}

static void meters_take_turns(void **state)
{
    (void)state;
    static struct house other;
    house_init(&other);
    fake_set_text(&other.fake, &meter_et03, "serial", "ACME-0002");
    house.list[1] = &other.meter;
    reader_bridge_set_meters(&house.bridge, house.list, 2);
    to_readings();
    assert_true(fake_until_readings(&other.fake, 1, 8 * SECOND));
    connect();
    forget();
    publish_due();
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 2);
    assert_int_equal(of_kind[READER_MQTT_STATE], 2);
    assert_int_equal(of_kind[READER_MQTT_LINK], 2);
    assert_int_equal(of_kind[READER_MQTT_ONLINE], 1);
    for (unsigned i = 2; i < count; i++) /* not all of one, then all of the other */
        assert_ptr_not_equal(sent[i].meter, sent[i - 1].meter);
}

/* ---- The original topics ---- */

static void five_messages_each_ten_seconds(void **state)
{
    (void)state;
    static const char *const topics[] = {"sensors", "meterConsumptionTotal", "meterConsumptionFwd",
                                         "meterConsumptionRev", "frequency"};
    strcpy(house.settings.mqtt_legacy_topic, "home/dabbler");
    start(READER_MQTT_ORIGINAL);
    forget();
    connect();
    run(3 * SECOND);
    to_readings();
    forget();
    run(SECOND);
    assert_int_equal(of_kind[READER_MQTT_LEGACY], 5);
    for (unsigned i = 0; i < 5; i++) {
        char topic[80];
        snprintf(topic, sizeof topic, "home/dabbler/%s/mydatajson", topics[i]);
        assert_string_equal(sent[i].topic, topic);
        assert_int_equal(sent[i].qos, 0);
        assert_false(sent[i].retain);
        assert_int_equal(sent_at[i], sent_at[0]);
    }
    forget();
    run(100 * SECOND);
    assert_in_range(of_kind[READER_MQTT_LEGACY], 45, 55);
    assert_int_equal(of_kind[READER_MQTT_STATE] + of_kind[READER_MQTT_DISCOVERY], 0);
    f->cut = true;
    run(20 * SECOND);
    forget();
    run(100 * SECOND);
    assert_int_equal(count, 0);
    f->cut = false;
    run(10 * SECOND);
    assert_true(of_kind[READER_MQTT_LEGACY] >= 5);
}

static void the_original_last_will(void **state)
{
    (void)state;
    strcpy(house.settings.mqtt_legacy_topic, "dabbler");
    start(READER_MQTT_ORIGINAL);
    connect();
    forget();
    publish_due();
    assert_int_equal(count, 1);
    assert_string_equal(sent[0].topic, "dabbler/lwt");
    assert_string_equal(house.text, "Online");
    assert_true(sent[0].retain);
    reader_bridge_set_meters(&house.bridge, house.list, 0);
    publish_due();
    assert_int_equal(count, 1);
}

static void the_topic_follows_the_serial_number(void **state)
{
    (void)state;
    house.settings.mqtt_discovery = false;
    connect();
    while (f->readings == 0)
        run(100 * MS);
    run(SECOND);
    bool found = false;
    for (unsigned i = 0; i < count; i++)
        found |= strcmp(sent[i].topic, "meplink/ACME-0001/link") == 0;
    assert_true(found);
}

static void values_that_are_gone_are_a_change(void **state)
{
    (void)state;
    settle();
    fake_table(f, &meter_bt28)->code = MEP_CODE_SERVICE_STATE;
    while (fake_find(f, "power_import_w") != NULL)
        run(100 * MS);
    assert_in_range(states_in(15 * SECOND), 1, 2);
    assert_int_equal(sent[0].kind, READER_MQTT_STATE);
    house_expect(&house, "power_import_w", NULL);
    house_expect(&house, "energy_import_wh", "100000");
}

static void values_that_appear_are_announced(void **state)
{
    (void)state;
    fake_table(f, &meter_bt23)->code = MEP_CODE_NOT_POSSIBLE;
    settle();
    fake_table(f, &meter_bt23)->code = 0;
    forget();
    run(90 * SECOND);
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 1);
    forget();
    run(90 * SECOND);
    assert_int_equal(of_kind[READER_MQTT_DISCOVERY], 0);
}

static void the_quality_is_told_now_and_then(void **state)
{
    (void)state;
    settle();
    f->damage_each = 5;
    run(20 * SECOND);
    forget();
    unsigned links = house.meter.links;
    run(100 * SECOND);
    assert_int_equal(house.meter.links, links);
    assert_in_range(of_kind[READER_MQTT_LINK], 7, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(wanted_when_there_is_a_broker, setup),
        cmocka_unit_test_setup(longest_topics_fit, setup),
        cmocka_unit_test_setup(nothing_without_a_connection, setup),
        cmocka_unit_test_setup(a_connection_gets_all_anew, setup),
        cmocka_unit_test_setup(the_link_alone_before_the_first_reading, setup),
        cmocka_unit_test_setup(the_topic_follows_the_serial_number, setup),
        cmocka_unit_test_setup(without_discovery, setup),
        cmocka_unit_test_setup(home_assistant_is_back, setup),
        cmocka_unit_test_setup(values_that_appear_are_announced, setup),
        cmocka_unit_test_setup(nothing_new_comes_at_the_maximum_interval, setup),
        cmocka_unit_test_setup(changes_come_at_their_minimum_interval, setup),
        cmocka_unit_test_setup(a_change_that_waited_comes_with_its_newest_value, setup),
        cmocka_unit_test_setup(values_that_are_gone_are_a_change, setup),
        cmocka_unit_test_setup(wake_says_when, setup),
        cmocka_unit_test_setup(nothing_stale, setup),
        cmocka_unit_test_setup(a_link_that_changes_is_told_at_once, setup),
        cmocka_unit_test_setup(the_quality_is_told_now_and_then, setup),
        cmocka_unit_test_setup(odd_serial_numbers_make_plain_topics, setup),
        cmocka_unit_test_setup(another_meter_is_announced_under_its_own_name, setup),
        cmocka_unit_test_setup(meters_take_turns, setup),
        cmocka_unit_test_setup(five_messages_each_ten_seconds, setup),
        cmocka_unit_test_setup(the_original_last_will, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What no key can tell by itself. */
#include "reader/settings/settings.h"

#include <string.h>

static bool wrong(struct reader_settings_problem *problem, const char *key, const char *text)
{
    memset(problem, 0, sizeof *problem);
    memcpy(problem->key, key, strlen(key));
    problem->text = text;
    return false;
}

static bool check_times(const struct reader_settings *s, struct reader_settings_problem *problem)
{
    const struct {
        const char *key;
        int32_t min, max;
    } times[] = {
        {"mqtt.power_min_s", s->mqtt_power_min_s, s->mqtt_power_max_s},
        {"mqtt.energy_min_s", s->mqtt_energy_min_s, s->mqtt_energy_max_s},
        {"mqtt.other_min_s", s->mqtt_other_min_s, s->mqtt_other_max_s},
    };
    int32_t least = s->mqtt_expire_s; /* a message comes at least so often */

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (times[i].min > times[i].max)
            return wrong(problem, times[i].key,
                         "is above the longest time between the same messages; that or less is "
                         "accepted");
        if (times[i].max < least)
            least = times[i].max;
    }
    if (s->mqtt_expire_s <= least)
        return wrong(problem, "mqtt.expire_s",
                     "is not above the longest time between messages, so that values would become "
                     "unavailable; more than the least of mqtt.power_max_s, mqtt.energy_max_s and "
                     "mqtt.other_max_s is accepted");
    return true;
}

static bool wrong_meter(struct reader_settings_problem *problem,
                        const struct reader_meter_settings *meter, const char *key,
                        const char *text)
{
    struct reader_buffer buffer;
    struct reader_out out;

    memset(problem, 0, sizeof *problem);
    problem->text = text;
    reader_out_buffer(&out, &buffer, problem->key, sizeof problem->key);
    reader_out_text(&out, "meter.");
    reader_out_text(&out, meter->name);
    reader_out_text(&out, key);
    return false;
}

/* A simulated meter brings its own key, and there may be many. */
static bool is_simulated(const struct reader_meter_settings *meter)
{
    return strcmp(meter->uri, "sim:") == 0;
}

static bool check_meter(const struct reader_settings *settings, size_t index,
                        struct reader_settings_problem *problem)
{
    const struct reader_meter_settings *meter = &settings->meter[index];

    if (meter->uri[0] == 0)
        return wrong_meter(problem, meter, ".uri", "is missing; a meter needs uri and key");
    if (is_simulated(meter))
        return true;
    if (meter->key[0] == 0)
        return wrong_meter(problem, meter, ".key", "is missing; a meter needs uri and key");
    for (size_t i = 0; i < index; i++)
        if (strcmp(settings->meter[i].uri, meter->uri) == 0)
            return wrong_meter(problem, meter, ".uri",
                               "is that of another meter too; one line for each is accepted");
    return true;
}

bool reader_settings_check(const struct reader_settings *settings,
                           struct reader_settings_problem *problem)
{
    if ((settings->mqtt_cert[0] == 0) != (settings->mqtt_key[0] == 0))
        return wrong(problem, settings->mqtt_cert[0] == 0 ? "mqtt.cert" : "mqtt.key",
                     "is missing; both certificate and private key, or neither, are accepted");
    if (!check_times(settings, problem))
        return false;
    for (size_t i = 0; i < settings->meters; i++)
        if (!check_meter(settings, i, problem))
            return false;
    return true;
}

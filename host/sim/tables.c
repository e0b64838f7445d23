/* The meter's tables as bytes, and what can be written to them. */
#include "host/sim/meter.h"

#include <string.h>

enum {
    ET13_ENTRY = 66, /* ET11.1 */
    ET13_BAUD = 6,
    ET13_ALERT_FLAGS = 8,
    FIRST_MEP_CLIENT = 4, /* entry of ET13; those before are M-Bus devices */
    MBUS_2400 = 4,        /* baud rate code */
    ET50_ENTRY = 71,
    HANDLE_ALL = 0xffff
};

/* ---- Reading ----------------------------------------------------------- */

/* Fields that are the same in every simulated meter. */
static const struct constant {
    const struct meter_table *table;
    const char *name;
    int32_t value;
} constants[] = {
    {&meter_bt00, "parameter_length_bytes", 255},
    {&meter_bt00, "response_length_bytes", 12},
    {&meter_bt00, "standard_version", 1},
    {&meter_bt15, "multiplier", 1},
    {&meter_et04, "rated_frequency_hz", 50},
    {&meter_et04, "power_outages_max", 10},
    {&meter_et04, "power_generation", 1},
    {&meter_et04, "reverse_energy_alarm_ma", 100},
    {&meter_et11, "device_status_bytes", 27},
    {&meter_et11, "transaction_request_bytes", 1024},
    {&meter_et11, "transaction_response_bytes", 1024},
    {&meter_et42, "demand_multiplier", 1},
    {&meter_et55, "rms_voltage_cycles", 10},
    {&meter_et55, "average_voltage_s", 16},
    {&meter_et55, "average_voltages", 1},
};

/* BT20 gives the most that BT21 can have; a reconfiguration only takes away. */
static const struct {
    const char *name;
    uint8_t dimension;
} maxima[] = {
    {"date_time_field", METER_DIM_DATE_TIME},
    {"summations", METER_DIM_SUMMATIONS},
    {"present_values", METER_DIM_PRESENT_VALUES},
};

static bool fill_constant(const struct sim_meter *meter, struct meter_value *value)
{
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (constants[i].table == value->table && strcmp(constants[i].name, value->name) == 0) {
            value->integer = constants[i].value;
            return true;
        }
    }
    for (size_t i = 0; value->table == &meter_bt20 && i < sizeof maxima / sizeof *maxima; i++) {
        if (strcmp(maxima[i].name, value->name) == 0) {
            value->integer = meter_dimension(&meter->dims, maxima[i].dimension);
            return true;
        }
    }
    return false;
}

static bool fill_clock(const struct sim_meter *meter, struct meter_value *value)
{
    bool local = value->table == &meter_bt55;
    struct meter_time utc = sim_meter_utc(meter), here = sim_meter_local(meter);

    if (value->kind == METER_TIME)
        value->time = local ? here : utc;
    else if (strcmp(value->name, "day_of_week") == 0)
        value->integer = (meter_time_unix(local ? &here : &utc) / 86400 + 4) % 7;
    else if (strcmp(value->name, "greenwich") == 0)
        value->integer = local ? 0 : 1;
    else if (strcmp(value->name, "time_zone_applied") == 0)
        value->integer = local ? 1 : 0;
    else if (strcmp(value->name, "tariff") == 0)
        value->integer = meter->tariff;
    else
        return false;
    return true;
}

static bool inactive(const struct sim_meter *meter, const char *name)
{
    return meter->house.phases == 1 &&
           (strcmp(name, "voltage_inactive_l2") == 0 || strcmp(name, "voltage_inactive_l3") == 0 ||
            strcmp(name, "current_inactive_l2") == 0 || strcmp(name, "current_inactive_l3") == 0);
}

struct filling {
    const struct sim_meter *meter;
    char text[METER_NAME_SIZE];
};

static bool fill_text(struct filling *filling, struct meter_value *value)
{
    const char *text = sim_meter_text(filling->meter, value->name, filling->text);

    if (text == NULL)
        return false;
    value->bytes = (const uint8_t *)text;
    value->length = strlen(text);
    return true;
}

/* A number that other tables depend on. */
static bool fill_dimension(const struct sim_meter *meter, struct meter_value *value)
{
    unsigned id = value->field->teaches;

    if (id == METER_DIM_SUMMATION_SOURCES)
        value->integer = meter->dims.summation_source[value->place];
    else if (id == METER_DIM_PRESENT_SOURCES)
        value->integer = meter->dims.present_source[value->place];
    else
        value->integer = meter_dimension(&meter->dims, id);
    return true;
}

static bool fill(void *context, struct meter_value *value)
{
    struct filling *filling = context;
    const struct sim_meter *meter = filling->meter;

    if (value->sourced && value->table == &meter_bt23)
        return sim_meter_register(meter, value->source, value->tier, &value->integer);
    if (value->sourced)
        return sim_meter_present(meter, value->source, &value->integer);
    if (sim_profile_fill(meter, value))
        return true;
    if (value->field->teaches != METER_DIM_NONE)
        return fill_dimension(meter, value);
    if (value->kind == METER_STRING)
        return fill_text(filling, value);
    if (value->table == &meter_bt52 || value->table == &meter_bt55)
        return fill_clock(meter, value);
    if (value->table == &meter_et04 && inactive(meter, value->name))
        value->integer = 1;
    else if (strcmp(value->name, "mep_port") == 0)
        value->integer = sim_meter_port(meter) + 1;
    else
        return fill_constant(meter, value);
    return true;
}

/* The entries of ET13 are kept as bytes, since they are written so. */
static void put_et13(const struct sim_meter *meter, uint8_t *bytes, size_t size)
{
    for (size_t entry = 0; (entry + 1) * ET13_ENTRY <= size; entry++) {
        uint8_t *at = bytes + entry * ET13_ENTRY;
        if (entry < FIRST_MEP_CLIENT)
            at[ET13_BAUD] = MBUS_2400;
        else
            memcpy(at, meter->et13[entry - FIRST_MEP_CLIENT], SIM_ET13_KEPT);
        if (entry == FIRST_MEP_CLIENT + sim_meter_port(meter))
            at[ET13_ALERT_FLAGS] |= meter->alert_flags;
    }
}

static bool has_table(const struct sim_meter *meter, const struct meter_table *table)
{
    if (table == &meter_bt07 || table == &meter_bt08 || table == &meter_et59)
        return false; /* mep/server has them, as far as there is something in them */
    return table != &meter_et70 || sim_meter_port(meter) != 0;
}

size_t sim_table_image(const struct sim_meter *meter, uint16_t number, uint8_t *bytes)
{
    const struct meter_table *table = meter_table_by_number(number);
    struct filling filling = {.meter = meter};

    if (table == NULL || !has_table(meter, table))
        return 0;
    size_t size = meter_table_size(table, &meter->dims);
    if (size > SIM_TABLE_MAX)
        size = SIM_TABLE_MAX;
    memset(bytes, 0, size);
    if (table == &meter_et50)
        memcpy(bytes, meter->et50, size < SIM_ET50_SIZE ? size : SIM_ET50_SIZE);
    else
        (void)meter_fill(table, &meter->dims, bytes, size, fill, &filling);
    if (table == &meter_et13)
        put_et13(meter, bytes, size);
    return size;
}

/* ---- Writing ----------------------------------------------------------- */

/* By the guide's code (p.81); 0 for one that there is none for. */
static uint32_t baud_of(unsigned code)
{
    static const uint32_t bauds[] = {9600,  300,   600,   1200,  2400,  4800,  9600,
                                     14400, 19200, 28800, 38400, 57600, 115200};
    return code < sizeof bauds / sizeof *bauds ? bauds[code] : 0;
}

/* Ours is the only entry of ET13 that keeps anything, and only its first bytes. */
static uint8_t write_et13(struct sim_meter *meter, uint32_t offset, const uint8_t *data,
                          uint16_t count, uint32_t *baud)
{
    unsigned port = sim_meter_port(meter);
    uint32_t begin = (FIRST_MEP_CLIENT + port) * ET13_ENTRY;
    uint32_t fastest = port == 0 ? 9600 : 115200;
    uint8_t kept[SIM_ET13_KEPT];

    if (offset < begin || offset + count > begin + SIM_ET13_KEPT)
        return MEP_CODE_NOT_POSSIBLE;
    offset -= begin;
    memcpy(kept, meter->et13[port], sizeof kept);
    memcpy(kept + offset, data, count);
    if (offset <= ET13_BAUD && offset + count > ET13_BAUD) {
        uint32_t wanted = baud_of(kept[ET13_BAUD]);
        if (wanted == 0 || wanted > fastest)
            return MEP_CODE_NOT_POSSIBLE;
        *baud = wanted;
    }
    memcpy(meter->et13[port], kept, sizeof kept);
    return MEP_CODE_OK;
}

uint8_t sim_table_write(struct sim_meter *meter, uint16_t table, uint32_t offset,
                        const uint8_t *data, uint16_t count, uint32_t *baud)
{
    size_t size = meter_table_size(&meter_et50, &meter->dims);

    if (table == MEP_ET13)
        return write_et13(meter, offset, data, count, baud);
    if (table != MEP_ET50 || offset > size || count > size - offset)
        return MEP_CODE_NOT_POSSIBLE;
    memcpy(meter->et50 + offset, data, count);
    return MEP_CODE_OK;
}

/* Remove MEP Device (p.243-244). */
static enum mep_procedure_result remove_device(struct sim_meter *meter, const uint8_t *parameters,
                                               size_t count)
{
    unsigned port = sim_meter_port(meter);

    if (count < 3 || parameters[0] > 1)
        return MEP_PROCEDURE_BAD_PARAMETER;
    unsigned handle = parameters[1] | (unsigned)parameters[2] << 8;
    if (handle != HANDLE_ALL && handle / 1000 != port + 1)
        return MEP_PROCEDURE_CONFLICT;
    meter->et50[port * ET50_ENTRY + SIM_ET50_FLAGS] &= (uint8_t)~SIM_REGISTERED;
    return MEP_PROCEDURE_DONE;
}

enum mep_procedure_result sim_meter_call(struct sim_meter *meter, uint16_t procedure,
                                         const uint8_t *parameters, size_t count)
{
    switch (procedure) {
    case MEP_EP16: /* the guide does not give its parameters: accepted, and the clock stays */
        return MEP_PROCEDURE_DONE;
    case MEP_EP17:
        return remove_device(meter, parameters, count);
    case MEP_EP61: /* nobody else is there who could hold the lock (p.247) */
        if (sim_meter_port(meter) == 0)
            return MEP_PROCEDURE_UNKNOWN;
        return count >= 1 && parameters[0] <= 1 ? MEP_PROCEDURE_DONE : MEP_PROCEDURE_BAD_PARAMETER;
    default:
        return MEP_PROCEDURE_UNKNOWN;
    }
}

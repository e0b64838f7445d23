/* Basic tables but BT23 and BT28; each offset, type and page as in the guide. */
#include "meter/schema.h"

/* BT00 (p.196-198). What follows offset 18 is reserved for internal use. */
static const struct meter_field bt00[] = {
    {.name = "data_order_msb_first", .type = METER_UINT8, .bit = 0, .bits = 1},
    {.name = "char_format", .type = METER_UINT8, .bit = 1, .bits = 3},
    {.name = "time_format", .at = 1, .type = METER_UINT8, .bit = 0, .bits = 3},
    {.name = "data_access_method", .at = 1, .type = METER_UINT8, .bit = 3, .bits = 2},
    {.name = "identification_bcd", .at = 1, .type = METER_UINT8, .bit = 5, .bits = 1},
    {.name = "integer_format", .at = 1, .type = METER_UINT8, .bit = 6, .bits = 2},
    {.name = "non_integer_format_1", .at = 2, .type = METER_UINT8, .bit = 0, .bits = 4},
    {.name = "non_integer_format_2", .at = 2, .type = METER_UINT8, .bit = 4, .bits = 4},
    {.name = "manufacturer_id", .at = 3, .type = METER_TEXT, .length = METER_LITERAL + 4},
    {.name = "nameplate_type", .at = 7, .type = METER_UINT8},
    {.name = "default_set", .at = 8, .type = METER_UINT8},
    {.name = "parameter_length_bytes",
     .at = 9,
     .type = METER_UINT8,
     .unit = METER_UNIT_BYTES,
     .teaches = METER_DIM_PARAMETER_LENGTH},
    {.name = "response_length_bytes",
     .at = 10,
     .type = METER_UINT8,
     .unit = METER_UNIT_BYTES,
     .teaches = METER_DIM_RESPONSE_LENGTH},
    {.name = "standard_version", .at = 11, .type = METER_UINT8},
    {.name = "standard_revision", .at = 12, .type = METER_UINT8},
    {.name = "basic_tables_bytes", .at = 13, .type = METER_UINT8, .unit = METER_UNIT_BYTES},
    {.name = "extended_tables_bytes", .at = 14, .type = METER_UINT8, .unit = METER_UNIT_BYTES},
    {.name = "basic_procedures_bytes", .at = 15, .type = METER_UINT8, .unit = METER_UNIT_BYTES},
    {.name = "extended_procedures_bytes", .at = 16, .type = METER_UINT8, .unit = METER_UNIT_BYTES},
    {.name = "manufacturer_status_bytes", .at = 17, .type = METER_UINT8, .unit = METER_UNIT_BYTES},
    {.name = "pending_tables", .at = 18, .type = METER_UINT8},
};
const struct meter_table meter_bt00 = {
    "BT00", "General Configuration", bt00, sizeof bt00 / sizeof bt00[0], 0, 196, 19};

/* BT01 (p.198). The guide prints 5 where the reserved bytes begin, but the model takes 4-11. */
static const struct meter_field bt01[] = {
    {.name = "manufacturer", .type = METER_TEXT, .length = METER_LITERAL + 4},
    {.name = "model", .at = 4, .type = METER_TEXT, .length = METER_LITERAL + 8},
    {.name = "firmware", .at = 14, .type = METER_VERSION, .teaches = METER_DIM_FIRMWARE},
};
const struct meter_table meter_bt01 = {
    "BT01", "General Manufacturer Information", bt01, sizeof bt01 / sizeof bt01[0], 1, 198, 16};

/* BT07 (p.52): the header; parameters depend on the procedure. */
static const struct meter_field bt07[] = {
    {.name = "procedure", .type = METER_UINT16, .bit = 0, .bits = 12},
    {.name = "response_handling", .type = METER_UINT16, .bit = 12, .bits = 4},
    {.name = "sequence", .at = 2, .type = METER_UINT8},
};
const struct meter_table meter_bt07 = {
    "BT07", "Procedure Initiate", bt07, sizeof bt07 / sizeof bt07[0], 7, 52, 3};

/* BT08 (p.52-53): the header; results depend on the procedure. */
static const struct meter_field bt08[] = {
    {.name = "procedure", .type = METER_UINT16, .bit = 0, .bits = 12},
    {.name = "sequence", .at = 2, .type = METER_UINT8},
    {.name = "result", .at = 3, .type = METER_UINT8},
};
const struct meter_table meter_bt08 = {
    "BT08", "Procedure Response", bt08, sizeof bt08 / sizeof bt08[0], 8, 52, 4};

/* BT15 (p.200). */
static const struct meter_field bt15[] = {
    {.name = "multiplier", .type = METER_INT32},
    {.name = "adjustment", .at = 4, .type = METER_INT32},
    {.name = "ratios_applied",
     .at = 8,
     .type = METER_UINT8,
     .bit = 0,
     .bits = 1,
     .teaches = METER_DIM_RATIOS_APPLIED},
    {.name = "ct_ratio", .at = 9, .type = METER_INT32, .teaches = METER_DIM_CT_RATIO},
    {.name = "vt_ratio", .at = 13, .type = METER_INT32, .teaches = METER_DIM_VT_RATIO},
};
const struct meter_table meter_bt15 = {"BT15", "Constants", bt15, sizeof bt15 / sizeof bt15[0],
                                       15,     199,         17};

/*
 * BT20. The guide has no section for it; BT21 refers to its fields by the offsets of
 * BT21's (p.201-202), ET55 to its byte 7 (p.155), and an example reads it (p.46, 48).
 */
static const struct meter_field bt20[] = {
    {.name = "season_field", .type = METER_UINT8, .bit = 0, .bits = 1},
    {.name = "date_time_field", .type = METER_UINT8, .bit = 1, .bits = 1},
    {.name = "demand_reset_counter", .type = METER_UINT8, .bit = 2, .bits = 1},
    {.name = "demand_reset_lock", .type = METER_UINT8, .bit = 3, .bits = 1},
    {.name = "cumulative_demand", .type = METER_UINT8, .bit = 4, .bits = 1},
    {.name = "continuous_demand", .type = METER_UINT8, .bit = 5, .bits = 1},
    {.name = "time_remaining", .type = METER_UINT8, .bit = 6, .bits = 1},
    {.name = "self_read_inhibit_overflow", .at = 1, .type = METER_UINT8, .bit = 0, .bits = 1},
    {.name = "self_read_sequence", .at = 1, .type = METER_UINT8, .bit = 1, .bits = 1},
    {.name = "daily_self_read", .at = 1, .type = METER_UINT8, .bit = 2, .bits = 1},
    {.name = "weekly_self_read", .at = 1, .type = METER_UINT8, .bit = 3, .bits = 1},
    {.name = "self_read_demand_reset", .at = 1, .type = METER_UINT8, .bit = 4, .bits = 2},
    {.name = "self_reads", .at = 2, .type = METER_UINT8},
    {.name = "summations", .at = 3, .type = METER_UINT8},
    {.name = "demands", .at = 4, .type = METER_UINT8},
    {.name = "coincidents", .at = 5, .type = METER_UINT8},
    {.name = "occurrences", .at = 6, .type = METER_UINT8},
    {.name = "tiers", .at = 7, .type = METER_UINT8, .teaches = METER_DIM_TIERS_MAX},
    {.name = "present_demands", .at = 8, .type = METER_UINT8},
    {.name = "present_values", .at = 9, .type = METER_UINT8},
};
const struct meter_table meter_bt20 = {
    "BT20", "Dimension Register", bt20, sizeof bt20 / sizeof bt20[0], 20, 200, 10};

/* BT21 (p.201-202). */
static const struct meter_field bt21[] = {
    {.name = "season_field", .type = METER_UINT8, .bit = 0, .bits = 1},
    {.name = "date_time_field",
     .type = METER_UINT8,
     .bit = 1,
     .bits = 1,
     .teaches = METER_DIM_DATE_TIME},
    {.name = "demand_reset_counter",
     .type = METER_UINT8,
     .bit = 2,
     .bits = 1,
     .teaches = METER_DIM_RESET_COUNTER},
    {.name = "demand_reset_lock", .type = METER_UINT8, .bit = 3, .bits = 1},
    {.name = "cumulative_demand",
     .type = METER_UINT8,
     .bit = 4,
     .bits = 1,
     .teaches = METER_DIM_CUMULATIVE},
    {.name = "continuous_demand",
     .type = METER_UINT8,
     .bit = 5,
     .bits = 1,
     .teaches = METER_DIM_CONTINUOUS},
    {.name = "time_remaining",
     .type = METER_UINT8,
     .bit = 6,
     .bits = 1,
     .teaches = METER_DIM_TIME_REMAINING},
    {.name = "self_read_inhibit_overflow", .at = 1, .type = METER_UINT8, .bit = 0, .bits = 1},
    {.name = "self_read_sequence", .at = 1, .type = METER_UINT8, .bit = 1, .bits = 1},
    {.name = "daily_self_read", .at = 1, .type = METER_UINT8, .bit = 2, .bits = 1},
    {.name = "weekly_self_read", .at = 1, .type = METER_UINT8, .bit = 3, .bits = 1},
    {.name = "self_read_demand_reset", .at = 1, .type = METER_UINT8, .bit = 4, .bits = 2},
    {.name = "self_reads", .at = 2, .type = METER_UINT8},
    {.name = "summations", .at = 3, .type = METER_UINT8, .teaches = METER_DIM_SUMMATIONS},
    {.name = "demands", .at = 4, .type = METER_UINT8, .teaches = METER_DIM_DEMANDS},
    {.name = "coincidents", .at = 5, .type = METER_UINT8, .teaches = METER_DIM_COINCIDENTS},
    {.name = "occurrences", .at = 6, .type = METER_UINT8, .teaches = METER_DIM_OCCURRENCES},
    {.name = "tiers", .at = 7, .type = METER_UINT8, .teaches = METER_DIM_TIERS},
    {.name = "present_demands", .at = 8, .type = METER_UINT8, .teaches = METER_DIM_PRESENT_DEMANDS},
    {.name = "present_values", .at = 9, .type = METER_UINT8, .teaches = METER_DIM_PRESENT_VALUES},
};
const struct meter_table meter_bt21 = {
    "BT21", "Actual Register", bt21, sizeof bt21 / sizeof bt21[0], 21, 200, 10};

/* BT22 (p.203). Bit n of the flags: demand n+1 is a maximum, else a minimum. */
static const struct meter_field bt22[] = {
    {.name = "summation_source_#",
     .type = METER_UINT8,
     .teaches = METER_DIM_SUMMATION_SOURCES,
     .level = {{METER_DIM_SUMMATIONS, 0, METER_FROM_0, 0}}},
    {.name = "demand_source_#",
     .type = METER_UINT8,
     .term = {{1, METER_DIM_SUMMATIONS}},
     .level = {{METER_DIM_DEMANDS, 0, METER_FROM_1, 0}}},
    {.name = "demand_maximum_flags",
     .type = METER_BYTES,
     .length = METER_DIM_DEMAND_FLAG_BYTES,
     .term = {{1, METER_DIM_SUMMATIONS}, {1, METER_DIM_DEMANDS}}},
    {.name = "coincident_source_#",
     .type = METER_UINT8,
     .term = {{1, METER_DIM_SUMMATIONS}, {1, METER_DIM_DEMANDS}, {1, METER_DIM_DEMAND_FLAG_BYTES}},
     .level = {{METER_DIM_COINCIDENTS, 0, METER_FROM_1, 0}}},
    {.name = "coincident_demand_#",
     .type = METER_UINT8,
     .term = {{1, METER_DIM_SUMMATIONS},
              {1, METER_DIM_DEMANDS},
              {1, METER_DIM_DEMAND_FLAG_BYTES},
              {1, METER_DIM_COINCIDENTS}},
     .level = {{METER_DIM_COINCIDENTS, 0, METER_FROM_1, 0}}},
};
const struct meter_table meter_bt22 = {
    "BT22", "Data Selection", bt22, sizeof bt22 / sizeof bt22[0], 22, 202, 0};

/* BT27 (p.214). */
static const struct meter_field bt27[] = {
    {.name = "present_demand_source_#",
     .type = METER_UINT8,
     .level = {{METER_DIM_PRESENT_DEMANDS, 0, METER_FROM_1, 0}}},
    {.name = "present_source_#",
     .type = METER_UINT8,
     .teaches = METER_DIM_PRESENT_SOURCES,
     .term = {{1, METER_DIM_PRESENT_DEMANDS}},
     .level = {{METER_DIM_PRESENT_VALUES, 0, METER_FROM_0, 0}}},
};
const struct meter_table meter_bt27 = {
    "BT27", "Present Register Selection", bt27, sizeof bt27 / sizeof bt27[0], 27, 214, 0};

/* BT52 (p.224). Day of week: 0 is Sunday. */
static const struct meter_field bt52[] = {
    {.name = "meter_time", .type = METER_LTIME},
    {.name = "day_of_week", .at = 6, .type = METER_UINT8, .bit = 0, .bits = 3},
    {.name = "dst", .at = 6, .type = METER_UINT8, .bit = 3, .bits = 1},
    {.name = "greenwich", .at = 6, .type = METER_UINT8, .bit = 4, .bits = 1},
    {.name = "time_zone_applied", .at = 6, .type = METER_UINT8, .bit = 5, .bits = 1},
    {.name = "dst_applied", .at = 6, .type = METER_UINT8, .bit = 6, .bits = 1},
};
const struct meter_table meter_bt52 = {"BT52", "UTC Clock", bt52, sizeof bt52 / sizeof bt52[0],
                                       52,     224,         7};

/*
 * BT55 (p.229-230). The tariff is the guide's own, 0 being the tier of energy_import_t1_wh.
 * The guide numbers the last two bit fields from byte 7 on: bits 8..11 and 12..15.
 */
static const struct meter_field bt55[] = {
    {.name = "local_time", .type = METER_LTIME},
    {.name = "day_of_week", .at = 6, .type = METER_UINT8, .bit = 0, .bits = 3},
    {.name = "dst", .at = 6, .type = METER_UINT8, .bit = 3, .bits = 1},
    {.name = "greenwich", .at = 6, .type = METER_UINT8, .bit = 4, .bits = 1},
    {.name = "time_zone_applied", .at = 6, .type = METER_UINT8, .bit = 5, .bits = 1},
    {.name = "dst_applied", .at = 6, .type = METER_UINT8, .bit = 6, .bits = 1},
    {.name = "tariff", .at = 7, .type = METER_UINT8, .bit = 0, .bits = 3},
    {.name = "tariff_drive", .at = 7, .type = METER_UINT8, .bit = 6, .bits = 2},
    {.name = "special_schedule", .at = 8, .type = METER_UINT8, .bit = 0, .bits = 4},
    {.name = "season", .at = 8, .type = METER_UINT8, .bit = 4, .bits = 4},
};
const struct meter_table meter_bt55 = {
    "BT55", "Local Clock State", bt55, sizeof bt55 / sizeof bt55[0], 55, 229, 9};

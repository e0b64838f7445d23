/* What BT22 and BT27 call sources, in the order of the guide's BT23 and BT28. */
#include "meter/schema.h"

/*
 * BT23 (p.208-210). The guide gives no source ID for the apparent energy of
 * places 15-18; 245-248, which it does not use, stand for them as long as BT22
 * was not read.
 */
const struct meter_source meter_summation_sources[] = {
    {.name = "energy_import@_wh", .first = 0, .count = 1, .unit = METER_UNIT_WH},
    {.name = "energy_export@_wh", .first = 1, .count = 1, .unit = METER_UNIT_WH},
    {.name = "reactive_energy_import@_varh", .first = 2, .count = 1, .unit = METER_UNIT_VARH},
    {.name = "reactive_energy_export@_varh", .first = 3, .count = 1, .unit = METER_UNIT_VARH},
    {.name = "power_outage_s", .first = 4, .count = 1, .unit = METER_UNIT_S, .total_only = true},
    {.name = "power_outages", .first = 5, .count = 1, .total_only = true},
    {.name = "energy_sum@_wh", .first = 6, .count = 1, .unit = METER_UNIT_WH},
    {.name = "energy_net@_wh", .first = 7, .count = 1, .unit = METER_UNIT_WH},
    {.name = "pulse_#", .first = 26, .count = 2, .number = 1, .total_only = true},
    {.name = "error_count", .first = 28, .count = 1, .total_only = true},
    {.name = "reactive_energy_q#@_varh",
     .first = 108,
     .count = 4,
     .number = 1,
     .unit = METER_UNIT_VARH},
    {.name = "apparent_energy_q#@_vah",
     .first = 245,
     .count = 4,
     .number = 1,
     .unit = METER_UNIT_VAH},
};
const size_t meter_summation_source_count =
    sizeof meter_summation_sources / sizeof meter_summation_sources[0];

/* BT28 (p.216-220). `_ct`: after multiplication with the CT and VT ratio. */
const struct meter_source meter_present_sources[] = {
    {"power_import_w", METER_FW_ANY, 8, 1, 0, METER_UNIT_W, false},
    {"power_export_w", METER_FW_ANY, 9, 1, 0, METER_UNIT_W, false},
    {"reactive_import_var", METER_FW_ANY, 10, 1, 0, METER_UNIT_VAR, false},
    {"reactive_export_var", METER_FW_ANY, 11, 1, 0, METER_UNIT_VAR, false},
    {"current_l#_ma", METER_FW_ANY, 12, 3, 1, METER_UNIT_MA, false},
    {"voltage_l#_mv", METER_FW_ANY, 15, 3, 1, METER_UNIT_MV, false},
    {"power_factor_l#_permille", METER_FW_ANY, 18, 1, 1, METER_UNIT_PERMILLE, false},
    {"frequency_mhz", METER_FW_ANY, 19, 1, 0, METER_UNIT_MHZ, false},
    {"apparent_power_va", METER_FW_ANY, 20, 1, 0, METER_UNIT_VA, false},
    {"power_factor_l#_permille", METER_FW_ANY, 21, 2, 2, METER_UNIT_PERMILLE, false},
    {"sin_phi_l#_permille", METER_FW_ANY, 23, 3, 1, METER_UNIT_PERMILLE, false},
    {"power_import_ct_w", METER_FW_ANY, 81, 1, 0, METER_UNIT_W, false},
    {"power_export_ct_w", METER_FW_ANY, 82, 1, 0, METER_UNIT_W, false},
    {"reactive_import_ct_var", METER_FW_ANY, 83, 1, 0, METER_UNIT_VAR, false},
    {"reactive_export_ct_var", METER_FW_ANY, 84, 1, 0, METER_UNIT_VAR, false},
    {"reactive_q#_var", METER_FW_3_10, 104, 4, 1, METER_UNIT_VAR, false},
    {"power_import_l#_w", METER_FW_3_50, 185, 3, 1, METER_UNIT_W, false},
    {"power_export_l#_w", METER_FW_3_50, 188, 3, 1, METER_UNIT_W, false},
    {"power_import_l#_ct_w", METER_FW_3_50, 191, 3, 1, METER_UNIT_W, false},
    {"power_export_l#_ct_w", METER_FW_3_50, 194, 3, 1, METER_UNIT_W, false},
    {"current_l#_ct_ma", METER_FW_3_50, 197, 3, 1, METER_UNIT_MA, false},
    {"voltage_continuous_l#_mv", METER_FW_3_70, 202, 3, 1, METER_UNIT_MV, false},
    {"voltage_average_l#_mv", METER_FW_3_70, 205, 3, 1, METER_UNIT_MV, false},
    {"power_import_average_w", METER_FW_3_70, 208, 1, 0, METER_UNIT_W, false},
    {"power_export_average_w", METER_FW_3_70, 209, 1, 0, METER_UNIT_W, false},
    {"power_import_average_l#_w", METER_FW_3_70, 210, 3, 1, METER_UNIT_W, false},
    {"power_export_average_l#_w", METER_FW_3_70, 213, 3, 1, METER_UNIT_W, false},
    {"apparent_power_q#_va", METER_FW_4_0, 216, 4, 1, METER_UNIT_VA, false},
    {"apparent_power_q#_l1_va", METER_FW_4_0, 220, 4, 1, METER_UNIT_VA, false},
    {"apparent_power_q#_l2_va", METER_FW_4_0, 224, 4, 1, METER_UNIT_VA, false},
    {"apparent_power_q#_l3_va", METER_FW_4_0, 228, 4, 1, METER_UNIT_VA, false},
    {"current_neutral_ma", METER_FW_4_0, 232, 1, 0, METER_UNIT_MA, false},
    {"current_average_l#_ma", METER_FW_4_10, 233, 3, 1, METER_UNIT_MA, false},
    {"voltage_angle_l1_l2_cdeg", METER_FW_4_30, 236, 1, 0, METER_UNIT_CENTIDEGREE, false},
    {"voltage_angle_l2_l3_cdeg", METER_FW_4_30, 237, 1, 0, METER_UNIT_CENTIDEGREE, false},
    {"voltage_angle_l3_l1_cdeg", METER_FW_4_30, 238, 1, 0, METER_UNIT_CENTIDEGREE, false},
    {"reactive_import_l#_var", METER_FW_4_30, 239, 3, 1, METER_UNIT_VAR, false},
    {"reactive_export_l#_var", METER_FW_4_30, 242, 3, 1, METER_UNIT_VAR, false},
};
const size_t meter_present_source_count =
    sizeof meter_present_sources / sizeof meter_present_sources[0];

/* BT23 and BT28, apart from the other tables: a small client needs only these. */
#include "meter/schema.h"

/*
 * BT23, Current Register Data (p.207-211): the total block, then one of the same
 * form per tier. The guide's offset of the demand measurements (p.210) takes the
 * cumulative and continuous demand as always there; its definitions of the
 * record do not.
 */
static const struct meter_field bt23[] = {
    {.name = "demand_resets", .type = METER_UINT8, .when = METER_DIM_RESET_COUNTER},
    {.name = "summation_#@",
     .type = METER_INT32,
     .scale = METER_DIM_ENERGY_UNIT,
     .base = METER_DIM_RESET_COUNTER,
     .level = {{METER_DIM_BLOCKS, METER_DIM_BLOCK_SIZE, METER_TIER, 0},
               {METER_DIM_SUMMATIONS, 0, METER_SUMMATION, 0}}},
    {.name = "demand_#_time_#@",
     .type = METER_STIME,
     .base = METER_DIM_RESET_COUNTER,
     .term = {{4, METER_DIM_SUMMATIONS}},
     .level = {{METER_DIM_BLOCKS, METER_DIM_BLOCK_SIZE, METER_TIER, 0},
               {METER_DIM_DEMANDS, METER_DIM_DEMAND_SIZE, METER_FROM_1, 0},
               {METER_DIM_EVENT_TIMES, 0, METER_FROM_1, 0}}},
    {.name = "demand_#_cumulative@",
     .type = METER_INT32,
     .when = METER_DIM_CUMULATIVE,
     .base = METER_DIM_RESET_COUNTER,
     .term = {{4, METER_DIM_SUMMATIONS}, {5, METER_DIM_EVENT_TIMES}},
     .level = {{METER_DIM_BLOCKS, METER_DIM_BLOCK_SIZE, METER_TIER, 0},
               {METER_DIM_DEMANDS, METER_DIM_DEMAND_SIZE, METER_FROM_1, 0}}},
    {.name = "demand_#_continuous@",
     .type = METER_INT32,
     .when = METER_DIM_CONTINUOUS,
     .base = METER_DIM_RESET_COUNTER,
     .term = {{4, METER_DIM_SUMMATIONS}, {5, METER_DIM_EVENT_TIMES}, {4, METER_DIM_CUMULATIVE}},
     .level = {{METER_DIM_BLOCKS, METER_DIM_BLOCK_SIZE, METER_TIER, 0},
               {METER_DIM_DEMANDS, METER_DIM_DEMAND_SIZE, METER_FROM_1, 0}}},
    {.name = "demand_#_value_#@",
     .type = METER_INT32,
     .base = METER_DIM_RESET_COUNTER,
     .term = {{4, METER_DIM_SUMMATIONS},
              {5, METER_DIM_EVENT_TIMES},
              {4, METER_DIM_CUMULATIVE},
              {4, METER_DIM_CONTINUOUS}},
     .level = {{METER_DIM_BLOCKS, METER_DIM_BLOCK_SIZE, METER_TIER, 0},
               {METER_DIM_DEMANDS, METER_DIM_DEMAND_SIZE, METER_FROM_1, 0},
               {METER_DIM_OCCURRENCES, 0, METER_FROM_1, 0}}},
    {.name = "coincident_#_value_#@",
     .type = METER_INT32,
     .base = METER_DIM_RESET_COUNTER,
     .term = {{1, METER_DIM_COINCIDENTS_AT}},
     .level = {{METER_DIM_BLOCKS, METER_DIM_BLOCK_SIZE, METER_TIER, 0},
               {METER_DIM_COINCIDENTS, METER_DIM_COINCIDENT_SIZE, METER_FROM_1, 0},
               {METER_DIM_OCCURRENCES, 0, METER_FROM_1, 0}}},
};
const struct meter_table meter_bt23 = {
    "BT23", "Current Register Data", bt23, sizeof bt23 / sizeof bt23[0], 23, 207, 0};

/*
 * BT28, Present Register Data (p.215-220). The guide's offset of the present
 * values lacks the factor 4 of their number (p.216), and gives the demand value
 * at 3 even where the time before it is left out.
 */
static const struct meter_field bt28[] = {
    {.name = "present_demand_#_remaining_s",
     .type = METER_HMS,
     .unit = METER_UNIT_S,
     .when = METER_DIM_TIME_REMAINING,
     .level = {{METER_DIM_PRESENT_DEMANDS, METER_DIM_PRESENT_DEMAND_SIZE, METER_FROM_1, 0}}},
    {.name = "present_demand_#",
     .type = METER_INT32,
     .term = {{3, METER_DIM_TIME_REMAINING}},
     .level = {{METER_DIM_PRESENT_DEMANDS, METER_DIM_PRESENT_DEMAND_SIZE, METER_FROM_1, 0}}},
    {.name = "present_#",
     .type = METER_INT32,
     .base = METER_DIM_PRESENT_AT,
     .level = {{METER_DIM_PRESENT_VALUES, 0, METER_PRESENT, 0}}},
};
const struct meter_table meter_bt28 = {
    "BT28", "Present Register Data", bt28, sizeof bt28 / sizeof bt28[0], 28, 215, 0};

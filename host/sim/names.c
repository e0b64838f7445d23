#include "host/sim/sim.h"

#include <string.h>

static const char *const model_names[] = {
    [SIM_REFERENCE] = "reference", [SIM_SINGLE] = "single", [SIM_OLD] = "old", [SIM_CT] = "ct",
    [SIM_GEN4] = "gen4",           [SIM_LARGE] = "large",
};

static const char *const fault_names[] = {
    [SIM_FLIP] = "flip",
    [SIM_DROP] = "drop",
    [SIM_DUP] = "dup",
    [SIM_INSERT] = "insert",
    [SIM_LOSE] = "lose",
    [SIM_LATE] = "late",
    [SIM_TRUNCATE] = "truncate",
    [SIM_ALERT] = "alert",
    [SIM_FOREIGN_SEQ] = "foreign-seq",
    [SIM_RECONFIGURE] = "reconfigure",
    [SIM_OPTICAL] = "optical",
    [SIM_REBOOT] = "reboot",
    [SIM_REKEY] = "rekey",
};

const char sim_default_mbk[] = "simulated-basic!";
const char sim_default_mak[] = "simulated-advan!";

static bool find(const char *const *names, unsigned count, const char *name, unsigned *found)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *found = i;
            return true;
        }
    }
    return false;
}

const char *sim_model_name(unsigned model)
{
    return model < SIM_MODELS ? model_names[model] : NULL;
}

bool sim_model_by_name(const char *name, enum sim_model *model)
{
    unsigned found;
    if (!find(model_names, SIM_MODELS, name, &found))
        return false;
    *model = (enum sim_model)found;
    return true;
}

const char *sim_fault_name(unsigned fault)
{
    return fault < SIM_FAULTS ? fault_names[fault] : NULL;
}

bool sim_fault_by_name(const char *name, enum sim_fault *fault)
{
    unsigned found;
    if (!find(fault_names, SIM_FAULTS, name, &found))
        return false;
    *fault = (enum sim_fault)found;
    return true;
}

double sim_fault_rate_max(enum sim_fault fault)
{
    return fault < SIM_RECONFIGURE ? 1 : 3600;
}

static struct mep_key default_key(const char *text)
{
    struct mep_key key;
    (void)mep_key_parse(text, strlen(text), &key);
    return key;
}

void sim_config_init(struct sim_config *config)
{
    memset(config, 0, sizeof *config);
    config->model = SIM_REFERENCE;
    config->seed = 1;
    config->mbk = default_key(sim_default_mbk);
    config->mak = default_key(sim_default_mak);
    config->baud = 9600;
    config->unix_start = 1767225600; /* 2026-01-01T00:00:00Z */
    config->import_start_wh = -1;
    config->truncate_bytes = 100;
}

#include "host/sim/random.h"

uint64_t sim_random_next(struct sim_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t sim_random_below(struct sim_random *random, uint32_t below)
{
    return (uint32_t)((sim_random_next(random) >> 32) * below >> 32);
}

int32_t sim_random_between(struct sim_random *random, int32_t low, int32_t high)
{
    return low + (int32_t)sim_random_below(random, (uint32_t)(high - low) + 1);
}

bool sim_random_hit(struct sim_random *random, uint32_t chance)
{
    return chance != 0 && (sim_random_next(random) >> 32) <= chance;
}

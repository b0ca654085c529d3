// SPDX-License-Identifier: MIT
// Largest value of the workgroup, given to every invocation, by subgroup operations, as group_sum_subgroup.glsl sums up.
#include "one_subgroup.glsl"

shared float group_largest[gl_WorkGroupSize.x];

float group_max(float value) {
    value = subgroupMax(value);
    if (!ONE_SUBGROUP && gl_NumSubgroups > 1) {
        barrier();  // the last call's results may still be read
        if (subgroupElect()) group_largest[gl_SubgroupID] = value;
        barrier();
        for (uint i = 0; i < gl_NumSubgroups; i++) value = max(value, group_largest[i]);
    }
    return value;
}

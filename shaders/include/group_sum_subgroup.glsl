// SPDX-License-Identifier: MIT
// Sum over the workgroup, given to every invocation, by subgroup operations. All invocations call it. Meant for workgroups of one
// subgroup; right for more of them too, where a device runs smaller ones than it says.
#include "one_subgroup.glsl"

shared float group_sums[gl_WorkGroupSize.x];

float group_sum(float value) {
    value = subgroupAdd(value);
    if (!ONE_SUBGROUP && gl_NumSubgroups > 1) {
        barrier();  // the last call's results may still be read
        if (subgroupElect()) group_sums[gl_SubgroupID] = value;
        barrier();
        value = 0.0;
        for (uint i = 0; i < gl_NumSubgroups; i++) value += group_sums[i];
    }
    return value;
}

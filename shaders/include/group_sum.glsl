// SPDX-License-Identifier: MIT
// Sum over the workgroup, given to every invocation. All invocations call it; the local size is a power of two.

#ifdef ADDRESSED
#include "one_subgroup.glsl"
#endif

shared float group_sums[gl_WorkGroupSize.x];

float group_sum(float value) {
#ifdef ADDRESSED
    if (ONE_SUBGROUP) return subgroupAdd(value);
#endif
    uint lane = gl_LocalInvocationID.x;
    barrier();  // the last call's result may still be read
    group_sums[lane] = value;
    for (uint half_size = gl_WorkGroupSize.x / 2; half_size > 0; half_size /= 2) {
        barrier();
        if (lane < half_size) group_sums[lane] += group_sums[lane + half_size];
    }
    barrier();
    return group_sums[0];
}

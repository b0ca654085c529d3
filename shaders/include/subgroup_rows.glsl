// SPDX-License-Identifier: MIT
// What linear kernels for few rows share on GPUs: a workgroup has all ROWS rows of x and a group of eight rows of the packed weight. That group
// is one stretch of memory, which the invocations read side by side, 16 bytes each; every invocation so has its own part of k.
// Spec constants: 3 STORED, 4 is the op's, 5 ROWS, 6 NORM. A workgroup is of any number of subgroups, PARTS is the number of weights.
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#include "packed.glsl"

#define X_TYPE float
#define WEIGHTS(binding_number, Block, t) \
    TENSOR(binding_number, readonly, Block, uint, t) \
    TENSOR(binding_number, readonly, Block##Quads, uvec4, t##_quads)

layout(constant_id = 5) const uint ROWS = 1;
layout(constant_id = 6) const uint NORM = 0;  // of x: 1 rms_norm, 2 with a weight

#undef NORM_VIEW
#undef NORM_TENSOR
#define NORM_VIEW VIEW0(norm_weight) float norm_eps, norm_added;
#define NORM_TENSOR(binding_number) TENSOR(binding_number, readonly, NormWeight, float, norm_weight)

const uint INVOCATIONS = gl_WorkGroupSize.x * gl_WorkGroupSize.y;
const uint SUMS = ROWS * 8;
const uint AHEAD = 4;  // reads on their way at once

shared float subgroup_sums[INVOCATIONS / 4 * PARTS * SUMS];  // subgroups have four invocations at least

// Adds up over the subgroup what its invocations have of one sum.
void keep_sum(uint part, uint sum, float value) {
    float total = subgroupAdd(value);
    if (gl_SubgroupInvocationID == 0) subgroup_sums[(gl_SubgroupID * PARTS + part) * SUMS + sum] = total;
}

float whole_sum(uint part, uint sum) {
    float total = 0.0;
    for (uint i = 0; i < gl_NumSubgroups; i++) total += subgroup_sums[(i * PARTS + part) * SUMS + sum];
    return total;
}

uint weight_groups(uint out_size) { return (out_size + 7) / 8; }

// Calls f(row, o, sum) for every sum of the group of rows, each by one invocation; sum is its number.
#define FOR_SUMS(group, out_size, f) \
    barrier(); \
    for (uint sum = gl_LocalInvocationIndex; sum < SUMS; sum += INVOCATIONS) { \
        uint row = sum / 8, o = (group) * 8 + sum % 8; \
        if (o < out_size) f(row, o, sum); \
    }

// SPDX-License-Identifier: MIT
// RMS norm of x within a kernel of subgroup_rows.glsl: x is multiplied by the norm's weight as it is read, the sums by what the squares come to.
#ifndef NORM_WITHIN
#define NORM_WITHIN

float norm_gain(uint k) { return NORM == 2 ? norm_weight.at[p.norm_weight_offset + k] + p.norm_added : 1.0; }

float norm_factors[ROWS];

// From the squares that each invocation has of every row. All invocations call it, before they keep sums.
void take_norm_factors(float squares[ROWS], uint k_size) {
    [[unroll]] for (uint r = 0; r < ROWS; r++) {
        float total = subgroupAdd(squares[r]);
        if (gl_SubgroupInvocationID == 0) subgroup_sums[gl_SubgroupID * ROWS + r] = total;
    }
    barrier();
    [[unroll]] for (uint r = 0; r < ROWS; r++) {
        float total = 0.0;
        for (uint i = 0; i < gl_NumSubgroups; i++) total += subgroup_sums[i * ROWS + r];
        norm_factors[r] = inversesqrt(total / float(k_size) + p.norm_eps);
    }
    barrier();  // sums take the place
}
#endif

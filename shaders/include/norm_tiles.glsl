// SPDX-License-Identifier: MIT
// The main() of a norm whose result is to lie as op tile_rows would lay it out: y[i, k, r] is row 16 i + r, 0 where there is none. Eight invocations
// have eight rows. Needs what the norm's *_op.glsl declares.
#include "own_row.glsl"

#ifdef ADDRESSED
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif

const uint AT_ONCE = 2;  // eights of a row: with more a compiler takes longer, and the code is no faster

// Means over each row's elements less its shift, or over the squares of that. By address the eight invocations share out a row's elements.
void take_means(uint from[HELD], uint step, float shift[HELD], bool squared, out float means[HELD]) {
    [[unroll]] for (uint r = 0; r < HELD; r++) means[r] = 0.0;
#ifdef ADDRESSED
    Row rows[HELD];
    [[unroll]] for (uint r = 0; r < HELD; r++) rows[r] = ROW(x, from[r]);
    for (uint first = 0; first < p.k; first += AT_ONCE * 8)
        [[unroll]] for (uint j = 0; j < AT_ONCE; j++) {
            uint i = first / 8 + j;
            bool there = i * 8 + gl_SubgroupInvocationID < p.k;
            [[unroll]] for (uint r = 0; r < HELD; r++) {
                float value = OWN_ALONG(OWN, x, X_ALONG, from[r], rows[r], i, p.k - 1) - shift[r];
                means[r] += there ? (squared ? value * value : value) : 0.0;
            }
        }
    [[unroll]] for (uint r = 0; r < HELD; r++) means[r] = subgroupAdd(means[r]) / float(p.k);
#else
    for (uint k = 0; k < p.k; k++) {
        float value = own_row(from, k * step) - shift[0];
        means[0] += squared ? value * value : value;
    }
    means[0] /= float(p.k);
#endif
}

void main() {
    uint half_tile = min(group_id(p.grid_x) * (gl_WorkGroupSize.x / 8) + eight(), (p.rows - 1) / 16 * 2 + 1);
    uint row = half_tile * 8 + gl_LocalInvocationID.x % 8;
    uint step = X_ALONG == 1 ? 1 : p.x_s3;
    uint from[HELD];
    float mean[HELD], squares[HELD];
    [[unroll]] for (uint r = 0; r < HELD; r++) {
        from[r] = AT4(x, unravel(min(half_tile * 8 + held(r), p.rows - 1), p.d1, p.d2, 1));
        mean[r] = 0.0;
    }
    if (CENTRED) take_means(from, step, mean, false, mean);
    take_means(from, step, mean, true, squares);
    float own_mean = own(mean), factor = inversesqrt(own(squares) + p.eps);
    uint to = p.y_offset + half_tile / 2 * p.k * 16 + half_tile % 2 * 8 + gl_LocalInvocationID.x % 8;
#define ELEMENT(t) t.at[p.t##_offset + k]
    for (uint k4 = 0; k4 < p.k; k4 += 4)
        [[unroll]] for (uint i = 0; i < 4; i++) {
            uint k = min(k4 + i, p.k - 1);  // past the last column it again, as it is
            float value = NORMED((own_row(from, k * step) - own_mean) * factor, ELEMENT);
            y.at[to + k * 16] = row < p.rows ? value : 0.0;
        }
}

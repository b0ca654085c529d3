// SPDX-License-Identifier: MIT
// y[r, k] = act(x[r, k] / sqrt(mean over k of x^2 + eps) * (weight[k] + offset)); a row per workgroup. Needs group_sum().
#include "activation.glsl"

layout(constant_id = 3) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(weight)
    VIEW4(y)
    uint rows, k, d1, d2;
    float eps, offset;
    uint has_weight;
    uint act;
    float slope;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Weight { float weight[]; };
layout(binding = 3) writeonly buffer Y { float y[]; };

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uvec4 c = unravel(row, p.d1, p.d2, 1);
    uint from = AT4(x, c);
    uint to = AT4(y, c);

    float sum = 0.0;
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) {
        float value = x[from + k * p.x_s3];
        sum += value * value;
    }
    float factor = inversesqrt(group_sum(sum) / float(p.k) + p.eps);
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) {
        float scale = p.has_weight != 0 ? weight[p.weight_offset + k] + p.offset : 1.0;
        y[to + k * p.y_s3] = activate_sloped(ACT, x[from + k * p.x_s3] * factor * scale, p.slope);
    }
}

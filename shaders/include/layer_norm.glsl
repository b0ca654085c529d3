// SPDX-License-Identifier: MIT
// y[r, k] = act((x[r, k] - mean) / sqrt(var + eps) * weight[k] + bias[k]); a row per workgroup. Needs group_sum().
#include "activation.glsl"

layout(constant_id = 3) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(weight)
    VIEW0(bias)
    VIEW4(y)
    uint rows, k, d1, d2;
    float eps;
    uint act;
    float slope;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Weight { float weight[]; };
layout(binding = 3) readonly buffer Bias { float bias[]; };
layout(binding = 4) writeonly buffer Y { float y[]; };

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uvec4 c = unravel(row, p.d1, p.d2, 1);
    uint from = AT4(x, c);
    uint to = AT4(y, c);

    float sum = 0.0;
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) sum += x[from + k * p.x_s3];
    float mean = group_sum(sum) / float(p.k);
    // A second pass: the difference of the sums of squares would cancel where the mean is large.
    float squares = 0.0;
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) {
        float value = x[from + k * p.x_s3] - mean;
        squares += value * value;
    }
    float factor = inversesqrt(group_sum(squares) / float(p.k) + p.eps);
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) {
        float value = (x[from + k * p.x_s3] - mean) * factor;
        value = value * weight[p.weight_offset + k] + bias[p.bias_offset + k];
        y[to + k * p.y_s3] = activate_sloped(ACT, value, p.slope);
    }
}

// SPDX-License-Identifier: MIT
// y[r, k] = e^(x[r, k] - m) / sum over k of e^(x[r, k] - m), m the row's largest, or, with LOG, its logarithm; a row per workgroup. Needs
// group_sum() and group_max().

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint rows, k, d1, d2;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) buffer Y { float y[]; };

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uvec4 c = unravel(row, p.d1, p.d2, 1);
    uint from = AT4(x, c);
    uint to = AT4(y, c);

    float largest = x[from];
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) largest = max(largest, x[from + k * p.x_s3]);
    largest = group_max(largest);
    float sum = 0.0;
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) {
        float value = x[from + k * p.x_s3] - largest;
        float power = exp(value);
        sum += power;
        y[to + k * p.y_s3] = LOG != 0 ? value : power;
    }
    sum = group_sum(sum);
    // Each invocation goes on with what it has written itself.
    float factor = 1.0 / sum;
    float shift = log(sum);
    for (uint k = gl_LocalInvocationID.x; k < p.k; k += gl_WorkGroupSize.x) {
        float value = y[to + k * p.y_s3];
        y[to + k * p.y_s3] = LOG != 0 ? value - shift : value * factor;
    }
}

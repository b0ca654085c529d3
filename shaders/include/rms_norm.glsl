// SPDX-License-Identifier: MIT
// y[r, k] = act(x[r, k] / sqrt(mean over k of x^2 + eps) * (weight[k] + offset)); a row per workgroup. Needs group_sum().
#include "activation.glsl"
#include "eights.glsl"

layout(constant_id = 3) const uint ACT = 0;
layout(constant_id = 4) const uint X_ALONG = 0;
layout(constant_id = 5) const uint WEIGHTED = 1;

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
TENSOR(1, readonly, X, float, x)
TENSOR(2, readonly, Weight, float, weight)
TENSOR(3, writeonly, Y, float, y)

void main() {
    uint id = min(group_id(p.grid_x), p.rows - 1);  // beyond the last: it again, with the same results
    uvec4 c = unravel(id, p.d1, p.d2, 1);
    uint from = AT4(x, c);
    uint to = AT4(y, c);
    Row row = ROW(x, from);
    Row weight_row = ROW(weight, p.weight_offset);
#define OWN_X(j) OWN_ALONG(OWN, x, X_ALONG, from, row, eight_of(first, j), p.k - 1)

    float sum = 0.0;
    for (uint first = 0; first < p.k; first += TURN) {
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            float value = OWN_X(j);
            sum += element_of(first, j) < p.k ? value * value : 0.0;
        }
    }
    float factor = inversesqrt(group_sum(sum) / float(p.k) + p.eps);
    for (uint first = 0; first < p.k; first += TURN) {
        float values[EIGHTS];
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            values[j] = OWN_X(j) * factor;
            if (WEIGHTED != 0) values[j] *= OWN(weight, weight_row, eight_of(first, j), p.k - 1) + p.offset;
            values[j] = activate_sloped(ACT, values[j], p.slope);
        }
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            uint k = element_of(first, j);
            if (k < p.k) y.at[to + k * p.y_s3] = values[j];
        }
    }
}

// SPDX-License-Identifier: MIT
// y[r, k] = act((x[r, k] - mean) / sqrt(var + eps) * weight[k] + bias[k]); a row per workgroup. Needs group_sum().
#include "activation.glsl"
#include "eights.glsl"

layout(constant_id = 3) const uint ACT = 0;
layout(constant_id = 4) const uint X_ALONG = 0;

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
TENSOR(1, readonly, X, float, x)
TENSOR(2, readonly, Weight, float, weight)
TENSOR(3, readonly, Bias, float, bias)
TENSOR(4, writeonly, Y, float, y)

void main() {
    uint id = min(group_id(p.grid_x), p.rows - 1);  // beyond the last: it again, with the same results
    uvec4 c = unravel(id, p.d1, p.d2, 1);
    uint from = AT4(x, c);
    uint to = AT4(y, c);
    Row row = ROW(x, from);
    Row weight_row = ROW(weight, p.weight_offset);
    Row bias_row = ROW(bias, p.bias_offset);
#define OWN_X(j) OWN_ALONG(OWN, x, X_ALONG, from, row, eight_of(first, j), p.k - 1)

    float sum = 0.0;
    for (uint first = 0; first < p.k; first += TURN) {
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            float value = OWN_X(j);
            sum += element_of(first, j) < p.k ? value : 0.0;
        }
    }
    float mean = group_sum(sum) / float(p.k);
    // A second pass: the difference of the sums of squares would cancel where the mean is large.
    float squares = 0.0;
    for (uint first = 0; first < p.k; first += TURN) {
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            float value = OWN_X(j) - mean;
            squares += element_of(first, j) < p.k ? value * value : 0.0;
        }
    }
    float factor = inversesqrt(group_sum(squares) / float(p.k) + p.eps);
    for (uint first = 0; first < p.k; first += TURN) {
        float values[EIGHTS];
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            uint i = eight_of(first, j);
            float value = (OWN_X(j) - mean) * factor;
            value = value * OWN(weight, weight_row, i, p.k - 1) + OWN(bias, bias_row, i, p.k - 1);
            values[j] = activate_sloped(ACT, value, p.slope);
        }
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            uint k = element_of(first, j);
            if (k < p.k) y.at[to + k * p.y_s3] = values[j];
        }
    }
}

// SPDX-License-Identifier: MIT
// y[r, k] = e^(x[r, k] - m) / sum over k of e^(x[r, k] - m), m the row's largest, or, with LOG, its logarithm; a row per workgroup. Needs
// group_sum() and group_max().
#include "eights.glsl"

layout(constant_id = 3) const uint X_ALONG = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint rows, k, d1, d2;
} p;
TENSOR(1, readonly, X, float, x)
TENSOR(2, writeonly, Y, float, y)

void main() {
    uint id = min(group_id(p.grid_x), p.rows - 1);  // beyond the last: it again, with the same results
    uvec4 c = unravel(id, p.d1, p.d2, 1);
    uint from = AT4(x, c);
    uint to = AT4(y, c);
    Row row = ROW(x, from);
#define OWN_X(j) OWN_ALONG(OWN, x, X_ALONG, from, row, eight_of(first, j), p.k - 1)

    float largest = x.at[from];
    for (uint first = 0; first < p.k; first += TURN) {
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            float value = OWN_X(j);
            largest = element_of(first, j) < p.k ? max(largest, value) : largest;
        }
    }
    largest = group_max(largest);
    float sum = 0.0;
    for (uint first = 0; first < p.k; first += TURN) {
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            float power = exp(OWN_X(j) - largest);
            sum += element_of(first, j) < p.k ? power : 0.0;
        }
    }
    sum = group_sum(sum);
    float factor = 1.0 / sum;
    float shift = log(sum);
    for (uint first = 0; first < p.k; first += TURN) {
        float values[EIGHTS];
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            values[j] = OWN_X(j);
            values[j] = LOG != 0 ? (values[j] - largest) - shift : exp(values[j] - largest) * factor;
        }
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            uint k = element_of(first, j);
            if (k < p.k) y.at[to + k * p.y_s3] = values[j];
        }
    }
}

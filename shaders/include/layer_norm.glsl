// SPDX-License-Identifier: MIT
// The main() of layer_norm: a row per workgroup. Needs group_sum().
#include "layer_norm_op.glsl"

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
#define OWN_OF(t) OWN(t, t##_row, eight_of(first, j), p.k - 1)
            values[j] = NORMED((OWN_X(j) - mean) * factor, OWN_OF);
        }
        [[unroll]] for (uint j = 0; j < EIGHTS; j++) {
            uint k = element_of(first, j);
            if (k < p.k) y.at[to + k * p.y_s3] = values[j];
        }
    }
}

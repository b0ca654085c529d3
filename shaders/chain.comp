// SPDX-License-Identifier: MIT
// y[i] = what the steps make of a[i], b[i], c[i], d[i]; see chain.yaml.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "stretch.glsl"
#include "elements.glsl"

layout(constant_id = 4) const uint FLAT = 0;  // all tensors lie along one axis
layout(constant_id = 5) const uint A_ALONG = 0;
layout(constant_id = 6) const uint B_ALONG = 0;
layout(constant_id = 7) const uint C_ALONG = 0;
layout(constant_id = 8) const uint D_ALONG = 0;
layout(constant_id = 9) const uint BOOLS = 0;
layout(constant_id = 10) const uint INPUTS = 1;
layout(constant_id = 11) const uint STEP0 = 0;
layout(constant_id = 12) const uint STEP1 = 0;
layout(constant_id = 13) const uint STEP2 = 0;
layout(constant_id = 14) const uint STEP3 = 0;
layout(constant_id = 15) const uint STEP4 = 0;
layout(constant_id = 16) const uint STEP5 = 0;
layout(constant_id = 17) const uint STEP6 = 0;
layout(constant_id = 18) const uint STEP7 = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(a)
    VIEW4(b)
    VIEW4(c)
    VIEW4(d)
    VIEW4(y)
    uint count, d1, d2, d3;
    float n0, n1, n2, n3, n4, n5, n6, n7;
} p;
TENSOR(1, readonly, A, uint, a)
TENSOR(2, readonly, B, uint, b)
TENSOR(3, readonly, C, uint, c)
TENSOR(4, readonly, D, uint, d)
TENSOR(5, writeonly, Y, uint, y)

// A bool is 0 or 1 in memory, and 0.0 or 1.0 in a step.
float read(uint bits, uint input_bit) { return (BOOLS & input_bit) != 0 ? float(bits) : uintBitsToFloat(bits); }

#define STEP(at, code, number)                                                                                     \
    if (code != 0) {                                                                                                \
        values[15] = number;                                                                                        \
        result = element(code & 255, values[code >> 8 & 15], values[code >> 12 & 15], values[code >> 16 & 15], number); \
        values[at] = result;                                                                                        \
    }

void main() {
    uvec4 begin;
    uint count = 1;
    if (STRETCH != 0) {
        begin = stretch_begin(group_id(p.grid_x), p.count, p.d1, p.d2, p.d3);
        count = min(STRETCH, p.d3 - begin.w);
    } else {
        uint i = linear_id(p.grid_x);
        if (i >= p.count) return;
        begin = FLAT != 0 ? uvec4(0, 0, 0, i) : unravel(i, p.d1, p.d2, p.d3);
    }
    uint a_from = AT4(a, begin);
    uint b_from = AT4(b, begin);
    uint c_from = AT4(c, begin);
    uint d_from = AT4(d, begin);
    uint to = AT4(y, begin);
    Row a_row = ROW(a, a_from);
    Row b_row = ROW(b, b_from);
    Row c_row = ROW(c, c_from);
    Row d_row = ROW(d, d_from);
    // An eight a turn and no more: the steps are a large piece of code before they are specialised, and are to stand here once.
    for (uint first = 0; first < count; first += gl_WorkGroupSize.x) {
        uint eights = eight_of(first, 0);
        float values[16];
        values[0] = read(OWN_ALONG(OWN_WORD, a, A_ALONG, a_from, a_row, eights, count - 1), 1);
        values[1] = INPUTS > 1 ? read(OWN_ALONG(OWN_WORD, b, B_ALONG, b_from, b_row, eights, count - 1), 2) : 0.0;
        values[2] = INPUTS > 2 ? read(OWN_ALONG(OWN_WORD, c, C_ALONG, c_from, c_row, eights, count - 1), 4) : 0.0;
        values[3] = INPUTS > 3 ? read(OWN_ALONG(OWN_WORD, d, D_ALONG, d_from, d_row, eights, count - 1), 8) : 0.0;
        float result = 0.0;
        STEP(4, STEP0, p.n0)
        STEP(5, STEP1, p.n1)
        STEP(6, STEP2, p.n2)
        STEP(7, STEP3, p.n3)
        STEP(8, STEP4, p.n4)
        STEP(9, STEP5, p.n5)
        STEP(10, STEP6, p.n6)
        STEP(11, STEP7, p.n7)
        uint i = STRETCH != 0 ? element_of(first, 0) : 0;
        if (i < count) y.at[to + i * p.y_s3] = (BOOLS & 16) != 0 ? (result != 0.0 ? 1 : 0) : floatBitsToUint(result);
    }
}

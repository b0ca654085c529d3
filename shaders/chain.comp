// SPDX-License-Identifier: MIT
// y[i] = what the steps make of a[i], b[i], c[i], d[i]; see chain.yaml.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "elements.glsl"

layout(constant_id = 3) const uint FLAT = 0;  // all tensors lie along one axis
layout(constant_id = 4) const uint BOOLS = 0;
layout(constant_id = 5) const uint INPUTS = 1;
layout(constant_id = 6) const uint STEP0 = 0;
layout(constant_id = 7) const uint STEP1 = 0;
layout(constant_id = 8) const uint STEP2 = 0;
layout(constant_id = 9) const uint STEP3 = 0;
layout(constant_id = 10) const uint STEP4 = 0;
layout(constant_id = 11) const uint STEP5 = 0;
layout(constant_id = 12) const uint STEP6 = 0;
layout(constant_id = 13) const uint STEP7 = 0;

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
layout(binding = 1) readonly buffer A { uint a[]; };
layout(binding = 2) readonly buffer B { uint b[]; };
layout(binding = 3) readonly buffer C { uint c[]; };
layout(binding = 4) readonly buffer D { uint d[]; };
layout(binding = 5) writeonly buffer Y { uint y[]; };

// A bool is 0 or 1 in memory, and 0.0 or 1.0 in a step.
float read(uint bits, uint input_bit) { return (BOOLS & input_bit) != 0 ? float(bits) : uintBitsToFloat(bits); }

#define STEP(at, code, number)                                                                                     \
    if (code != 0) {                                                                                                \
        values[15] = number;                                                                                        \
        result = element(code & 255, values[code >> 8 & 15], values[code >> 12 & 15], values[code >> 16 & 15], number); \
        values[at] = result;                                                                                        \
    }

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 at = FLAT != 0 ? uvec4(0, 0, 0, i) : unravel(i, p.d1, p.d2, p.d3);
    float values[16];
    values[0] = read(a[AT4(a, at)], 1);
    values[1] = INPUTS > 1 ? read(b[AT4(b, at)], 2) : 0.0;
    values[2] = INPUTS > 2 ? read(c[AT4(c, at)], 4) : 0.0;
    values[3] = INPUTS > 3 ? read(d[AT4(d, at)], 8) : 0.0;
    float result = 0.0;
    STEP(4, STEP0, p.n0)
    STEP(5, STEP1, p.n1)
    STEP(6, STEP2, p.n2)
    STEP(7, STEP3, p.n3)
    STEP(8, STEP4, p.n4)
    STEP(9, STEP5, p.n5)
    STEP(10, STEP6, p.n6)
    STEP(11, STEP7, p.n7)
    y[AT4(y, at)] = (BOOLS & 16) != 0 ? (result != 0.0 ? 1 : 0) : floatBitsToUint(result);
}

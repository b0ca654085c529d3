// SPDX-License-Identifier: MIT
// y[i] = x[i] as another type.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint count, d1, d2, d3;
    uint integers, to;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Y { uint y[]; };

const uint TO_F32 = 0, TO_F16 = 1, TO_BF16 = 2, TO_INTEGER = 3, TO_BOOL = 4;

// Rounded to a multiple of `unit`, a power of two, halves to even.
float round_to(float value, float unit) { return roundEven(value / unit) * unit; }

// To the eleven bits of an f16, whose smallest step is 2^-24 and whose largest value is 65504.
float to_f16(float value) {
    if (isnan(value) || isinf(value)) return value;
    float size = abs(value);
    if (size >= 65520.0) return value < 0.0 ? -1.0 / 0.0 : 1.0 / 0.0;
    uint exponent = max(floatBitsToUint(size) >> 23, 127u - 14u);
    return round_to(value, uintBitsToFloat((exponent - 10u) << 23));
}

// The upper half of an f32's bits.
uint to_bf16(uint bits) {
    if (isnan(uintBitsToFloat(bits))) return bits;
    return (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
}

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    uint bits = x[AT4(x, c)];
    float value = p.integers != 0 ? float(int(bits)) : uintBitsToFloat(bits);
    uint result = floatBitsToUint(value);
    switch (p.to) {
        case TO_F16: result = floatBitsToUint(to_f16(value)); break;
        case TO_BF16: result = to_bf16(result); break;
        case TO_INTEGER: result = p.integers != 0 ? bits : uint(int(value)); break;
        case TO_BOOL: result = value != 0.0 ? 1 : 0; break;
    }
    y[AT4(y, c)] = result;
}

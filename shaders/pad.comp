// SPDX-License-Identifier: MIT
// y[i] = x[source(i - before)] along every axis, or value where a constant is put around. Elements of any type, as 32-bit words.
// A workgroup per row of y.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(constant_id = 3) const uint MODE = 0;
const uint CONSTANT = 0, REFLECT = 1, REPLICATE = 2;  // then circular

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint rows, y1, y2, y3;
    uint x0, x1, x2, x3;
    int before0, before1, before2, before3;
    uint mode;
    float value;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Y { uint y[]; };

// GLSL leaves % of negative numbers open.
int wrap(int i, int period) {
    return i >= 0 ? int(uint(i) % uint(period)) : period - 1 - int(uint(-(i + 1)) % uint(period));
}

/// The place in [0, size) that place i stands for; below 0: none.
int source(int i, uint count) {
    int size = int(count);
    if (MODE == CONSTANT) return i < size ? i : -1;
    if (MODE == REPLICATE) return clamp(i, 0, size - 1);
    if (MODE != REFLECT) return wrap(i, size);
    int turn = wrap(i, max(2 * (size - 1), 1));  // to and fro, the ends once
    return min(turn, 2 * (size - 1) - turn);
}

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uvec4 c = unravel(row, p.y1, p.y2, 1);
    int i0 = source(int(c.x) - p.before0, p.x0);
    int i1 = source(int(c.y) - p.before1, p.x1);
    int i2 = source(int(c.z) - p.before2, p.x2);
    bool inside = min(min(i0, i1), i2) >= 0;
    uint from = AT4(x, uvec4(max(ivec3(i0, i1, i2), ivec3(0)), 0));
    uint to = AT4(y, c);
    // Of each row the places [begin, end) are a stretch of x, and the others are looked up one by one.
    uint begin = uint(clamp(p.before3, 0, int(p.y3)));
    uint end = inside ? uint(clamp(p.before3 + int(p.x3), int(begin), int(p.y3))) : begin;
    uint first = uint(int(begin) - p.before3);
    for (uint j = gl_LocalInvocationID.x; j < end - begin; j += gl_WorkGroupSize.x)
        y[to + (begin + j) * p.y_s3] = x[from + (first + j) * p.x_s3];
    for (uint k = gl_LocalInvocationID.x; k < p.y3 - (end - begin); k += gl_WorkGroupSize.x) {
        uint j = k < begin ? k : k + (end - begin);
        int i3 = source(int(j) - p.before3, p.x3);
        uint word = floatBitsToUint(p.value);
        if (inside && i3 >= 0) word = x[from + uint(i3) * p.x_s3];
        y[to + j * p.y_s3] = word;
    }
}

// SPDX-License-Identifier: MIT
// Pairs (x[i], x[i + h/2]) or (x[2i], x[2i + 1]) are turned by (at + t) f[i], where f[i] = base^(-2i/h), divided by divide[i] if given
// and scaled.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(constant_id = 3) const uint HEADS = 1;  // heads per invocation: the frequency costs more than turning a pair

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(divide)
    VIEW4(y)
    uint b, n, t, h;
    uint at;
    float base;
    uint style, scaling;
    float factor, low, high, original;
    uint has_divide;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Divide { float divide[]; };
layout(binding = 3) writeonly buffer Y { float y[]; };

#include "rope.glsl"

void main() {
    uint half_h = p.h / 2;
    uint chunks = (p.n + HEADS - 1) / HEADS;
    uint id = linear_id(p.grid_x);
    uint i = id % half_h;
    uint t = id / half_h % p.t;
    uint chunk = id / half_h / p.t;
    uint b = chunk / chunks;
    if (b >= p.b) return;

    vec2 cs = cos_sin_at(p.at + t, i);
    uvec2 place = pair_at(i);
    uint begin = chunk % chunks * HEADS;
    uint end = min(begin + HEADS, p.n);
    for (uint head = begin; head < end; head++) {
        uvec4 first = uvec4(b, head, t, place.x), second = uvec4(b, head, t, place.y);
        vec2 pair = turned(vec2(x[AT4(x, first)], x[AT4(x, second)]), cs);
        y[AT4(y, first)] = pair.x;
        y[AT4(y, second)] = pair.y;
    }
}

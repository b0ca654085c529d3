// SPDX-License-Identifier: MIT
// rope of q and of k, and a copy of v. The heads of all three stand one after the other: n of q, g of k, g of v.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(constant_id = 3) const uint HEADS = 1;  // per invocation: the frequency costs more than turning a pair

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(q)
    VIEW4(k)
    VIEW4(v)
    VIEW0(divide)
    VIEW4(yq)
    VIEW4(yk)
    VIEW4(yv)
    uint b, n, g, t, h;
    uint at;
    float base;
    uint style, scaling;
    float factor, low, high, original;
    uint has_divide;
} p;
layout(binding = 1) readonly buffer Q { float q[]; };
layout(binding = 2) readonly buffer K { float k[]; };
layout(binding = 3) readonly buffer V { float v[]; };
layout(binding = 4) readonly buffer Divide { float divide[]; };
layout(binding = 5) writeonly buffer YQ { float yq[]; };
layout(binding = 6) writeonly buffer YK { float yk[]; };
layout(binding = 7) writeonly buffer YV { float yv[]; };

#include "rope.glsl"

void main() {
    uint half_h = p.h / 2;
    uint heads = p.n + 2 * p.g;
    uint chunks = (heads + HEADS - 1) / HEADS;
    uint id = linear_id(p.grid_x);
    uint i = id % half_h;
    uint t = id / half_h % p.t;
    uint chunk = id / half_h / p.t;
    uint b = chunk / chunks;
    if (b >= p.b) return;

    uvec2 place = pair_at(i);
    uint begin = chunk % chunks * HEADS;
    uint end = min(begin + HEADS, heads);
    vec2 cs = begin < p.n + p.g ? cos_sin_at(p.at + t, i) : vec2(1.0, 0.0);
    for (uint head = begin; head < end; head++) {
        if (head < p.n) {
            uvec4 first = uvec4(b, head, t, place.x), second = uvec4(b, head, t, place.y);
            vec2 pair = turned(vec2(q[AT4(q, first)], q[AT4(q, second)]), cs);
            yq[AT4(yq, first)] = pair.x;
            yq[AT4(yq, second)] = pair.y;
        } else if (head < p.n + p.g) {
            uvec4 first = uvec4(b, head - p.n, t, place.x), second = uvec4(b, head - p.n, t, place.y);
            vec2 pair = turned(vec2(k[AT4(k, first)], k[AT4(k, second)]), cs);
            yk[AT4(yk, first)] = pair.x;
            yk[AT4(yk, second)] = pair.y;
        } else {
            uvec4 first = uvec4(b, head - p.n - p.g, t, place.x), second = uvec4(b, head - p.n - p.g, t, place.y);
            yv[AT4(yv, first)] = v[AT4(v, first)];
            yv[AT4(yv, second)] = v[AT4(v, second)];
        }
    }
}

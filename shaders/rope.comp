// SPDX-License-Identifier: MIT
// Pairs (x[i], x[i + h/2]) or (x[2i], x[2i + 1]) are turned by (at + t) f[i], where f[i] = base^(-2i/h), divided by divide[i] if given
// and scaled. The angle is wanted to about 1e-4 at positions of a hundred thousand and more, where f32 frequencies are not enough.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "turn.glsl"

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

// Llama 3.1's scaling: frequencies whose wave is longer than original / low are divided by factor, those shorter than
// original / high kept, between the two mixed. Turns per position in and out.
vec2 scale_llama3(vec2 turns) {
    float waves = p.original * turns.x;  // in the original context
    float keep = clamp((waves - p.low) / (p.high - p.low), 0.0, 1.0);
    if (keep == 1.0) return turns;
    vec2 slow = df_div(turns, vec2(p.factor, 0.0));
    return df_add(df_mul(slow, two_sum(1.0, -keep)), df_mul(turns, vec2(keep, 0.0)));
}

// Turns per position of pair i.
vec2 frequency(uint i) {
    vec2 power = df_div(vec2(-2.0 * float(i), 0.0), vec2(float(p.h), 0.0));
    vec2 turns = df_mul(df_exp2(df_mul(power, df_log2(p.base))), TURNS_PER_RADIAN);
    if (p.has_divide != 0) turns = df_div(turns, vec2(divide[p.divide_offset + i], 0.0));
    if (p.scaling == 1) turns = df_div(turns, vec2(p.factor, 0.0));
    if (p.scaling == 2) turns = scale_llama3(turns);
    return turns;
}

void main() {
    uint half_h = p.h / 2;
    uint chunks = (p.n + HEADS - 1) / HEADS;
    uint id = linear_id(p.grid_x);
    uint i = id % half_h;
    uint t = id / half_h % p.t;
    uint chunk = id / half_h / p.t;
    uint b = chunk / chunks;
    if (b >= p.b) return;

    // The position is exact in f32 up to 2^24.
    float position = float(p.at + t);
    vec2 cs = cos_sin_of_turn(turn_beyond(position, frequency(i)));

    uint first = p.style == 0 ? i : 2 * i;
    uint second = p.style == 0 ? i + half_h : 2 * i + 1;
    uint begin = chunk % chunks * HEADS;
    uint end = min(begin + HEADS, p.n);
    for (uint head = begin; head < end; head++) {
        float u = x[AT4(x, uvec4(b, head, t, first))];
        float v = x[AT4(x, uvec4(b, head, t, second))];
        y[AT4(y, uvec4(b, head, t, first))] = u * cs.x - v * cs.y;
        y[AT4(y, uvec4(b, head, t, second))] = v * cs.x + u * cs.y;
    }
}

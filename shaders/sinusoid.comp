// SPDX-License-Identifier: MIT
// y[n, i], y[n, i + dim / 2] = sine and cosine of t[n] max_period^(-i / (dim / 2 - shift)). As in rope.comp, f32 frequencies are not enough.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "turn.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(t)
    VIEW0(y)
    uint count, dim;
    float max_period;
    uint cos_first;
    float shift;
} p;
layout(binding = 1) readonly buffer T { float t[]; };
layout(binding = 2) writeonly buffer Y { float y[]; };

void main() {
    uint id = linear_id(p.grid_x);
    uint half_dim = p.dim / 2;
    if (id >= p.count * half_dim) return;
    uint n = id / half_dim;
    uint i = id % half_dim;
    vec2 power = df_div(vec2(-float(i), 0.0), two_sum(float(half_dim), -p.shift));
    vec2 turns = df_mul(df_exp2(df_mul(power, df_log2(p.max_period))), TURNS_PER_RADIAN);
    vec2 cs = cos_sin_of_turn(turn_beyond(t[p.t_offset + n], turns));
    uint to = p.y_offset + n * p.dim + i;
    y[to] = p.cos_first != 0 ? cs.x : cs.y;
    y[to + half_dim] = p.cos_first != 0 ? cs.y : cs.x;
}

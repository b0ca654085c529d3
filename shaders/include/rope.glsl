// SPDX-License-Identifier: MIT
// How far each pair of a head turns. The including shader's block has h, base, scaling, factor, low, high, original, has_divide and
// the tensor `divide`. The angle is wanted to about 1e-4 at positions of a hundred thousand and more, where f32 frequencies are not enough.
#include "turn.glsl"

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

// Cosine and sine of pair i at a position, which is exact in f32 up to 2^24.
vec2 cos_sin_at(uint position, uint i) { return cos_sin_of_turn(turn_beyond(float(position), frequency(i))); }

// The pair (u, v) turned.
vec2 turned(vec2 pair, vec2 cs) { return vec2(pair.x * cs.x - pair.y * cs.y, pair.y * cs.x + pair.x * cs.y); }

// Where pair i lies in a head: with style 0 ("half") its second element is half a head away, else they are neighbours.
uvec2 pair_at(uint i) { return p.style == 0 ? uvec2(i, i + p.h / 2) : uvec2(2 * i, 2 * i + 1); }

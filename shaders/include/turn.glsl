// SPDX-License-Identifier: MIT
// Angles in turns.
#include "double_float.glsl"

// Cosine and sine of an angle within half a turn of 0: exact reduction to an eighth, then Taylor sums (error 1e-7).
vec2 cos_sin_of_turn(float turn) {
    float quarter = round(turn * 4.0);
    float z = (turn - quarter * 0.25) * 6.28318531;
    float z2 = z * z;
    float s = z * (1.0 + z2 * (-1.0 / 6.0 + z2 * (1.0 / 120.0 + z2 * (-1.0 / 5040.0 + z2 * (1.0 / 362880.0)))));
    float c = 1.0 + z2 * (-0.5 + z2 * (1.0 / 24.0 + z2 * (-1.0 / 720.0 + z2 * (1.0 / 40320.0))));
    switch (int(quarter) & 3) {
        case 1: return vec2(-s, c);
        case 2: return vec2(-c, -s);
        case 3: return vec2(s, -c);
    }
    return vec2(c, s);
}

const vec2 TURNS_PER_RADIAN = vec2(0.159154937, 6.42063824e-9);

// What position * turns is beyond whole turns; `turns` in two parts, as double_float.glsl has it.
float turn_beyond(float position, vec2 turns) {
    vec2 whole = two_product(position, turns.x);
    float turn = (whole.x - round(whole.x)) + (whole.y + position * turns.y);
    return turn - round(turn);
}

// Cosine and sine of x radians, for x in the thousands as well.
vec2 cos_sin(float x) { return cos_sin_of_turn(turn_beyond(x, TURNS_PER_RADIAN)); }

// SPDX-License-Identifier: MIT
// y[r, o] = act(sum over k of x[r, k] G[o, k] + gate_bias[o]) * (sum over k of x[r, k] U[o, k] + up_bias[o])
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "activation.glsl"
#include "linear.glsl"

layout(constant_id = 5) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW0(gate)
    VIEW0(up)
    VIEW0(gate_bias)
    VIEW0(up_bias)
    VIEW2(y)
    uint rows, k, out_size;
    uint layout_word, stored, has_bias, act;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Gate { uint gate[]; };
layout(binding = 3) readonly buffer Up { uint up[]; };
layout(binding = 4) readonly buffer GateBias { float gate_bias[]; };
layout(binding = 5) readonly buffer UpBias { float up_bias[]; };
layout(binding = 6) writeonly buffer Y { float y[]; };

void main() {
    uint id = linear_id(p.grid_x);
    uint row = id / p.out_size;
    uint o = id % p.out_size;
    if (row >= p.rows) return;
    float g = 0.0;
    float u = 0.0;
    LINEAR_DOT(g, gate, row, o, p.k, p.out_size)
    LINEAR_DOT(u, up, row, o, p.k, p.out_size)
    if (p.has_bias != 0) {
        g += gate_bias[p.gate_bias_offset + o];
        u += up_bias[p.up_bias_offset + o];
    }
    y[AT2(y, uvec2(row, o))] = activate(ACT, g) * u;
}

// SPDX-License-Identifier: MIT
// q[r, o] = sum over k of x[r, k] Q[o, k], + q_bias[o]; k and v likewise. Outputs are numbered through: q's, then k's, then v's.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "linear.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW0(q_weight)
    VIEW0(k_weight)
    VIEW0(v_weight)
    VIEW0(q_bias)
    VIEW0(k_bias)
    VIEW0(v_bias)
    VIEW2(q)
    VIEW2(k)
    VIEW2(v)
    uint rows, k_size;
    uint out_q, out_k, out_v;
    uint layout_word, stored, has_bias;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer QWeight { uint q_weight[]; };
layout(binding = 3) readonly buffer KWeight { uint k_weight[]; };
layout(binding = 4) readonly buffer VWeight { uint v_weight[]; };
layout(binding = 5) readonly buffer QBias { float q_bias[]; };
layout(binding = 6) readonly buffer KBias { float k_bias[]; };
layout(binding = 7) readonly buffer VBias { float v_bias[]; };
layout(binding = 8) writeonly buffer Q { float q[]; };
layout(binding = 9) writeonly buffer K { float k_out[]; };
layout(binding = 10) writeonly buffer V { float v[]; };

void main() {
    uint outs = p.out_q + p.out_k + p.out_v;
    uint id = linear_id(p.grid_x);
    uint row = id / outs;
    uint o = id % outs;
    if (row >= p.rows) return;
    float sum = 0.0;
    if (o < p.out_q) {
        LINEAR_DOT(sum, q_weight, row, o, p.k_size, p.out_q)
        if (p.has_bias != 0) sum += q_bias[p.q_bias_offset + o];
        q[AT2(q, uvec2(row, o))] = sum;
        return;
    }
    o -= p.out_q;
    if (o < p.out_k) {
        LINEAR_DOT(sum, k_weight, row, o, p.k_size, p.out_k)
        if (p.has_bias != 0) sum += k_bias[p.k_bias_offset + o];
        k_out[AT2(k, uvec2(row, o))] = sum;
        return;
    }
    o -= p.out_k;
    LINEAR_DOT(sum, v_weight, row, o, p.k_size, p.out_v)
    if (p.has_bias != 0) sum += v_bias[p.v_bias_offset + o];
    v[AT2(v, uvec2(row, o))] = sum;
}

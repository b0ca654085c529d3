// SPDX-License-Identifier: MIT
// The op `linear_qkv`: its block, its buffers, and what is done with a finished sum of each of its three parts.

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
#ifdef TILED_X
layout(binding = 1) readonly buffer X { vec4 x_tiles[]; };
#else
layout(binding = 1) readonly buffer X { float x[]; };
#endif
layout(binding = 2) readonly buffer QWeight { uint q_weight[]; };
layout(binding = 3) readonly buffer KWeight { uint k_weight[]; };
layout(binding = 4) readonly buffer VWeight { uint v_weight[]; };
layout(binding = 5) readonly buffer QBias { float q_bias[]; };
layout(binding = 6) readonly buffer KBias { float k_bias[]; };
layout(binding = 7) readonly buffer VBias { float v_bias[]; };
layout(binding = 8) writeonly buffer QOut { float q_out[]; };
layout(binding = 9) writeonly buffer KOut { float k_out[]; };
layout(binding = 10) writeonly buffer VOut { float v_out[]; };

void finish_q(uint row, uint o, float sum) {
    if (p.has_bias != 0) sum += q_bias[p.q_bias_offset + o];
    q_out[AT2(q, uvec2(row, o))] = sum;
}
void finish_k(uint row, uint o, float sum) {
    if (p.has_bias != 0) sum += k_bias[p.k_bias_offset + o];
    k_out[AT2(k, uvec2(row, o))] = sum;
}
void finish_v(uint row, uint o, float sum) {
    if (p.has_bias != 0) sum += v_bias[p.v_bias_offset + o];
    v_out[AT2(v, uvec2(row, o))] = sum;
}

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
    NORM_VIEW
    uint rows, k_size;
    uint out_q, out_k, out_v;
    uint layout_word, stored, has_bias;
} p;
TENSOR(1, readonly, X, X_TYPE, x)
WEIGHTS(2, QWeight, q_weight)
WEIGHTS(3, KWeight, k_weight)
WEIGHTS(4, VWeight, v_weight)
TENSOR(5, readonly, QBias, float, q_bias)
TENSOR(6, readonly, KBias, float, k_bias)
TENSOR(7, readonly, VBias, float, v_bias)
TENSOR(8, writeonly, Q, float, q)
TENSOR(9, writeonly, K, float, k)
TENSOR(10, writeonly, V, float, v)
NORM_TENSOR(11)

void finish_q(uint row, uint o, float sum) {
    if (p.has_bias != 0) sum += q_bias.at[p.q_bias_offset + o];
    q.at[AT2(q, uvec2(row, o))] = sum;
}
void finish_k(uint row, uint o, float sum) {
    if (p.has_bias != 0) sum += k_bias.at[p.k_bias_offset + o];
    k.at[AT2(k, uvec2(row, o))] = sum;
}
void finish_v(uint row, uint o, float sum) {
    if (p.has_bias != 0) sum += v_bias.at[p.v_bias_offset + o];
    v.at[AT2(v, uvec2(row, o))] = sum;
}

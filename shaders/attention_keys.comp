// SPDX-License-Identifier: MIT
// Attention for few queries: one per workgroup of eight, whose invocations share out a key's and a value's elements, eight by eight, and go
// through eight keys a turn with an online softmax as in attention.comp. For subgroups of eight.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "block.glsl"
#include "activation.glsl"
#include "eights.glsl"
#include "attention.glsl"

const uint KEYS = 8;
const uint QUERY_EIGHTS = (H + 7) / 8;
const uint VALUE_EIGHTS = (E + 7) / 8;

// The score of the invocation's own of the eight keys whose rows begin at from[].
float own_dot_product(float query[QUERY_EIGHTS], uint from[KEYS]) {
    uint lane = gl_LocalInvocationID.x;
    float own = 0.0;
    [[unroll]] for (uint j = 0; j < KEYS; j++) {
        Row row = ROW(k, from[j]);
        float sum = 0.0;
        [[unroll]] for (uint i = 0; i < QUERY_EIGHTS; i++) {
            float key = OWN(k, row, i, H - 1);
            if (8 * i + 7 >= H) key = 8 * i + lane < H ? key : 0.0;
            sum += query[i] * key;
        }
        sum = subgroupAdd(sum);
        own = lane == j ? sum : own;
    }
    return own;
}

void main() {
    uint id = min(group_id(p.grid_x), p.b * p.n * p.t - 1);  // beyond the last: it again, with the same results
    uint t = id % p.t;
    uint head = id / p.t % p.n;
    uint b = id / p.t / p.n;
    uint g = head / (p.n / p.g);
    uint lane = gl_LocalInvocationID.x;

    float query[QUERY_EIGHTS];
    uint q_from = AT4(q, uvec4(b, head, t, 0));
    [[unroll]] for (uint i = 0; i < QUERY_EIGHTS; i++) query[i] = q.at[q_from + min(8 * i + lane, H - 1) * p.q_s3];
    float sums[VALUE_EIGHTS];
    [[unroll]] for (uint c = 0; c < VALUE_EIGHTS; c++) sums[c] = 0.0;
    float largest = UNSEEN;
    float total = 0.0;  // of the invocation's own keys

    uvec2 keys = seen_keys(t);
    uint k_head = AT4(k, uvec4(b, g, 0, 0));
    uint v_head = AT4(v, uvec4(b, g, 0, 0));
    for (uint first = keys.x; first < keys.y; first += KEYS) {
        uint from[KEYS];
        [[unroll]] for (uint j = 0; j < KEYS; j++) from[j] = k_head + min(first + j, p.s - 1) * p.k_s2;
        uint s = first + lane;
        float score = finish_score(own_dot_product(query, from), uvec4(b, head, t, min(s, p.s - 1)));
        score = s < keys.y ? score : UNSEEN;
        float before = largest;
        largest = max(largest, subgroupMax(score));
        float shrink = exp(before - largest);  // while nothing has been seen, the sums are 0 whatever it is
        float weight = score > UNSEEN ? exp(score - largest) : 0.0;
        total = total * shrink + weight;
        [[unroll]] for (uint c = 0; c < VALUE_EIGHTS; c++) sums[c] *= shrink;
        [[unroll]] for (uint j = 0; j < KEYS; j++) {
            Row row = ROW(v, v_head + min(first + j, p.s - 1) * p.v_s2);
            float its_weight = subgroupShuffle(weight, j);
            [[unroll]] for (uint c = 0; c < VALUE_EIGHTS; c++) sums[c] += its_weight * OWN(v, row, c, E - 1);
        }
    }
    total = subgroupAdd(total);
    float factor = total > 0.0 ? 1.0 / total : 0.0;
    uint to = AT4(y, uvec4(b, head, t, 0));
    [[unroll]] for (uint c = 0; c < VALUE_EIGHTS; c++)
        if (8 * c + lane < E) y.at[to + (8 * c + lane) * p.y_s3] = sums[c] * factor;
}

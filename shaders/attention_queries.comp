// SPDX-License-Identifier: MIT
// Attention for many queries: each invocation has one, with its sums in registers, and all of a workgroup go through the same keys,
// KEYS at a time, with an online softmax as in attention.comp. A key's or value's number is the same for the whole workgroup: on a CPU that is
// one scalar load for eight queries, on a GPU one broadcast.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"
#include "activation.glsl"
#include "attention.glsl"

layout(constant_id = 5) const uint QUADS = 0;   // 1: rows of k and v may be read as vec4, and are short enough to be written out
layout(constant_id = 6) const uint CHANGED = 1;  // scores have a cap, bias or mask

#ifdef ADDRESSED
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer QuadRow { vec4 at[]; };
QuadRow quad_row_from(uvec2 address, uint first) {
    uint carry;
    uint low = uaddCarry(address.x, first << 2, carry);
    return QuadRow(uvec2(low, address.y + (first >> 30) + carry));
}
#define KEY_ROW(first) quad_row_from(uvec2(p.k_low, p.k_high), first)
#define VALUE_ROW(first) quad_row_from(uvec2(p.v_low, p.v_high), first)
#define KEY_QUAD(row, i) (row).at[i]
#define VALUE_QUAD(row, i) (row).at[i]
#else
layout(binding = 2) readonly buffer KeyQuads { vec4 key_quads[]; };
layout(binding = 3) readonly buffer ValueQuads { vec4 value_quads[]; };
#define QuadRow uint
#define KEY_ROW(first) ((first) / 4)
#define VALUE_ROW(first) ((first) / 4)
#define KEY_QUAD(row, i) key_quads[(row) + (i)]
#define VALUE_QUAD(row, i) value_quads[(row) + (i)]
#endif

const uint LANES = gl_WorkGroupSize.x;
const uint KEYS = 8;
const uint QUERY_QUADS = (H + 3) / 4;
const uint VALUE_QUADS = (E + 3) / 4;

// The scores' dot products: of the query with the keys whose rows begin at from[].
void dot_products(vec4 query[QUERY_QUADS], uint from[KEYS], out float scores[KEYS]) {
    [[unroll]] for (uint j = 0; j < KEYS; j++) scores[j] = 0.0;
    if (QUADS != 0) {
        QuadRow rows[KEYS];
        [[unroll]] for (uint j = 0; j < KEYS; j++) rows[j] = KEY_ROW(from[j]);
        [[unroll]] for (uint i = 0; i < QUERY_QUADS; i++) {
            [[unroll]] for (uint j = 0; j < KEYS; j++) {
                vec4 key = KEY_QUAD(rows[j], i);
                scores[j] += query[i].x * key.x;
                scores[j] += query[i].y * key.y;
                scores[j] += query[i].z * key.z;
                scores[j] += query[i].w * key.w;
            }
        }
    } else {
        for (uint i = 0; i < H; i++)
            [[unroll]] for (uint j = 0; j < KEYS; j++) scores[j] += query[i / 4][i % 4] * k.at[from[j] + i * p.k_s3];
    }
}

// sums, scaled down, and the values whose rows begin at from[], by their weights.
void add_values(float weights[KEYS], uint from[KEYS], float shrink, inout vec4 sums[VALUE_QUADS]) {
    if (QUADS != 0) {
        QuadRow rows[KEYS];
        [[unroll]] for (uint j = 0; j < KEYS; j++) rows[j] = VALUE_ROW(from[j]);
        [[unroll]] for (uint c = 0; c < VALUE_QUADS; c++) {
            vec4 sum = sums[c] * shrink;
            [[unroll]] for (uint j = 0; j < KEYS; j++) sum += weights[j] * VALUE_QUAD(rows[j], c);
            sums[c] = sum;
        }
    } else {
        for (uint c = 0; c < E; c++) {
            float sum = sums[c / 4][c % 4] * shrink;
            [[unroll]] for (uint j = 0; j < KEYS; j++) sum += weights[j] * v.at[from[j] + c * p.v_s3];
            sums[c / 4][c % 4] = sum;
        }
    }
}

void main() {
    uint tiles = (p.t + LANES - 1) / LANES;
    uint id = min(group_id(p.grid_x), p.b * p.n * tiles - 1);  // beyond the last: it again, with the same results
    uint tile = id % tiles;
    uint head = id / tiles % p.n;
    uint b = id / tiles / p.n;
    uint g = head / (p.n / p.g);
    uint t = min(tile * LANES + gl_LocalInvocationID.x, p.t - 1);  // those beyond the end repeat the last and store nothing

    vec4 query[QUERY_QUADS];
    vec4 sums[VALUE_QUADS];
    uint q_from = AT4(q, uvec4(b, head, t, 0));
    [[unroll]] for (uint i = 0; i < QUERY_QUADS; i++)
        [[unroll]] for (uint j = 0; j < 4; j++) query[i][j] = q.at[q_from + min(4 * i + j, H - 1) * p.q_s3];
    [[unroll]] for (uint c = 0; c < VALUE_QUADS; c++) sums[c] = vec4(0.0);
    float largest = UNSEEN;
    float total = 0.0;

    // What any query of the tile sees; the ends of the range move on with t.
    uvec2 own = seen_keys(t);
    uint end = seen_keys(min(tile * LANES + LANES, p.t) - 1).y;
    uint k_head = AT4(k, uvec4(b, g, 0, 0));
    uint v_head = AT4(v, uvec4(b, g, 0, 0));
    for (uint first = seen_keys(tile * LANES).x; first < end; first += KEYS) {
        float scores[KEYS];
        uint from[KEYS];
        [[unroll]] for (uint j = 0; j < KEYS; j++) from[j] = k_head + min(first + j, p.s - 1) * p.k_s2;
        dot_products(query, from, scores);
        float before = largest;
        [[unroll]] for (uint j = 0; j < KEYS; j++) {
            uint s = first + j;
            float score = CHANGED != 0 ? finish_score(scores[j], uvec4(b, head, t, min(s, p.s - 1))) : scores[j] * p.scale;
            scores[j] = s >= own.x && s < own.y ? score : UNSEEN;
            largest = max(largest, scores[j]);
        }
        float shrink = exp(before - largest);  // while nothing has been seen, the sums are 0 whatever it is
        total *= shrink;
        [[unroll]] for (uint j = 0; j < KEYS; j++) {
            float weight = exp(scores[j] - largest);
            scores[j] = scores[j] > UNSEEN ? weight : 0.0;
            total += scores[j];
            from[j] = v_head + min(first + j, p.s - 1) * p.v_s2;
        }
        add_values(scores, from, shrink, sums);
    }
    if (tile * LANES + gl_LocalInvocationID.x >= p.t) return;
    float factor = total > 0.0 ? 1.0 / total : 0.0;
    uint to = AT4(y, uvec4(b, head, t, 0));
    [[unroll]] for (uint c = 0; c < VALUE_QUADS; c++)
        [[unroll]] for (uint j = 0; j < 4; j++)
            if (4 * c + j < E) y.at[to + (4 * c + j) * p.y_s3] = sums[c][j] * factor;
}

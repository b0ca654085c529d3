// SPDX-License-Identifier: MIT
// Attention for many queries by cooperative matrices: TILE_M queries of a head per workgroup go through the keys they see, TILE_N at a time:
// a product for the scores, an online softmax as in attention.comp, and products of its weights with the values, added to what has been
// summed so far. Both are sums of matrix_tile.glsl; `phase` says whose operands are read.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"
#include "activation.glsl"
#include "attention.glsl"

layout(constant_id = 5) const uint QUADS = 0;  // 1: rows of q and k may be read as vec4

layout(binding = 1) readonly buffer QueryQuads { vec4 query_quads[]; };
layout(binding = 2) readonly buffer KeyQuads { vec4 key_quads[]; };

const uint SCORES = 0, VALUES = 1;
uint phase;
uint b, head, g, first_query;  // of this workgroup
uint query_count, first_key, key_count;

void a_octet(uint row, uint from, out float o[8]);
void b_octet(uint part, uint column, uint from, out float o[8]);
void finish_sum(uint row, uint column, float sum);

#define PARTS 1
#define A_UNIT(i) octets_first(i)
#define B_UNIT(i) (phase == SCORES ? octets_first(i) : rows_first(i, TILE_N))
#define FINISH(row, column, sum) finish_sum(row, column, sum[0])
#include "matrix_tile.glsl"

const uint SHARERS = INVOCATIONS > TILE_M ? INVOCATIONS / TILE_M : 1;  // invocations that a row of scores has

shared float scores[TILE_M * TILE_N];  // then the weights
shared float sums[TILE_M * E];
shared float shares[INVOCATIONS];
shared float largest[TILE_M], total[TILE_M], shrink[TILE_M];

void a_octet(uint row, uint from, out float o[8]) {
    [[unroll]] for (uint i = 0; i < 8; i++) o[i] = 0.0;
    if (row >= query_count) return;
    if (phase == VALUES) {
        [[unroll]] for (uint i = 0; i < 8; i++)
            if (from + i < key_count) o[i] = scores[row * TILE_N + from + i];
        return;
    }
    uint at = AT4(q, uvec4(b, head, first_query + row, from));
    if (QUADS != 0 && from + 8 <= H) {
        [[unroll]] for (uint i = 0; i < 8; i++) o[i] = query_quads[at / 4 + i / 4][i % 4];
        return;
    }
    [[unroll]] for (uint i = 0; i < 8; i++)
        if (from + i < H) o[i] = q.at[at + i * p.q_s3];
}

void b_octet(uint part, uint column, uint from, out float o[8]) {
    [[unroll]] for (uint i = 0; i < 8; i++) o[i] = 0.0;
    if (phase == VALUES) {
        if (column >= E) return;
        uint at = AT4(v, uvec4(b, g, first_key + from, column));
        [[unroll]] for (uint i = 0; i < 8; i++)
            if (from + i < key_count) o[i] = v.at[at + i * p.v_s2];
        return;
    }
    if (column >= key_count) return;
    uint at = AT4(k, uvec4(b, g, first_key + column, from));
    if (QUADS != 0 && from + 8 <= H) {
        [[unroll]] for (uint i = 0; i < 8; i++) o[i] = key_quads[at / 4 + i / 4][i % 4];
        return;
    }
    [[unroll]] for (uint i = 0; i < 8; i++)
        if (from + i < H) o[i] = k.at[at + i * p.k_s3];
}

void finish_sum(uint row, uint column, float sum) {
    if (phase == VALUES) {
        sums[row * E + column] = sums[row * E + column] * shrink[row] + sum;
        return;
    }
    uint t = first_query + row, s = first_key + column;
    uvec2 seen = seen_keys(t);
    scores[row * TILE_N + column] = s >= seen.x && s < seen.y ? finish_score(sum, uvec4(b, head, t, s)) : UNSEEN;
}

// Scores become weights, and each row's largest, total and shrink are brought up to date.
void softmax_rows() {
    uint row = gl_LocalInvocationIndex / SHARERS, share = gl_LocalInvocationIndex % SHARERS;
    bool mine = row < query_count && row < TILE_M;
    float top = UNSEEN;
    if (mine)
        for (uint s = share; s < key_count; s += SHARERS) top = max(top, scores[row * TILE_N + s]);
    shares[gl_LocalInvocationIndex] = top;
    barrier();
    float before = mine ? largest[row] : UNSEEN;
    top = before;
    for (uint i = 0; i < SHARERS; i++) top = max(top, shares[gl_LocalInvocationIndex - share + i]);
    barrier();
    float sum = 0.0;
    if (mine)
        for (uint s = share; s < key_count; s += SHARERS) {
            float score = scores[row * TILE_N + s];
            float weight = score > UNSEEN ? exp(score - top) : 0.0;
            scores[row * TILE_N + s] = weight;
            sum += weight;
        }
    shares[gl_LocalInvocationIndex] = sum;
    barrier();
    if (mine && share == 0) {
        float factor = before > UNSEEN ? exp(before - top) : 0.0;
        sum = 0.0;
        for (uint i = 0; i < SHARERS; i++) sum += shares[gl_LocalInvocationIndex + i];
        largest[row] = top;
        shrink[row] = factor;
        total[row] = total[row] * factor + sum;
    }
    barrier();
}

void main() {
    uint tiles = (p.t + TILE_M - 1) / TILE_M;
    uint id = group_id(p.grid_x);
    first_query = id % tiles * TILE_M;
    head = id / tiles % p.n;
    b = id / tiles / p.n;
    if (b >= p.b) return;
    g = head / (p.n / p.g);
    query_count = min(p.t - first_query, TILE_M);

    for (uint i = gl_LocalInvocationIndex; i < TILE_M * E; i += INVOCATIONS) sums[i] = 0.0;
    for (uint i = gl_LocalInvocationIndex; i < TILE_M; i += INVOCATIONS) {
        largest[i] = UNSEEN;
        total[i] = 0.0;
    }
    barrier();
    // What any query of the tile sees; the ends of the range move on with t.
    uint end = seen_keys(first_query + query_count - 1).y;
    for (first_key = seen_keys(first_query).x; first_key < end; first_key += TILE_N) {
        key_count = min(end - first_key, TILE_N);
        phase = SCORES;
        matrix_tile(uvec2(0), query_count, key_count, H);
        softmax_rows();
        phase = VALUES;
        for (uint column = 0; column < E; column += TILE_N) matrix_tile(uvec2(0, column), query_count, E, key_count);
    }
    for (uint i = gl_LocalInvocationIndex; i < query_count * E; i += INVOCATIONS) {
        uint row = i / E;
        y.at[AT4(y, uvec4(b, head, first_query + row, i % E))] = total[row] > 0.0 ? sums[i] / total[row] : 0.0;
    }
}

// SPDX-License-Identifier: MIT
// y[b, n, t] = sum over s of softmax over s of score(q[b, n, t], k[b, n / (N / G), s]) times v[b, n / (N / G), s]; a query per
// workgroup. The softmax is online (Milakov and Gimelshein 2018, arXiv 1805.02867): a chunk of keys at a time, one per invocation,
// and what has been summed so far is scaled down when a larger score comes. A query that sees no key gives zeros.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "activation.glsl"
#include "attention.glsl"

const uint LANES = gl_WorkGroupSize.x;
const uint COLUMNS = (E + LANES - 1) / LANES;  // of v, per invocation

shared float query[H];
shared float scores[LANES];
shared float weights[LANES];

void main() {
    uint id = group_id(p.grid_x);
    uint t = id % p.t;
    uint head = id / p.t % p.n;
    uint b = id / p.t / p.n;
    if (b >= p.b) return;
    uint g = head / (p.n / p.g);
    uint lane = gl_LocalInvocationID.x;

    for (uint i = lane; i < H; i += LANES) query[i] = q.at[AT4(q, uvec4(b, head, t, i))];
    float sums[COLUMNS];
    for (uint j = 0; j < COLUMNS; j++) sums[j] = 0.0;
    float largest = UNSEEN;
    float total = 0.0;

    uvec2 keys = seen_keys(t);
    for (uint first = keys.x; first < keys.y; first += LANES) {
        barrier();  // the query is there; the last turn's scores and weights are used up
        uint s = first + lane;
        float score = UNSEEN;
        if (s < keys.y) {
            uint at = AT4(k, uvec4(b, g, s, 0));
            float dot_product = 0.0;
            for (uint i = 0; i < H; i++) dot_product += query[i] * k.at[at + i * p.k_s3];
            score = finish_score(dot_product, uvec4(b, head, t, s));
        }
        scores[lane] = score;
        barrier();
        float before = largest;
        for (uint i = 0; i < LANES; i++) largest = max(largest, scores[i]);
        weights[lane] = score > UNSEEN ? exp(score - largest) : 0.0;
        barrier();
        float shrink = before > UNSEEN ? exp(before - largest) : 0.0;
        uint count = min(keys.y - first, LANES);
        total *= shrink;
        for (uint i = 0; i < count; i++) total += weights[i];
        for (uint j = 0; j < COLUMNS; j++) {
            uint column = j * LANES + lane;
            if (column >= E) break;
            uint at = AT4(v, uvec4(b, g, first, column));
            float sum = sums[j] * shrink;
            for (uint i = 0; i < count; i++) sum += weights[i] * v.at[at + i * p.v_s2];
            sums[j] = sum;
        }
    }
    float factor = total > 0.0 ? 1.0 / total : 0.0;
    for (uint j = 0; j < COLUMNS; j++) {
        uint column = j * LANES + lane;
        if (column < E) y.at[AT4(y, uvec4(b, head, t, column))] = sums[j] * factor;
    }
}

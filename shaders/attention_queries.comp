// SPDX-License-Identifier: MIT
// Attention for many queries: each invocation has one, with its sums in registers, and all of a workgroup go through the same keys,
// KEYS at a time, with an online softmax as in attention.comp. A key's or value's number is the same for the whole workgroup: on a CPU that is
// one scalar load for eight queries, on a GPU one broadcast.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "activation.glsl"
#include "attention.glsl"

layout(constant_id = 5) const uint QUADS = 0;  // 1: rows of k and v may be read as vec4

layout(binding = 2) readonly buffer KeyQuads { vec4 key_quads[]; };
layout(binding = 3) readonly buffer ValueQuads { vec4 value_quads[]; };

const uint LANES = gl_WorkGroupSize.x;
const uint KEYS = 16;

void main() {
    uint tiles = (p.t + LANES - 1) / LANES;
    uint id = group_id(p.grid_x);
    uint tile = id % tiles;
    uint head = id / tiles % p.n;
    uint b = id / tiles / p.n;
    if (b >= p.b) return;
    uint g = head / (p.n / p.g);
    uint t = min(tile * LANES + gl_LocalInvocationID.x, p.t - 1);  // those beyond the end repeat the last and store nothing

    float query[H];
    for (uint i = 0; i < H; i++) query[i] = q[AT4(q, uvec4(b, head, t, i))];
    float sums[E];
    for (uint c = 0; c < E; c++) sums[c] = 0.0;
    float largest = UNSEEN;
    float total = 0.0;

    // What any query of the tile sees; the ends of the range move on with t.
    uvec2 own = seen_keys(t);
    uint end = seen_keys(min(tile * LANES + LANES, p.t) - 1).y;
    for (uint first = seen_keys(tile * LANES).x; first < end; first += KEYS) {
        float scores[KEYS];
        uint at[KEYS];
        for (uint j = 0; j < KEYS; j++) {
            scores[j] = 0.0;
            at[j] = AT4(k, uvec4(b, g, min(first + j, end - 1), 0));
        }
        if (QUADS != 0) {
            for (uint j = 0; j < KEYS; j++) at[j] /= 4;
            for (uint i = 0; i < H / 4; i++) {
                for (uint j = 0; j < KEYS; j++) {
                    vec4 key = key_quads[at[j] + i];
                    scores[j] += query[4 * i] * key.x + query[4 * i + 1] * key.y + query[4 * i + 2] * key.z + query[4 * i + 3] * key.w;
                }
            }
        } else {
            for (uint i = 0; i < H; i++) {
                float u = query[i];
                for (uint j = 0; j < KEYS; j++) scores[j] += u * k[at[j] + i * p.k_s3];
            }
        }
        float before = largest;
        for (uint j = 0; j < KEYS; j++) {
            uint s = first + j;
            bool seen = s >= own.x && s < own.y;
            scores[j] = seen ? finish_score(scores[j], uvec4(b, head, t, min(s, end - 1))) : UNSEEN;
            largest = max(largest, scores[j]);
        }
        float shrink = before > UNSEEN ? exp(before - largest) : 0.0;
        total *= shrink;
        for (uint j = 0; j < KEYS; j++) {
            scores[j] = scores[j] > UNSEEN ? exp(scores[j] - largest) : 0.0;
            total += scores[j];
            at[j] = AT4(v, uvec4(b, g, min(first + j, end - 1), 0));
        }
        if (QUADS != 0) {
            for (uint j = 0; j < KEYS; j++) at[j] /= 4;
            for (uint c = 0; c < E / 4; c++) {
                vec4 sum = vec4(sums[4 * c], sums[4 * c + 1], sums[4 * c + 2], sums[4 * c + 3]) * shrink;
                for (uint j = 0; j < KEYS; j++) sum += scores[j] * value_quads[at[j] + c];
                sums[4 * c] = sum.x;
                sums[4 * c + 1] = sum.y;
                sums[4 * c + 2] = sum.z;
                sums[4 * c + 3] = sum.w;
            }
        } else {
            for (uint c = 0; c < E; c++) {
                float sum = sums[c] * shrink;
                for (uint j = 0; j < KEYS; j++) sum += scores[j] * v[at[j] + c * p.v_s3];
                sums[c] = sum;
            }
        }
    }
    if (tile * LANES + gl_LocalInvocationID.x >= p.t) return;
    float factor = total > 0.0 ? 1.0 / total : 0.0;
    for (uint c = 0; c < E; c++) y[AT4(y, uvec4(b, head, t, c))] = sums[c] * factor;
}

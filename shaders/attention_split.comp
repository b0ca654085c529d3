// SPDX-License-Identifier: MIT
// Attention for few queries on GPUs: a query per workgroup, whose keys are split among all its invocations. As many keys as there are
// invocations are a turn: first four neighbours share a key, then neighbours lie along the columns of v and rows of them share its keys.
// The softmax is online, as in attention.comp.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "block.glsl"
#include "activation.glsl"
#include "attention.glsl"

layout(constant_id = 5) const uint QUADS = 0;  // 1: rows of k and v may be read as vec4

layout(binding = 2) readonly buffer KeyQuads { vec4 key_quads[]; };
layout(binding = 3) readonly buffer ValueQuads { vec4 value_quads[]; };

const uint INVOCATIONS = gl_WorkGroupSize.x * gl_WorkGroupSize.y;
const uint WIDTH = QUADS != 0 ? 4 : 1;  // what is read of a row at once, in the first places of a vec4
const uint KEY_PARTS = (H + WIDTH - 1) / WIDTH;
const uint VALUE_PARTS = (E + WIDTH - 1) / WIDTH;
const uint SHARES = VALUE_PARTS < INVOCATIONS ? INVOCATIONS / VALUE_PARTS : 1;  // of a turn's keys
const uint COLUMNS = (VALUE_PARTS + INVOCATIONS - 1) / INVOCATIONS;            // parts of v per invocation

shared vec4 query[H];
shared float scores[INVOCATIONS];
shared float weights[INVOCATIONS];
shared vec4 shares[INVOCATIONS];
shared float of_subgroups[INVOCATIONS / 4];  // which have four invocations at least

vec4 key_part(uint at, uint i) { return QUADS != 0 ? key_quads[at / 4 + i] : vec4(k.at[at + i * p.k_s3], 0.0, 0.0, 0.0); }
vec4 value_part(uint at, uint i) { return QUADS != 0 ? value_quads[at / 4 + i] : vec4(v.at[at + i * p.v_s3], 0.0, 0.0, 0.0); }

void main() {
    uint id = group_id(p.grid_x);
    uint t = id % p.t;
    uint head = id / p.t % p.n;
    uint b = id / p.t / p.n;
    if (b >= p.b) return;
    uint g = head / (p.n / p.g);
    uint lane = gl_LocalInvocationIndex;

    for (uint i = lane; i < KEY_PARTS; i += INVOCATIONS) {
        vec4 part = vec4(0.0);
        for (uint j = 0; j < WIDTH; j++) part[j] = q.at[AT4(q, uvec4(b, head, t, i * WIDTH + j))];
        query[i] = part;
    }
    uint share = COLUMNS == 1 ? lane / VALUE_PARTS : 0;
    vec4 sums[COLUMNS];
    for (uint j = 0; j < COLUMNS; j++) sums[j] = vec4(0.0);
    float largest = UNSEEN;
    float own_total = 0.0;

    uvec2 keys = seen_keys(t);
    for (uint first = keys.x; first < keys.y; first += INVOCATIONS) {
        barrier();  // the query is there; the last turn's weights are used up
        for (uint turn = 0; turn < 4; turn++) {
            uint place = turn * (INVOCATIONS / 4) + lane / 4;
            uint s = min(first + place, keys.y - 1);
            uint at = AT4(k, uvec4(b, g, s, 0));
            float dot_product = 0.0;
            for (uint i = lane % 4; i < KEY_PARTS; i += 4) dot_product += dot(query[i], key_part(at, i));
            dot_product += subgroupShuffleXor(dot_product, 1);
            dot_product += subgroupShuffleXor(dot_product, 2);
            if (lane % 4 == 0) scores[place] = first + place < keys.y ? finish_score(dot_product, uvec4(b, head, t, s)) : UNSEEN;
        }
        barrier();
        float score = scores[lane];
        float largest_here = subgroupMax(score);
        if (gl_SubgroupInvocationID == 0) of_subgroups[gl_SubgroupID] = largest_here;
        barrier();
        float before = largest;
        for (uint i = 0; i < gl_NumSubgroups; i++) largest = max(largest, of_subgroups[i]);
        float weight = score > UNSEEN ? exp(score - largest) : 0.0;
        float shrink = before > UNSEEN ? exp(before - largest) : 0.0;
        weights[lane] = weight;
        own_total = own_total * shrink + weight;
        barrier();
        uint count = min(keys.y - first, INVOCATIONS);
        uint at = AT4(v, uvec4(b, g, first, 0));
        for (uint j = 0; j < COLUMNS; j++) {
            uint part = COLUMNS == 1 ? lane % VALUE_PARTS : j * INVOCATIONS + lane;
            if (part >= VALUE_PARTS || share >= SHARES) break;
            vec4 sum = sums[j] * shrink;
            for (uint i = share; i < count; i += SHARES) sum += weights[i] * value_part(at + i * p.v_s2, part);
            sums[j] = sum;
        }
    }
    barrier();  // all have read the last turn's largest
    float subgroup_total = subgroupAdd(own_total);
    if (gl_SubgroupInvocationID == 0) of_subgroups[gl_SubgroupID] = subgroup_total;
    shares[lane] = sums[0];
    barrier();
    float total = 0.0;
    for (uint i = 0; i < gl_NumSubgroups; i++) total += of_subgroups[i];
    float factor = total > 0.0 ? 1.0 / total : 0.0;
    for (uint j = 0; j < COLUMNS; j++) {
        uint part = j * INVOCATIONS + lane;
        if (part >= VALUE_PARTS) break;
        vec4 sum = sums[j];
        for (uint i = 1; i < SHARES; i++) sum += shares[i * VALUE_PARTS + lane];
        for (uint i = 0; i < WIDTH; i++) y.at[AT4(y, uvec4(b, head, t, part * WIDTH + i))] = sum[i] * factor;
    }
}

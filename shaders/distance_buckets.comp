// SPDX-License-Identifier: MIT
// y[i, j] = bucket of key j as query m - n + i sees it. Distances below `exact` have a bucket each; from there to max_distance the rest
// share them by log(distance / exact) / log(max_distance / exact).
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(y)
    uint n, m, buckets, max_distance, both;
} p;
layout(binding = 1) writeonly buffer Y { uint y[]; };

void main() {
    uint id = linear_id(p.grid_x);
    if (id >= p.n * p.m) return;
    uint query = p.m - p.n + id / p.m;
    uint key = id % p.m;
    uint count = p.both != 0 ? p.buckets / 2 : p.buckets;
    uint first = key > query ? count : 0;
    uint distance = key > query ? key - query : query - key;
    if (p.both == 0 && key > query) first = distance = 0;
    uint exact = count / 2;
    uint bucket = distance;
    if (distance >= exact) {
        float place = log2(float(distance) / float(exact)) / log2(float(p.max_distance) / float(exact));
        // Rounding may not push a distance that begins a bucket below it.
        bucket = min(exact + uint(place * float(count - exact) + 1e-4), count - 1);
    }
    y[p.y_offset + id] = first + bucket;
}

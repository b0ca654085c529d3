// SPDX-License-Identifier: MIT
// The same, a workgroup per plane (b, c): what belongs to the channel is worked out once.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"
#include "batch_norm_op.glsl"

void main() {
    uint plane = group_id(p.grid_x);
    uint first = plane * p.places;
    if (first >= p.count) return;
    Channel of = channel(plane % p.channels);
    for (uint i = gl_LocalInvocationID.x; i < p.places; i += gl_WorkGroupSize.x) normalise(first + i, of);
}

// SPDX-License-Identifier: MIT
// y[r] = sum of x[r, :]. A row is a workgroup's, whose invocations read neighbouring words; eight sums in flight hide the latency of each.
#version 450
#pragma twin(address)
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW0(x)
    VIEW0(y)
    uint rows, columns;
} p;
#include "lanes.glsl"
OCTETS(1, X, x)
TENSOR(2, writeonly, Y, float, y)

shared float parts[gl_WorkGroupSize.x];

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uint octets = p.columns / 8, width = gl_WorkGroupSize.x / 8;
    uint at = p.x_offset / 8 + row * octets + eight(), end = p.x_offset / 8 + (row + 1) * octets;
    float sums[8] = float[](0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (; at + 7 * width < end; at += 8 * width)
        [[unroll]] for (uint i = 0; i < 8; ++i) sums[i] += uintBitsToFloat(OCTET(x, at + i * width));
    for (; at < end; at += width) sums[0] += uintBitsToFloat(OCTET(x, at));
    float own = 0.0;
    [[unroll]] for (uint i = 0; i < 8; ++i) own += sums[i];
    parts[gl_LocalInvocationID.x] = own;
    barrier();
    if (gl_LocalInvocationID.x != 0) return;
    float sum = 0.0;
    for (uint i = 0; i < gl_WorkGroupSize.x; ++i) sum += parts[i];
    y.at[p.y_offset + row] = sum;
}

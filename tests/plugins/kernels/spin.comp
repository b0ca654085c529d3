#version 450
// SPDX-License-Identifier: MIT
// Keeps the device busy for `rounds`; y[i] depends on every round, so that none is optimised away.
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(std140, set = 0, binding = 0) uniform Params { uint count; uint rounds; };
layout(std430, set = 0, binding = 1) buffer Y { uint y[]; };

void main() {
    uint i = gl_GlobalInvocationID.x;
    if (i >= count) return;
    uint value = y[i] + i;
    for (uint k = 0; k < rounds; ++k) value = value * 1664525u + 1013904223u;
    y[i] = value;
}

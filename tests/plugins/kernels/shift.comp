#version 450
// SPDX-License-Identifier: MIT
// y[i] = x[(i + 1) % count] + 1: wrong at once if a step runs before the one it depends on is finished everywhere.
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(std140, set = 0, binding = 0) uniform Params { uint count; };
layout(std430, set = 0, binding = 1) readonly buffer X { uint x[]; };
layout(std430, set = 0, binding = 2) writeonly buffer Y { uint y[]; };

void main() {
    uint i = gl_GlobalInvocationID.x;
    if (i < count) y[i] = x[(i + 1) % count] + 1;
}

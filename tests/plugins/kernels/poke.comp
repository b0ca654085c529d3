#version 450
// SPDX-License-Identifier: MIT
// y[at] = 1, wherever that is: the planted out-of-bounds write.
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(std140, set = 0, binding = 0) uniform Params { uint at; };
layout(std430, set = 0, binding = 1) writeonly buffer Y { uint y[]; };

void main() {
    if (gl_GlobalInvocationID.x == 0) y[at] = 1;
}

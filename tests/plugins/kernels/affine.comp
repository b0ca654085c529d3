#version 450
// SPDX-License-Identifier: MIT
// y[i] = scale * (a * x[i] + b)
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(constant_id = 3) const uint scale = 1;
layout(std140, set = 0, binding = 0) uniform Params { uint count; float a; float b; };
layout(std430, set = 0, binding = 1) readonly buffer X { float x[]; };
layout(std430, set = 0, binding = 2) writeonly buffer Y { float y[]; };

void main() {
    uint i = gl_GlobalInvocationID.x;
    if (i < count) y[i] = float(scale) * (a * x[i] + b);
}

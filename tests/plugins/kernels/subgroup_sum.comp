#version 450
// SPDX-License-Identifier: MIT
// y[i] = sum of x over the subgroup of i. All invocations take part, so every subgroup is full.
#extension GL_KHR_shader_subgroup_arithmetic : require
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(std140, set = 0, binding = 0) uniform Params { uint count; };
layout(std430, set = 0, binding = 1) readonly buffer X { uint x[]; };
layout(std430, set = 0, binding = 2) writeonly buffer Y { uint y[]; };

void main() {
    uint i = gl_GlobalInvocationID.x;
    uint sum = subgroupAdd(i < count ? x[i] : 0);
    if (i < count) y[i] = sum;
}

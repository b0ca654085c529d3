#version 450
// SPDX-License-Identifier: MIT
// y[group] = sum of the group's x; as much shared memory as constant 3 says, in words.
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(constant_id = 3) const uint words = 64;
layout(std140, set = 0, binding = 0) uniform Params { uint count; };
layout(std430, set = 0, binding = 1) readonly buffer X { uint x[]; };
layout(std430, set = 0, binding = 2) writeonly buffer Y { uint y[]; };
shared uint part[words];

void main() {
    uint i = gl_GlobalInvocationID.x;
    part[gl_LocalInvocationID.x] = i < count ? x[i] : 0;
    barrier();
    if (gl_LocalInvocationID.x == 0) {
        uint sum = 0;
        for (uint k = 0; k < gl_WorkGroupSize.x; ++k) sum += part[k];
        y[gl_WorkGroupID.x] = sum;
    }
}

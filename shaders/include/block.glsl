// SPDX-License-Identifier: MIT
// What every kernel shares: the local size, and the words of the parameter block that describe tensors.

layout(local_size_x = 64, local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

// The block's words of one tensor. VIEW0: contiguous; VIEW2, VIEW4: with strides in elements, the last axis last.
#define VIEW0(t) uint t##_offset;
#define VIEW2(t) uint t##_offset, t##_s0, t##_s1;
#define VIEW4(t) uint t##_offset, t##_s0, t##_s1, t##_s2, t##_s3;

// Index into the buffer of tensor t at coordinates c (uvec2, uvec4).
#define AT2(t, c) (p.t##_offset + (c).x * p.t##_s0 + (c).y * p.t##_s1)
#define AT4(t, c) (p.t##_offset + (c).x * p.t##_s0 + (c).y * p.t##_s1 + (c).z * p.t##_s2 + (c).w * p.t##_s3)

// Number of this workgroup, and of this invocation, over a grid whose rows are grid_x workgroups long.
uint group_id(uint grid_x) { return gl_WorkGroupID.y * grid_x + gl_WorkGroupID.x; }
uint linear_id(uint grid_x) { return group_id(grid_x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x; }

// Coordinates of element i in row-major order, of a space whose last three sizes are given.
uvec4 unravel(uint i, uint d1, uint d2, uint d3) {
    uint rows = i / d3;
    uint planes = rows / d2;
    return uvec4(planes / d1, planes % d1, rows % d2, i % d3);
}

// SPDX-License-Identifier: MIT
// What every kernel shares: the local size, and the words of the parameter block that describe tensors.

layout(local_size_x = 64, local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

// The block's words of one tensor. VIEW0: contiguous; VIEW2, VIEW4: with strides in elements, the last axis last.
#define VIEW0(t) uint t##_offset ADDRESS(t);
#define VIEW2(t) uint t##_offset, t##_s0, t##_s1 ADDRESS(t);
#define VIEW4(t) uint t##_offset, t##_s0, t##_s1, t##_s2, t##_s3 ADDRESS(t);

// TENSOR declares tensor t, whose element i is t.at[i]. A shader that declares all its tensors so may say `#pragma twin(address)` and is
// compiled twice: with storage buffers, and (ADDRESSED) with the addresses that its block then holds, for software Vulkan, where a bound
// costs more than the read. There a read that is the same for the whole subgroup is made even when no invocation is active, and once more
// after a loop's last turn: such reads must stay within a tensor or less than 64 KiB past it, whatever the loop counter and the workgroup.
#ifdef ADDRESSED
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#define ADDRESS(t) , t##_low, t##_high
#define TENSOR(binding_number, access, Block, type, t) \
    layout(buffer_reference, std430, buffer_reference_align = 4) access buffer Block { type at[]; }; \
    Block t = Block(uvec2(p.t##_low, p.t##_high));
#else
#define ADDRESS(t)
#define TENSOR(binding_number, access, Block, type, t) \
    layout(binding = binding_number, std430) access buffer Block { type at[]; } t;
#endif

// What ops of products that norm x themselves in some kernels (`norms:` in their entries) have more of in those.
#define NORM_VIEW
#define NORM_TENSOR(binding_number)

// Before a loop that stores. By address, where a CPU is the device, it stays a loop: written out, many stores for some of the invocations take its
// compiler longer than all the rest.
#extension GL_EXT_control_flow_attributes : require
#ifdef ADDRESSED
#define STORING [[dont_unroll]]
#else
#define STORING [[unroll]]
#endif

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

// SPDX-License-Identifier: MIT
// Rows of tensors, eight neighbouring elements at a time, one for each of eight neighbouring invocations: ROW(t, first) is the row of
// tensor t whose first element is at index `first`, OWN(t, row, i, last) the invocation's own of the row's elements 8 i to 8 i + 7, of
// which those past `last` are anything.
#extension GL_EXT_control_flow_attributes : require
#include "lanes.glsl"

#ifdef ADDRESSED
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Row { Octet at[]; };

Row row_from(uvec2 address, uint first) {
    uint carry;
    uint low = uaddCarry(address.x, first << 2, carry);
    return Row(uvec2(low, address.y + (first >> 30) + carry));
}
#define ROW(t, first) row_from(uvec2(p.t##_low, p.t##_high), first)
#define OWN(t, row, i, last) uintBitsToFloat(own_of((row).at[i]))
#define OWN_WORD(t, row, i, last) own_of((row).at[i])

layout(buffer_reference, std430, buffer_reference_align = 4) writeonly buffer Into { float at[]; };
Into into_row(uvec2 address, uint first) {
    uint carry;
    uint low = uaddCarry(address.x, first << 2, carry);
    return Into(uvec2(low, address.y + (first >> 30) + carry));
}
#define INTO(t, first) into_row(uvec2(p.t##_low, p.t##_high), first)
#define PUT(t, row, i, value) (row).at[i] = value
#else
#define Row uint
#define ROW(t, first) (first)
#define OWN(t, row, i, last) t.at[(row) + min((i) * 8 + gl_LocalInvocationID.x % 8, last)]
#define OWN_WORD OWN
#define Into uint
#define INTO(t, first) (first)
#define PUT(t, row, i, value) t.at[(row) + (i)] = value
#endif

// The same of a row of any stride: `along` is what along(t) of entries says, `from` the index of the row's first element.
#define OWN_ALONG(own, t, along, from, row, i, last) \
    ((along) == 1 ? own(t, row, i, last) : t.at[(from) + ((along) == 0 ? 0 : min((i) * 8 + gl_LocalInvocationID.x % 8, last) * p.t##_s3)])

// A loop over a row takes EIGHTS * 8 elements per eight invocations a turn, all written out: this is the j-th eight of the turn that begins
// with element `first`, and the element of it that is the invocation's own.
const uint EIGHTS = 4;
const uint TURN = EIGHTS * gl_WorkGroupSize.x;
uint eight_of(uint first, uint j) { return first / 8 + j * (gl_WorkGroupSize.x / 8) + eight(); }
uint element_of(uint first, uint j) { return eight_of(first, j) * 8 + gl_LocalInvocationID.x % 8; }

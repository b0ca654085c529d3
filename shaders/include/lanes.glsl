// SPDX-License-Identifier: MIT
// What eight neighbouring invocations read together: OCTETS declares tensor t of 32-bit words, OCTET(t, i) is the invocation's own of words
// 8 i to 8 i + 7. RUN(t, i) is for what is the same for all: elements i to i + 15 of a tensor of floats.

// Which eight this invocation is among; known to be the same for all where there are no others.
uint eight() { return gl_WorkGroupSize.x == 8 ? 0 : gl_LocalInvocationID.x / 8; }

#ifdef ADDRESSED
#extension GL_KHR_shader_subgroup_basic : require
struct Octet { uvec4 low, high; };
#define OCTETS(binding_number, Block, t) TENSOR(binding_number, readonly, Block, Octet, t)
#define OCTET(t, i) own_of(t.at[i])

// Subgroups have eight invocations where there are twins. Each reads all eight words and keeps one, of which a compiler for processors makes
// one load; a read whose place differs by invocation would be a gather.
uint own_of(Octet o) {
    uint lane = gl_SubgroupInvocationID;
    uint word = o.low.x;
    word = mix(word, o.low.y, lane == 1);
    word = mix(word, o.low.z, lane == 2);
    word = mix(word, o.low.w, lane == 3);
    word = mix(word, o.high.x, lane == 4);
    word = mix(word, o.high.y, lane == 5);
    word = mix(word, o.high.z, lane == 6);
    return mix(word, o.high.w, lane == 7);
}

// HALVES makes the memory of tensor t known as 16-bit words too: HALF(t, i, j) is the invocation's own of the j-th eight of the i-th 128; where
// j is constant, many reads share the sum of an address.
#extension GL_EXT_shader_16bit_storage : require
#define HALVES(Block, t) \
    layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer Block##Halves { u16vec4 at[][32]; }; \
    Block##Halves t##_halves = Block##Halves(uvec2(p.t##_low, p.t##_high));
#define HALF(t, i, j) own_of(Octet(uvec4(t##_halves.at[i][2 * (j)]), uvec4(t##_halves.at[i][2 * (j) + 1])))

layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer Run { mat4 at; };
mat4 run_of(uint low, uint high, uint i) {
    uint carry;
    low = uaddCarry(low, 4 * i, carry);
    return Run(uvec2(low, high + carry)).at;
}
#define RUN(t, i) run_of(p.t##_low, p.t##_high, i)
#else
#define OCTETS(binding_number, Block, t) TENSOR(binding_number, readonly, Block, uint, t)
#define OCTET(t, i) t.at[(i) * 8 + gl_LocalInvocationID.x % 8]
#define RUN(t, i) \
    mat4(t.at[i], t.at[(i) + 1], t.at[(i) + 2], t.at[(i) + 3], t.at[(i) + 4], t.at[(i) + 5], t.at[(i) + 6], t.at[(i) + 7], \
         t.at[(i) + 8], t.at[(i) + 9], t.at[(i) + 10], t.at[(i) + 11], t.at[(i) + 12], t.at[(i) + 13], t.at[(i) + 14], t.at[(i) + 15])
#endif

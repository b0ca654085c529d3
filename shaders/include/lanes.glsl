// SPDX-License-Identifier: MIT
// What eight neighbouring invocations read together: OCTETS declares tensor t of 32-bit words, OCTET(t, i) is the invocation's own of words
// 8 i to 8 i + 7.

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
#else
#define OCTETS(binding_number, Block, t) TENSOR(binding_number, readonly, Block, uint, t)
#define OCTET(t, i) t.at[(i) * 8 + gl_LocalInvocationID.x % 8]
#endif

// SPDX-License-Identifier: MIT
// What the faster linear kernels share: ROWS x OUTS sums per invocation, weights read as pairs of elements.
// Spec constants: 3 STORED, 4 LAYOUT, 5 is the op's, then these.
#include "stored.glsl"

layout(constant_id = 4) const uint LAYOUT = 0;  // 0: weight [out, in], 1: [in, out]
layout(constant_id = 6) const uint ROWS = 1;
layout(constant_id = 7) const uint OUTS = 4;    // even
layout(constant_id = 8) const uint ODD = 0;     // 1: the weight's rows have an odd size, so a pair may lie across two words

const uint LANES = gl_WorkGroupSize.x;
const uint SUMS = ROWS * OUTS;

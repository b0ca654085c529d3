// SPDX-License-Identifier: MIT
// y[r, k] = x[r, 0] + ... + x[r, k]; a row per workgroup. An invocation sums up a stretch of the row, then writes it from where the
// stretches before it end.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(constant_id = 3) const uint INTEGERS = 0;  // elements are integers, else floats

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(y)
    uint rows, k, d1, d2;
    uint integers;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Y { uint y[]; };

shared uint totals[gl_WorkGroupSize.x];

uint add(uint a, uint b) {
    return INTEGERS != 0 ? a + b : floatBitsToUint(uintBitsToFloat(a) + uintBitsToFloat(b));
}

void main() {
    uint row = group_id(p.grid_x);
    if (row >= p.rows) return;
    uvec4 c = unravel(row, p.d1, p.d2, 1);
    uint from = AT4(x, c);
    uint to = AT4(y, c);

    uint lane = gl_LocalInvocationID.x;
    uint stretch = (p.k + gl_WorkGroupSize.x - 1) / gl_WorkGroupSize.x;
    uint begin = min(lane * stretch, p.k);
    uint end = min(begin + stretch, p.k);
    uint total = 0;  // of either kind
    for (uint k = begin; k < end; k++) total = add(total, x[from + k * p.x_s3]);
    totals[lane] = total;
    barrier();
    uint sum = 0;
    for (uint i = 0; i < lane; i++) sum = add(sum, totals[i]);
    for (uint k = begin; k < end; k++) {
        sum = add(sum, x[from + k * p.x_s3]);
        y[to + k * p.y_s3] = sum;
    }
}

// SPDX-License-Identifier: MIT
// y[c] = src at the last place of c's row along axis whose id is c[axis], x[c] where there is none. Each element looks for its own, so
// that several for one place cannot race. Elements of any type, as 32-bit words.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "block.glsl"

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(ids)
    VIEW4(src)
    VIEW0(y)
    uint count, d1, d2, d3, axis, i0, i1, i2, i3;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) readonly buffer Ids { uint ids[]; };
layout(binding = 3) readonly buffer Src { uint src[]; };
layout(binding = 4) writeonly buffer Y { uint y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    uvec4 sizes = uvec4(p.i0, p.i1, p.i2, p.i3);
    uint value = x[AT4(x, c)];
    uint place = c[p.axis];
    uint length = sizes[p.axis];
    c[p.axis] = 0;
    if (all(lessThan(c, sizes))) {
        for (uint j = 0; j < length; j++) {
            c[p.axis] = j;
            if (ids[AT4(ids, c)] == place) value = src[AT4(src, c)];
        }
    }
    y[p.y_offset + i] = value;
}

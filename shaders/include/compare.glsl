// SPDX-License-Identifier: MIT
// y[i] = 1 where a[i] and b[i], or a[i] and a number, compare so, else 0. The including shader says COMPARE(a, b).

#include "block.glsl"

layout(constant_id = 3) const uint INTEGERS = 0;  // elements are integers (or bools), else floats

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(a)
    VIEW4(b)
    VIEW4(y)
    uint count, d1, d2, d3;
    uint has_b;
    float number;
    uint swap, integers;
} p;
layout(binding = 1) readonly buffer A { uint a[]; };
layout(binding = 2) readonly buffer B { uint b[]; };
layout(binding = 3) writeonly buffer Y { uint y[]; };

void main() {
    uint i = linear_id(p.grid_x);
    if (i >= p.count) return;
    uvec4 c = unravel(i, p.d1, p.d2, p.d3);
    uint left = a[AT4(a, c)];
    uint right = INTEGERS != 0 ? uint(int(p.number)) : floatBitsToUint(p.number);
    if (p.has_b != 0) {
        right = b[AT4(b, c)];
    } else if (p.swap != 0) {
        uint number = right;
        right = left;
        left = number;
    }
    bool holds = INTEGERS != 0 ? COMPARE(int(left), int(right)) : COMPARE(uintBitsToFloat(left), uintBitsToFloat(right));
    y[AT4(y, c)] = holds ? 1 : 0;
}

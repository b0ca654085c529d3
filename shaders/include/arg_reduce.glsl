// SPDX-License-Identifier: MIT
// y[i] = place of the first best element of row i. Rows and GROUPED as in reduce.glsl. The including shader says BEST(key), which maps
// the order of keys, where the largest counts, to the order wanted.

#include "block.glsl"
#include "order.glsl"

layout(constant_id = 3) const uint GROUPED = 0;
layout(constant_id = 4) const uint INTEGERS = 0;  // elements are integers (or bools), else floats

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW0(y)
    uint rows, d1, d2, d3, integers;
} p;
layout(binding = 1) readonly buffer X { uint x[]; };
layout(binding = 2) writeonly buffer Y { uint y[]; };

// The best key and its place.
shared uvec2 parts[gl_WorkGroupSize.x];

bool better(uvec2 a, uvec2 b) { return a.x > b.x || (a.x == b.x && a.y < b.y); }

void main() {
    uint row = GROUPED != 0 ? group_id(p.grid_x) : linear_id(p.grid_x);
    if (row >= p.rows) return;
    uint from = p.x_offset + row / p.d1 * p.x_s0 + row % p.d1 * p.x_s1;
    uint lane = GROUPED != 0 ? gl_LocalInvocationID.x : 0;
    uint step = GROUPED != 0 ? gl_WorkGroupSize.x : 1;
    uvec2 best = uvec2(0, 0xffffffffu);  // worse than every element
    for (uint i = lane; i < p.d2 * p.d3; i += step) {
        uint bits = x[from + i / p.d3 * p.x_s2 + i % p.d3 * p.x_s3];
        uvec2 other = uvec2(BEST(INTEGERS != 0 ? integer_key(bits) : float_key(bits)), i);
        if (better(other, best)) best = other;
    }
    if (GROUPED != 0) {
        parts[lane] = best;
        for (uint half_size = gl_WorkGroupSize.x / 2; half_size > 0; half_size /= 2) {
            barrier();
            if (lane < half_size && better(parts[lane + half_size], parts[lane])) parts[lane] = parts[lane + half_size];
        }
        best = parts[0];
    }
    if (lane == 0) y[p.y_offset + row] = best.y;
}

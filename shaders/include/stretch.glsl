// SPDX-License-Identifier: MIT
// How element-wise kernels go over their elements: one per invocation (STRETCH 0), or a stretch of a row per workgroup.
#include "eights.glsl"

layout(constant_id = 3) const uint STRETCH = 0;

/// Coordinates of the first element of this workgroup's stretch; those past the last repeat it.
uvec4 stretch_begin(uint id, uint count, uint d1, uint d2, uint d3) {
    uint stretches = (d3 + STRETCH - 1) / STRETCH;
    id = min(id, count / d3 * stretches - 1);
    uvec4 c = unravel(id / stretches, d1, d2, 1);
    c.w = id % stretches * STRETCH;
    return c;
}

// SPDX-License-Identifier: MIT
// The op `linear_fused`: its block, its buffers, and what is done with a finished sum.
#include "activation.glsl"

layout(constant_id = 4) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW2(residual)
    VIEW0(weight)
    VIEW0(bias)
    VIEW2(y)
    uint rows, k, out_size;
    uint layout_word, stored, has_bias, has_residual, act;
} p;
#ifdef TILED_X
layout(binding = 1) readonly buffer X { vec4 x_tiles[]; };
#else
layout(binding = 1) readonly buffer X { float x[]; };
#endif
layout(binding = 2) readonly buffer Residual { float residual[]; };
layout(binding = 3) readonly buffer Weight { uint weight[]; };
layout(binding = 4) readonly buffer Bias { float bias[]; };
layout(binding = 5) writeonly buffer Y { float y[]; };

void finish(uint row, uint o, float sum) {
    if (p.has_bias != 0) sum += bias[p.bias_offset + o];
    sum = activate(ACT, sum);
    if (p.has_residual != 0) sum += residual[AT2(residual, uvec2(row, o))];
    y[AT2(y, uvec2(row, o))] = sum;
}

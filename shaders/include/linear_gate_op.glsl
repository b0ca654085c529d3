// SPDX-License-Identifier: MIT
// The op `linear_gate`: its block, its buffers, and what is done with two finished sums.
#include "activation.glsl"

layout(constant_id = 4) const uint ACT = 0;

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW2(x)
    VIEW0(gate)
    VIEW0(up)
    VIEW0(gate_bias)
    VIEW0(up_bias)
    VIEW2(y)
    uint rows, k, out_size;
    uint layout_word, stored, has_bias, act;
} p;
#ifdef TILED_X
layout(binding = 1) readonly buffer X { vec4 x_tiles[]; };
#else
layout(binding = 1) readonly buffer X { float x[]; };
#endif
layout(binding = 2) readonly buffer Gate { uint gate[]; };
layout(binding = 3) readonly buffer Up { uint up[]; };
layout(binding = 4) readonly buffer GateBias { float gate_bias[]; };
layout(binding = 5) readonly buffer UpBias { float up_bias[]; };
layout(binding = 6) writeonly buffer Y { float y[]; };

void finish(uint row, uint o, float gate_sum, float up_sum) {
    if (p.has_bias != 0) {
        gate_sum += gate_bias[p.gate_bias_offset + o];
        up_sum += up_bias[p.up_bias_offset + o];
    }
    y[AT2(y, uvec2(row, o))] = activate(ACT, gate_sum) * up_sum;
}

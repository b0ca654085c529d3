// SPDX-License-Identifier: MIT
// The ops `convolve` and `convolve_transpose`: their block, their buffers, and what is done with a finished sum.
// Spec constants: 3 STORED, 4 ACT, 5 LAYOUT where TRANSPOSED is defined, then the kernel's.
#include "stored.glsl"
#include "activation.glsl"

layout(constant_id = 4) const uint ACT = 0;
#ifdef TRANSPOSED
layout(constant_id = 5) const uint LAYOUT = 0;  // 0: weight [in, out / groups, ...], 1: [out, in / groups, ...]
#endif

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(x)
    VIEW4(residual)
    VIEW0(scale)
    VIEW0(weight)
    VIEW0(bias)
    VIEW4(y)
    uint batch, channels, height, width;
    uint out_size, out_height, out_width;
    uint kernel_h, kernel_w;
    uint stride_h, stride_w;
    uint pad_h, pad_w;
    uint dilation_h, dilation_w;
#ifdef TRANSPOSED
    uint groups, layout_word;
#else
    uint up, groups;
#endif
    uint stored, act;
    float slope;
    uint has_residual, has_scale, has_bias;
} p;
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer Residual { float residual[]; };
layout(binding = 3) readonly buffer Scale { float scale[]; };
layout(binding = 4) readonly buffer Weight { uint weight[]; };
layout(binding = 5) readonly buffer Bias { float bias[]; };
layout(binding = 6) writeonly buffer Y { float y[]; };

float weight_at(uint e) { return stored_value(weight[p.weight_offset + stored_word(e)], e); }

// place: (batch, output channel, row, column)
void finish(uvec4 place, float sum) {
    if (p.has_scale != 0) sum *= scale[p.scale_offset + place.y];
    if (p.has_bias != 0) sum += bias[p.bias_offset + place.y];
    sum = activate_sloped(ACT, sum, p.slope);
    if (p.has_residual != 0) sum += residual[AT4(residual, place)];
    y[AT4(y, place)] = sum;
}

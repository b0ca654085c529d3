#version 450
// SPDX-License-Identifier: MIT
// y[i] = x[i] * 2 in half precision: needs 16-bit storage and half arithmetic.
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(std140, set = 0, binding = 0) uniform Params { uint count; };
layout(std430, set = 0, binding = 1) readonly buffer X { float16_t x[]; };
layout(std430, set = 0, binding = 2) writeonly buffer Y { float16_t y[]; };

void main() {
    uint i = gl_GlobalInvocationID.x;
    if (i < count) y[i] = x[i] * float16_t(2.0);
}

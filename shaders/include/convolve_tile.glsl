// SPDX-License-Identifier: MIT
// What the fast convolutions share: a workgroup, one subgroup, sums a tile of OUTS output channels x ROWS rows x (VECTORS * LANES)
// columns. Invocations lie along columns, so that x is read side by side; weights are the same for all of them.
// Spec constants from 6: OUTS, VECTORS, ROWS, then the kernel's.

layout(constant_id = 6) const uint OUTS = 8;
layout(constant_id = 7) const uint VECTORS = 1;
layout(constant_id = 8) const uint ROWS = 8;

const uint LANES = gl_WorkGroupSize.x;
const uint COLUMNS = VECTORS * LANES;
const uint PLACES = ROWS * VECTORS;

uint tiles(uint count, uint size) { return (count + size - 1) / size; }

// Takes the workgroup's number apart, the fastest part first: which of `count` it is; `id` goes on without it.
uint take(inout uint id, uint count) {
    uint part = id % count;
    id /= count;
    return part;
}

// All bits where a coordinate, wrapped to a large number below 0, lies inside; none elsewhere.
uint inside(uint at, uint size) { return at < size ? 0xffffffffu : 0u; }

float masked(float value, uint mask) { return uintBitsToFloat(floatBitsToUint(value) & mask); }

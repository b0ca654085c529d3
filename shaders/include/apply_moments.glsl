// SPDX-License-Identifier: MIT
// What group_norm.comp and norm_apply.comp do when the moments are known. Needs x, y, ACT and eights.glsl.

/// y[to + i] = act((x[from + i] - shift - mean) * scale + bias), i in [0, count).
void apply_moments(uint from, uint to, uint count, float shift, float mean, float scale, float bias_here) {
#ifdef ADDRESSED
    const uint block = 16;  // eights a turn: what a turn itself costs is as much as several of them
#else
    const uint block = 4;
#endif
    const uint size = block * gl_WorkGroupSize.x;
    Row row = ROW(x, from);
    // A row each for the eights of a turn, so that their places share an index.
    Into rows[block];
    [[unroll]] for (uint j = 0; j < block; j++) rows[j] = INTO(y, to + j * gl_WorkGroupSize.x);
#define APPLIED(first, j) activate_sloped(ACT, ((OWN(x, row, eight_of(first, j), count - 1) - shift) - mean) * scale + bias_here, p.slope)
    uint whole = count / size * size;
    for (uint first = 0; first < whole; first += size) {
        float values[block];
        [[unroll]] for (uint j = 0; j < block; j++) values[j] = APPLIED(first, j);
        [[unroll]] for (uint j = 0; j < block; j++) PUT(y, rows[j], first + gl_LocalInvocationID.x, values[j]);
    }
    for (uint first = whole; first < count; first += gl_WorkGroupSize.x) {
        float value = APPLIED(first, 0);
        uint i = first + gl_LocalInvocationID.x;
        if (i < count) PUT(y, rows[0], i, value);
    }
#undef APPLIED
}

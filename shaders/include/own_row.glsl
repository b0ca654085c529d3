// SPDX-License-Identifier: MIT
// What turns rows into columns: each of eight neighbouring invocations has one of eight rows. HELD of what belongs to the rows, such as where they
// begin, is kept by each invocation: by address all eight, the same for all, from which own() takes one.
#ifdef ADDRESSED
const uint HELD = 8;
float own(float values[HELD]) {
    float value = values[0];
    [[unroll]] for (uint r = 1; r < HELD; r++) value = mix(value, values[r], gl_SubgroupInvocationID == r);
    return value;
}
#else
const uint HELD = 1;
float own(float values[HELD]) { return values[0]; }
#endif

// The number, of eight, of the r-th row that is held.
uint held(uint r) { return HELD == 1 ? gl_LocalInvocationID.x % 8 : r; }

// Element k of x of the invocation's row; from[] are the indices of the rows' first elements.
float own_row(uint from[HELD], uint k) {
    float column[HELD];
    [[unroll]] for (uint r = 0; r < HELD; r++) column[r] = x.at[from[r] + k];
    return own(column);
}

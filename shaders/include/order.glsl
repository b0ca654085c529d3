// SPDX-License-Identifier: MIT
// Unsigned numbers in the order of what a word holds.

uint integer_key(uint bits) { return bits ^ 0x80000000u; }

// Of floats, sign and magnitude, the negative are turned over. -0 equals 0; NaN lies beyond infinity.
uint float_key(uint bits) {
    if (bits == 0x80000000u) bits = 0;
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

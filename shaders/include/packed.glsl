// SPDX-License-Identifier: MIT
// Packed weights (runtime/weights/pack.hpp): rows in groups of eight, of which the words lie side by side. Values come eight at a time, from a
// k that is a multiple of eight; what fills a row up is zero.
#include "stored.glsl"

const bool QUANTISED = STORED >= STORED_Q8_0;
const uint BLOCK = STORED >= STORED_Q4_K ? 256 : 32;  // elements
const uint BLOCK_WORDS = STORED == STORED_Q8_0   ? 9
                         : STORED == STORED_Q4_0 ? 5
                         : STORED == STORED_Q4_1 ? 5
                         : STORED <= STORED_Q5_1 ? 6
                         : STORED == STORED_Q4_K ? 36
                         : STORED == STORED_Q5_K ? 44
                                                 : 53;

uint packed_row_words(uint k_size) {
    if (QUANTISED) return k_size / BLOCK * BLOCK_WORDS;
    uint elements = (k_size + 15) & ~15u;
    return STORED == STORED_F32 ? elements : elements / 2;
}

// First word of a row, in a matrix whose rows have `words`.
uint packed_row(uint row, uint words) { return row / 8 * 8 * words + row % 8; }

// Four whole numbers, one in each byte.
vec4 bytes_of(uint word) {
    return vec4(word & 0xff, word >> 8 & 0xff, word >> 16 & 0xff, word >> 24);
}
vec4 signed_bytes_of(uint word) {
    int w = int(word);
    return vec4(w << 24 >> 24, w << 16 >> 24, w << 8 >> 24, w >> 24);
}

// Whole numbers that need no conversion: bits put into the mantissa of a power of two, from bit `place` on, are the float RAISE(place) + number.
// Numbers may share a shift so; and the greater `place`, the more exact their sums.
uint placed(uint word, int from, int place, uint bits) {
    int left = place - from;
    return (left < 0 ? word >> -left : word << left) & bits << place;
}
uint raised(uint placed_bits, int place) { return placed_bits | uint(150 - place) << 23; }
#define RAISE(place) float(1 << (23 - (place)))

// The half in the lower part of a word, whose other part is zero. Both count, lest a compiler that makes one load of neighbouring words reads
// each half by itself.
float lone_half(uint word) {
    vec2 both = unpackHalf2x16(word);
    return both.x + both.y;
}

// One byte of three words, by its number.
uint byte_of(uvec3 words, uint i) { return words[i >> 2] >> (8 * (i & 3)) & 0xff; }

// The pair (scale, minimum) number j of the twelve bytes of a q4_k or q5_k block.
vec2 k_pair(uvec3 packed, uint j) {
    if (j < 4) return vec2(byte_of(packed, j) & 63, byte_of(packed, j + 4) & 63);
    uint both = byte_of(packed, j + 4);
    return vec2(both & 15 | byte_of(packed, j - 4) >> 6 << 4, both >> 4 | byte_of(packed, j) >> 6 << 4);
}

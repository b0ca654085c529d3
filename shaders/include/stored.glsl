// SPDX-License-Identifier: MIT
// Weights as they lie in the file, read through 32-bit words: element e of a 16-bit tensor is half (e & 1) of word e >> 1.

// The numbers that `stored(weight)` gives (runtime/plan/weight_form.cpp).
const uint STORED_F32 = 0, STORED_F16 = 1, STORED_BF16 = 2;
const uint STORED_Q8_0 = 4, STORED_Q4_0 = 5, STORED_Q4_1 = 6, STORED_Q5_0 = 7, STORED_Q5_1 = 8;
const uint STORED_Q4_K = 9, STORED_Q5_K = 10, STORED_Q6_K = 11;

layout(constant_id = 3) const uint STORED = 0;

// The word that holds element e.
uint stored_word(uint e) { return STORED == STORED_F32 ? e : e >> 1; }

// Both halves of a word of 16-bit elements.
vec2 stored_pair(uint word) {
    return STORED == STORED_F16 ? unpackHalf2x16(word)
                                : vec2(uintBitsToFloat(word << 16), uintBitsToFloat(word & 0xffff0000u));
}

// A 16-bit element that is a word's lower half.
float half_value(uint word) { return STORED == STORED_F16 ? unpackHalf2x16(word).x : uintBitsToFloat(word << 16); }

// Element e, given the word that holds it.
float stored_value(uint word, uint e) {
    if (STORED == STORED_F32) return uintBitsToFloat(word);
    uint bits = (e & 1u) == 0 ? word & 0xffffu : word >> 16;
    return STORED == STORED_F16 ? unpackHalf2x16(bits).x : uintBitsToFloat(bits << 16);
}

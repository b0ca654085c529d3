// SPDX-License-Identifier: MIT
// Defines vec2 PAIR(e, last): elements e and e + 1 of the weight whose word i is WEIGHT(i); the second is only read up to `last`.

vec2 PAIR(uint e, uint last) {
    uint next = ODD != 0 ? min(e + 1, last) : e + 1;
    if (STORED == STORED_F32) return vec2(uintBitsToFloat(WEIGHT(e)), uintBitsToFloat(WEIGHT(next)));
    uint word = WEIGHT(e >> 1);
    if (ODD != 0 && (e & 1u) != 0) word = word >> 16 | WEIGHT(next >> 1) << 16;
    return stored_pair(word);
}

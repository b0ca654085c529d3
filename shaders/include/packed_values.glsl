// SPDX-License-Identifier: MIT
// Defines SCALE(at, k) and VALUES(at, k, scale, v) for a packed weight: v[0..7] are the elements k to k + 7 of the row at `at`, given the scale
// of the sixteen elements they are among; WEIGHT(row, i) is word i of that row. The formats are in runtime/weights/quantised.cpp.

// Quantised types: an element is q x + y, q being its whole number.
vec2 SCALE(uint at, uint k) {
    if (!QUANTISED) return vec2(0.0);
    uint block = k / BLOCK * BLOCK_WORDS;
    uint e = k % BLOCK;
    if (STORED == STORED_Q6_K) {
        uint scales = WEIGHT(at, block + 48 + e / 64);
        float d = lone_half(WEIGHT(at, block + 52)) * float(int(scales << (24 - e / 16 % 4 * 8)) >> 24);
        return vec2(d, -32.0 * d);
    }
    if (STORED == STORED_Q8_0 || STORED == STORED_Q4_0 || STORED == STORED_Q5_0) {
        float d = lone_half(WEIGHT(at, block));
        return vec2(d, (STORED == STORED_Q8_0 ? 0.0 : STORED == STORED_Q4_0 ? -8.0 : -16.0) * d);
    }
    vec2 head = unpackHalf2x16(WEIGHT(at, block));
    if (STORED == STORED_Q4_1 || STORED == STORED_Q5_1) return head;
    return head * k_pair(uvec3(WEIGHT(at, block + 1), WEIGHT(at, block + 2), WEIGHT(at, block + 3)), e / 32) * vec2(1.0, -1.0);
}

// The whole numbers of elements e to e + 3 of the block whose first word is `block`; e is a multiple of four.
vec4 QUARTET(uint at, uint block, uint e) {
    if (STORED == STORED_Q8_0) return signed_bytes_of(WEIGHT(at, block + 1 + e / 4));
    uint i = e % 32 / 4;
    uint low;
    uint high = 0;  // the bits above the lower four
    if (STORED <= STORED_Q5_1) {
        uint first = STORED == STORED_Q4_0 || STORED == STORED_Q4_1 ? 1 : 2;
        low = WEIGHT(at, block + first + i % 4) >> (e < 16 ? 0 : 4);
        if (first == 2) {
            uint bits = WEIGHT(at, block + 1) >> e;
            high = bits & 1 | (bits & 2) << 7 | (bits & 4) << 14 | (bits & 8) << 21;
        }
    } else if (STORED == STORED_Q6_K) {
        uint quarter = e % 128 / 32;
        low = WEIGHT(at, block + e / 128 * 16 + quarter % 2 * 8 + i) >> (quarter < 2 ? 0 : 4);
        high = WEIGHT(at, block + 32 + e / 128 * 8 + i) >> (2 * quarter) & 0x03030303;
    } else {
        uint first = STORED == STORED_Q4_K ? 4 : 12;
        low = WEIGHT(at, block + first + e / 64 * 8 + i) >> (e % 64 < 32 ? 0 : 4);
        if (STORED == STORED_Q5_K) high = WEIGHT(at, block + 4 + i) >> (e / 32) & 0x01010101;
    }
    return bytes_of(low & 0x0f0f0f0f | high << 4);
}

void VALUES(uint at, uint k, vec2 scale, out float v[8]) {
    if (QUANTISED) {
        uint block = k / BLOCK * BLOCK_WORDS;
        [[unroll]] for (uint h = 0; h < 8; h += 4) {
            vec4 q = QUARTET(at, block, k % BLOCK + h) * scale.x + scale.y;
            [[unroll]] for (uint i = 0; i < 4; i++) v[h + i] = q[i];
        }
    } else if (STORED == STORED_F32) {
        [[unroll]] for (uint i = 0; i < 8; i++) v[i] = uintBitsToFloat(WEIGHT(at, k + i));
    } else {
        [[unroll]] for (uint i = 0; i < 4; i++) {
            vec2 pair = stored_pair(WEIGHT(at, k / 2 + i));
            v[2 * i] = pair.x;
            v[2 * i + 1] = pair.y;
        }
    }
}

// SPDX-License-Identifier: MIT
// TAPS elements of the weight from element e on; the words of 16-bit ones are read once each, wherever in them e stands.
void read_weights(uint first_word, uint e, out float w[TAPS]) {
    if (STORED == STORED_F32) {
        [[unroll]] for (uint t = 0; t < TAPS; t++) w[t] = uintBitsToFloat(weight[first_word + e + t]);
        return;
    }
    uint last = (e + TAPS - 1) / 2;
    uint words[TAPS / 2 + 2];
    [[unroll]] for (uint i = 0; i < TAPS / 2 + 1; i++) words[i] = weight[first_word + min(e / 2 + i, last)];
    words[TAPS / 2 + 1] = 0;
    [[unroll]] for (uint t = 0; t < TAPS; t += 2) {
        vec2 pair = stored_pair(e % 2 == 0 ? words[t / 2] : words[t / 2] >> 16 | words[t / 2 + 1] << 16);
        w[t] = pair.x;
        if (t + 1 < TAPS) w[t + 1] = pair.y;
    }
}

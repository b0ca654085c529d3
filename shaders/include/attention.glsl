// SPDX-License-Identifier: MIT
// What attention kernels share: the block, the buffers, which keys a query sees, and one score.

layout(constant_id = 3) const uint H = 64;  // size of a query and a key
layout(constant_id = 4) const uint E = 64;  // size of a value

layout(binding = 0) uniform Params {
    uint grid_x;
    VIEW4(q)
    VIEW4(k)
    VIEW4(v)
    VIEW4(mask)
    VIEW4(bias)
    VIEW4(y)
    uint b, n, g, t, s, h, e;
    uint causal, window;
    float scale, softcap;
    uint has_mask, has_bias;
} p;
TENSOR(1, readonly, Q, float, q)
TENSOR(2, readonly, K, float, k)
TENSOR(3, readonly, V, float, v)
TENSOR(4, readonly, Mask, uint, mask)
TENSOR(5, readonly, Bias, float, bias)
TENSOR(6, writeonly, Y, float, y)

// Scores at or below this do not count (masked; a bias of -inf).
const float UNSEEN = -3.0e38;

// Keys [x, y) that the query of token t may see by `causal` and `window`: the last query stands at the last key.
uvec2 seen_keys(uint t) {
    int own = int(t) + int(p.s) - int(p.t);
    int begin = p.window > 0 ? max(own - int(p.window) + 1, 0) : 0;
    int end = p.causal != 0 ? clamp(own + 1, 0, int(p.s)) : int(p.s);
    return uvec2(min(begin, end), end);
}

// The score of q . k: scaled, capped, with bias and mask; (b, head, query, key) as in y and S.
float finish_score(float dot_product, uvec4 c) {
    float score = dot_product * p.scale;
    if (p.softcap > 0.0) score = p.softcap * safe_tanh(score / p.softcap);
    if (p.has_bias != 0) score += bias.at[AT4(bias, c)];
    if (p.has_mask != 0 && mask.at[AT4(mask, c)] == 0) score = UNSEEN;
    return max(score, UNSEEN);
}

// SPDX-License-Identifier: MIT
// Activations, finite for every finite x.

// Beyond 88, exp leaves the range of f32.
float sigmoid(float x) { return 1.0 / (1.0 + exp(-x)); }
float silu(float x) { return x < -88.0 ? 0.0 : x * sigmoid(x); }
float quick_gelu(float x) { return x < -51.0 ? 0.0 : x * sigmoid(1.702 * x); }

// (1 - e^-2|x|) / (1 + e^-2|x|), with the sign of x; near 0 its own series, where that would cancel.
float safe_tanh(float x) {
    float s = x * x;
    if (s < 0.01) return x * (1.0 + s * (-1.0 / 3.0 + s * (2.0 / 15.0 - s * (17.0 / 315.0))));
    float e = exp(-2.0 * abs(x));
    return sign(x) * (1.0 - e) / (1.0 + e);
}

// erfc(z), z >= 0: t exp(-z^2 + P(t)) with t = 1 / (1 + z / 2); P is a Chebyshev fit, relative error 1e-7.
float erfc_positive(float z) {
    float t = 1.0 / (1.0 + 0.5 * z);
    float s = 0.175324702;
    s = s * t - 0.842679551;
    s = s * t + 1.52789133;
    s = s * t - 1.17568146;
    s = s * t + 0.30268435;
    s = s * t - 0.194095004;
    s = s * t + 0.0979681257;
    s = s * t + 0.374095349;
    s = s * t + 1.00000295;
    s = s * t - 1.26551072;
    return t * exp(s - z * z);
}

// x Phi(x) = x (1 + erf(x / sqrt 2)) / 2
float gelu(float x) {
    if (abs(x) > 14.0) return max(x, 0.0);
    float tail = 0.5 * erfc_positive(abs(x) * 0.707106781);
    return x * (x < 0.0 ? tail : 1.0 - tail);
}

// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
float gelu_tanh(float x) {
    if (abs(x) > 14.0) return max(x, 0.0);
    return 0.5 * x * (1.0 + safe_tanh(0.797884561 * (x + 0.044715 * x * x * x)));
}

// 1 - erfc(x); near 0 its own series, 2 / sqrt(pi) (x - x^3 / 3 + ...), where that would cancel.
float erf(float x) {
    float s = x * x;
    if (s < 0.01) return 1.12837917 * x * (1.0 + s * (-1.0 / 3.0 + s * (0.1 - s * (1.0 / 42.0))));
    return sign(x) * (1.0 - erfc_positive(abs(x)));
}

// log(1 + e^x), with exp() of what is at most 0 only, so that large values do not overflow.
float softplus(float x) { return max(x, 0.0) + log(1.0 + exp(-abs(x))); }

float elu(float x, float alpha) { return x > 0.0 ? x : alpha * (exp(x) - 1.0); }

float hardsigmoid(float x) { return clamp(x / 6.0 + 0.5, 0.0, 1.0); }

// x tanh(log(1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2)
float mish(float x) {
    if (x > 20.0) return x;
    float e = exp(x);
    float n = e * (e + 2.0);
    return x * (n / (n + 2.0));
}

// The words of `act` in the entries of linear_fused and linear_gate, in their order.
float activate(uint act, float x) {
    switch (act) {
        case 1: return max(x, 0.0);
        case 2: return silu(x);
        case 3: return gelu(x);
        case 4: return gelu_tanh(x);
        case 5: return quick_gelu(x);
        case 6: return sigmoid(x);
        case 7: return safe_tanh(x);
    }
    return x;
}

// With one word more, as in the entry of convolve: leaky_relu, whose slope below 0 is given.
float activate_sloped(uint act, float x, float slope) {
    if (act == 8) return x < 0.0 ? slope * x : x;
    return activate(act, x);
}

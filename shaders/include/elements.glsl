// SPDX-License-Identifier: MIT
// What one step of a chain computes: by the number that an op's entry says as `element:`. Truth is 1, or anything but 0.
#include "activation.glsl"
#include "power.glsl"
#include "turn.glsl"

float element(uint op, float a, float b, float c, float number) {
    switch (op) {
        case 1: return abs(a);
        case 2: return ceil(a);
        case 3: return cos_sin(a).x;
        case 4: return elu(a, number);
        case 5: return erf(a);
        case 6: return exp(a);
        case 7: return floor(a);
        case 8: return gelu(a);
        case 9: return gelu_tanh(a);
        case 10: return hardsigmoid(a);
        case 11: return a * hardsigmoid(a);
        case 12: return a > 0.0 ? a : number * a;
        case 13: return log(a);
        case 14: return mish(a);
        case 15: return -a;
        case 16: return quick_gelu(a);
        case 17: return 1.0 / a;
        case 18: return max(a, 0.0);
        case 19: return roundEven(a);
        case 20: return inversesqrt(a);
        case 21: return sigmoid(a);
        case 22: return sign(a);
        case 23: return silu(a);
        case 24: return cos_sin(a).y;
        case 25: return softplus(a);
        case 26: return sqrt(a);
        case 27: return a * a;
        case 28: return safe_tanh(a);
        case 29: return a + b;
        case 30: return a / b;
        case 31: return max(a, b);
        case 32: return min(a, b);
        case 33: return a * b;
        case 34: return power(a, b);
        case 35: return a - b;
        case 36: return a == b ? 1.0 : 0.0;
        case 37: return a > b ? 1.0 : 0.0;
        case 38: return a >= b ? 1.0 : 0.0;
        case 39: return a < b ? 1.0 : 0.0;
        case 40: return a <= b ? 1.0 : 0.0;
        case 41: return a != b ? 1.0 : 0.0;
        case 42: return a != 0.0 ? b : c;
    }
    return a;
}

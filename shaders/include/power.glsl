// SPDX-License-Identifier: MIT
// exp2 and log2 stand behind pow(), which knows positive bases alone.
float power(float a, float b) {
    if (b == 0.0) return 1.0;
    float size = a == 0.0 ? (b > 0.0 ? 0.0 : 1.0 / 0.0) : pow(abs(a), b);
    if (a >= 0.0) return size;
    if (b != floor(b)) return 0.0 / 0.0;
    return mod(b, 2.0) == 0.0 ? size : -size;
}

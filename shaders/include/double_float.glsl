// SPDX-License-Identifier: MIT
// Numbers of about 48 bits: the unevaluated sum x + y of two floats, |y| at most half a unit in the last place of x (Dekker 1971,
// Numer. Math. 18). `precise` keeps compilers from reassociating or contracting.

// a + b for |a| >= |b|.
vec2 quick_two_sum(float a, float b) {
    precise float s = a + b;
    precise float e = b - (s - a);
    return vec2(s, e);
}

vec2 two_sum(float a, float b) {
    precise float s = a + b;
    precise float v = s - a;
    precise float e = (a - (s - v)) + (b - v);
    return vec2(s, e);
}

// a in two parts of 12 bits.
vec2 split_float(float a) {
    precise float t = 4097.0 * a;
    precise float high = t - (t - a);
    precise float low = a - high;
    return vec2(high, low);
}

// a * b, exactly.
vec2 two_product(float a, float b) {
    precise float q = a * b;
    vec2 u = split_float(a);
    vec2 v = split_float(b);
    precise float e = ((u.x * v.x - q) + u.x * v.y + u.y * v.x) + u.y * v.y;
    return vec2(q, e);
}

vec2 df_add(vec2 a, vec2 b) {
    vec2 s = two_sum(a.x, b.x);
    precise float e = s.y + (a.y + b.y);
    return quick_two_sum(s.x, e);
}

vec2 df_mul(vec2 a, vec2 b) {
    vec2 q = two_product(a.x, b.x);
    precise float e = q.y + (a.x * b.y + a.y * b.x);
    return quick_two_sum(q.x, e);
}

vec2 df_div(vec2 a, vec2 b) {
    precise float q = a.x / b.x;
    vec2 back = two_product(q, b.x);
    precise float rest = ((a.x - back.x) - back.y) + (a.y - q * b.y);
    precise float more = rest / b.x;
    return quick_two_sum(q, more);
}

// log2(a) for a normal a > 0: a = 2^n m, and ln m = 2 atanh((m - 1) / (m + 1)).
vec2 df_log2(float a) {
    uint bits = floatBitsToUint(a);
    float n = float(int(bits >> 23) - 127);
    float m = uintBitsToFloat((bits & 0x7fffffu) | 0x3f800000u);
    if (m > 1.41421356) {
        m *= 0.5;
        n += 1.0;
    }
    vec2 s = df_div(vec2(m - 1.0, 0.0), two_sum(m, 1.0));
    vec2 s2 = df_mul(s, s);
    float z = s2.x;
    float tail = 1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0 + z * (1.0 / 13.0 + z * (1.0 / 15.0))));
    vec2 sum = df_mul(s2, vec2(tail, 0.0));
    sum = df_mul(s2, df_add(sum, vec2(0.2, -2.98023229e-9)));
    sum = df_mul(s2, df_add(sum, vec2(0.333333343, -9.93410776e-9)));
    sum = df_add(df_mul(s, sum), s);
    // 2 / ln 2
    return df_add(vec2(n, 0.0), df_mul(sum, vec2(2.88539004, 3.85192607e-8)));
}

// 2^a for a that keeps the result normal.
vec2 df_exp2(vec2 a) {
    float n = round(a.x);
    vec2 z = df_mul(quick_two_sum(a.x - n, a.y), vec2(0.693147182, -1.90465421e-9));
    float x = z.x;
    float tail = 1.0 / 120.0 +
        x * (1.0 / 720.0 + x * (1.0 / 5040.0 + x * (1.0 / 40320.0 + x * (1.0 / 362880.0 + x * (1.0 / 3628800.0)))));
    vec2 sum = df_mul(z, vec2(tail, 0.0));
    sum = df_mul(z, df_add(sum, vec2(0.0416666679, -1.24176347e-9)));
    sum = df_mul(z, df_add(sum, vec2(0.166666672, -4.96705388e-9)));
    sum = df_mul(z, df_add(sum, vec2(0.5, 0.0)));
    sum = df_add(df_mul(z, df_add(sum, vec2(1.0, 0.0))), vec2(1.0, 0.0));
    return sum * uintBitsToFloat(uint(int(n) + 127) << 23);
}

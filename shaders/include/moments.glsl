// SPDX-License-Identifier: MIT
// Mean and variance in one pass over memory: blocks that fit registers are taken by themselves, and joined to what came before (Chan,
// Golub and LeVeque 1983). Nothing large is subtracted, so a mean far above the deviation does no harm. Needs x, group_sum() and eights.glsl.

/// Of `count` numbers: their mean, and the sum of their squares about it.
struct Moments {
    float count, mean, squares;
};

Moments join(Moments a, Moments b) {
    float count = a.count + b.count;
    float apart = b.mean - a.mean;
    float share = b.count / count;
    return Moments(count, a.mean + apart * share, a.squares + b.squares + apart * apart * a.count * share);
}

/// Of all numbers that the workgroup's invocations took, given to each of them.
Moments group_join(Moments own) {
    float count = group_sum(own.count);
    float mean = group_sum(own.count * own.mean) / count;
    float apart = own.mean - mean;
    return Moments(count, mean, group_sum(own.squares + own.count * apart * apart));
}

/// This invocation's part of x[from + i] - shift, i in [0, count): of eight neighbouring numbers one.
Moments own_moments(uint from, uint count, float shift) {
    const uint block = 16;
    const uint size = block * gl_WorkGroupSize.x;
    Row row = ROW(x, from);
    Moments own = Moments(0.0, 0.0, 0.0);
    uint whole = count / size * size;
    for (uint begin = 0; begin < whole; begin += size) {
        float values[block];
        float sum = 0.0;
        [[unroll]] for (uint j = 0; j < block; j++) {
            values[j] = OWN(x, row, eight_of(begin, j), count - 1) - shift;
            sum += values[j];
        }
        float mean = sum / float(block);
        float squares = 0.0;
        [[unroll]] for (uint j = 0; j < block; j++) squares += (values[j] - mean) * (values[j] - mean);
        own = join(own, Moments(float(block), mean, squares));
    }
    for (uint begin = whole; begin < count; begin += gl_WorkGroupSize.x) {
        float value = OWN(x, row, eight_of(begin, 0), count - 1) - shift;
        if (element_of(begin, 0) < count) own = join(own, Moments(1.0, value, 0.0));
    }
    return own;
}

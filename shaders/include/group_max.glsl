// SPDX-License-Identifier: MIT
// Largest value of the workgroup, given to every invocation. All invocations call it; the local size is a power of two.

shared float group_largest[gl_WorkGroupSize.x];

float group_max(float value) {
    uint lane = gl_LocalInvocationID.x;
    barrier();  // the last call's result may still be read
    group_largest[lane] = value;
    for (uint half_size = gl_WorkGroupSize.x / 2; half_size > 0; half_size /= 2) {
        barrier();
        if (lane < half_size) group_largest[lane] = max(group_largest[lane], group_largest[lane + half_size]);
    }
    barrier();
    return group_largest[0];
}

// SPDX-License-Identifier: MIT
// Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308):
// a 4 x 4 tile of the convolution of a 6 x 6 tile d with a 3 x 3 kernel g is A^T ((G g G^T) (B^T d B)) A, the middle product being by
// element: 36 products where the definition has 144. The polynomials are taken at 0, +-1/sqrt(2), +-sqrt(2) and infinity, which leaves a
// fifth of the error of the usual 0, +-1, +-2. These are the transforms of one row; a matrix is turned by turning its rows, then its columns.
#extension GL_EXT_control_flow_attributes : require

const float NEAR = 0.70710678, FAR = 1.41421356;

// G g
void kernel_transform(float g0, float g1, float g2, out float t[6]) {
    float even = (g0 + 0.5 * g2) * (-2.0 / 3.0), odd = g1 * (-2.0 / 3.0 * NEAR);
    float far_even = (g0 + 2.0 * g2) * (1.0 / 6.0), far_odd = g1 * (FAR / 6.0);
    t[0] = g0;
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = far_even + far_odd;
    t[4] = far_even - far_odd;
    t[5] = g2;
}

// B^T d
void tile_transform(float d[6], out float t[6]) {
    float even = d[4] - 2.0 * d[2], odd = NEAR * (d[3] - 2.0 * d[1]);
    float far_even = d[4] - 0.5 * d[2], far_odd = FAR * (d[3] - 0.5 * d[1]);
    t[0] = d[0] - 2.5 * d[2] + d[4];
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = far_even + far_odd;
    t[4] = far_even - far_odd;
    t[5] = d[1] - 2.5 * d[3] + d[5];
}

// A^T m
void sum_transform(float m[6], out float y[4]) {
    float even = m[1] + m[2], odd = NEAR * (m[1] - m[2]);
    float far_even = m[3] + m[4], far_odd = FAR * (m[3] - m[4]);
    y[0] = m[0] + even + far_even;
    y[1] = odd + far_odd;
    y[2] = 0.5 * even + 2.0 * far_even;
    y[3] = 0.5 * odd + 2.0 * far_odd + m[5];
}

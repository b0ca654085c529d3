// SPDX-License-Identifier: MIT
// Sums over k of A[row, k] B[column, k], a tile of TILE_M rows and TILE_N columns per workgroup, by cooperative matrices: f16 products,
// f32 sums. The including shader defines before
//   PARTS                                     matrices B that A is multiplied with at once
//   A_UNIT(i), B_UNIT(i)                      (row of the tile, octet along k) of work item i; neighbours should read neighbouring memory
//   void a_octet(row, k, v)                   v[0..7] = A[row, k to k + 7], zeros outside
//   void b_octet(part, column, k, v)          likewise of B
//   FINISH(row, column, sum)                  sum[PARTS]; called by neighbours for neighbouring columns, or rows if NEIGHBOURS_ARE_ROWS
// and calls matrix_tile, with all of its workgroup. Two tiles along k lie in shared memory: while one is multiplied, the next is on its way.
//
// A is the sum of A_TERMS halves, B of B_TERMS: two keep 21 bits, and sums are as good as those of f32. What is beyond the range of f16, or so small
// that f16 keeps little of it, is found when the tile is done; then it is done again with A and B scaled by powers of two.
//
// BY_ELEMENT, defined: sums are finished where they are (VK_NV_cooperative_matrix2; PARTS and ACROSS_K are 1), else by way of shared memory. With
// that extension MATRIX_M, MATRIX_N and MATRIX_K may be multiples of the sizes that cooperative matrices have without.
//
// A workgroup is [subgroup, ACROSS_M * ACROSS_N * ACROSS_K]. Rows of invocations are taken for subgroups; where those are narrower, several
// do the same work.
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#ifdef BY_ELEMENT
#extension GL_NV_cooperative_matrix2 : require
#endif
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_EXT_control_flow_attributes : require

layout(constant_id = 7) const uint MATRIX_M = 16;  // of one cooperative matrix product
layout(constant_id = 8) const uint MATRIX_N = 16;
layout(constant_id = 9) const uint MATRIX_K = 16;
layout(constant_id = 10) const uint ACROSS_M = 2;  // subgroups
layout(constant_id = 11) const uint ACROSS_N = 2;
layout(constant_id = 12) const uint ACROSS_K = 1;
layout(constant_id = 13) const uint OWN_M = 2;  // matrices of sums that a subgroup holds
layout(constant_id = 14) const uint OWN_N = 2;
layout(constant_id = 15) const uint STEPS = 2;  // products along k, per tile
layout(constant_id = 16) const uint A_TERMS = 1;
layout(constant_id = 17) const uint B_TERMS = 1;

const uint TILE_M = ACROSS_M * OWN_M * MATRIX_M;
const uint TILE_N = ACROSS_N * OWN_N * MATRIX_N;
const uint TILE_K = ACROSS_K * STEPS * MATRIX_K;
const uint OCTETS = TILE_K / 8;
const uint STRIDE = TILE_K / 4 + 2;  // of f16vec4; the two between rows keep those of a matrix in different banks
const uint INVOCATIONS = gl_WorkGroupSize.x * gl_WorkGroupSize.y;
const uint A_UNITS = TILE_M * OCTETS;
const uint B_UNITS = PARTS * TILE_N * OCTETS;
const uint A_TURNS = (A_UNITS + INVOCATIONS - 1) / INVOCATIONS;
const uint B_TURNS = (B_UNITS + INVOCATIONS - 1) / INVOCATIONS;
const uint A_NEXT = A_TURNS * 2 * A_TERMS, B_NEXT = B_TURNS * 2 * B_TERMS;  // f16vec4 an invocation has on their way
const uint A_SIZE = TILE_M * STRIDE;
const uint B_SIZE = PARTS * TILE_N * STRIDE;
const uint PATCH = MATRIX_M * MATRIX_N;
const uint PATCHES = ACROSS_M * ACROSS_N * ACROSS_K * PARTS;

#ifdef NEIGHBOURS_ARE_ROWS
#define PATCH_LAYOUT gl_CooperativeMatrixLayoutColumnMajor
#define PATCH_WIDTH MATRIX_M
#define PATCH_ROW(place) ((place) % MATRIX_M)
#define PATCH_COLUMN(place) ((place) / MATRIX_M)
#else
#define PATCH_LAYOUT gl_CooperativeMatrixLayoutRowMajor
#define PATCH_WIDTH MATRIX_N
#define PATCH_ROW(place) ((place) / MATRIX_N)
#define PATCH_COLUMN(place) ((place) % MATRIX_N)
#endif

shared f16vec4 a_tiles[2 * A_TERMS * A_SIZE];
shared f16vec4 b_tiles[2 * B_TERMS * B_SIZE];
#ifndef BY_ELEMENT
shared float patches[PATCHES * PATCH];
#endif
shared uint peaks[2];  // largest |A| and |B|, as bits

vec2 peak;  // the same, of what this invocation has seen
vec2 tile_scale;  // what A and B are multiplied by

// Rows first, or octets first: for A_UNIT and B_UNIT.
uvec2 rows_first(uint i, uint rows) { return uvec2(i % rows, i / rows); }
uvec2 octets_first(uint i) { return uvec2(i / OCTETS, i % OCTETS); }

vec4 scaled(float v[8], uint from, float factor) {
    return clamp(vec4(v[from], v[from + 1], v[from + 2], v[from + 3]) * factor, -65504.0, 65504.0);
}
// Of several terms the first has the bits that f16 has room for; a compiler may take a conversion there and back for nothing at all.
f16vec4 term_of(vec4 exact, uint term, uint terms) {
    vec4 high = terms == 1 ? exact : uintBitsToFloat(floatBitsToUint(exact) & 0xffffe000u);
    return f16vec4(term == 0 ? high : exact - high);
}
float largest_of(float v[8]) {
    float largest = 0.0;
    [[unroll]] for (uint i = 0; i < 8; i++) largest = max(largest, abs(v[i]));
    return largest;
}

// What a number must be multiplied by so that the largest, `bits`, suits f16: a power of two.
float suitable_scale(uint bits) {
    float largest = uintBitsToFloat(bits);
    if (largest == 0.0 || (largest > 0.002 && largest <= 65504.0)) return 1.0;
    return uintBitsToFloat(min(127 + 14 + 127 - (bits >> 23), 254) << 23);
}

void load_a(uint first, uint k, out f16vec4 next[A_NEXT]) {
    [[unroll]] for (uint t = 0; t < A_TURNS; t++) {
        uvec2 unit = A_UNIT(min(t * INVOCATIONS + gl_LocalInvocationIndex, A_UNITS - 1));
        float v[8];
        a_octet(first + unit.x, k + unit.y * 8, v);
        peak.x = max(peak.x, largest_of(v));
        [[unroll]] for (uint e = 0; e < A_TERMS; e++)
            [[unroll]] for (uint h = 0; h < 2; h++)
                next[(t * A_TERMS + e) * 2 + h] = term_of(scaled(v, 4 * h, tile_scale.x), e, A_TERMS);
    }
}
void load_b(uint first, uint k, out f16vec4 next[B_NEXT]) {
    [[unroll]] for (uint t = 0; t < B_TURNS; t++) {
        uvec2 unit = B_UNIT(min(t * INVOCATIONS + gl_LocalInvocationIndex, B_UNITS - 1));
        float v[8];
        b_octet(unit.x / TILE_N, first + unit.x % TILE_N, k + unit.y * 8, v);
        peak.y = max(peak.y, largest_of(v));
        [[unroll]] for (uint e = 0; e < B_TERMS; e++)
            [[unroll]] for (uint h = 0; h < 2; h++)
                next[(t * B_TERMS + e) * 2 + h] = term_of(scaled(v, 4 * h, tile_scale.y), e, B_TERMS);
    }
}
void store_a(uint half_of, f16vec4 next[A_NEXT]) {
    [[unroll]] for (uint t = 0; t < A_TURNS; t++) {
        uvec2 unit = A_UNIT(min(t * INVOCATIONS + gl_LocalInvocationIndex, A_UNITS - 1));
        [[unroll]] for (uint e = 0; e < A_TERMS; e++)
            [[unroll]] for (uint h = 0; h < 2; h++)
                a_tiles[(half_of * A_TERMS + e) * A_SIZE + unit.x * STRIDE + unit.y * 2 + h] = next[(t * A_TERMS + e) * 2 + h];
    }
}
void store_b(uint half_of, f16vec4 next[B_NEXT]) {
    [[unroll]] for (uint t = 0; t < B_TURNS; t++) {
        uvec2 unit = B_UNIT(min(t * INVOCATIONS + gl_LocalInvocationIndex, B_UNITS - 1));
        [[unroll]] for (uint e = 0; e < B_TERMS; e++)
            [[unroll]] for (uint h = 0; h < 2; h++)
                b_tiles[(half_of * B_TERMS + e) * B_SIZE + unit.x * STRIDE + unit.y * 2 + h] = next[(t * B_TERMS + e) * 2 + h];
    }
}

#ifdef BY_ELEMENT
float finish_element(const in uint row, const in uint column, const in float element, const in uvec2 first, const in uvec2 size, const in vec2 factor) {
    float sum[1] = {element * factor.x * factor.y};
    if (first.x + row < size.x && first.y + column < size.y) FINISH(first.x + row, first.y + column, sum);
    return element;
}
#endif

// Of k from `k_from` on; a multiple of TILE_K.
void matrix_tile(uvec2 first, uint rows, uint columns, uint k_from, uint k_size) {
    uint me = gl_LocalInvocationID.y;
    uint own_row = me % ACROSS_M * OWN_M, own_column = me / ACROSS_M % ACROSS_N * OWN_N;
    uint own_k = me / (ACROSS_M * ACROSS_N) * STEPS;
    coopmat<float, gl_ScopeSubgroup, MATRIX_M, MATRIX_N, gl_MatrixUseAccumulator> sums[OWN_M * OWN_N * PARTS];
    tile_scale = vec2(1.0);
    for (uint attempt = 0; attempt < 2; attempt++) {
        [[unroll]] for (uint i = 0; i < OWN_M * OWN_N * PARTS; i++)
            sums[i] = coopmat<float, gl_ScopeSubgroup, MATRIX_M, MATRIX_N, gl_MatrixUseAccumulator>(0.0);
        peak = vec2(0.0);
        if (gl_LocalInvocationIndex < 2) peaks[gl_LocalInvocationIndex] = 0;
        f16vec4 next_a[A_NEXT];
        f16vec4 next_b[B_NEXT];
        load_a(first.x, k_from, next_a);
        load_b(first.y, k_from, next_b);
        store_a(0, next_a);
        store_b(0, next_b);
        barrier();
        uint now = 0;
        for (uint k = k_from; k < k_size; k += TILE_K) {
            bool more = k + TILE_K < k_size;
            if (more) {
                load_a(first.x, k + TILE_K, next_a);
                load_b(first.y, k + TILE_K, next_b);
            }
            [[unroll]] for (uint s = 0; s < STEPS; s++) {
                uint column = (own_k + s) * MATRIX_K / 4;
                coopmat<float16_t, gl_ScopeSubgroup, MATRIX_M, MATRIX_K, gl_MatrixUseA> a[OWN_M * A_TERMS];
                [[unroll]] for (uint i = 0; i < OWN_M * A_TERMS; i++)
                    coopMatLoad(a[i], a_tiles, (now * A_TERMS + i % A_TERMS) * A_SIZE + (own_row + i / A_TERMS) * MATRIX_M * STRIDE + column,
                                STRIDE, gl_CooperativeMatrixLayoutRowMajor);
                [[unroll]] for (uint j = 0; j < OWN_N * PARTS; j++) {
                    uint row = j % PARTS * TILE_N + (own_column + j / PARTS) * MATRIX_N;
                    [[unroll]] for (uint f = 0; f < B_TERMS; f++) {
                        coopmat<float16_t, gl_ScopeSubgroup, MATRIX_K, MATRIX_N, gl_MatrixUseB> b;
                        coopMatLoad(b, b_tiles, (now * B_TERMS + f) * B_SIZE + row * STRIDE + column, STRIDE,
                                    gl_CooperativeMatrixLayoutColumnMajor);
                        // The product of both second terms is below what f32 keeps.
                        [[unroll]] for (uint i = 0; i < OWN_M * A_TERMS; i++)
                            if (f + i % A_TERMS < 2)
                                sums[i / A_TERMS * OWN_N * PARTS + j] = coopMatMulAdd(a[i], b, sums[i / A_TERMS * OWN_N * PARTS + j]);
                    }
                }
            }
            now ^= 1;
            if (more) {
                store_a(now, next_a);
                store_b(now, next_b);
            }
            barrier();
        }
        atomicMax(peaks[0], floatBitsToUint(peak.x));
        atomicMax(peaks[1], floatBitsToUint(peak.y));
        barrier();
        vec2 suitable = vec2(suitable_scale(peaks[0]), suitable_scale(peaks[1]));
        if (suitable == tile_scale) break;
        tile_scale = suitable;
        barrier();  // all have read the peaks
    }
    vec2 factor = 1.0 / tile_scale;
    [[unroll]] for (uint i = 0; i < OWN_M; i++)
        [[unroll]] for (uint j = 0; j < OWN_N; j++) {
#ifdef BY_ELEMENT
            uvec2 place = first + uvec2((own_row + i) * MATRIX_M, (own_column + j) * MATRIX_N);
            coopMatPerElementNV(sums[i * OWN_N + j], sums[i * OWN_N + j], finish_element, place, uvec2(rows, columns), factor);
#else
            [[unroll]] for (uint part = 0; part < PARTS; part++)
                coopMatStore(sums[(i * OWN_N + j) * PARTS + part], patches, (me * PARTS + part) * PATCH, PATCH_WIDTH, PATCH_LAYOUT);
            barrier();
            for (uint e = gl_LocalInvocationIndex; e < ACROSS_M * ACROSS_N * PATCH; e += INVOCATIONS) {
                uint from = e / PATCH, place = e % PATCH;
                uint row = first.x + (from % ACROSS_M * OWN_M + i) * MATRIX_M + PATCH_ROW(place);
                uint column = first.y + (from / ACROSS_M * OWN_N + j) * MATRIX_N + PATCH_COLUMN(place);
                if (row >= rows || column >= columns) continue;
                float sum[PARTS];
                [[unroll]] for (uint part = 0; part < PARTS; part++) {
                    sum[part] = 0.0;
                    [[unroll]] for (uint z = 0; z < ACROSS_K; z++)
                        sum[part] += patches[((z * ACROSS_M * ACROSS_N + from) * PARTS + part) * PATCH + place];
                    sum[part] *= factor.x;
                    sum[part] *= factor.y;
                }
                FINISH(row, column, sum);
            }
            barrier();
#endif
        }
}
void matrix_tile(uvec2 first, uint rows, uint columns, uint k_size) { matrix_tile(first, rows, columns, 0, k_size); }

// Products of a few rows of inputs with 16 columns of weights, by VNNI: weights and sums stay in
// registers. 2 ns for each row and tile, 16 x 32 weights (Sapphire Rapids), 3 (Zen 4).

#pragma once

#include "inputs.hpp"
#include "lanes.hpp"
#include "weights.hpp"

namespace hanabi {

constexpr int FEW = 8;  // rows that are multiplied with weights unpacked once

typedef int32_t __attribute__((may_alias)) Four;  // bytes

// The results of 16 columns for the first rows of a part of FEW rows of the inputs.
template <int type, int rows, bool is_first>
void multiply_few(const char * packed, const Inputs & inputs, int64_t part, float * results,
                  int64_t stride) {
    using K = Kind<type>;
    const size_t first = inputs.index(part * FEW);
    const int8_t * quants = inputs.quants + first * DEPTH;
    const float *scale = inputs.scale + first, *sum = inputs.sum + first;
    const int32_t * total = inputs.total + first;
    const __m512i sign = _mm512_set1_epi8(char(0x80));

    __m512 result[rows];
    each<rows>([&](auto row) __attribute__((always_inline)) { result[row] = _mm512_setzero_ps(); });
    for (int tile = 0; tile < inputs.tiles; ++tile, packed += K::BYTES) {
        if constexpr (is_first)
            each<K::BYTES / 64>([&](auto line) __attribute__((always_inline)) {
                _mm_prefetch(packed + AHEAD + line * 64, _MM_HINT_T0);
            });
        __m512i weights[8];
        each<8>([&](auto four) __attribute__((always_inline)) {
            weights[four] = bytes_of<type>(packed, four);
        });
        const char * end = packed + SCALES<type>;
        const __m512 scales = halves(end);
        __m512 minima;
        if constexpr (K::HAS_MINIMA) minima = halves(end + 2 * COLUMNS);
        __m512i offset;
        if constexpr (!K::HAS_NIBBLES) offset = _mm512_loadu_si512(end + 2 * COLUMNS);

        each<rows>([&](auto row) __attribute__((always_inline)) {
            const size_t at = size_t(tile) * ROWS + row;
            __m512i even = _mm512_setzero_si512(), odd = even;
            if constexpr (type == Q4_0) even = _mm512_set1_epi32(total[at] * -8);
            each<4>([&](auto pair) __attribute__((always_inline)) {
                const Four * input = reinterpret_cast<const Four *>(quants + at * DEPTH) + 2 * pair;
                const __m512i a = _mm512_set1_epi32(input[0]), b = _mm512_set1_epi32(input[1]);
                if constexpr (K::HAS_NIBBLES) {
                    even = _mm512_dpbusd_epi32(even, weights[pair * 2], a);
                    odd = _mm512_dpbusd_epi32(odd, weights[pair * 2 + 1], b);
                } else {  // the instruction wants the first without a sign: 128 more
                    even = _mm512_dpbusd_epi32(even, _mm512_xor_si512(a, sign), weights[pair * 2]);
                    odd =
                        _mm512_dpbusd_epi32(odd, _mm512_xor_si512(b, sign), weights[pair * 2 + 1]);
                }
            });
            __m512i product = _mm512_add_epi32(even, odd);
            if constexpr (!K::HAS_NIBBLES) product = _mm512_sub_epi32(product, offset);
            const __m512 by = _mm512_mul_ps(scales, _mm512_set1_ps(scale[at]));
            result[row] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(product), by, result[row]);
            if constexpr (K::HAS_MINIMA)
                result[row] = _mm512_fmadd_ps(minima, _mm512_set1_ps(sum[at]), result[row]);
        });
    }
    each<rows>([&](auto row) __attribute__((always_inline)) {
        _mm512_storeu_ps(results + row * stride, result[row]);
    });
}

}  // namespace hanabi

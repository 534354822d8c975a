// Products of a few rows of inputs with 16 columns of weights, by VNNI: weights and sums stay in
// registers. 2 ns for each row and tile, 16 x 32 weights (Sapphire Rapids), 3 (Zen 4).

#pragma once

#include "few.hpp"
#include "inputs.hpp"
#include "lanes.hpp"
#include "weights.hpp"

namespace hanabi {

typedef int32_t __attribute__((may_alias)) Four;  // bytes

// The results of 16 columns for the first rows of a part of FEW rows of the inputs.
template <int type, int rows>
void multiply_few(const char * packed, const Inputs & inputs, int64_t part, bool is_first,
                  float * results, int64_t stride) {
    using K = Kind<type>;
    const size_t first = inputs.index(part * FEW);
    const int8_t * quants = inputs.quants + first * DEPTH;
    const float *scale = inputs.scale + first, *sum = inputs.sum + first;
    const __m512i sign = _mm512_set1_epi8(char(0x80));
    constexpr int PARTS = K::FORMAT.scales, PAIRS = 4 / PARTS;

    Floats result[rows];
    Scales<type> weight;
    each<rows>([&](auto row) __attribute__((always_inline)) { result[row] = zero(); });
    for (int tile = 0; tile < inputs.tiles; ++tile, packed += K::BYTES) {
        weight.read(packed, tile);
        if (rows == 1 || is_first) fetch_ahead<type>(packed);
        __m512i weights[8];
        each<8>([&](auto four) __attribute__((always_inline)) {
            weights[four] = bytes_of<type, four>(packed);
        });
        __m512i sums_of_columns;
        if constexpr (K::FORMAT.bits == 8)
            sums_of_columns = _mm512_loadu_si512(packed + K::BESIDES);

        each<rows>([&](auto row) __attribute__((always_inline)) {
            const size_t at = size_t(tile) * ROWS + row;
            const auto * input = reinterpret_cast<const Four *>(quants + at * DEPTH);
            each<PARTS>([&](auto part) __attribute__((always_inline)) {
                __m512i even = _mm512_setzero_si512(), odd = even;
                if constexpr (K::FORMAT.offset)
                    even = _mm512_set1_epi32(inputs.total_of<PARTS>(first + at, part) *
                                             -K::FORMAT.offset);
                each<PAIRS>([&](auto pair) __attribute__((always_inline)) {
                    constexpr int four = 2 * (part * PAIRS + pair);
                    const __m512i a = _mm512_set1_epi32(input[four]),
                                  b = _mm512_set1_epi32(input[four + 1]);
                    if constexpr (K::FORMAT.bits < 8) {
                        even = _mm512_dpbusd_epi32(even, weights[four], a);
                        odd = _mm512_dpbusd_epi32(odd, weights[four + 1], b);
                    } else {  // the instruction wants the first without a sign: 128 more
                        even = _mm512_dpbusd_epi32(even, _mm512_xor_si512(a, sign), weights[four]);
                        odd =
                            _mm512_dpbusd_epi32(odd, _mm512_xor_si512(b, sign), weights[four + 1]);
                    }
                });
                __m512i product = _mm512_add_epi32(even, odd);
                if constexpr (K::FORMAT.bits == 8)
                    product = _mm512_sub_epi32(product, sums_of_columns);
                result[row] = fma(_mm512_cvtepi32_ps(product), weight.scale[part] * all(scale[at]),
                                  result[row]);
            });
            if constexpr (K::FORMAT.has_minima)
                result[row] = fma(weight.minimum, all(sum[at]), result[row]);
        });
    }
    each<rows>([&](auto row) __attribute__((always_inline)) {
        _mm512_storeu_ps(results + row * stride, result[row]);
    });
}

}  // namespace hanabi

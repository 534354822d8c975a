// Products of a few rows of inputs with 16 columns of weights, by AVX2, which multiplies bytes to
// sums of two in 16 bits. Those of 4-bit weights are small enough to be added up there for a whole
// tile; those of bytes go on to 32 bits at once.

#pragma once

#include <cstring>

#include "inputs.hpp"
#include "lanes.hpp"
#include "weights.hpp"

namespace hanabi {

constexpr int FEW = 4;             // rows that are multiplied with weights unpacked once
constexpr int PARTS = 64 / WIDTH;  // of 16 columns, a register for each

// The products of four elements of each column with those of a row, added to what is there.
template <int type>
[[gnu::always_inline]] inline __m256i add_products(__m256i weights, __m256i inputs, __m256i to) {
    if constexpr (Kind<type>::HAS_NIBBLES)  // 8 times 2 products of 15 x 127, at most
        return _mm256_add_epi16(to, _mm256_maddubs_epi16(weights, inputs));
    // The instruction wants the first without a sign.
    const __m256i products =
        _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(inputs, weights));
    return _mm256_add_epi32(to, _mm256_madd_epi16(products, _mm256_set1_epi16(1)));
}

// What has been added up, for each column.
template <int type>
[[gnu::always_inline]] inline __m256 sum_of_products(__m256i added) {
    if constexpr (Kind<type>::HAS_NIBBLES) added = _mm256_madd_epi16(added, _mm256_set1_epi16(1));
    return _mm256_cvtepi32_ps(added);
}

// The results of 16 columns for the first rows of a part of FEW rows of the inputs.
template <int type, int rows, bool is_first>
void multiply_few(const char * packed, const Inputs & inputs, int64_t part, float * results,
                  int64_t stride) {
    using K = Kind<type>;
    const size_t first = inputs.index(part * FEW);
    const int8_t * quants = inputs.quants + first * DEPTH;
    const float *scale = inputs.scale + first, *sum = inputs.sum + first;
    const int32_t * total = inputs.total + first;

    Floats result[rows];
    each<rows>([&](auto row) __attribute__((always_inline)) { result[row] = zero(); });
    for (int tile = 0; tile < inputs.tiles; ++tile, packed += K::BYTES) {
        if constexpr (is_first)
            each<K::BYTES / 64>([&](auto line) __attribute__((always_inline)) {
                _mm_prefetch(packed + AHEAD + line * 64, _MM_HINT_T0);
            });
        __m256i added[rows][PARTS] = {};
        each<8>([&](auto four) __attribute__((always_inline)) {
            __m256i weights[PARTS];
            each<PARTS>([&](auto i) __attribute__((always_inline)) {
                weights[i] = bytes_of<type>(packed, four, i);
            });
            each<rows>([&](auto row) __attribute__((always_inline)) {
                int32_t bytes;
                std::memcpy(&bytes, quants + (tile * ROWS + row) * DEPTH + four * 4, 4);
                const __m256i input = _mm256_set1_epi32(bytes);
                each<PARTS>([&](auto i) __attribute__((always_inline)) {
                    added[row][i] = add_products<type>(weights[i], input, added[row][i]);
                    // Now: gcc would put off the sums, and keep all products in memory until then.
                    asm volatile("" : "+x"(added[row][i]));
                });
            });
        });

        const char * end = packed + SCALES<type>;
        const Floats scales = halves(end);
        Floats minima;
        if constexpr (K::HAS_MINIMA) minima = halves(end + 2 * COLUMNS);
        each<rows>([&](auto row) __attribute__((always_inline)) {
            const int at = tile * ROWS + row;
            Floats product{sum_of_products<type>(added[row][0]),
                           sum_of_products<type>(added[row][1])};
            if constexpr (type == Q4_0) product = product + all(float(total[at] * -8));
            result[row] = fma(product, scales * all(scale[at]), result[row]);
            if constexpr (K::HAS_MINIMA) result[row] = fma(minima, all(sum[at]), result[row]);
        });
    }
    each<rows>([&](auto row)
                   __attribute__((always_inline)) { store(results + row * stride, result[row]); });
}

}  // namespace hanabi

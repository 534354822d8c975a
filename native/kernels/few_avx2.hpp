// Products of a few rows of inputs with 16 columns of weights, by AVX2, which multiplies bytes to
// sums of two in 16 bits. Those of 4-bit weights are small enough to be added up there for a whole
// tile, those of 5 and 6 bits for a part of it; those of bytes go on to 32 bits at once.

#pragma once

#include <algorithm>
#include <cstring>

#include "few.hpp"
#include "inputs.hpp"
#include "lanes.hpp"
#include "weights.hpp"

namespace hanabi {

constexpr int HALVES = 2;  // of 16 columns, a register for each

// How many sums of two products fit in 16 bits together: inputs go up to 127.
constexpr int fitting(int bits) { return bits == 8 ? 1 : 32767 / (2 * 127 * ((1 << bits) - 1)); }

// The products of four elements of each column with those of a row, in sums of two.
template <int type>
[[gnu::always_inline]] inline __m256i products(__m256i weights, __m256i inputs) {
    if constexpr (Kind<type>::FORMAT.bits < 8) return _mm256_maddubs_epi16(weights, inputs);
    // The instruction wants the first without a sign.
    return _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(inputs, weights));
}

// The results of 16 columns for the first rows of a part of FEW rows of the inputs.
template <int type, int rows>
void multiply_few(const char * packed, const Inputs & inputs, int64_t part, bool is_first,
                  float * results, int64_t stride) {
    using K = Kind<type>;
    const size_t first = inputs.index(part * FEW);
    const int8_t * quants = inputs.quants + first * DEPTH;
    const float *scale = inputs.scale + first, *sum = inputs.sum + first;
    // The fours of a scale, in runs whose products are added up in 16 bits.
    constexpr int FOURS = 8 / K::FORMAT.scales, RUN = std::min(FOURS, fitting(K::FORMAT.bits));

    Floats result[rows];
    Scales<type> weight;
    each<rows>([&](auto row) __attribute__((always_inline)) { result[row] = zero(); });
    for (int tile = 0; tile < inputs.tiles; ++tile, packed += K::BYTES) {
        weight.read(packed, tile);
        if (rows == 1 || is_first) fetch_ahead<type>(packed);
        each<K::FORMAT.scales>([&](auto part) __attribute__((always_inline)) {
            __m256i product[rows][HALVES] = {};
            each<FOURS / RUN>([&](auto run) __attribute__((always_inline)) {
                __m256i added[rows][HALVES] = {};
                each<RUN>([&](auto some) __attribute__((always_inline)) {
                    constexpr int four = part * FOURS + run * RUN + some;
                    __m256i weights[HALVES];
                    each<HALVES>([&](auto i) __attribute__((always_inline)) {
                        weights[i] = bytes_of<type, four>(packed, i);
                    });
                    each<rows>([&](auto row) __attribute__((always_inline)) {
                        int32_t bytes;
                        std::memcpy(&bytes, quants + (tile * ROWS + row) * DEPTH + four * 4, 4);
                        const __m256i input = _mm256_set1_epi32(bytes);
                        each<HALVES>([&](auto i) __attribute__((always_inline)) {
                            added[row][i] =
                                _mm256_add_epi16(added[row][i], products<type>(weights[i], input));
                            // Now: gcc would put off the sums, and keep all products in memory.
                            asm volatile("" : "+x"(added[row][i]));
                        });
                    });
                });
                each<rows>([&](auto row) __attribute__((always_inline)) {
                    each<HALVES>([&](auto i) __attribute__((always_inline)) {
                        product[row][i] = _mm256_add_epi32(
                            product[row][i],
                            _mm256_madd_epi16(added[row][i], _mm256_set1_epi16(1)));
                    });
                });
            });
            each<rows>([&](auto row) __attribute__((always_inline)) {
                const size_t at = size_t(tile) * ROWS + row;
                Floats whole{_mm256_cvtepi32_ps(product[row][0]),
                             _mm256_cvtepi32_ps(product[row][1])};
                if constexpr (K::FORMAT.offset)
                    whole = whole + all(float(inputs.total_of<K::FORMAT.scales>(first + at, part) *
                                              -K::FORMAT.offset));
                result[row] = fma(whole, weight.scale[part] * all(scale[at]), result[row]);
            });
        });
        if constexpr (K::FORMAT.has_minima)
            each<rows>([&](auto row) __attribute__((always_inline)) {
                result[row] = fma(weight.minimum, all(sum[tile * ROWS + row]), result[row]);
            });
    }
    each<rows>([&](auto row)
                   __attribute__((always_inline)) { store(results + row * stride, result[row]); });
}

}  // namespace hanabi

// The inputs of a product, rounded to bytes.

#pragma once

#include <algorithm>

#include "ggml.hpp"
#include "lanes.hpp"
#include "weights.hpp"

namespace hanabi {

constexpr int ROWS = 16;  // that lie together: a group

// The inputs as bytes with a scale for each 32, 16 rows beside each other; the threads share them.
struct Inputs {
    int8_t * quants;     // [group][tile][ROWS][DEPTH]
    float *scale, *sum;  // [group][tile][ROWS]; sum: of the quants, times the scale
    int32_t * total;     // the same without the scale
    int tiles;           // along a row

    Inputs(char * memory, int64_t rows, int64_t elements) : tiles(int(elements / DEPTH)) {
        const size_t all = size_t((rows + ROWS - 1) / ROWS) * tiles * ROWS;
        quants =
            reinterpret_cast<int8_t *>((reinterpret_cast<uintptr_t>(memory) + 63) & ~uintptr_t(63));
        scale = reinterpret_cast<float *>(quants + all * DEPTH);
        sum = scale + all;
        total = reinterpret_cast<int32_t *>(sum + all);
    }

    static size_t bytes(int64_t rows, int64_t elements) {
        const size_t all = size_t((rows + ROWS - 1) / ROWS) * size_t(elements / DEPTH) * ROWS;
        return 64 + all * (DEPTH + 12);
    }

    char * end() {
        return reinterpret_cast<char *>(total + (reinterpret_cast<float *>(total) - sum));
    }

    // Rounds 32 elements of up to 16 rows of a group, as quantize_row_q8_0 and quantize_row_q8_1
    // do: scales and sums are rounded to halves. The rows' elements are `stride` bytes apart.
    void round(const char * x, size_t stride, int rows, int64_t group, int tile) {
        __m512 low[ROWS], high[ROWS], most[ROWS];
        each<ROWS>([&](auto row) __attribute__((always_inline)) {
            const char * at = x + std::min<int>(row, rows - 1) * stride;
            low[row] = _mm512_loadu_ps(at);
            high[row] = _mm512_loadu_ps(at + 64);
            most[row] = _mm512_max_ps(_mm512_abs_ps(low[row]), _mm512_abs_ps(high[row]));
        });
        const __m512 greatest =
            across(most, [](__m512 a, __m512 b) { return _mm512_max_ps(a, b); });
        const __m512 step = _mm512_div_ps(greatest, _mm512_set1_ps(127.f));
        const __mmask16 some = _mm512_cmp_ps_mask(greatest, _mm512_setzero_ps(), _CMP_NEQ_UQ);
        alignas(64) float inverse[ROWS];
        _mm512_store_ps(inverse, _mm512_maskz_div_ps(some, _mm512_set1_ps(127.f), greatest));

        const size_t at = (size_t(group) * tiles + tile) * ROWS;
        __m512 totals[ROWS];
        each<ROWS>([&](auto row) __attribute__((always_inline)) {
            const __m512 by = _mm512_set1_ps(inverse[row]);
            const __m512i q0 = _mm512_cvtps_epi32(_mm512_mul_ps(low[row], by));
            const __m512i q1 = _mm512_cvtps_epi32(_mm512_mul_ps(high[row], by));
            auto * into = reinterpret_cast<__m128i *>(quants + (at + row) * DEPTH);
            _mm_store_si128(into, _mm512_cvtsepi32_epi8(q0));
            _mm_store_si128(into + 1, _mm512_cvtsepi32_epi8(q1));
            totals[row] = _mm512_castsi512_ps(_mm512_add_epi32(q0, q1));
        });
        const __m512i all = _mm512_castps_si512(across(totals, [](__m512 a, __m512 b) {
            return _mm512_castsi512_ps(
                _mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
        }));
        _mm512_store_si512(total + at, all);
        _mm512_store_ps(scale + at, _mm512_cvtph_ps(_mm512_cvtps_ph(step, 0)));
        const __m512 sums = _mm512_mul_ps(step, _mm512_cvtepi32_ps(all));
        _mm512_store_ps(sum + at, _mm512_cvtph_ps(_mm512_cvtps_ph(sums, 0)));
    }
};

// This thread's part of the inputs. What two threads write does not lie in one line of the cache,
// or they would wait for each other at every step.
inline void round_inputs(const Params * params, const char * input, size_t stride, Inputs & inputs,
                         int64_t rows) {
    const int64_t groups = (rows + ROWS - 1) / ROWS, works = groups * inputs.tiles;
    const int64_t part = (works + params->nth - 1) / params->nth;
    const int64_t end = std::min(works, (params->ith + 1) * part);
    for (int64_t work = params->ith * part; work < end; ++work) {
        const int tile = int(work % inputs.tiles);
        const int64_t group = work / inputs.tiles, first = group * ROWS;
        inputs.round(input + first * stride + tile * DEPTH * sizeof(float), stride,
                     int(std::min<int64_t>(ROWS, rows - first)), group, tile);
    }
}

}  // namespace hanabi

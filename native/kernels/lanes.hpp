// Helpers for vectors of 16 floats.

#pragma once

#include <immintrin.h>

#include <utility>

namespace hanabi {

// 16 floats of what lies in memory as halves.
inline __m512 halves(const char * at) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(at)));
}

// Calls `one` with the numbers from 0 on, each known to the compiler.
template <int count, typename Do>
[[gnu::always_inline]] inline void each(Do && one) {
    [&]<int... number>(std::integer_sequence<int, number...>) __attribute__((always_inline)) {
        (one(std::integral_constant<int, number>()), ...);
    }(std::make_integer_sequence<int, count>());
}

// One vector with what `merge` makes of the lanes of each of 16.
template <typename Merge>
[[gnu::always_inline]] inline __m512 across(const __m512 (&v)[16], Merge merge) {
    __m512 a[8], b[4];
    each<8>([&](auto i) __attribute__((always_inline)) {
        a[i] = merge(_mm512_unpacklo_ps(v[2 * i], v[2 * i + 1]),
                     _mm512_unpackhi_ps(v[2 * i], v[2 * i + 1]));
    });
    each<4>([&](auto i) __attribute__((always_inline)) {
        const __m512d first = _mm512_castps_pd(a[2 * i]), second = _mm512_castps_pd(a[2 * i + 1]);
        b[i] = merge(_mm512_castpd_ps(_mm512_unpacklo_pd(first, second)),
                     _mm512_castpd_ps(_mm512_unpackhi_pd(first, second)));
    });
    const auto quarters = [&](__m512 x, __m512 y) __attribute__((always_inline)) {
        return merge(_mm512_shuffle_f32x4(x, y, 0x88), _mm512_shuffle_f32x4(x, y, 0xdd));
    };
    return quarters(quarters(b[0], b[1]), quarters(b[2], b[3]));
}

}  // namespace hanabi

// Vectors of 16 floats, which are all that the kernels compute with: one register, or two where
// they are half as wide. What is computed is the same to the bit either way.

#pragma once

#include <immintrin.h>

#include <utility>

#ifdef __AVX512F__
#include "lanes_avx512.hpp"
#else
#include "lanes_avx2.hpp"
#endif

namespace hanabi {

constexpr int LANES = 16;

// Whether the bits of some halves are all 0.
template <int count>
inline bool are_zero(const void * halves) {
    __m256i bits = _mm256_setzero_si256();
    for (int i = 0; i < count / LANES; ++i)
        bits = _mm256_or_si256(bits, _mm256_loadu_si256(static_cast<const __m256i *>(halves) + i));
    return _mm256_testz_si256(bits, bits);
}

// Calls `one` with the numbers from 0 on, each known to the compiler.
template <int count, typename Do>
[[gnu::always_inline]] inline void each(Do && one) {
    [&]<int... number>(std::integer_sequence<int, number...>) __attribute__((always_inline)) {
        (one(std::integral_constant<int, number>()), ...);
    }(std::make_integer_sequence<int, count>());
}

// What comes of each vector's lanes, as the first lanes of one; of a lone vector's, as all of them.
// `of_one` makes it of one vector, and `merge` of two lanes.
template <int count, typename OfOne, typename Merge>
[[gnu::always_inline]] inline Floats merged(const Floats (&v)[count], OfOne of_one, Merge merge) {
    if constexpr (count == LANES) return across(v, merge);
    if constexpr (count == 1) return all(of_one(v[0]));
    float each_one[LANES] = {};
    each<count>([&](auto i) __attribute__((always_inline)) { each_one[i] = of_one(v[i]); });
    return load(each_one);
}

// The sum of each vector's lanes.
template <int count>
[[gnu::always_inline]] inline Floats sums(const Floats (&v)[count]) {
    return merged(v, [](Floats x) { return sum(x); }, [](auto a, auto b) { return a + b; });
}

// The greatest of each vector's lanes.
template <int count>
[[gnu::always_inline]] inline Floats greatest(const Floats (&v)[count]) {
    return merged(
        v, [](Floats x) { return greatest(x); }, [](auto a, auto b) { return max(a, b); });
}

}  // namespace hanabi

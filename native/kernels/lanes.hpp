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

// Calls `one` with the numbers from 0 on, each known to the compiler.
template <int count, typename Do>
[[gnu::always_inline]] inline void each(Do && one) {
    [&]<int... number>(std::integer_sequence<int, number...>) __attribute__((always_inline)) {
        (one(std::integral_constant<int, number>()), ...);
    }(std::make_integer_sequence<int, count>());
}

// The sum of each vector's lanes, as the first lanes of one; of a lone vector's, as all of them.
template <int count>
[[gnu::always_inline]] inline Floats sums(const Floats (&v)[count]) {
    if constexpr (count == LANES) return across(v, [](auto a, auto b) { return a + b; });
    if constexpr (count == 1) return all(sum(v[0]));
    float each_sum[LANES] = {};
    each<count>([&](auto i) __attribute__((always_inline)) { each_sum[i] = sum(v[i]); });
    return load(each_sum);
}

// The greatest of each vector's lanes, likewise.
template <int count>
[[gnu::always_inline]] inline Floats greatest(const Floats (&v)[count]) {
    if constexpr (count == LANES) return across(v, [](auto a, auto b) { return max(a, b); });
    if constexpr (count == 1) return all(greatest(v[0]));
    float each_greatest[LANES] = {};
    each<count>([&](auto i) __attribute__((always_inline)) { each_greatest[i] = greatest(v[i]); });
    return load(each_greatest);
}

}  // namespace hanabi

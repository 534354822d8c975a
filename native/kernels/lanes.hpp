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

// The sums of 16 vectors' lanes, as one vector.
[[gnu::always_inline]] inline Floats sums(const Floats (&v)[LANES]) {
    return across(v, [](auto a, auto b) { return a + b; });
}

// The greatest of 16 vectors' lanes, likewise.
[[gnu::always_inline]] inline Floats greatest(const Floats (&v)[LANES]) {
    return across(v, [](auto a, auto b) { return max(a, b); });
}

}  // namespace hanabi

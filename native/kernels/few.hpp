// Products of a few rows of inputs with 16 columns of packed weights, by what the build has.

#pragma once

#include <array>

#ifdef __AVX512VNNI__
#include "few_vnni.hpp"
#else
#include "few_avx2.hpp"
#endif

namespace hanabi {

using Few = void (*)(const char *, const Inputs &, int64_t, bool, float *, int64_t);

template <int type>
Few few(int rows) {
    static constexpr auto by_rows = []<int... row>(std::integer_sequence<int, row...>) {
        return std::array<Few, FEW>{multiply_few<type, row + 1>...};
    }(std::make_integer_sequence<int, FEW>());
    return by_rows[rows - 1];
}

}  // namespace hanabi

// The kernels for a few rows, compiled once for all that use them.

#include "few.hpp"

#include <array>

#include "weights.hpp"

#ifdef __AVX512VNNI__
#include "few_vnni.hpp"
#else
#include "few_avx2.hpp"
#endif

namespace hanabi {

namespace {

template <int type>
Few by_rows(int rows) {
    static constexpr auto kernels = []<int... row>(std::integer_sequence<int, row...>) {
        return std::array<Few, FEW>{multiply_few<type, row + 1>...};
    }(std::make_integer_sequence<int, FEW>());
    return kernels[rows - 1];
}

}  // namespace

Few few(int32_t type, int rows) {
    return by_type(type, [&](auto known) { return by_rows<known>(rows); });
}

}  // namespace hanabi

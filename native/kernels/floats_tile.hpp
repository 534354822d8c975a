// The products of a few rows of inputs with a few rows of float weights. Each sum has 16 parts, one
// for each place in a vector of 16 elements, and is taken in the order of the elements: so it is
// the same in a tile of any size. Inputs stay 32-bit floats, where the library rounds them to the
// type of the weights. With AVX2 and 2048 x 2048 weights, beside the library's kernels in turns
// (Zen 3, a busy machine): a lone row takes 0.7 to 1.1 of the library's time, 8 rows 0.5 to
// 0.8, and 64 rows 0.6.

#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "ggml.hpp"
#include "lanes.hpp"

namespace hanabi {

// The rows and columns of a tile whose sums stay in registers; and the columns with a lone row,
// where more sums are computed at once than one multiplication takes to end.
constexpr int TILE_ROWS = REGISTERS == 32 ? 6 : 3;
constexpr int TILE_COLUMNS = REGISTERS == 32 ? 4 : 2;
constexpr int LONE_COLUMNS = 4;

constexpr size_t float_bytes(int32_t type) { return type == F32 ? 4 : 2; }

template <int type>
[[gnu::always_inline]] inline Floats floats_at(const char * at) {
    if constexpr (type == F16) return halves(at);
    if constexpr (type == BF16) return brain_floats(at);
    return load(at);
}

// A row of inputs and where its results go.
struct Row {
    const char * input;
    float * result;
};

// The results of the first columns of `weights`, whose rows are `stride` bytes apart, with rows.
template <int type, int rows, int columns>
void multiply_float_tile(const char * weights, size_t stride, int64_t elements, const Row * row_at,
                         int column) {
    constexpr size_t SIZE = float_bytes(type);
    Floats result[rows][columns];
    each<rows>([&](auto row) __attribute__((always_inline)) {
        each<columns>([&](auto i) __attribute__((always_inline)) { result[row][i] = zero(); });
    });
    const auto add = [&](const auto & weight_at, const auto & input_at)
                         __attribute__((always_inline)) {
        Floats weight[columns];
        each<columns>([&](auto i) __attribute__((always_inline)) { weight[i] = weight_at(i); });
        each<rows>([&](auto row) __attribute__((always_inline)) {
            const Floats input = input_at(row);
            each<columns>([&](auto i) __attribute__((always_inline)) {
                result[row][i] = fma(weight[i], input, result[row][i]);
            });
        });
    };
    const int64_t whole = elements / LANES * LANES;
    const char * input[rows];
    each<rows>([&](auto row) __attribute__((always_inline)) { input[row] = row_at[row].input; });
    for (int64_t k = 0; k < whole; k += LANES)
        add([&](auto i) __attribute__((always_inline)) {
            return floats_at<type>(weights + i * stride + k * SIZE);
        }, [&](auto row) __attribute__((always_inline)) {
            return load(input[row] + k * sizeof(float));
        });
    if (const size_t left = size_t(elements - whole)) {
        // What is left of a row, and zeros.
        const auto rest = [&](const char * from, size_t size, char * into) {
            std::memset(into, 0, LANES * size);
            std::memcpy(into, from + whole * size, left * size);
            return into;
        };
        alignas(64) char some[LANES * sizeof(float)];
        add([&](auto i) { return floats_at<type>(rest(weights + i * stride, SIZE, some)); },
            [&](auto row) { return load(rest(input[row], sizeof(float), some)); });
    }
    each<rows>([&](auto row) __attribute__((always_inline)) {
        each<columns>([&](auto i) __attribute__((always_inline)) {
            row_at[row].result[column + i] = sum(result[row][i]);
        });
    });
}

using FloatTile = void (*)(const char *, size_t, int64_t, const Row *, int);

template <int type, int columns>
FloatTile float_tile(int rows) {
    static constexpr auto by_rows = []<int... row>(std::integer_sequence<int, row...>) {
        return std::array<FloatTile, TILE_ROWS>{multiply_float_tile<type, row + 1, columns>...};
    }(std::make_integer_sequence<int, TILE_ROWS>());
    return by_rows[rows - 1];
}

// The results of some columns with the rows from one on, which `row_at` gives by their numbers.
template <int type, typename RowAt>
void multiply_float_rows(const char * weights, size_t stride, int64_t elements, int64_t from,
                         int64_t rows, int first, int end, RowAt row_at) {
    for (int column = first; column < end;) {
        const int most = rows == 1 ? LONE_COLUMNS : TILE_COLUMNS;
        const int columns = end - column < most ? 1 : most;
        for (int64_t row = from; row < rows; row += TILE_ROWS) {
            const int here = int(std::min<int64_t>(TILE_ROWS, rows - row));
            Row some[TILE_ROWS];
            for (int i = 0; i < here; ++i) some[i] = row_at(row + i);
            const auto tile = columns == 1 ? float_tile<type, 1>(here)
                              : rows == 1  ? &multiply_float_tile<type, 1, LONE_COLUMNS>
                                           : float_tile<type, TILE_COLUMNS>(here);
            tile(weights + column * stride, stride, elements, some, column);
        }
        column += columns;
    }
}

// The results of some columns with all rows; as many of these at a time as a core's cache holds.
template <int type, typename RowAt>
void multiply_float_block(const char * weights, size_t stride, int64_t elements, int64_t rows,
                          int first, int end, RowAt row_at) {
    constexpr int64_t INSIDE = 1 << 17;  // bytes
    const int64_t fitting = INSIDE / (elements * int64_t(sizeof(float)) * TILE_ROWS);
    const int64_t step = std::max<int64_t>(1, fitting) * TILE_ROWS;
    for (int64_t row = 0; row < rows; row += step)
        multiply_float_rows<type>(weights, stride, elements, row, std::min(rows, row + step), first,
                                  end, row_at);
}

// What `with` makes of a type of floats, as a number that the compiler knows.
template <typename With>
auto by_float_type(int32_t type, With with) {
    switch (type) {
        case F16:
            return with(std::integral_constant<int, F16>());
        case BF16:
            return with(std::integral_constant<int, BF16>());
        default:
            return with(std::integral_constant<int, F32>());
    }
}

}  // namespace hanabi

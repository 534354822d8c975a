// Matrices of weights as the library's AMX buffers hold them: of Q4_0, Q4_1 and Q8_0. 16 rows of
// the matrix are packed together, a strip, in tiles of 32 elements of each; a row of the matrix
// makes a column of the results. Without AMX they are packed alike, by `pack`.

#pragma once

#include "ggml.hpp"
#include "lanes.hpp"

namespace hanabi {

constexpr int COLUMNS = 16;
constexpr int DEPTH = 32;  // elements with one scale
constexpr int QUANTS = COLUMNS * DEPTH;
constexpr int AHEAD = 4096;  // bytes from what is read of few rows' weights to what is fetched

// What differs between the kinds of weights. A tile of 16 columns and 32 elements has the quants,
// four elements of a column beside each other; then 16 scales as halves, then what the kind has
// besides.
template <int type>
struct Kind;

template <>
struct Kind<Q4_1> {
    static constexpr int BYTES = QUANTS / 2 + 4 * COLUMNS;  // the minima
    static constexpr bool HAS_NIBBLES = true, HAS_MINIMA = true;
};

template <>
struct Kind<Q4_0> {
    static constexpr int BYTES = QUANTS / 2 + 2 * COLUMNS;
    static constexpr bool HAS_NIBBLES = true, HAS_MINIMA = false;
};

template <>
struct Kind<Q8_0> {
    static constexpr int BYTES = QUANTS + 2 * COLUMNS + 4 * COLUMNS;  // 128 times the columns' sums
    static constexpr bool HAS_NIBBLES = false, HAS_MINIMA = false;
};

// Where a tile's scales are.
template <int type>
constexpr int SCALES = Kind<type>::HAS_NIBBLES ? QUANTS / 2 : QUANTS;

// A byte for each quant of 4 elements of 16 columns, the `four`-th of a tile; or of a part of the
// columns, where a register holds no more.
template <int type>
[[gnu::always_inline]] inline Bytes bytes_of(const char * tile, int four, int part = 0) {
    if constexpr (!Kind<type>::HAS_NIBBLES) return load_bytes(tile + four * 64 + part * WIDTH);
    return nibbles(load_bytes(tile + four / 2 * 64 + part * WIDTH), four % 2);
}

// Whether a matrix has a type and a shape that can be packed.
bool can_pack(const Tensor * matrix);

// Bytes of it.
size_t packed_size(const Tensor * matrix);

// Packs a whole matrix as it is in the file.
void pack(const Tensor * matrix, const char * data, char * packed);

}  // namespace hanabi

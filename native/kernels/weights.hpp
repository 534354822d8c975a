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

// A byte for each quant of 4 elements of 16 columns, the `four`-th of a tile.
template <int type>
[[gnu::always_inline]] inline __m512i bytes_of(const char * tile, int four) {
    if constexpr (!Kind<type>::HAS_NIBBLES) return _mm512_loadu_si512(tile + four * 64);
    const __m512i both = _mm512_loadu_si512(tile + four / 2 * 64);
    return _mm512_and_si512(four % 2 ? _mm512_srli_epi16(both, 4) : both, _mm512_set1_epi8(0xF));
}

// Whether a matrix has a type and a shape that can be packed.
bool can_pack(const Tensor * matrix);

// Bytes of it.
size_t packed_size(const Tensor * matrix);

// Packs a whole matrix as it is in the file.
void pack(const Tensor * matrix, const char * data, char * packed);

// The weights of 16 columns, a byte for each quant.
struct Strip {
    int8_t * quants;         // [tile][8][COLUMNS][4]
    float *scale, *minimum;  // [tile][COLUMNS]

    Strip(char * memory, int tiles) {
        quants = reinterpret_cast<int8_t *>(memory);
        scale = reinterpret_cast<float *>(quants + tiles * QUANTS);
        minimum = scale + tiles * COLUMNS;
    }

    static size_t bytes(int tiles) { return size_t(tiles) * (QUANTS + 8 * COLUMNS); }

    template <int type>
    void unpack(const char * packed, int tiles) {
        using K = Kind<type>;
        for (int tile = 0; tile < tiles; ++tile, packed += K::BYTES) {
            int8_t * into = quants + tile * QUANTS;
            each<8>([&](auto four) __attribute__((always_inline)) {
                __m512i bytes = bytes_of<type>(packed, four);
                if constexpr (type == Q4_0) bytes = _mm512_sub_epi8(bytes, _mm512_set1_epi8(8));
                _mm512_store_si512(into + four * 64, bytes);
            });
            const char * end = packed + SCALES<type>;
            _mm512_store_ps(scale + tile * COLUMNS, halves(end));
            if constexpr (K::HAS_MINIMA)
                _mm512_store_ps(minimum + tile * COLUMNS, halves(end + 2 * COLUMNS));
        }
    }
};

}  // namespace hanabi

// Matrices of weights, packed: 16 rows of the matrix together, a strip, in tiles of 32 elements of
// each; a row of the matrix makes a column of the results. Q4_0, Q4_1 and Q8_0 are packed as in the
// library's AMX buffers, the others in the same way.

#pragma once

#include <algorithm>
#include <type_traits>

#include "ggml.hpp"
#include "lanes.hpp"

namespace hanabi {

constexpr int COLUMNS = 16;
constexpr int DEPTH = 32;  // elements with one scale
constexpr int QUANTS = COLUMNS * DEPTH;

// What differs between the types. A weight is scale * (quant - offset), plus a minimum in some.
struct Format {
    int bits;           // of a quant
    int offset;         // what is taken from it; those of 8 bits have a sign instead
    bool has_minima;    // a column of a tile has one
    int scales = 1;     // that a column of a tile has: 2 are for 16 elements each
    bool is_k = false;  // whether scales and minima are whole numbers, times a half that 256
                        // elements share; the file subtracts such minima, and the half is packed
                        // with the other sign
};

constexpr Format format_of(int32_t type) {
    switch (type) {
        case Q4_0:
            return {4, 8, false};
        case Q4_1:
            return {4, 0, true};
        case Q5_0:
            return {5, 16, false};
        case Q5_1:
            return {5, 0, true};
        case Q8_0:
            return {8, 0, false};
        case Q4_K:
            return {4, 0, true, 1, true};
        case Q5_K:
            return {5, 0, true, 1, true};
        case Q6_K:
            return {6, 32, false, 2, true};
    }
    return {};
}

// What `with` makes of a type that has a format, as a number that the compiler knows.
template <typename With>
auto by_type(int32_t type, With with) {
    switch (type) {
        case Q4_0:
            return with(std::integral_constant<int, Q4_0>());
        case Q4_1:
            return with(std::integral_constant<int, Q4_1>());
        case Q5_0:
            return with(std::integral_constant<int, Q5_0>());
        case Q5_1:
            return with(std::integral_constant<int, Q5_1>());
        case Q8_0:
            return with(std::integral_constant<int, Q8_0>());
        case Q4_K:
            return with(std::integral_constant<int, Q4_K>());
        case Q5_K:
            return with(std::integral_constant<int, Q5_K>());
        case Q6_K:
            return with(std::integral_constant<int, Q6_K>());
    }
    __builtin_unreachable();
}

constexpr bool has_format(int32_t type) { return format_of(type).bits != 0; }

// Whether the library's AMX buffers hold a type as it is here.
constexpr bool has_tiles(int32_t type) { return type == Q4_0 || type == Q4_1 || type == Q8_0; }

// How a type is packed. A tile of 16 columns and 32 elements has the quants' four low bits, or all
// eight, four elements of a column beside each other, one column after the other; their high bits;
// 16 scales; then the minima, if there are any. With 8 bits there are 128 times the sums of columns
// instead. Before eight tiles of a type whose scales are whole numbers stand the halves.
template <int type>
struct Kind {
    static constexpr Format FORMAT = format_of(type);
    static constexpr int HIGH_BITS = FORMAT.bits == 8 ? 0 : FORMAT.bits - 4;
    static constexpr int LOW = FORMAT.bits == 8 ? QUANTS : QUANTS / 2;  // bytes
    static constexpr int SCALES = LOW + HIGH_BITS * QUANTS / 8;         // where they are
    static constexpr int NUMBERS = FORMAT.scales + FORMAT.has_minima;   // of a column of a tile
    static constexpr int BESIDES = SCALES + FORMAT.scales * (FORMAT.is_k ? 1 : 2) * COLUMNS;
    static constexpr int BYTES = FORMAT.bits == 8 ? BESIDES + 4 * COLUMNS
                                 : FORMAT.is_k    ? SCALES + NUMBERS * COLUMNS
                                                  : SCALES + NUMBERS * 2 * COLUMNS;
    static constexpr int TILES = FORMAT.is_k ? 8 : 1;  // with the same halves
    static constexpr int HALVES = FORMAT.is_k ? (1 + FORMAT.has_minima) * 2 * COLUMNS : 0;  // bytes

    // Bytes of so many tiles.
    static constexpr size_t size(int64_t tiles) {
        return size_t(tiles) * BYTES + size_t(tiles / TILES) * HALVES;
    }
};

// A byte for each quant of 4 elements of 16 columns, the `four`-th of a tile; or of a part of the
// columns, where a register holds no more.
template <int type, int four>
[[gnu::always_inline]] inline Bytes bytes_of(const char * tile, int part = 0) {
    using K = Kind<type>;
    if constexpr (K::FORMAT.bits == 8) return load_bytes(tile + four * 64 + part * WIDTH);
    const Bytes low = nibbles<four % 2>(load_bytes(tile + four / 2 * 64 + part * WIDTH));
    if constexpr (!K::HIGH_BITS) return low;
    // A byte has the high bits of the same element of eight or of four fours.
    constexpr int TOGETHER = 8 / std::max(1, K::HIGH_BITS);
    constexpr int first = four % TOGETHER * K::HIGH_BITS, mask = (1 << K::HIGH_BITS) - 1;
    const Bytes high = load_bytes(tile + K::LOW + four / TOGETHER * 64 + part * WIDTH);
    return either(low, bits_moved<first, 4, mask>(high));
}

// The scales of a tile's columns and their minima, which have to be added.
template <int type>
struct Scales {
    using K = Kind<type>;

    Floats scale[K::FORMAT.scales], minimum;
    Floats shared, shared_minimum;  // by eight tiles

    // Reads those of the next tile, after which `packed` points to its quants.
    [[gnu::always_inline]] void read(const char *& packed, int tile) {
        if constexpr (K::FORMAT.is_k) {
            if (tile % K::TILES == 0) {
                shared = halves(packed);
                if constexpr (K::FORMAT.has_minima) shared_minimum = halves(packed + 2 * COLUMNS);
                packed += K::HALVES;
            }
            each<K::FORMAT.scales>([&](auto i) __attribute__((always_inline)) {
                scale[i] = shared * whole_numbers(packed + K::SCALES + i * COLUMNS);
            });
            if constexpr (K::FORMAT.has_minima)
                minimum = shared_minimum * whole_numbers(packed + K::BESIDES);
        } else {
            scale[0] = halves(packed + K::SCALES);
            if constexpr (K::FORMAT.has_minima) minimum = halves(packed + K::BESIDES);
        }
    }
};

// Asks for a tile of weights that few rows will be multiplied with after this one.
template <int type>
[[gnu::always_inline]] inline void fetch_ahead(const char * tile) {
    constexpr int AHEAD = 4096;  // bytes
    each<Kind<type>::BYTES / 64>([&](auto line) __attribute__((always_inline)) {
        _mm_prefetch(tile + AHEAD + line * 64, _MM_HINT_T0);
    });
}

// Whether a matrix's columns of results fill pairs of strips. Several matrices are packed, and the
// library packs any, only where they do.
inline bool has_whole_strips(const Tensor * matrix) { return matrix->ne[1] % (2 * COLUMNS) == 0; }

// Whether a matrix, or several of one shape, have a type and a shape that can be packed.
bool can_pack(const Tensor * matrix);

// Bytes of it.
size_t packed_size(const Tensor * matrix);

// Packs a whole matrix as it is in the file; several one after the other.
void pack(const Tensor * matrix, const char * data, char * packed);

// What the weights of a row of a packed matrix stand for.
void unpack_row(const Tensor * matrix, int64_t row, float * weights);

}  // namespace hanabi

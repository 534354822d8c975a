// How weights are packed where the library does not.

#include "weights.hpp"

#include <cstring>

namespace hanabi {

namespace {

// A block as it is in the file: one scale or, with a minimum, two halves; then 32 quants, of four
// bits the first 16 in the low ones.
template <int type>
struct Block {
    static constexpr int HALVES = Kind<type>::HAS_MINIMA ? 2 : 1;
    static constexpr int BYTES = 2 * HALVES + (Kind<type>::HAS_NIBBLES ? DEPTH / 2 : DEPTH);

    uint8_t quants[DEPTH];

    explicit Block(const char * at) {
        const auto * bytes = reinterpret_cast<const uint8_t *>(at) + 2 * HALVES;
        for (int i = 0; i < DEPTH / 2; ++i) {
            quants[i] = Kind<type>::HAS_NIBBLES ? bytes[i] & 15 : bytes[i];
            quants[i + DEPTH / 2] = Kind<type>::HAS_NIBBLES ? bytes[i] >> 4 : bytes[i + DEPTH / 2];
        }
    }
};

template <int type>
void pack_tile(const char * data, size_t row_bytes, char * packed) {
    using K = Kind<type>;
    auto * quants = reinterpret_cast<uint8_t *>(packed);
    char * scales = packed + SCALES<type>;
    char * besides = scales + 2 * COLUMNS;
    for (int column = 0; column < COLUMNS; ++column, data += row_bytes) {
        const Block<type> block(data);
        std::memcpy(scales + 2 * column, data, 2);
        if constexpr (K::HAS_MINIMA) std::memcpy(besides + 2 * column, data + 2, 2);
        int32_t sum = 0;
        for (int k = 0; k < DEPTH; ++k) {
            if constexpr (K::HAS_NIBBLES) {
                if (k % 8 < 4)
                    quants[k / 8 * 64 + column * 4 + k % 4] =
                        uint8_t(block.quants[k] | block.quants[k + 4] << 4);
            } else {
                quants[k / 4 * 64 + column * 4 + k % 4] = block.quants[k];
                sum += 128 * int8_t(block.quants[k]);
            }
        }
        if constexpr (!K::HAS_NIBBLES) std::memcpy(besides + 4 * column, &sum, sizeof sum);
    }
}

template <int type>
void pack_all(const Tensor * matrix, const char * data, char * packed) {
    const int64_t tiles = matrix->ne[0] / DEPTH;
    const size_t row_bytes = size_t(tiles) * Block<type>::BYTES;
    for (int64_t row = 0; row < matrix->ne[1]; row += COLUMNS, data += COLUMNS * row_bytes)
        for (int64_t tile = 0; tile < tiles; ++tile, packed += Kind<type>::BYTES)
            pack_tile<type>(data + tile * Block<type>::BYTES, row_bytes, packed);
}

size_t tile_bytes(int32_t type) {
    switch (type) {
        case Q4_0:
            return Kind<Q4_0>::BYTES;
        case Q4_1:
            return Kind<Q4_1>::BYTES;
        case Q8_0:
            return Kind<Q8_0>::BYTES;
    }
    return 0;
}

}  // namespace

bool can_pack(const Tensor * matrix) {
    return tile_bytes(matrix->type) && matrix->ne[0] % DEPTH == 0 &&
           matrix->ne[1] % (2 * COLUMNS) == 0 && matrix->ne[2] == 1 && matrix->ne[3] == 1;
}

size_t packed_size(const Tensor * matrix) {
    return tile_bytes(matrix->type) * size_t(matrix->ne[0] / DEPTH) *
           size_t(matrix->ne[1] / COLUMNS);
}

void pack(const Tensor * matrix, const char * data, char * packed) {
    switch (matrix->type) {
        case Q4_0:
            return pack_all<Q4_0>(matrix, data, packed);
        case Q4_1:
            return pack_all<Q4_1>(matrix, data, packed);
        case Q8_0:
            return pack_all<Q8_0>(matrix, data, packed);
    }
}

}  // namespace hanabi

// How weights are packed where the library does not, from the blocks that are in the file
// (ggml-common.h and ggml-quants.c there).

#include "weights.hpp"

#include <atomic>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

namespace hanabi {

namespace {

// Bytes of a block of 32 weights, or of 256 where eight tiles share halves.
constexpr size_t block_bytes(int type) {
    const Format format = format_of(type);
    if (!format.is_k) return size_t(format.has_minima ? 4 : 2) + size_t(format.bits) * DEPTH / 8;
    return type == Q4_K ? 144 : type == Q5_K ? 176 : 210;
}

// What a row of the matrix has in a tile.
struct Piece {
    uint8_t quants[DEPTH];
    int8_t scales[2], minimum;               // whole numbers, where there are any
    uint16_t scale = 0, minimum_of_all = 0;  // halves
};

// Four bits of each byte for the first 16 weights, and four for the rest; or all eight.
template <int type>
void read_block(const uint8_t * block, Piece & piece) {
    constexpr Format format = format_of(type);
    std::memcpy(&piece.scale, block, 2);
    if (format.has_minima) std::memcpy(&piece.minimum_of_all, block + 2, 2);
    const uint8_t * bytes = block + (format.has_minima ? 4 : 2);
    if (format.bits == 8) {
        std::memcpy(piece.quants, bytes, DEPTH);
        return;
    }
    uint32_t high = 0;
    if (format.bits == 5) {
        std::memcpy(&high, bytes, 4);
        bytes += 4;
    }
    for (int i = 0; i < DEPTH / 2; ++i) {
        piece.quants[i] = uint8_t((bytes[i] & 15) | (high >> i & 1) << 4);
        piece.quants[i + DEPTH / 2] = uint8_t(bytes[i] >> 4 | (high >> (i + DEPTH / 2) & 1) << 4);
    }
}

// Q4_K and Q5_K: two halves, eight scales and eight minima of six bits in 12 bytes, a bit of the
// weights of all eight tiles in each of 32 bytes, and four bits of two tiles in each of 32 more.
template <int type>
void read_k_block(const uint8_t * block, int tile, Piece & piece) {
    std::memcpy(&piece.scale, block, 2);
    std::memcpy(&piece.minimum_of_all, block + 2, 2);
    piece.minimum_of_all ^= 0x8000;  // subtracted there
    const uint8_t * sixes = block + 4;
    if (tile < 4) {
        piece.scales[0] = int8_t(sixes[tile] & 63);
        piece.minimum = int8_t(sixes[tile + 4] & 63);
    } else {
        piece.scales[0] = int8_t((sixes[tile + 4] & 15) | sixes[tile - 4] >> 6 << 4);
        piece.minimum = int8_t(sixes[tile + 4] >> 4 | sixes[tile] >> 6 << 4);
    }
    const uint8_t * high = sixes + 12;
    const uint8_t * low = high + (type == Q5_K ? DEPTH : 0) + tile / 2 * DEPTH;
    for (int i = 0; i < DEPTH; ++i) {
        piece.quants[i] = tile % 2 ? low[i] >> 4 : low[i] & 15;
        if (type == Q5_K) piece.quants[i] |= uint8_t((high[i] >> tile & 1) << 4);
    }
}

// Q6_K: for 128 weights twice, 64 bytes with their low four bits; then the high two bits likewise,
// 16 scales, and a half.
template <>
void read_k_block<Q6_K>(const uint8_t * block, int tile, Piece & piece) {
    const int part = tile / 4, quarter = tile % 4;
    const uint8_t * low = block + part * 64 + quarter % 2 * DEPTH;
    const uint8_t * high = block + 128 + part * DEPTH;
    for (int i = 0; i < DEPTH; ++i)
        piece.quants[i] =
            uint8_t((quarter < 2 ? low[i] & 15 : low[i] >> 4) | (high[i] >> 2 * quarter & 3) << 4);
    std::memcpy(piece.scales, block + 192 + 2 * tile, 2);
    std::memcpy(&piece.scale, block + 208, 2);
}

template <int type>
Piece read(const char * row, int64_t tile) {
    constexpr int TILES = Kind<type>::TILES;
    const auto * block =
        reinterpret_cast<const uint8_t *>(row) + size_t(tile / TILES) * block_bytes(type);
    Piece piece;
    if constexpr (format_of(type).is_k)
        read_k_block<type>(block, int(tile % TILES), piece);
    else
        read_block<type>(block, piece);
    return piece;
}

// Writes a row's part of a tile as a column of it.
template <int type>
void write(const Piece & piece, int column, char * tile) {
    using K = Kind<type>;
    auto * bytes = reinterpret_cast<uint8_t *>(tile);
    for (int k = 0; k < DEPTH; ++k) {
        const int four = k / 4, at = column * 4 + k % 4;
        if constexpr (K::FORMAT.bits == 8) {
            bytes[four * 64 + at] = piece.quants[k];
            continue;
        }
        bytes[four / 2 * 64 + at] |= uint8_t((piece.quants[k] & 15) << four % 2 * 4);
        if constexpr (K::HIGH_BITS) {
            constexpr int TOGETHER = 8 / K::HIGH_BITS;
            bytes[K::LOW + four / TOGETHER * 64 + at] |=
                uint8_t(piece.quants[k] >> 4 << four % TOGETHER * K::HIGH_BITS);
        }
    }
    if constexpr (K::FORMAT.is_k) {
        for (int i = 0; i < K::FORMAT.scales; ++i)
            tile[K::SCALES + i * COLUMNS + column] = piece.scales[i];
        if constexpr (K::FORMAT.has_minima) tile[K::BESIDES + column] = piece.minimum;
    } else {
        std::memcpy(tile + K::SCALES + 2 * column, &piece.scale, 2);
        if constexpr (K::FORMAT.has_minima)
            std::memcpy(tile + K::BESIDES + 2 * column, &piece.minimum_of_all, 2);
    }
    if constexpr (K::FORMAT.bits == 8) {
        int32_t sum = 0;
        for (uint8_t quant : piece.quants) sum += 128 * int8_t(quant);
        std::memcpy(tile + K::BESIDES + 4 * column, &sum, sizeof sum);
    }
}

// Packs some rows of the matrix as the first columns of a strip, whose other columns are zeros.
template <int type>
void pack_strip(const char * rows, int columns, size_t row_bytes, int64_t tiles, char * packed) {
    using K = Kind<type>;
    std::memset(packed, 0, K::size(tiles));
    for (int64_t tile = 0; tile < tiles; ++tile, packed += K::BYTES) {
        char * halves = packed;
        const bool has_halves = K::FORMAT.is_k && tile % K::TILES == 0;
        if (has_halves) packed += K::HALVES;
        for (int column = 0; column < columns; ++column) {
            const Piece piece = read<type>(rows + column * row_bytes, tile);
            write<type>(piece, column, packed);
            if (!has_halves) continue;
            std::memcpy(halves + 2 * column, &piece.scale, 2);
            if constexpr (K::FORMAT.has_minima)
                std::memcpy(halves + 2 * COLUMNS + 2 * column, &piece.minimum_of_all, 2);
        }
    }
}

float half_at(const char * at) {
    uint16_t half;
    std::memcpy(&half, at, sizeof half);
    return _cvtsh_ss(half);
}

// Reads a column of a tile back: what `write` wrote, times the halves for eight tiles.
template <int type>
void unpack_column(const char * tile, int column, const char * halves, float * weights) {
    using K = Kind<type>;
    const auto * bytes = reinterpret_cast<const uint8_t *>(tile);
    float scale[2], minimum = 0;
    for (int i = 0; i < K::FORMAT.scales; ++i)
        scale[i] = K::FORMAT.is_k ? half_at(halves + 2 * column) *
                                        float(int8_t(tile[K::SCALES + i * COLUMNS + column]))
                                  : half_at(tile + K::SCALES + 2 * column);
    if constexpr (K::FORMAT.has_minima)
        minimum = K::FORMAT.is_k ? half_at(halves + 2 * COLUMNS + 2 * column) *
                                       float(int8_t(tile[K::BESIDES + column]))
                                 : half_at(tile + K::BESIDES + 2 * column);
    for (int k = 0; k < DEPTH; ++k) {
        const int four = k / 4, at = column * 4 + k % 4;
        int quant;
        if constexpr (K::FORMAT.bits == 8) {
            quant = int8_t(bytes[four * 64 + at]);
        } else {
            quant = bytes[four / 2 * 64 + at] >> four % 2 * 4 & 15;
            if constexpr (K::HIGH_BITS) {
                constexpr int TOGETHER = 8 / K::HIGH_BITS, MASK = (1 << K::HIGH_BITS) - 1;
                const int high = bytes[K::LOW + four / TOGETHER * 64 + at];
                quant |= (high >> four % TOGETHER * K::HIGH_BITS & MASK) << 4;
            }
        }
        weights[k] =
            scale[k * K::FORMAT.scales / DEPTH] * float(quant - K::FORMAT.offset) + minimum;
    }
}

template <int type>
void unpack_row_of(const Tensor * matrix, int64_t row, float * weights) {
    using K = Kind<type>;
    const int64_t tiles = matrix->ne[0] / DEPTH;
    const char * packed = matrix->data + size_t(row / COLUMNS) * K::size(tiles);
    const char * halves = nullptr;
    for (int64_t tile = 0; tile < tiles; ++tile, packed += K::BYTES) {
        if (K::FORMAT.is_k && tile % K::TILES == 0) {
            halves = packed;
            packed += K::HALVES;
        }
        unpack_column<type>(packed, int(row % COLUMNS), halves, weights + tile * DEPTH);
    }
}

// Calls `work` with each number below `count`, on all processors that this process may use.
template <typename Work>
void spread(int64_t count, Work work) {
    std::atomic<int64_t> next = 0;
    const auto some = [&] {
        for (int64_t one; (one = next++) < count;) work(one);
    };
    std::vector<std::jthread> others;
    try {
        for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i)
            others.emplace_back(some);
    } catch (const std::system_error &) {
        // No more threads are to be had: those that there are do it.
    }
    some();
}

// Of a matrix, an even number, or of several matrices.
int64_t strips(const Tensor * matrix) {
    return (matrix->ne[1] * matrix->ne[2] + 2 * COLUMNS - 1) / (2 * COLUMNS) * 2;
}

template <int type>
void pack_all(const Tensor * matrix, const char * data, char * packed) {
    const int64_t tiles = matrix->ne[0] / DEPTH;
    const size_t row_bytes = size_t(tiles / Kind<type>::TILES) * block_bytes(type);
    spread(strips(matrix), [&](int64_t strip) {
        const int64_t left = matrix->ne[1] * matrix->ne[2] - strip * COLUMNS;
        pack_strip<type>(data + size_t(strip) * COLUMNS * row_bytes,
                         int(std::clamp<int64_t>(left, 0, COLUMNS)), row_bytes, tiles,
                         packed + size_t(strip) * Kind<type>::size(tiles));
    });
}

}  // namespace

bool can_pack(const Tensor * matrix) {
    const Format format = format_of(matrix->type);
    return has_format(matrix->type) && matrix->ne[0] % (format.is_k ? 8 * DEPTH : DEPTH) == 0 &&
           (has_whole_strips(matrix) || matrix->ne[2] == 1) && matrix->ne[3] == 1;
}

size_t packed_size(const Tensor * matrix) {
    return size_t(strips(matrix)) * by_type(matrix->type, [&](auto type) {
               return Kind<type>::size(matrix->ne[0] / DEPTH);
           });
}

void pack(const Tensor * matrix, const char * data, char * packed) {
    by_type(matrix->type, [&](auto type) { pack_all<type>(matrix, data, packed); });
}

void unpack_row(const Tensor * matrix, int64_t row, float * weights) {
    by_type(matrix->type, [&](auto type) { unpack_row_of<type>(matrix, row, weights); });
}

}  // namespace hanabi

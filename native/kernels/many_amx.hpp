// Products of many rows of inputs with 16 columns of weights, by AMX: 17 to 25 ns for 16 rows and a
// tile. The products of 16 x 16 x 32 go by way of memory, since the scales differ for each 32. The
// library has tiles too; it unpacks the weights for each 32 rows anew and keeps the sums in memory,
// and so takes 40 ns.

#pragma once

#include <array>

#include "inputs.hpp"
#include "lanes.hpp"
#include "weights.hpp"

namespace hanabi {

constexpr int PANEL = 20;  // tiles along a row: those of two strips and a group fit a core's cache

// The weights of 16 columns, a byte for each quant.
struct Strip {
    int8_t * quants;         // [tile][8][COLUMNS][4]
    float *scale, *minimum;  // [tile][COLUMNS]

    Strip(char * memory, int tiles) {
        quants = reinterpret_cast<int8_t *>(memory);
        scale = reinterpret_cast<float *>(quants + tiles * QUANTS);
        minimum = scale + tiles * COLUMNS;
    }

    static constexpr size_t bytes(int tiles) { return size_t(tiles) * (QUANTS + 8 * COLUMNS); }

    template <int type>
    void unpack(const char * packed, int tiles) {
        using K = Kind<type>;
        for (int tile = 0; tile < tiles; ++tile, packed += K::BYTES) {
            int8_t * into = quants + tile * QUANTS;
            each<8>([&](auto four) __attribute__((always_inline)) {
                __m512i bytes = bytes_of<type, four>(packed);
                if constexpr (K::FORMAT.offset)
                    bytes = _mm512_sub_epi8(bytes, _mm512_set1_epi8(K::FORMAT.offset));
                _mm512_store_si512(into + four * 64, bytes);
            });
            store(scale + tile * COLUMNS, halves(packed + K::SCALES));
            if constexpr (K::FORMAT.has_minima)
                store(minimum + tile * COLUMNS, halves(packed + K::BESIDES));
        }
    }
};

constexpr size_t MEMORY = 2 * Strip::bytes(PANEL);  // of one thread

// The library sets its tiles up once for each thread and relies on them, so they are set up alike.
struct TileConfig {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t columns[16] = {64, 64, 32, 32, 64, 64, 64, 64};  // bytes
    uint8_t rows[16] = {8, 8, 16, 16, 16, 16, 16, 16};
};

inline void configure_tiles() {
    static thread_local bool done = false;
    if (done) return;
    alignas(64) TileConfig config;
    asm volatile("" : : "r"(&config) : "memory");  // gcc 12 takes the stores for dead
    _tile_loadconfig(&config);
    done = true;
}

// The product of a tile of inputs and one of weights, which goes to memory. `odd`: which registers
// it takes, which have to be spelled out.
template <bool odd>
inline void multiply_tile(const int8_t * weights, const int8_t * inputs, int32_t * into) {
    if constexpr (odd) {
        _tile_loadd(1, weights, 4 * COLUMNS);
        _tile_loadd(3, inputs, DEPTH);
        _tile_zero(5);
        _tile_dpbssd(5, 3, 1);
        _tile_stored(5, into, 4 * COLUMNS);
    } else {
        _tile_loadd(0, weights, 4 * COLUMNS);
        _tile_loadd(2, inputs, DEPTH);
        _tile_zero(4);
        _tile_dpbssd(4, 2, 0);
        _tile_stored(4, into, 4 * COLUMNS);
    }
}

// Adds to the results of 16 columns for the first rows of a group what `tiles` tiles along the row
// give, of which they are the first if `from` is 0. By AMX, two products ahead of the sums.
// Meanwhile as many tiles of `bytes` are fetched from `ahead` on, unless that is null.
template <bool has_minima, int rows>
void multiply_many(const Strip & strip, const Inputs & inputs, int group, int from, int tiles,
                   float * results, int64_t stride, const char * ahead, int bytes) {
    alignas(64) int32_t products[2][ROWS][COLUMNS];
    const size_t first = (size_t(group) * inputs.tiles + from) * ROWS;
    const int8_t * quants = inputs.quants + first * DEPTH;
    const float *scale = inputs.scale + first, *sum = inputs.sum + first;

    asm volatile("" : : : "memory");  // _tile_loadd does not say that it reads
    __m512 result[rows];
    each<rows>([&](auto row) __attribute__((always_inline)) {
        // Lines that another core has take long to write to, and later writes, the products', wait.
        __builtin_prefetch(results + row * stride, 1);
        result[row] = from ? _mm512_loadu_ps(results + row * stride) : _mm512_setzero_ps();
    });
    each<2>([&](auto odd) __attribute__((always_inline)) {
        if (odd < tiles)
            multiply_tile<odd>(strip.quants + odd * QUANTS, quants + odd * ROWS * DEPTH,
                               products[odd][0]);
    });
    for (int pair = 0; pair < tiles; pair += 2)
        each<2>([&](auto odd) __attribute__((always_inline)) {
            const int tile = pair + odd, next = tile + 2;
            if (tile >= tiles) return;
            if (ahead)
                for (int line = 0; line < bytes; line += 64)
                    _mm_prefetch(ahead + tile * bytes + line, _MM_HINT_T1);
            const __m512 scales = _mm512_load_ps(strip.scale + tile * COLUMNS);
            __m512 minima;
            if constexpr (has_minima) minima = _mm512_load_ps(strip.minimum + tile * COLUMNS);
            each<rows>([&](auto row) __attribute__((always_inline)) {
                const __m512 by = _mm512_mul_ps(scales, _mm512_set1_ps(scale[tile * ROWS + row]));
                const __m512 product = _mm512_cvtepi32_ps(_mm512_load_si512(products[odd][row]));
                result[row] = _mm512_fmadd_ps(product, by, result[row]);
                if constexpr (has_minima)
                    result[row] = _mm512_fmadd_ps(minima, _mm512_set1_ps(sum[tile * ROWS + row]),
                                                  result[row]);
            });
            if (next < tiles)
                multiply_tile<odd>(strip.quants + next * QUANTS, quants + next * ROWS * DEPTH,
                                   products[odd][0]);
        });
    each<rows>([&](auto row) __attribute__((always_inline)) {
        _mm512_storeu_ps(results + row * stride, result[row]);
    });
}

using Many = void (*)(const Strip &, const Inputs &, int, int, int, float *, int64_t, const char *,
                      int);

template <bool has_minima>
Many many(int rows) {
    static constexpr auto by_rows = []<int... row>(std::integer_sequence<int, row...>) {
        return std::array<Many, ROWS>{multiply_many<has_minima, row + 1>...};
    }(std::make_integer_sequence<int, ROWS>());
    return by_rows[rows - 1];
}

// The results of two strips of weights, with the first rows, by AMX.
template <int type>
void multiply_many_of(const char * packed, const Inputs & inputs, int64_t rows, float * results,
                      int64_t stride, char * memory) {
    using K = Kind<type>;
    Strip unpacked[2] = {Strip(memory, PANEL), Strip(memory + Strip::bytes(PANEL), PANEL)};
    const size_t strip_bytes = size_t(inputs.tiles) * K::BYTES;
    const int panels = (inputs.tiles + PANEL - 1) / PANEL;
    const int panel = (inputs.tiles + panels - 1) / panels;
    for (int from = 0; from < inputs.tiles; from += panel) {
        const int tiles = std::min(panel, inputs.tiles - from);
        const char * here = packed + size_t(from) * K::BYTES;
        // What comes next: the rest of the strips, or the next pair.
        const char * next =
            here + size_t(tiles) * K::BYTES + (from + tiles < inputs.tiles ? 0 : strip_bytes);
        for (int i = 0; i < 2; ++i) unpacked[i].unpack<type>(here + i * strip_bytes, tiles);
        for (int64_t row = 0; row < rows; row += ROWS)
            for (int i = 0; i < 2; ++i)
                many<K::FORMAT.has_minima>(int(std::min<int64_t>(ROWS, rows - row)))(
                    unpacked[i], inputs, int(row / ROWS), from, tiles,
                    results + row * stride + i * COLUMNS, stride,
                    row ? nullptr : next + i * strip_bytes, K::BYTES);
    }
}

}  // namespace hanabi

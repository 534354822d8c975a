// Products of a matrix of weights with the rows of another. Every result is to the bit the
// library's own, since each sum is taken in the same order with the same roundings.
//
// Up to eight rows are multiplied by VNNI, with the weights and the sums in registers: 2 ns for
// each row and 16 x 32 weights. For more, 16 at a time by AMX, 17 to 25 ns: the products of 16 x 16
// x 32 go by way of memory, since the scales differ for each 32. The library has tiles too; it
// unpacks the weights for each 32 rows anew and keeps the sums in memory, and so takes 40 ns.

#include "matmul.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>

#include "inputs.hpp"
#include "lanes.hpp"
#include "weights.hpp"

namespace hanabi {

namespace {

constexpr int FEW = 8;     // rows of inputs that VNNI multiplies, with weights unpacked once
constexpr int PANEL = 20;  // tiles along a row: those of two strips and a group fit a core's cache
constexpr int AHEAD = 4096;  // bytes from what is read of few rows' weights to what is fetched

typedef int32_t __attribute__((may_alias)) Four;  // bytes

// The results of 16 columns for the first rows of half a group, 1 to 8, by VNNI.
template <int type, int rows, bool is_first>
void multiply_few(const char * packed, const Inputs & inputs, int half, float * results,
                  int64_t stride) {
    using K = Kind<type>;
    const size_t first = size_t(half / 2) * inputs.tiles * ROWS + half % 2 * FEW;
    const int8_t * quants = inputs.quants + first * DEPTH;
    const float *scale = inputs.scale + first, *sum = inputs.sum + first;
    const int32_t * total = inputs.total + first;
    const __m512i sign = _mm512_set1_epi8(char(0x80));

    __m512 result[rows];
    each<rows>([&](auto row) __attribute__((always_inline)) { result[row] = _mm512_setzero_ps(); });
    for (int tile = 0; tile < inputs.tiles; ++tile, packed += K::BYTES) {
        if constexpr (is_first)
            each<K::BYTES / 64>([&](auto line) __attribute__((always_inline)) {
                _mm_prefetch(packed + AHEAD + line * 64, _MM_HINT_T0);
            });
        __m512i weights[8];
        each<8>([&](auto four) __attribute__((always_inline)) {
            weights[four] = bytes_of<type>(packed, four);
        });
        const char * end = packed + SCALES<type>;
        const __m512 scales = halves(end);
        __m512 minima;
        if constexpr (K::HAS_MINIMA) minima = halves(end + 2 * COLUMNS);
        __m512i offset;
        if constexpr (!K::HAS_NIBBLES) offset = _mm512_loadu_si512(end + 2 * COLUMNS);

        each<rows>([&](auto row) __attribute__((always_inline)) {
            const size_t at = size_t(tile) * ROWS + row;
            __m512i even = _mm512_setzero_si512(), odd = even;
            if constexpr (type == Q4_0) even = _mm512_set1_epi32(total[at] * -8);
            each<4>([&](auto pair) __attribute__((always_inline)) {
                const Four * input = reinterpret_cast<const Four *>(quants + at * DEPTH) + 2 * pair;
                const __m512i a = _mm512_set1_epi32(input[0]), b = _mm512_set1_epi32(input[1]);
                if constexpr (K::HAS_NIBBLES) {
                    even = _mm512_dpbusd_epi32(even, weights[pair * 2], a);
                    odd = _mm512_dpbusd_epi32(odd, weights[pair * 2 + 1], b);
                } else {  // the instruction wants the first without a sign: 128 more
                    even = _mm512_dpbusd_epi32(even, _mm512_xor_si512(a, sign), weights[pair * 2]);
                    odd =
                        _mm512_dpbusd_epi32(odd, _mm512_xor_si512(b, sign), weights[pair * 2 + 1]);
                }
            });
            __m512i product = _mm512_add_epi32(even, odd);
            if constexpr (!K::HAS_NIBBLES) product = _mm512_sub_epi32(product, offset);
            const __m512 by = _mm512_mul_ps(scales, _mm512_set1_ps(scale[at]));
            result[row] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(product), by, result[row]);
            if constexpr (K::HAS_MINIMA)
                result[row] = _mm512_fmadd_ps(minima, _mm512_set1_ps(sum[at]), result[row]);
        });
    }
    each<rows>([&](auto row) __attribute__((always_inline)) {
        _mm512_storeu_ps(results + row * stride, result[row]);
    });
}

// The library sets its tiles up once for each thread and relies on them, so they are set up alike.
struct TileConfig {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t columns[16] = {64, 64, 32, 32, 64, 64, 64, 64};  // bytes
    uint8_t rows[16] = {8, 8, 16, 16, 16, 16, 16, 16};
};

void configure_tiles() {
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

using Few = void (*)(const char *, const Inputs &, int, float *, int64_t);
using Many = void (*)(const Strip &, const Inputs &, int, int, int, float *, int64_t, const char *,
                      int);

template <int type, bool is_first>
Few few(int rows) {
    static constexpr auto by_rows = []<int... row>(std::integer_sequence<int, row...>) {
        return std::array<Few, FEW>{multiply_few<type, row + 1, is_first>...};
    }(std::make_integer_sequence<int, FEW>());
    return by_rows[rows - 1];
}

template <bool has_minima>
Many many(int rows) {
    static constexpr auto by_rows = []<int... row>(std::integer_sequence<int, row...>) {
        return std::array<Many, ROWS>{multiply_many<has_minima, row + 1>...};
    }(std::make_integer_sequence<int, ROWS>());
    return by_rows[rows - 1];
}

// The results of two strips of weights, with some rows from a half of a group on, by VNNI.
template <int type>
void multiply_few_of(const char * packed, const Inputs & inputs, int64_t from, int64_t rows,
                     float * results, int64_t stride) {
    const size_t strip_bytes = size_t(inputs.tiles) * Kind<type>::BYTES;
    for (int i = 0; i < 2; ++i)
        for (int64_t row = from; row < rows; row += FEW) {
            const auto how = row ? few<type, false> : few<type, true>;
            how(int(std::min<int64_t>(FEW, rows - row)))(
                packed + i * strip_bytes, inputs, int(row / FEW),
                results + row * stride + i * COLUMNS, stride);
        }
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
                many<K::HAS_MINIMA>(int(std::min<int64_t>(ROWS, rows - row)))(
                    unpacked[i], inputs, int(row / ROWS), from, tiles,
                    results + row * stride + i * COLUMNS, stride,
                    row ? nullptr : next + i * strip_bytes, K::BYTES);
    }
}

// This thread's part of the products with one plane of inputs.
template <int type>
void compute(const Params * params, const Tensor * op, const char * input, float * results) {
    const Tensor * matrix = op->src[0];
    const int64_t rows = op->ne[1], stride = int64_t(op->nb[1] / sizeof(float));
    Inputs inputs(params->wdata, rows, matrix->ne[0]);
    round_inputs(params, input, op->src[1]->nb[1], inputs, rows);
    share(params);

    const int64_t left = (rows - 1) % ROWS + 1;
    const int64_t by_tiles = !library.has_amx ? 0 : left > FEW ? rows : rows - left;
    if (by_tiles) configure_tiles();
    char * memory = inputs.end() + params->ith * 2 * Strip::bytes(PANEL);
    // A few at a time, so that a thread which is held up leaves the rest to the others.
    const int pairs = int(op->ne[0] / (2 * COLUMNS));
    const int step = std::clamp(pairs / (params->nth * 8), 1, 8);
    for (int piece = params->ith; piece * step < pairs; piece = next_piece(params))
        for (int pair = piece * step; pair < std::min(pairs, (piece + 1) * step); ++pair) {
            const char * packed =
                matrix->data + size_t(pair) * 2 * inputs.tiles * Kind<type>::BYTES;
            float * into = results + pair * 2 * COLUMNS;
            if (by_tiles) multiply_many_of<type>(packed, inputs, by_tiles, into, stride, memory);
            if (by_tiles < rows)
                multiply_few_of<type>(packed, inputs, by_tiles, rows, into, stride);
        }
}

}  // namespace

bool is_matmul(const Tensor * op) {
    const Tensor * matrix = op->src[0];
    return op->op == library.mul_mat && can_pack(matrix) && op->src[1]->type == F32 &&
           op->src[1]->nb[0] == sizeof(float) && op->ne[2] == 1 && op->ne[3] == 1;
}

size_t matmul_work_size(const Tensor * op, int threads) {
    const int64_t elements = op->src[0]->ne[0];
    return Inputs::bytes(op->ne[1], elements) + size_t(threads) * 2 * Strip::bytes(PANEL);
}

void matmul(const Params * params, const Tensor * op) {
    const auto how = op->src[0]->type == Q4_0   ? compute<Q4_0>
                     : op->src[0]->type == Q4_1 ? compute<Q4_1>
                                                : compute<Q8_0>;
    const Tensor * input = op->src[1];
    for (int64_t plane = 0; plane < op->ne[2] * op->ne[3]; ++plane) {
        if (plane) library.barrier(params->threadpool);  // the memory for inputs is free again
        const int64_t outer = plane / op->ne[2], inner = plane % op->ne[2];
        how(params, op, input->data + inner * input->nb[2] + outer * input->nb[3],
            reinterpret_cast<float *>(op->data + inner * op->nb[2] + outer * op->nb[3]));
    }
}

}  // namespace hanabi

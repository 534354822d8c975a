// Products of a matrix of weights with the rows of another: a few rows at a time with the weights
// in registers, or, with AMX, many. Every result is the same whichever way it took and whatever the
// processor is, since each sum is taken in the same order with the same roundings.

#include "matmul.hpp"

#include <algorithm>

#include "few.hpp"
#include "inputs.hpp"
#include "weights.hpp"

#ifdef __AMX_INT8__
#include "many_amx.hpp"
#endif

namespace hanabi {

namespace {

#ifndef __AMX_INT8__
constexpr size_t MEMORY = 0;  // of one thread
#endif

// The results of two strips of weights, with some rows, the first of which begins a part of FEW.
template <int type>
void multiply_few_of(const char * packed, const Inputs & inputs, int64_t from, int64_t rows,
                     float * results, int64_t stride) {
    const size_t strip_bytes = Kind<type>::size(inputs.tiles);
    for (int i = 0; i < 2; ++i)
        for (int64_t row = from; row < rows; row += FEW) {
            few(type, int(std::min<int64_t>(FEW, rows - row)))(
                packed + i * strip_bytes, inputs, row / FEW, row == 0,
                results + row * stride + i * COLUMNS, stride);
        }
}

// The same for a last pair of strips of which there are fewer columns of results.
template <int type>
void multiply_rest_of(const char * packed, const Inputs & inputs, int columns, int64_t rows,
                      float * results, int64_t stride) {
    const size_t strip_bytes = Kind<type>::size(inputs.tiles);
    for (int64_t row = 0; row < rows; row += FEW) {
        const int here = int(std::min<int64_t>(FEW, rows - row));
        for (int from = 0; from < columns; from += COLUMNS) {
            alignas(64) float some[FEW][COLUMNS];
            few(type, here)(packed + from / COLUMNS * strip_bytes, inputs, row / FEW, row == 0,
                            some[0], COLUMNS);
            for (int i = 0; i < here; ++i)
                std::copy_n(some[i], std::min(COLUMNS, columns - from),
                            results + (row + i) * stride + from);
        }
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

    int64_t by_tiles = 0;
#ifdef __AMX_INT8__
    const int64_t left = (rows - 1) % ROWS + 1;
    if (library.has_amx && has_tiles(type)) by_tiles = left > FEW ? rows : rows - left;
    if (by_tiles) configure_tiles();
    char * memory = inputs.end() + size_t(params->ith) * MEMORY;
#endif
    // A few at a time, so that a thread which is held up leaves the rest to the others.
    const int pairs = int((op->ne[0] + 2 * COLUMNS - 1) / (2 * COLUMNS));
    const int step = std::clamp(pairs / (params->nth * 8), 1, 8);
    for (int piece = params->ith; piece * step < pairs; piece = next_piece(params))
        for (int pair = piece * step; pair < std::min(pairs, (piece + 1) * step); ++pair) {
            const char * packed = matrix->data + size_t(pair) * 2 * Kind<type>::size(inputs.tiles);
            float * into = results + pair * 2 * COLUMNS;
            const int left = int(op->ne[0]) - pair * 2 * COLUMNS;
            if (left < 2 * COLUMNS) {
                multiply_rest_of<type>(packed, inputs, left, rows, into, stride);
                continue;
            }
#ifdef __AMX_INT8__
            if constexpr (has_tiles(type))
                if (by_tiles)
                    multiply_many_of<type>(packed, inputs, by_tiles, into, stride, memory);
#endif
            if (by_tiles < rows)
                multiply_few_of<type>(packed, inputs, by_tiles, rows, into, stride);
        }
}

}  // namespace

bool is_matmul(const Tensor * op) {
    const Tensor * matrix = op->src[0];
    return op->op == library.mul_mat && can_pack(matrix) && op->src[1]->type == F32 &&
           op->src[1]->nb[0] == sizeof(float) && matrix->ne[2] == 1 && op->ne[2] == 1 &&
           op->ne[3] == 1;
}

size_t matmul_work_size(const Tensor * op, int threads) {
    const int64_t elements = op->src[0]->ne[0];
    return Inputs::bytes(op->ne[1], elements) + size_t(threads) * MEMORY;
}

void matmul(const Params * params, const Tensor * op) {
    const auto how = by_type(op->src[0]->type, [](auto type) { return &compute<type>; });
    const Tensor * input = op->src[1];
    for (int64_t plane = 0; plane < op->ne[2] * op->ne[3]; ++plane) {
        if (plane) library.barrier(params->threadpool);  // the memory for inputs is free again
        const int64_t outer = plane / op->ne[2], inner = plane % op->ne[2];
        how(params, op, input->data + inner * input->nb[2] + outer * input->nb[3],
            reinterpret_cast<float *>(op->data + inner * op->nb[2] + outer * op->nb[3]));
    }
}

}  // namespace hanabi

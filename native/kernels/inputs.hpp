// The inputs of a product, rounded to bytes.

#pragma once

#include <algorithm>

#include "ggml.hpp"
#include "lanes.hpp"
#include "weights.hpp"

namespace hanabi {

constexpr int ROWS = 16;             // that lie together: a group
constexpr float LEAST = 0x1p-118f;  // 127 / x overflows for smaller ones

// The inputs as bytes with a scale for each 32, 16 rows beside each other; the threads share them.
struct Inputs {
    int8_t * quants;         // [group][tile][ROWS][DEPTH]
    float *scale, *sum;      // [group][tile][ROWS]; sum: of the quants, times the scale
    int32_t *total, *start;  // the same without the scale: of all 32, and of the first 16
    int tiles;               // along a row

    Inputs(char * memory, int64_t rows, int64_t elements) : tiles(int(elements / DEPTH)) {
        const size_t all = size_t((rows + ROWS - 1) / ROWS) * tiles * ROWS;
        quants =
            reinterpret_cast<int8_t *>((reinterpret_cast<uintptr_t>(memory) + 63) & ~uintptr_t(63));
        scale = reinterpret_cast<float *>(quants + all * DEPTH);
        sum = scale + all;
        total = reinterpret_cast<int32_t *>(sum + all);
        start = total + all;
    }

    static size_t bytes(int64_t rows, int64_t elements) {
        const size_t all = size_t((rows + ROWS - 1) / ROWS) * size_t(elements / DEPTH) * ROWS;
        return 64 + all * (DEPTH + 16);
    }

    // Where the first tile of a row's scales is; the next ones follow ROWS further each.
    size_t index(int64_t row) const { return size_t(row / ROWS * tiles * ROWS + row % ROWS); }

    // The sum of the bytes that the `part`-th of `parts` scales of weights is for.
    template <int parts>
    int32_t total_of(size_t at, int part) const {
        return parts == 1 ? total[at] : part == 0 ? start[at] : total[at] - start[at];
    }

    char * end() { return reinterpret_cast<char *>(start + (start - total)); }

    // Rounds 32 elements of a group's first rows, at most `most`, which begin at `rows`. Scales and
    // sums have 32 bits: activations of real models exceed 65,504, the greatest half. Elements
    // that are all below LEAST become zeros. The scale is NaN where an element is
    // not a number or infinite, and makes every result of that row NaN.
    template <int most>
    void round(const char * const * rows, int64_t group, int tile) {
        Floats low[most], high[most], sizes[most];
        each<most>([&](auto row) __attribute__((always_inline)) {
            const char * at = rows[row] + tile * DEPTH * sizeof(float);
            low[row] = load(at);
            high[row] = load(at + 64);
            sizes[row] = max(absolute(low[row]), absolute(high[row]));
        });
        const Floats peak = greatest(sizes);
        const Floats step = peak / all(127.f);
        const Floats inverse = where(above(peak, all(LEAST)), all(127.f) / peak, zero());
        alignas(64) float inverses[ROWS];
        store(inverses, inverse);

        const size_t at = (size_t(group) * tiles + tile) * ROWS;
        Floats starts[most], totals[most];
        each<most>([&](auto row) __attribute__((always_inline)) {
            const Floats by = most == 1 ? inverse : all(inverses[row]);
            const Floats q0 = nearest(low[row] * by), q1 = nearest(high[row] * by);
            store_bytes(quants + (at + row) * DEPTH, q0);
            store_bytes(quants + (at + row) * DEPTH + LANES, q1);
            starts[row] = q0;
            totals[row] = q0 + q1;
        });
        const Floats all_of_it = sums(totals), nothing = all_of_it - all_of_it;  // 0 or NaN
        const Floats scales = step + nothing;
        const Mask is_number = above(scales, all(-1.f));
        store_integers(total + at, where(is_number, all_of_it, zero()));
        store_integers(start + at, where(is_number, sums(starts), zero()));
        store(scale + at, scales);
        store(sum + at, scales * all_of_it);
    }
};

// This thread's part of the inputs, by groups. `rows_of` writes where a group's rows are, and tells
// how many it has. What two threads write does not lie in one line of the cache, or they would wait
// for each other at every step.
template <typename RowsOf>
void round_groups(const Params * params, Inputs & inputs, int64_t groups, RowsOf rows_of) {
    const int64_t works = groups * inputs.tiles;
    const int64_t part = (works + params->nth - 1) / params->nth;
    const int64_t end = std::min(works, (params->ith + 1) * part);
    for (int64_t work = params->ith * part; work < end;) {
        const int64_t group = work / inputs.tiles;
        const char * rows[ROWS];
        const int here = rows_of(group, rows);
        std::fill(rows + here, rows + ROWS, rows[here - 1]);
        const auto how = here == 1   ? &Inputs::round<1>
                         : here <= 4 ? &Inputs::round<4>
                                     : &Inputs::round<ROWS>;
        for (; work < end && work / inputs.tiles == group; ++work)
            (inputs.*how)(rows, group, int(work % inputs.tiles));
    }
}

// The same where rows are `stride` bytes apart.
inline void round_inputs(const Params * params, const char * input, size_t stride, Inputs & inputs,
                         int64_t rows) {
    round_groups(params, inputs, (rows + ROWS - 1) / ROWS, [&](int64_t group, const char ** at) {
        const int here = int(std::min<int64_t>(ROWS, rows - group * ROWS));
        for (int i = 0; i < here; ++i) at[i] = input + (group * ROWS + i) * stride;
        return here;
    });
}

}  // namespace hanabi

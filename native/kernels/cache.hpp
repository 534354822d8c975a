// The cache of keys and values as attention reads it: rows of a type, and which of them a query
// sees.

#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include "ggml.hpp"
#include "lanes.hpp"

namespace hanabi {

constexpr int BLOCK = 64;  // keys that are looked at together; blocks begin at multiples of it

// One head of the cache.
struct Cache {
    const char *key, *value;
    size_t key_stride, value_stride;  // bytes from one token to the next
    int keys;
    int key_size, value_size;  // elements
};

// A row of 16-bit floats.
struct HalvesRow {
    static constexpr Type TYPE = F16;
    static constexpr int ELEMENTS = 1, BYTES = 2;  // of the unit that a row consists of

    // 16 elements.
    static Floats read(const char * row, int from) { return halves(row + from * 2); }
};

// A row of Q8_0: 32 bytes with a sign, and before them a half by which they are multiplied. The
// products fit in the 24 bits of a float's significand, so nothing is rounded.
struct BytesRow {
    static constexpr Type TYPE = Q8_0;
    static constexpr int ELEMENTS = 32, BYTES = 34;

    static Floats read(const char * row, int from) {
        const char * unit = row + from / ELEMENTS * BYTES;
        uint16_t scale;
        std::memcpy(&scale, unit, sizeof scale);
        return whole_numbers(unit + 2 + from % ELEMENTS) * all(_cvtsh_ss(scale));
    }
};

// Which of a block's keys a query sees, a bit each: all whose half in the mask is not minus
// infinity, or all where there is no mask.
inline uint64_t seen_of(const char * mask, int block, int keys) {
    constexpr uint16_t HALF_NONE = 0xfc00;
    const int count = std::min(keys - block, BLOCK);
    if (!mask) return ~uint64_t{0} >> (BLOCK - count);
    mask += 2 * block;
    uint16_t copy[BLOCK];
    if (count < BLOCK) {
        std::memcpy(copy, mask, size_t(count) * 2);
        std::fill(copy + count, copy + BLOCK, HALF_NONE);
        mask = reinterpret_cast<const char *>(copy);
    }
    return differ_from(mask, HALF_NONE) | uint64_t{differ_from(mask + BLOCK, HALF_NONE)} << 32;
}

// Keys from the first to the last that are seen.
struct Span {
    int begin, end;
};

inline Span span_of(const char * mask, int keys) {
    if (!mask) return {0, keys};
    int last = (keys - 1) / BLOCK * BLOCK;
    uint64_t seen = 0;
    while (last >= 0 && !(seen = seen_of(mask, last, keys))) last -= BLOCK;
    if (last < 0) return {0, 0};
    const int end = last + BLOCK - std::countl_zero(seen);
    int first = 0;
    while (!(seen = seen_of(mask, first, keys))) first += BLOCK;
    return {first + std::countr_zero(seen), end};
}

// Calls `run` with the first key of each run of keys that are seen, and with the end of it.
template <typename Run>
[[gnu::always_inline]] inline void each_run(uint64_t seen, Run && run) {
    while (seen) {
        const int from = std::countr_zero(seen);
        const int to = from + std::countr_one(seen >> from);
        run(from, to);
        if (to == BLOCK) return;
        seen = seen >> to << to;
    }
}

}  // namespace hanabi

// Vectors of 16 floats in two registers of AVX2.

#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace hanabi {

struct Floats {
    __m256 low, high;
};
struct Mask {
    __m256 low, high;  // all bits of a lane, or none
};
using Bytes = __m256i;  // of quants

constexpr int WIDTH = 32;     // of Bytes
constexpr int REGISTERS = 8;  // of Floats

inline Floats operator+(Floats a, Floats b) { return {a.low + b.low, a.high + b.high}; }
inline Floats operator-(Floats a, Floats b) { return {a.low - b.low, a.high - b.high}; }
inline Floats operator*(Floats a, Floats b) { return {a.low * b.low, a.high * b.high}; }
inline Floats operator/(Floats a, Floats b) { return {a.low / b.low, a.high / b.high}; }

inline Floats all(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
inline Floats zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
inline Floats load(const void * at) {
    const auto * floats = static_cast<const float *>(at);
    return {_mm256_loadu_ps(floats), _mm256_loadu_ps(floats + 8)};
}
inline void store(float * at, Floats x) {
    _mm256_storeu_ps(at, x.low);
    _mm256_storeu_ps(at + 8, x.high);
}

// What lies in memory as halves.
inline Floats halves(const void * at) {
    const auto * eights = static_cast<const __m128i *>(at);
    return {_mm256_cvtph_ps(_mm_loadu_si128(eights)), _mm256_cvtph_ps(_mm_loadu_si128(eights + 1))};
}
// What lies in memory as brain floats: the upper halves of floats.
inline Floats brain_floats(const void * at) {
    const auto * eights = static_cast<const __m128i *>(at);
    const auto widened = [](__m128i x) {
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16));
    };
    return {widened(_mm_loadu_si128(eights)), widened(_mm_loadu_si128(eights + 1))};
}
// The first so many halves, and 0 for the rest, which is not read.
inline Floats first_halves(const void * at, int count) {
    if (count >= 16) return halves(at);
    uint16_t inside[16] = {};
    std::memcpy(inside, at, size_t(count) * 2);
    return halves(inside);
}
// 16 whole numbers, a byte with a sign for each.
inline Floats whole_numbers(const void * at) {
    const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i *>(at));
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
            _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8)))};
}

// a * b + c, rounded once.
inline Floats fma(Floats a, Floats b, Floats c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
// c - a * b, likewise.
inline Floats minus_product(Floats a, Floats b, Floats c) {
    return {_mm256_fnmadd_ps(a.low, b.low, c.low), _mm256_fnmadd_ps(a.high, b.high, c.high)};
}
inline __m256 max(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
inline Floats max(Floats a, Floats b) { return {max(a.low, b.low), max(a.high, b.high)}; }
inline Floats absolute(Floats x) {
    const __m256 sign = _mm256_set1_ps(-0.f);
    return {_mm256_andnot_ps(sign, x.low), _mm256_andnot_ps(sign, x.high)};
}
inline Floats nearest(Floats x) {
    constexpr int how = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    return {_mm256_round_ps(x.low, how), _mm256_round_ps(x.high, how)};
}
// x times 2 to the n, for n a whole number from -126 to 0.
inline Floats times_power(Floats x, Floats n) {
    const auto power = [](__m256 n) {
        const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
        return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
    };
    return x * Floats{power(n.low), power(n.high)};
}

inline Mask above(Floats a, Floats b) {
    return {_mm256_cmp_ps(a.low, b.low, _CMP_GT_OQ), _mm256_cmp_ps(a.high, b.high, _CMP_GT_OQ)};
}
inline Mask differ(Floats a, Floats b) {
    return {_mm256_cmp_ps(a.low, b.low, _CMP_NEQ_UQ), _mm256_cmp_ps(a.high, b.high, _CMP_NEQ_UQ)};
}
inline bool any(Mask mask) { return _mm256_movemask_ps(_mm256_or_ps(mask.low, mask.high)) != 0; }
inline Floats where(Mask mask, Floats yes, Floats no) {
    return {_mm256_blendv_ps(no.low, yes.low, mask.low),
            _mm256_blendv_ps(no.high, yes.high, mask.high)};
}
// Lanes below a number.
inline Mask first_lanes(int count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const auto below = [&](int end) {
        return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(end), lane));
    };
    return {below(count), below(count - 8)};
}
inline Mask both(Mask a, Mask b) {
    return {_mm256_and_ps(a.low, b.low), _mm256_and_ps(a.high, b.high)};
}

// What `merge` makes of all lanes, halves with each other first.
template <typename Merge>
[[gnu::always_inline]] inline float over(Floats x, Merge merge) {
    const __m256 eight = merge(x.low, x.high);
    const __m128 four = merge(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = merge(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(merge(two, _mm_shuffle_ps(two, two, 1)));
}
inline float sum(Floats x) {
    return over(x, [](auto a, auto b) { return a + b; });
}
inline __m128 max(__m128 a, __m128 b) { return _mm_max_ps(a, b); }
inline float greatest(Floats x) {
    return over(x, [](auto a, auto b) { return max(a, b); });
}

// Rounded to the nearest whole numbers, which are bytes.
inline void store_bytes(int8_t * at, Floats x) {
    const __m256i pairs = _mm256_packs_epi32(_mm256_cvtps_epi32(x.low), _mm256_cvtps_epi32(x.high));
    const __m256i ordered = _mm256_permute4x64_epi64(pairs, 0xd8);
    const __m128i bytes =
        _mm_packs_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i *>(at), bytes);
}
inline void store_integers(int32_t * at, Floats x) {
    auto * eights = reinterpret_cast<__m256i *>(at);
    _mm256_storeu_si256(eights, _mm256_cvtps_epi32(x.low));
    _mm256_storeu_si256(eights + 1, _mm256_cvtps_epi32(x.high));
}

inline Bytes load_bytes(const void * at) {
    return _mm256_loadu_si256(static_cast<const __m256i *>(at));
}
inline Bytes either(Bytes a, Bytes b) { return _mm256_or_si256(a, b); }
// Some bits of each byte, `mask` from bit `from` on, moved to bit `to`.
template <int from, int to, int mask>
inline Bytes bits_moved(Bytes x) {
    if constexpr (from > to) x = _mm256_srli_epi16(x, from - to);
    if constexpr (from < to) x = _mm256_slli_epi16(x, to - from);
    return _mm256_and_si256(x, _mm256_set1_epi8(char(mask << to)));
}
// The high halves of bytes or the low ones, as bytes.
template <bool high>
inline Bytes nibbles(Bytes x) {
    return bits_moved<high ? 4 : 0, 0, 0xF>(x);
}

// One vector with what `merge` makes of the lanes of each of 16.
template <typename Merge>
[[gnu::always_inline]] inline Floats across(const Floats (&v)[16], Merge merge) {
    // Quarters of four vectors, one beside the other.
    const auto fours = [&](__m256 v0, __m256 v1, __m256 v2,
                           __m256 v3) __attribute__((always_inline)) {
        const __m256d first =
            _mm256_castps_pd(merge(_mm256_unpacklo_ps(v0, v1), _mm256_unpackhi_ps(v0, v1)));
        const __m256d second =
            _mm256_castps_pd(merge(_mm256_unpacklo_ps(v2, v3), _mm256_unpackhi_ps(v2, v3)));
        return merge(_mm256_castpd_ps(_mm256_unpacklo_pd(first, second)),
                     _mm256_castpd_ps(_mm256_unpackhi_pd(first, second)));
    };
    Floats four[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        const Floats * some = v + 4 * i;
        four[i] = {fours(some[0].low, some[1].low, some[2].low, some[3].low),
                   fours(some[0].high, some[1].high, some[2].high, some[3].high)};
    }
    const auto quarters = [&](__m256 x, __m256 y) __attribute__((always_inline)) {
        return merge(_mm256_permute2f128_ps(x, y, 0x20), _mm256_permute2f128_ps(x, y, 0x31));
    };
    return {merge(quarters(four[0].low, four[1].low), quarters(four[0].high, four[1].high)),
            merge(quarters(four[2].low, four[3].low), quarters(four[2].high, four[3].high))};
}

}  // namespace hanabi

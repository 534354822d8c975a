// Vectors of 16 floats in a register of AVX-512.

#pragma once

#include <immintrin.h>

#include <cstdint>

namespace hanabi {

using Floats = __m512;  // +, - and * are the compiler's
using Mask = __mmask16;
using Bytes = __m512i;  // of quants

constexpr int WIDTH = 64;      // of Bytes
constexpr int REGISTERS = 32;  // of Floats

// Lanes below a number.
inline Mask first_lanes(int count) { return count >= 16 ? 0xffff : (1u << count) - 1; }

inline Floats all(float x) { return _mm512_set1_ps(x); }
inline Floats zero() { return _mm512_setzero_ps(); }
inline Floats load(const void * at) { return _mm512_loadu_ps(at); }
inline void store(float * at, Floats x) { _mm512_storeu_ps(at, x); }

// What lies in memory as halves.
inline Floats halves(const void * at) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i *>(at)));
}
// What lies in memory as brain floats: the upper halves of floats.
inline Floats brain_floats(const void * at) {
    const __m256i sixteen = _mm256_loadu_si256(static_cast<const __m256i *>(at));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(sixteen), 16));
}
// The first so many halves, and 0 for the rest, which is not read.
inline Floats first_halves(const void * at, int count) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first_lanes(count), at));
}
// 16 whole numbers, a byte with a sign for each.
inline Floats whole_numbers(const void * at) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepi8_epi32(_mm_loadu_si128(static_cast<const __m128i *>(at))));
}

// a * b + c, rounded once.
inline Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
// c - a * b, likewise.
inline Floats minus_product(Floats a, Floats b, Floats c) { return _mm512_fnmadd_ps(a, b, c); }
inline Floats max(Floats a, Floats b) { return _mm512_max_ps(a, b); }
inline Floats absolute(Floats x) { return _mm512_abs_ps(x); }
inline Floats nearest(Floats x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// x times 2 to the n, for n a whole number from -126 to 0.
inline Floats times_power(Floats x, Floats n) { return _mm512_scalef_ps(x, n); }

inline Mask above(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
inline Mask differ(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ); }
inline bool any(Mask mask) { return mask != 0; }
inline Floats where(Mask mask, Floats yes, Floats no) {
    return _mm512_mask_blend_ps(mask, no, yes);
}
inline Mask both(Mask a, Mask b) { return a & b; }

inline float sum(Floats x) { return _mm512_reduce_add_ps(x); }
inline float greatest(Floats x) { return _mm512_reduce_max_ps(x); }

// Rounded to the nearest whole numbers, which are bytes.
inline void store_bytes(int8_t * at, Floats x) {
    _mm_storeu_si128(reinterpret_cast<__m128i *>(at), _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(x)));
}
inline void store_integers(int32_t * at, Floats x) {
    _mm512_storeu_si512(at, _mm512_cvtps_epi32(x));
}

inline Bytes load_bytes(const void * at) { return _mm512_loadu_si512(at); }
inline Bytes either(Bytes a, Bytes b) { return _mm512_or_si512(a, b); }
// Some bits of each byte, `mask` from bit `from` on, moved to bit `to`.
template <int from, int to, int mask>
inline Bytes bits_moved(Bytes x) {
    if constexpr (from > to) x = _mm512_srli_epi16(x, from - to);
    if constexpr (from < to) x = _mm512_slli_epi16(x, to - from);
    return _mm512_and_si512(x, _mm512_set1_epi8(char(mask << to)));
}
// The high halves of bytes or the low ones, as bytes.
template <bool high>
inline Bytes nibbles(Bytes x) {
    return bits_moved<high ? 4 : 0, 0, 0xF>(x);
}

// One vector with what `merge` makes of the lanes of each of 16.
template <typename Merge>
[[gnu::always_inline]] inline Floats across(const Floats (&v)[16], Merge merge) {
    Floats a[8], b[4];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i)
        a[i] = merge(_mm512_unpacklo_ps(v[2 * i], v[2 * i + 1]),
                     _mm512_unpackhi_ps(v[2 * i], v[2 * i + 1]));
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        const __m512d first = _mm512_castps_pd(a[2 * i]), second = _mm512_castps_pd(a[2 * i + 1]);
        b[i] = merge(_mm512_castpd_ps(_mm512_unpacklo_pd(first, second)),
                     _mm512_castpd_ps(_mm512_unpackhi_pd(first, second)));
    }
    const auto quarters = [&](Floats x, Floats y) __attribute__((always_inline)) {
        return merge(_mm512_shuffle_f32x4(x, y, 0x88), _mm512_shuffle_f32x4(x, y, 0xdd));
    };
    return quarters(quarters(b[0], b[1]), quarters(b[2], b[3]));
}

}  // namespace hanabi

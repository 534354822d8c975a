// Attention of a few queries or many over a cache of 16-bit floats, in 32-bit floats throughout.
//
// A query's result does not depend on what else is computed: it goes through the keys in blocks
// that begin at multiples of 64 in the cache, in one order of sums, with a running maximum (Milakov
// and Gimelshein, 2018, "Online normalizer calculation for softmax"). So the logits are the same to
// the bit however tokens are cut into passes.
//
// The library's kernel that has this property takes the keys of each head one by one, and sums the
// values in 16 bits. Here the queries that share a head of the cache share its conversion to 32
// bits, and 16 keys share the steps of the softmax.

#include "attention.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cmath>

#include "lanes.hpp"

namespace hanabi {

namespace {

constexpr int BLOCK = 64;  // keys between two looks at the maximum
constexpr int LANES = 16;
constexpr int QUERIES = 4;  // that share the loads of keys and values
constexpr int GROUPS = 8;   // of queries, in step with each other
constexpr int TOKENS = 16;  // at most, of one piece of work
constexpr float NONE = -INFINITY;

// e to the x, for x up to 0, to about one unit in the last place; 0 from -87 down. The polynomial
// is that of Cephes' expf.
inline __m512 exponential(__m512 x) {
    const __mmask16 counts = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.f), _CMP_GT_OQ);
    x = _mm512_maskz_mov_ps(counts, x);
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)),
                                          _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
    __m512 p = _mm512_set1_ps(1.9875691500e-4f);
    for (float c :
         {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c));
    p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, _mm512_set1_ps(1.f)));
    return _mm512_maskz_scalef_ps(counts, p, n);
}

// The sums of 16 vectors' lanes, as one vector.
inline __m512 sums(const float (&parts)[LANES][LANES]) {
    __m512 v[LANES];
    for (int i = 0; i < LANES; ++i) v[i] = _mm512_load_ps(parts[i]);
    return across(v, [](__m512 a, __m512 b) { return _mm512_add_ps(a, b); });
}

// One head of the cache.
struct Cache {
    const char *key, *value;
    size_t key_stride, value_stride;  // bytes from one token to the next
    int last;                         // the last token's index
};

struct Query {
    const float * vector;
    const char * mask;  // a half for each key: 0, or minus infinity for one it does not see
    float * result;
};

// The scores of 64 keys for each query; returns whether any query sees any of them.
template <int D, int G>
bool score(const Query * queries, const Cache & cache, int block, int keys, float scale,
           float (&scores)[G][BLOCK]) {
    alignas(64) float parts[G][LANES][LANES];
    bool any = false;
    for (int some = 0; some < BLOCK; some += LANES) {
        if (some >= keys) {
            for (int g = 0; g < G; ++g) _mm512_store_ps(scores[g] + some, _mm512_set1_ps(NONE));
            continue;
        }
        for (int j = 0; j < LANES; ++j) {
            const int at = std::min(block + some + j, cache.last);
            const char * key = cache.key + at * cache.key_stride;
            __m512 dot[G];
            for (int g = 0; g < G; ++g) dot[g] = _mm512_setzero_ps();
#pragma GCC unroll 4
            for (int d = 0; d < D; d += LANES) {
                const __m512 k = halves(key + 2 * d);
#pragma GCC unroll 4
                for (int g = 0; g < G; ++g)
                    dot[g] = _mm512_fmadd_ps(k, _mm512_loadu_ps(queries[g].vector + d), dot[g]);
            }
            for (int g = 0; g < G; ++g) _mm512_store_ps(parts[g][j], dot[g]);
        }
        const __mmask16 inside = keys - some >= LANES ? 0xffff : (1u << (keys - some)) - 1;
        for (int g = 0; g < G; ++g) {
            const auto * mask =
                reinterpret_cast<const __m256i *>(queries[g].mask + 2 * (block + some));
            const __m512 bias = queries[g].mask
                                    ? _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(inside, mask))
                                    : _mm512_setzero_ps();
            const __mmask16 seen =
                inside & _mm512_cmp_ps_mask(bias, _mm512_set1_ps(NONE), _CMP_NEQ_UQ);
            any |= seen != 0;
            // What is not seen may be anything, NaN too.
            const __m512 score = _mm512_fmadd_ps(sums(parts[g]), _mm512_set1_ps(scale), bias);
            _mm512_store_ps(scores[g] + some,
                            _mm512_mask_mov_ps(_mm512_set1_ps(NONE), seen, score));
        }
    }
    return any;
}

// What a query has come to so far: the values it has seen, weighted, and their weights, both
// relative to the greatest score.
template <int D>
struct Sums {
    float total[D];
    __m512 weight;
    float most;
};

// Queries that share a head of the cache, and see none of the keys from `end` on.
template <int D>
struct Group {
    Cache cache;
    int count = 0, end = 0;
    Query queries[QUERIES];
    Sums<D> sums[QUERIES];

    void clear() {
        for (int g = 0; g < count; ++g) {
            std::fill(sums[g].total, sums[g].total + D, 0.f);
            sums[g].weight = _mm512_setzero_ps();
            sums[g].most = NONE;
        }
    }

    void write() const {
        for (int g = 0; g < count; ++g) {
            const float all = _mm512_reduce_add_ps(sums[g].weight);
            const __m512 share = _mm512_set1_ps(all == 0.f ? 0.f : 1.f / all);
            for (int d = 0; d < D; d += LANES)
                _mm512_storeu_ps(queries[g].result + d,
                                 _mm512_mul_ps(_mm512_load_ps(sums[g].total + d), share));
        }
    }
};

// Adds a block of keys to the sums of a group's G queries.
template <int D, int G>
void add(Group<D> & group, int block, float scale) {
    alignas(64) float scores[G][BLOCK];
    const Cache & cache = group.cache;
    const int keys = std::min(BLOCK, group.end - block);
    if (!score<D, G>(group.queries, cache, block, keys, scale, scores)) return;
    for (int g = 0; g < G; ++g) {
        Sums<D> & sums = group.sums[g];
        __m512 s[BLOCK / LANES];
        __m512 highest = _mm512_set1_ps(sums.most);
        for (int i = 0; i < BLOCK / LANES; ++i) {
            s[i] = _mm512_load_ps(scores[g] + i * LANES);
            highest = _mm512_max_ps(highest, s[i]);
        }
        const float maximum = _mm512_reduce_max_ps(highest);
        // A query that has seen nothing yet has no maximum to subtract.
        const __m512 base = _mm512_set1_ps(maximum == NONE ? 0.f : maximum);
        if (maximum > sums.most) {
            const __m512 fade = exponential(_mm512_sub_ps(_mm512_set1_ps(sums.most), base));
            sums.weight = _mm512_mul_ps(sums.weight, fade);
            for (int d = 0; d < D; d += LANES)
                _mm512_store_ps(sums.total + d,
                                _mm512_mul_ps(_mm512_load_ps(sums.total + d), fade));
            sums.most = maximum;
        }
        for (int i = 0; i < BLOCK / LANES; ++i) {
            const __m512 p = exponential(_mm512_sub_ps(s[i], base));
            _mm512_store_ps(scores[g] + i * LANES, p);
            sums.weight = _mm512_add_ps(sums.weight, p);
        }
    }
    constexpr int PART = D % 64 ? 16 : 64;  // dimensions at a time
    for (int part = 0; part < D; part += PART) {
        __m512 sum[G][PART / LANES];
        for (int g = 0; g < G; ++g)
            for (int i = 0; i < PART / LANES; ++i)
                sum[g][i] = _mm512_load_ps(group.sums[g].total + part + i * LANES);
        const char * value = cache.value + block * cache.value_stride + 2 * part;
        for (int j = 0; j < keys; ++j, value += cache.value_stride)
#pragma GCC unroll 4
            for (int i = 0; i < PART / LANES; ++i) {
                const __m512 v = halves(value + 2 * i * LANES);
#pragma GCC unroll 4
                for (int g = 0; g < G; ++g)
                    sum[g][i] = _mm512_fmadd_ps(v, _mm512_set1_ps(scores[g][j]), sum[g][i]);
            }
        for (int g = 0; g < G; ++g)
            for (int i = 0; i < PART / LANES; ++i)
                _mm512_store_ps(group.sums[g].total + part + i * LANES, sum[g][i]);
    }
}

// Asks for what lies in `size` bytes of each of a block's rows.
void fetch(const char * rows, size_t stride, size_t size, int block, int end) {
    for (int row = block; row < std::min(block + BLOCK, end); ++row)
        for (size_t byte = 0; byte < size; byte += 64)
            _mm_prefetch(rows + row * stride + byte, _MM_HINT_T0);
}

// The results of some groups of one stream, in step with each other: their heads are neighbours in
// memory. A sequence's only token meets its keys and values there, and they are asked for a block
// ahead.
template <int D>
void attend(Group<D> * groups, int count, float scale, bool is_far) {
    static constexpr decltype(&add<D, 1>) by_count[QUERIES] = {add<D, 1>, add<D, 2>, add<D, 3>,
                                                               add<D, 4>};
    int end = 0;
    for (int i = 0; i < count; ++i) {
        groups[i].clear();
        end = std::max(end, groups[i].end);
    }
    const Cache & first = groups[0].cache;
    const size_t size = groups[count - 1].cache.key - first.key + 2 * D;
    for (int block = is_far ? -BLOCK : 0; block < end; block += BLOCK) {
        if (is_far) {
            fetch(first.key, first.key_stride, size, block + BLOCK, end);
            fetch(first.value, first.value_stride, size, block + BLOCK, end);
        }
        if (block < 0) continue;
        for (int i = 0; i < count; ++i) {
            if (block >= groups[i].end) continue;
            by_count[groups[i].count - 1](groups[i], block, scale);
        }
    }
    for (int i = 0; i < count; ++i) groups[i].write();
}

// One more than the last key that a query sees.
int seen(const char * mask, int keys) {
    if (!mask) return keys;
    const __m512i none = _mm512_set1_epi16(short(0xfc00));
    for (int from = (keys - 1) / 32 * 32; from >= 0; from -= 32) {
        const __mmask32 inside = keys - from >= 32 ? ~0u : (1u << (keys - from)) - 1;
        const __m512i some = _mm512_maskz_loadu_epi16(inside, mask + 2 * from);
        const uint32_t sees = _mm512_mask_cmpneq_epi16_mask(inside, some, none);
        if (sees) return from + 32 - __builtin_clz(sees);
    }
    return 0;
}

template <int D>
void compute(const Params * params, const Tensor * op) {
    const Tensor *q = op->src[0], *k = op->src[1], *v = op->src[2], *mask = op->src[3];
    const int tokens = int(q->ne[1]), heads = int(q->ne[2]), streams = int(q->ne[3]);
    const int shared = heads / int(k->ne[2]);  // heads with one head of the cache in common
    const int keys = int(k->ne[1]);
    float scale;
    __builtin_memcpy(&scale, op->op_params, sizeof scale);

    const int heads_kept = int(k->ne[2]);
    const int together = std::clamp(tokens * heads_kept * streams / (params->nth * 8), 1, TOKENS);
    const int pieces = (tokens + together - 1) / together;
    // A lone token's keys and values are best read as they lie, all heads of the cache at once.
    const int wide = tokens == 1 && streams >= 2 * params->nth ? heads_kept : 1;
    const int parts = (heads_kept + wide - 1) / wide;
    const int works = pieces * parts * streams;
    share(params);
    Group<D> groups[GROUPS];
    for (int work = params->ith; work < works; work = next_piece(params)) {
        const int piece = work % pieces, part = work / pieces % parts,
                  stream = work / pieces / parts;
        const int kept = stream * int(k->ne[3]) / streams;
        int count = 0;
        const auto attend_all = [&] {
            if (count) attend<D>(groups, count, scale, tokens == 1);
            count = 0;
        };
        for (int head = part * wide; head < std::min(heads_kept, (part + 1) * wide); ++head) {
            const Cache cache{k->data + head * k->nb[2] + kept * k->nb[3],
                              v->data + head * v->nb[2] + kept * v->nb[3], k->nb[1], v->nb[1],
                              keys - 1};
            Group<D> * group = nullptr;
            for (int t = piece * together; t < std::min(tokens, (piece + 1) * together); ++t) {
                const char * row =
                    mask ? mask->data + t * mask->nb[1] + stream % mask->ne[3] * mask->nb[3]
                         : nullptr;
                const int sees = seen(row, keys);
                for (int h = head * shared; h < (head + 1) * shared; ++h) {
                    if (!group || group->count == QUERIES) {
                        if (count == GROUPS) attend_all();
                        group = &groups[count++];
                        group->cache = cache;
                        group->count = group->end = 0;
                    }
                    group->queries[group->count++] = {
                        reinterpret_cast<const float *>(q->data + t * q->nb[1] + h * q->nb[2] +
                                                        stream * q->nb[3]),
                        row,
                        reinterpret_cast<float *>(
                            op->data + (size_t(stream * tokens + t) * heads + h) * op->nb[1])};
                    group->end = std::max(group->end, sees);
                }
            }
        }
        attend_all();
    }
}

using Compute = void (*)(const Params *, const Tensor *);

// The kernel for heads of a size; null where there is none.
Compute kernel_for(int64_t size) {
    switch (size) {
        case 64:
            return compute<64>;
        case 80:
            return compute<80>;
        case 96:
            return compute<96>;
        case 128:
            return compute<128>;
        case 256:
            return compute<256>;
    }
    return nullptr;
}

}  // namespace

bool is_attention(const Tensor * op) {
    if (op->op != library.flash_attention) return false;
    const Tensor *q = op->src[0], *k = op->src[1], *v = op->src[2], *mask = op->src[3];
    float bias, cap;
    __builtin_memcpy(&bias, op->op_params + 1, sizeof bias);
    __builtin_memcpy(&cap, op->op_params + 2, sizeof cap);
    return q->type == F32 && k->type == F16 && v->type == F16 &&
           (!mask || (mask->type == F16 && mask->ne[2] == 1)) && !op->src[4] && bias == 0.f &&
           cap == 0.f && kernel_for(k->ne[0]) && v->ne[0] == k->ne[0] && v->ne[2] == k->ne[2] &&
           v->ne[3] == k->ne[3] && q->ne[3] % k->ne[3] == 0 && q->ne[2] % k->ne[2] == 0;
}

void attention(const Params * params, const Tensor * op) {
    kernel_for(op->src[1]->ne[0])(params, op);
}

}  // namespace hanabi

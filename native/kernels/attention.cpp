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

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lanes.hpp"

namespace hanabi {

namespace {

constexpr int BLOCK = 64;   // keys between two looks at the maximum
constexpr int QUERIES = 4;  // that share the loads of keys and values
constexpr int GROUPS = 8;   // of queries, in step with each other
constexpr int TOKENS = 16;  // at most, of one piece of work
constexpr float NONE = -INFINITY;

// e to the x, for x up to 0, to about one unit in the last place; 0 from -87 down. The polynomial
// is that of Cephes' expf.
inline Floats exponential(Floats x) {
    const Mask counts = above(x, all(-87.f));
    x = where(counts, x, zero());
    const Floats n = nearest(x * all(1.44269504f));
    Floats r = minus_product(n, all(0.693359375f), x);
    r = minus_product(n, all(-2.12194440e-4f), r);
    Floats p = all(1.9875691500e-4f);
    for (float c :
         {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
        p = fma(p, r, all(c));
    p = fma(p, r * r, r + all(1.f));
    return where(counts, times_power(p, n), zero());
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
    Floats parts[G][LANES];
    bool sees_any = false;
    for (int some = 0; some < BLOCK; some += LANES) {
        if (some >= keys) {
            for (int g = 0; g < G; ++g) store(scores[g] + some, all(NONE));
            continue;
        }
        for (int j = 0; j < LANES; ++j) {
            const int at = std::min(block + some + j, cache.last);
            const char * key = cache.key + at * cache.key_stride;
            Floats dot[G];
            each<G>([&](auto g) __attribute__((always_inline)) { dot[g] = zero(); });
#pragma GCC unroll 4
            for (int d = 0; d < D; d += LANES) {
                const Floats k = halves(key + 2 * d);
                each<G>([&](auto g) __attribute__((always_inline)) {
                    dot[g] = fma(k, load(queries[g].vector + d), dot[g]);
                });
            }
            each<G>([&](auto g) __attribute__((always_inline)) { parts[g][j] = dot[g]; });
        }
        const int inside = std::min(keys - some, LANES);
        for (int g = 0; g < G; ++g) {
            const char * mask = queries[g].mask;
            const Floats bias = mask ? first_halves(mask + 2 * (block + some), inside) : zero();
            const Mask seen = both(differ(bias, all(NONE)), first_lanes(inside));
            sees_any |= any(seen);
            // What is not seen may be anything, NaN too.
            const Floats score = fma(sums(parts[g]), all(scale), bias);
            store(scores[g] + some, where(seen, score, all(NONE)));
        }
    }
    return sees_any;
}

// What a query has come to so far: the values it has seen, weighted, and their weights, both
// relative to the greatest score.
template <int D>
struct Sums {
    float total[D];
    Floats weight;
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
            sums[g].weight = zero();
            sums[g].most = NONE;
        }
    }

    void write() const {
        for (int g = 0; g < count; ++g) {
            const float weight = sum(sums[g].weight);
            const Floats share = all(weight == 0.f ? 0.f : 1.f / weight);
            for (int d = 0; d < D; d += LANES)
                store(queries[g].result + d, load(sums[g].total + d) * share);
        }
    }
};

// Weighs what a query has seen against a block's scores, which become the weights of its values.
template <int D>
void weigh(Sums<D> & sums, float * scores) {
    Floats s[BLOCK / LANES];
    Floats highest = all(sums.most);
    for (int i = 0; i < BLOCK / LANES; ++i) {
        s[i] = load(scores + i * LANES);
        highest = max(highest, s[i]);
    }
    const float maximum = greatest(highest);
    // A query that has seen nothing yet has no maximum to subtract.
    const Floats base = all(maximum == NONE ? 0.f : maximum);
    if (maximum > sums.most) {
        const Floats fade = exponential(all(sums.most) - base);
        sums.weight = sums.weight * fade;
        for (int d = 0; d < D; d += LANES) store(sums.total + d, load(sums.total + d) * fade);
        sums.most = maximum;
    }
    for (int i = 0; i < BLOCK / LANES; ++i) {
        const Floats p = exponential(s[i] - base);
        store(scores + i * LANES, p);
        sums.weight = sums.weight + p;
    }
}

// Vectors of dimensions of which the sums of G queries stay in registers: 1, 2 or 4.
constexpr int vectors_of(int dimensions, int queries) {
    int vectors = 4;
    while (dimensions % (vectors * LANES) || 2 * vectors * queries > REGISTERS) vectors /= 2;
    return vectors;
}

// Adds a block of keys to the sums of a group's G queries.
template <int D, int G>
void add(Group<D> & group, int block, float scale) {
    alignas(64) float scores[G][BLOCK];
    const Cache & cache = group.cache;
    const int keys = std::min(BLOCK, group.end - block);
    if (!score<D, G>(group.queries, cache, block, keys, scale, scores)) return;
    for (int g = 0; g < G; ++g) weigh<D>(group.sums[g], scores[g]);
    constexpr int VECTORS = vectors_of(D, G);
    for (int part = 0; part < D; part += VECTORS * LANES) {
        Floats sum[G][VECTORS];
        for (int g = 0; g < G; ++g)
            for (int i = 0; i < VECTORS; ++i)
                sum[g][i] = load(group.sums[g].total + part + i * LANES);
        const char * value = cache.value + block * cache.value_stride + 2 * part;
        for (int j = 0; j < keys; ++j, value += cache.value_stride)
            each<VECTORS>([&](auto i) __attribute__((always_inline)) {
                const Floats v = halves(value + 2 * i * LANES);
                each<G>([&](auto g) __attribute__((always_inline)) {
                    sum[g][i] = fma(v, all(scores[g][j]), sum[g][i]);
                });
            });
        for (int g = 0; g < G; ++g)
            for (int i = 0; i < VECTORS; ++i)
                store(group.sums[g].total + part + i * LANES, sum[g][i]);
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
    constexpr int AT_ONCE = 32;
    constexpr uint16_t HALF_NONE = 0xfc00;
    uint16_t some[AT_ONCE];
    for (int from = (keys - 1) / AT_ONCE * AT_ONCE; from >= 0; from -= AT_ONCE) {
        const int count = std::min(keys - from, AT_ONCE);
        std::memcpy(some, mask + 2 * from, size_t(count) * 2);
        std::fill(some + count, some + AT_ONCE, HALF_NONE);
        uint16_t sees = 0;
        for (uint16_t half : some) sees |= half ^ HALF_NONE;
        if (!sees) continue;
        int last = AT_ONCE - 1;
        while (some[last] == HALF_NONE) --last;
        return from + last + 1;
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

// Queries that share a head of the cache, and what they come to: the softmax of their scores, by
// which values are weighed and added up.

#pragma once

#include <algorithm>
#include <cmath>

#include "cache.hpp"
#include "exponential.hpp"
#include "lanes.hpp"

namespace hanabi {

constexpr int QUERIES = 4;       // that share the loads of keys and values
constexpr int MOST_VALUE = 512;  // elements of a value, where its size is not known beforehand
constexpr float NONE = -INFINITY;

// How a product of a query and a key becomes a score.
struct Scoring {
    float scale;
    float cap;  // what scores stay below; 0: they have no cap
};

struct Query {
    const float * vector;
    const char * mask;  // a half for each key: what its score gains, minus infinity if it is unseen
    float slope;        // by which the mask is multiplied
    float sink;         // a score without a key, or NONE
    float * result;
    float last[LANES];  // the last elements where the size is no multiple of 16; 0 before them
};

// What a query has come to so far: the values it has seen, weighted, and their weights, both
// relative to the greatest score.
template <int D>
struct Sums {
    float total[D ? D : MOST_VALUE];
    Floats weight;
    float most;
};

// D elements of a key and of a value; 0: as many as the cache says. The last 16 elements of a size
// that is no multiple of 16 begin within the 16 before, so that no row is read beyond its end; of a
// key, the query has zeros where the two overlap.
template <int D>
struct Group {
    Cache cache;
    int count = 0;
    Span sees;  // all keys that any of the queries sees lie within
    Query queries[QUERIES];
    Sums<D> sums[QUERIES];

    int value_size() const { return D ? D : cache.value_size; }

    void clear() {
        for (int g = 0; g < count; ++g) {
            for (int d = 0; d < value_size(); d += LANES) store(sums[g].total + d, zero());
            sums[g].weight = zero();
            sums[g].most = NONE;
        }
    }

    void write() const {
        for (int g = 0; g < count; ++g) {
            const float weight = sum(sums[g].weight), most = sums[g].most, sink = queries[g].sink;
            Floats share = all(weight == 0.f ? 0.f : 1.f / weight);
            if (sink != NONE) {
                const Floats highest = all(std::max(most, sink));
                const Floats fade = exponential(all(most) - highest);
                share = fade / fma(all(weight), fade, exponential(all(sink) - highest));
            }
            for (int d = 0; d < value_size(); d += LANES)
                store(queries[g].result + std::min(d, value_size() - LANES),
                      load(sums[g].total + d) * share);
        }
    }
};

// The products of a block's keys with each query; of 16 keys that none of the queries sees, NONE.
template <typename Row, int D, int G>
[[gnu::always_inline]] inline void multiply(const Query * queries, const Cache & cache, int block,
                                            uint64_t by_any, float (&products)[G][BLOCK]) {
    const int size = D ? D : cache.key_size, whole = size / LANES * LANES;
    Floats parts[G][LANES];
    for (int some = 0; some < BLOCK; some += LANES) {
        if (!uint16_t(by_any >> some)) {
            for (int g = 0; g < G; ++g) store(products[g] + some, all(NONE));
            continue;
        }
        for (int j = 0; j < LANES; ++j) {
            const int at = std::min(block + some + j, cache.keys - 1);
            const char * key = cache.key + at * cache.key_stride;
            Floats dot[G];
            each<G>([&](auto g) __attribute__((always_inline)) { dot[g] = zero(); });
#pragma GCC unroll 4
            for (int d = 0; d < whole; d += LANES) {
                const Floats k = Row::read(key, d);
                each<G>([&](auto g) __attribute__((always_inline)) {
                    dot[g] = fma(k, load(queries[g].vector + d), dot[g]);
                });
            }
            if (whole < size) {
                const Floats k = Row::read(key, size - LANES);
                each<G>([&](auto g) __attribute__((always_inline)) {
                    dot[g] = fma(k, load(queries[g].last), dot[g]);
                });
            }
            each<G>([&](auto g) __attribute__((always_inline)) { parts[g][j] = dot[g]; });
        }
        for (int g = 0; g < G; ++g) store(products[g] + some, sums(parts[g]));
    }
}

// The scores of a block's keys, of which a query sees some: NONE for the others, whose products may
// be anything, NaN too.
inline void score(const Query & query, int block, int keys, uint64_t seen, const Scoring & scoring,
                  const float * products, Floats (&scores)[BLOCK / LANES]) {
    const char * mask = query.mask ? query.mask + 2 * block : nullptr;
    for (int i = 0; i < BLOCK / LANES; ++i) {
        Floats & score = scores[i];
        score = load(products + i * LANES) * all(scoring.scale);
        if (scoring.cap != 0.f)
            score = hyperbolic_tangent(score / all(scoring.cap)) * all(scoring.cap);
    }
    // Most masks have nothing to say about most blocks.
    if (!~seen && (!mask || are_zero<BLOCK>(mask))) return;
    for (int i = 0; i < BLOCK / LANES; ++i) {
        const int inside = keys - block - i * LANES;
        if (mask && inside > 0)
            scores[i] = fma(first_halves(mask + 2 * i * LANES, std::min(inside, LANES)),
                            all(query.slope), scores[i]);
        scores[i] = where(lanes_of(uint16_t(seen >> i * LANES)), scores[i], all(NONE));
    }
}

// Weighs what a query has seen against a block's scores; returns the weights of its values.
template <int D>
[[gnu::always_inline]] inline void weigh(Sums<D> & sums, int value_size,
                                         const Floats (&scores)[BLOCK / LANES], float * weights) {
    Floats highest = all(sums.most);
    for (const Floats & score : scores) highest = max(highest, score);
    const float maximum = greatest(highest);
    // A query that has seen nothing yet has no maximum to subtract.
    const Floats base = all(maximum == NONE ? 0.f : maximum);
    if (maximum > sums.most) {
        const Floats fade = exponential(all(sums.most) - base);
        sums.weight = sums.weight * fade;
        for (int d = 0; d < value_size; d += LANES)
            store(sums.total + d, load(sums.total + d) * fade);
        sums.most = maximum;
    }
    for (int i = 0; i < BLOCK / LANES; ++i) {
        const Floats p = exponential(scores[i] - base);
        store(weights + i * LANES, p);
        sums.weight = sums.weight + p;
    }
}

// Makes the weights of a query's values of the products of its keys.
template <int D>
static void weigh_products(Group<D> & group, int g, int block, uint64_t seen,
                           const Scoring & scoring, float * products) {
    Floats scores[BLOCK / LANES];
    score(group.queries[g], block, group.cache.keys, seen, scoring, products, scores);
    weigh<D>(group.sums[g], group.value_size(), scores, products);
}

// Vectors of values of which the sums of G queries stay in registers: 1, 2 or 4.
constexpr int vectors_of(int queries) {
    int vectors = 4;
    while (vectors > 1 && 2 * vectors * queries > REGISTERS) vectors /= 2;
    return vectors;
}

// Adds some vectors of the values of a block's keys, those from element `from` on, to the sums of a
// group's G queries. Values that none of them sees are not read.
template <typename Row, int VECTORS, int D, int G>
[[gnu::always_inline]] inline void add_vectors(Group<D> & group, int block, uint64_t by_any,
                                               const float (&weights)[G][BLOCK], int from) {
    const Cache & cache = group.cache;
    const int last = group.value_size() - LANES;
    Floats sum[G][VECTORS];
    for (int g = 0; g < G; ++g)
        for (int i = 0; i < VECTORS; ++i)
            sum[g][i] = load(group.sums[g].total + from + i * LANES);
    each_run(by_any, [&](int begin, int end) __attribute__((always_inline)) {
        const char * value = cache.value + (block + begin) * cache.value_stride;
        for (int j = begin; j < end; ++j, value += cache.value_stride)
            each<VECTORS>([&](auto i) __attribute__((always_inline)) {
                const int at = from + i * LANES;
                const Floats v = Row::read(value, D ? at : std::min(at, last));
                each<G>([&](auto g) __attribute__((always_inline)) {
                    sum[g][i] = fma(v, all(weights[g][j]), sum[g][i]);
                });
            });
    });
    for (int g = 0; g < G; ++g)
        for (int i = 0; i < VECTORS; ++i)
            store(group.sums[g].total + from + i * LANES, sum[g][i]);
}

// Adds all vectors from element `from` on, as many at a time as fit, and fewer at the end.
template <typename Row, int VECTORS, int D, int G>
[[gnu::always_inline]] inline void add_values(Group<D> & group, int block, uint64_t by_any,
                                              const float (&weights)[G][BLOCK], int from = 0) {
    constexpr int STEP = VECTORS * LANES, LEAST = VECTORS > 1 ? STEP : 1;
    for (; from + LEAST <= group.value_size(); from += STEP)
        add_vectors<Row, VECTORS>(group, block, by_any, weights, from);
    if constexpr (VECTORS > 1 && (!D || D % STEP))
        add_values<Row, VECTORS / 2>(group, block, by_any, weights, from);
}

// Adds a block of keys to the sums of a group's G queries.
template <typename Row, int D, int G>
static void add(Group<D> & group, int block, const Scoring & scoring) {
    const Query * queries = group.queries;
    uint64_t seen[G], by_any = 0;
    for (int g = 0; g < G; ++g) {
        const bool is_as_before = g && queries[g].mask == queries[g - 1].mask;
        seen[g] = is_as_before ? seen[g - 1] : seen_of(queries[g].mask, block, group.cache.keys);
        by_any |= seen[g];
    }
    if (!by_any) return;
    alignas(64) float weights[G][BLOCK];
    multiply<Row, D, G>(queries, group.cache, block, by_any, weights);
    for (int g = 0; g < G; ++g) weigh_products(group, g, block, seen[g], scoring, weights[g]);
    add_values<Row, vectors_of(G)>(group, block, by_any, weights);
}

}  // namespace hanabi

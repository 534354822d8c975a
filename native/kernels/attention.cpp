// Attention of a few queries or many over a cache of 16-bit floats or of Q8_0, in 32-bit floats
// throughout.
//
// A query's result does not depend on what else is computed: it goes through the keys in blocks
// that begin at multiples of 64 in the cache, in one order of sums, with a running maximum (Milakov
// and Gimelshein, 2018, "Online normalizer calculation for softmax"). So the logits are the same to
// the bit however tokens are cut into passes. Blocks that no query of a group sees are skipped,
// which changes no bit: their weights would be 0. So a token with a window of 512 in 4,000 keys
// takes 30 microseconds, not 217 (AVX2, 9 heads of 64, one thread).
//
// The library's kernel that has this property takes the keys of each head one by one, and sums the
// values in 16 bits. Here the queries that share a head of the cache share its conversion to 32
// bits, and 16 keys share the steps of the softmax. With AVX2 and one thread the library's kernels
// take 1.6 to 10 times as long for one token or eight, and 1.2 to 5 times for 128 or 512, whatever
// the head size from 32 up, and with a soft cap, ALiBi, sinks, MLA's sizes or Q8_0.

#include "attention.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "group.hpp"

namespace hanabi {

namespace {

constexpr int GROUPS = 8;   // of queries, in step with each other
constexpr int TOKENS = 16;  // at most, of one piece of work

// Asks for what lies in `size` bytes of each of a block's rows.
void fetch(const char * rows, size_t stride, size_t size, int block, int end) {
    for (int row = block; row < std::min(block + BLOCK, end); ++row)
        for (size_t byte = 0; byte < size; byte += 64)
            _mm_prefetch(rows + row * stride + byte, _MM_HINT_T0);
}

template <typename Row>
size_t bytes_of(int elements) {
    return size_t(elements) / Row::ELEMENTS * Row::BYTES;
}

// The results of some groups of one stream, in step with each other: their heads are neighbours in
// memory. A sequence's only token meets its keys and values there, and they are asked for a block
// ahead.
template <typename Row, int D>
void attend(Group<D> * groups, int count, const Scoring & scoring, bool is_far) {
    static constexpr decltype(&add<Row, D, 1>) by_count[QUERIES] = {add<Row, D, 1>, add<Row, D, 2>,
                                                                    add<Row, D, 3>, add<Row, D, 4>};
    int begin = groups[0].sees.begin, end = 0;
    for (int i = 0; i < count; ++i) {
        groups[i].clear();
        begin = std::min(begin, groups[i].sees.begin);
        end = std::max(end, groups[i].sees.end);
    }
    const Cache &first = groups[0].cache, &last = groups[count - 1].cache;
    const size_t keys = std::min(last.key - first.key + bytes_of<Row>(first.key_size),
                                 first.key_stride);
    const size_t values = std::min(last.value - first.value + bytes_of<Row>(first.value_size),
                                   first.value_stride);
    begin = begin / BLOCK * BLOCK;
    for (int block = is_far ? begin - BLOCK : begin; block < end; block += BLOCK) {
        if (is_far) {
            fetch(first.key, first.key_stride, keys, block + BLOCK, end);
            fetch(first.value, first.value_stride, values, block + BLOCK, end);
        }
        if (block < begin) continue;
        for (int i = 0; i < count; ++i) {
            const Span & sees = groups[i].sees;
            if (block >= sees.end || block + BLOCK <= sees.begin) continue;
            by_count[groups[i].count - 1](groups[i], block, scoring);
        }
    }
    for (int i = 0; i < count; ++i) groups[i].write();
}

float parameter(const Tensor * op, int index) {
    float value;
    std::memcpy(&value, op->op_params + index, sizeof value);
    return value;
}

// What the mask of a head is multiplied by, after ALiBi (Press et al., 2021, "Train short, test
// long"): with `most` above 0, powers of 2 from below 1 down to 2 to the -most.
float slope_of(float most, int head, int heads) {
    if (most <= 0.f) return 1.f;
    const int power = int(std::bit_floor(unsigned(heads)));
    return head < power ? std::exp2(-most * float(head + 1) / float(power))
                        : std::exp2(-most / 2.f * float(2 * (head - power) + 1) / float(power));
}

template <typename Row, int D>
void compute(const Params * params, const Tensor * op) {
    const Tensor *q = op->src[0], *k = op->src[1], *v = op->src[2], *mask = op->src[3];
    const auto * sinks = op->src[4] ? reinterpret_cast<const float *>(op->src[4]->data) : nullptr;
    const int tokens = int(q->ne[1]), heads = int(q->ne[2]), streams = int(q->ne[3]);
    const int shared = heads / int(k->ne[2]);  // heads with one head of the cache in common
    const int keys = int(k->ne[1]), size = int(k->ne[0]);
    const float steepest = parameter(op, 1);
    const Scoring scoring{parameter(op, 0), parameter(op, 2)};

    const int heads_kept = int(k->ne[2]);
    const int together = std::clamp(tokens * heads_kept * streams / (params->nth * 8), 1, TOKENS);
    const int pieces = (tokens + together - 1) / together;
    // A lone token's keys and values are best read as they lie, all heads of the cache at once.
    const int wide = tokens == 1 && streams >= 2 * params->nth ? heads_kept : 1;
    const int parts = (heads_kept + wide - 1) / wide;
    // Where heads of the cache are fewer than threads, the queries' heads are shared out too.
    const int alike = pieces * parts * streams;
    const int slices = std::clamp((params->nth + alike - 1) / alike, 1, wide == 1 ? shared : 1);
    const int works = alike * slices;
    share(params);
    Group<D> groups[GROUPS];
    for (int work = params->ith; work < works; work = next_piece(params)) {
        const int piece = work % pieces, part = work / pieces % parts,
                  stream = work / pieces / parts % streams, slice = work / alike;
        const int first = slice * shared / slices, end = (slice + 1) * shared / slices;
        const int kept = stream * int(k->ne[3]) / streams;
        int count = 0;
        const auto attend_all = [&] {
            if (count) attend<Row, D>(groups, count, scoring, tokens == 1);
            count = 0;
        };
        for (int head = part * wide; head < std::min(heads_kept, (part + 1) * wide); ++head) {
            const Cache cache{k->data + head * k->nb[2] + kept * k->nb[3],
                              v->data + head * v->nb[2] + kept * v->nb[3],
                              k->nb[1],
                              v->nb[1],
                              keys,
                              size,
                              int(v->ne[0])};
            Group<D> * group = nullptr;
            for (int t = piece * together; t < std::min(tokens, (piece + 1) * together); ++t) {
                const char * row = nullptr;
                Span sees{0, keys};
                for (int h = head * shared + first; h < head * shared + end; ++h) {
                    if (mask && (h == head * shared + first || mask->ne[2] > 1)) {
                        row = mask->data + t * mask->nb[1] + h % mask->ne[2] * mask->nb[2] +
                              stream % mask->ne[3] * mask->nb[3];
                        sees = span_of(row, keys);
                    }
                    if (!group || group->count == QUERIES) {
                        if (count == GROUPS) attend_all();
                        group = &groups[count++];
                        group->cache = cache;
                        group->count = 0;
                        group->sees = sees;
                    }
                    Query & query = group->queries[group->count++];
                    query.vector = reinterpret_cast<const float *>(
                        q->data + t * q->nb[1] + h * q->nb[2] + stream * q->nb[3]);
                    query.mask = row;
                    query.slope = slope_of(steepest, h, heads);
                    query.sink = sinks ? sinks[h] : NONE;
                    query.result = reinterpret_cast<float *>(
                        op->data + (size_t(stream * tokens + t) * heads + h) * op->nb[1]);
                    if (const int odd = size % LANES) {
                        std::fill(query.last, query.last + LANES - odd, 0.f);
                        std::copy(query.vector + size - odd, query.vector + size,
                                  query.last + LANES - odd);
                    }
                    group->sees.begin = std::min(group->sees.begin, sees.begin);
                    group->sees.end = std::max(group->sees.end, sees.end);
                }
            }
        }
        attend_all();
    }
}

using Compute = void (*)(const Params *, const Tensor *);

// The kernel for keys and values of two sizes in rows of a type: of its own for sizes that many
// models have, and else one that asks the cache, which takes 3 % longer for a lone token; null where
// there is none.
template <typename Row>
Compute kernel_for(int64_t key_size, int64_t value_size) {
    if (key_size < LANES || value_size < LANES || value_size > MOST_VALUE) return nullptr;
    if (key_size % Row::ELEMENTS || value_size % Row::ELEMENTS) return nullptr;
    if (key_size != value_size) return compute<Row, 0>;
    switch (key_size) {
        case 64:
            return compute<Row, 64>;
        case 80:
            if constexpr (Row::TYPE == F16) return compute<Row, 80>;
            break;
        case 96:
            if constexpr (Row::TYPE == F16) return compute<Row, 96>;
            break;
        case 128:
            return compute<Row, 128>;
        case 256:
            return compute<Row, 256>;
    }
    return compute<Row, 0>;
}

Compute kernel_of(const Tensor * op) {
    const Tensor *k = op->src[1], *v = op->src[2];
    if (k->type != v->type) return nullptr;
    if (k->type == HalvesRow::TYPE) return kernel_for<HalvesRow>(k->ne[0], v->ne[0]);
    if (k->type == BytesRow::TYPE) return kernel_for<BytesRow>(k->ne[0], v->ne[0]);
    return nullptr;
}

}  // namespace

bool is_attention(const Tensor * op) {
    if (op->op != library.flash_attention) return false;
    const Tensor *q = op->src[0], *k = op->src[1], *v = op->src[2], *mask = op->src[3],
                 *sinks = op->src[4];
    return q->type == F32 && kernel_of(op) && (!mask || mask->type == F16) &&
           (!sinks || sinks->type == F32) && v->ne[2] == k->ne[2] && v->ne[3] == k->ne[3] &&
           q->ne[3] % k->ne[3] == 0 && q->ne[2] % k->ne[2] == 0;
}

void attention(const Params * params, const Tensor * op) { kernel_of(op)(params, op); }

}  // namespace hanabi

// The table of what was computed where. The library asks for a kernel once for each operation and
// thread, so a look at a flag has to be enough for what was seen before.

#include "seen.hpp"

#include <algorithm>
#include <atomic>

namespace hanabi {

namespace {

constexpr int OPERATIONS = 3, TYPES = 64;

struct Entry {
    std::atomic<bool> is_taken, is_ready;
    Seen seen;
};
Entry table[OPERATIONS][TYPES][REASONS];

}  // namespace

void note(const Tensor * op, Reason reason) {
    const int number = op->op == library.mul_mat ? 0 : op->op == library.mul_mat_id ? 1 : 2;
    const Tensor * weights = op->src[number == 2 ? 1 : 0];
    if (weights->type < 0 || weights->type >= TYPES) return;
    Entry & entry = table[number][weights->type][int(reason)];
    if (entry.is_taken.load(std::memory_order_relaxed) || entry.is_taken.exchange(true)) return;
    const Tensor * inputs = op->src[number == 2 ? 0 : 1];
    const int64_t rows = inputs->ne[1] * inputs->ne[2] * inputs->ne[3];
    entry.seen = {op->op, weights->type, reason, 0, {}, rows};
    std::copy_n(weights->ne, 4, entry.seen.shape);
    entry.is_ready = true;
}

}  // namespace hanabi

// Writes what was seen, at most `most` of it, and tells how much that is.
extern "C" int32_t hanabi_seen(hanabi::Seen * into, int32_t most) {
    int32_t count = 0;
    for (auto & types : hanabi::table)
        for (auto & reasons : types)
            for (auto & entry : reasons)
                if (entry.is_ready && count < most) into[count++] = entry.seen;
    return count;
}

// Forgets what was seen; not during a decode.
extern "C" void hanabi_forget() {
    for (auto & types : hanabi::table)
        for (auto & reasons : types)
            for (auto & entry : reasons) entry.is_taken = entry.is_ready = false;
}

// Which products and attentions were computed, by whose kernels, and why not by ours.

#pragma once

#include "ggml.hpp"

namespace hanabi {

// Why the library computes an operation. own_kernels.py has a sentence for each, in this order.
enum class Reason : int32_t {
    NONE,        // it does not: a kernel of ours does
    NOT_IN_USE,  // ours are switched off
    TYPE,        // of the weights has no kernel here
    SHAPE,       // or another property of the operation
    PLACE,       // the weights lie where they were not packed
};
constexpr int REASONS = 5;

// One operation for each kind of weights and each reason: the first that was computed.
struct Seen {
    int32_t operation;  // the library's number
    int32_t type;       // of the weights, or of the keys
    Reason reason;
    int32_t padding;
    int64_t shape[4];  // of the weights, or of the keys
    int64_t rows;      // of inputs, or of queries
};

// Takes note of an operation; from any thread.
void note(const Tensor * op, Reason reason);

}  // namespace hanabi

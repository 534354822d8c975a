// Attention of a few queries or many over a cache of 16-bit floats or of Q8_0.

#pragma once

#include "ggml.hpp"

namespace hanabi {

// Whether an operation is one that `attention` computes.
bool is_attention(const Tensor * op);

// This thread's part of it.
void attention(const Params * params, const Tensor * op);

}  // namespace hanabi

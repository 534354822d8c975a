// Products with weights that are floats: of 32 bits, halves, or brain floats.

#pragma once

#include "ggml.hpp"

namespace hanabi {

// Whether a product is marked as one with a Hadamard matrix, which the library computes row by row
// by a fast transform.
inline bool is_transform(const Tensor * op) { return op->op_params[1] == 1; }

// Whether `multiply_floats` computes it.
bool is_float_product(const Tensor * op);

// This thread's part of it.
void multiply_floats(const Params * params, const Tensor * op);

}  // namespace hanabi

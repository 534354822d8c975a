// Products of a matrix of weights with the rows of another.

#pragma once

#include "ggml.hpp"

namespace hanabi {

// Whether `matmul` computes it.
bool is_matmul(const Tensor * op);

// Bytes of shared memory that it takes.
size_t matmul_work_size(const Tensor * op, int threads);

// This thread's part of it.
void matmul(const Params * params, const Tensor * op);

}  // namespace hanabi

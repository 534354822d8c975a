// Products with several matrices of weights of one shape: those of experts, of which each row of
// inputs has its own (MUL_MAT_ID), and those of heads.

#pragma once

#include "ggml.hpp"

namespace hanabi {

// Whether `experts` computes it, with packed weights or with floats.
bool is_experts(const Tensor * op);

// Bytes of shared memory that it takes.
size_t experts_work_size(const Tensor * op);

// This thread's part of it.
void experts(const Params * params, const Tensor * op);

}  // namespace hanabi

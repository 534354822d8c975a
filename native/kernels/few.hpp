// Products of a few rows of inputs with 16 columns of packed weights, by what the build has.

#pragma once

#include "inputs.hpp"

namespace hanabi {

// Rows that are multiplied with weights unpacked once.
#ifdef __AVX512VNNI__
constexpr int FEW = 8;
#else
constexpr int FEW = 4;
#endif

// The results of 16 columns for the first rows of a part of FEW rows of the inputs: packed weights,
// inputs, the part's number, whether it is the first one that meets these weights, where the
// results go, and how many floats further those of the next row.
using Few = void (*)(const char *, const Inputs &, int64_t, bool, float *, int64_t);

// What computes that for a type of weights and 1 to FEW rows.
Few few(int32_t type, int rows);

}  // namespace hanabi

// The loops in which a sequence model spends its time: private to models/lean.
#pragma once

#include <cstddef>

namespace brandiron::models::lean {

/// y[r] += sum over c of weights[c * rows + r] * x[c], c ascending in groups of four: the order of
/// the sums does not depend on the instruction set.
void add_product(float* y, const float* weights, const float* x, std::size_t rows,
                 std::size_t columns);

/// One LSTM cell: `gates` (4 hidden: i f g o, before their functions) moves `cell` and `hidden`.
void lstm_cell(float* hidden, float* cell, const float* gates, std::size_t n);

/// y[i] = tanh(y[i]).
void hyperbolic_tangents(float* y, std::size_t n);

/// Logits to ln P, in place.
void log_softmax(float* y, std::size_t n);

}  // namespace brandiron::models::lean

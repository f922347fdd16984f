// Rows of softmax and cross-entropy in float32, vectorised for the instruction set at hand. Internal header.
//
// A row is n >= 1 neighbours. Where an output may be one of the inputs, it says so.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// y = softmax(x); y may be x.
void softmax_row(const float* x, int64_t n, float* y);
/// y = log(softmax(x)); y may be x.
void log_softmax_row(const float* x, int64_t n, float* y);
/// dx = y (dy - sum(dy y)); dx may be y or dy.
void softmax_grad_row(const float* y, const float* dy, int64_t n, float* dx);
/// y = softmax(x); returns -sum(target log(y)), in which terms with a target of 0 count 0. y may be x.
float softmax_cross_entropy_row(const float* x, const float* target, int64_t n, float* y);
/// dx = (y sum(target) - target) dloss; dx may be y.
void softmax_cross_entropy_grad_row(const float* y, const float* target, float dloss, int64_t n, float* dx);
/// y = softmax(x); returns log(sum(exp(x - max))), and the largest element in `most`. y may be x.
float softmax_row_log_sum(const float* x, int64_t n, float* y, float* most);

}  // namespace lamina::detail

// What the audio operators of tflite-micro share: they are programs on integers, which look at values. Internal header.
#pragma once

#include <vector>

#include "lamina/formats/tflite/operators/call.h"

namespace lamina::tflite {

/// The integers of input `i`, each brought to Integer's bits, which the file says they have.
template <class Integer>
std::vector<Integer> signal_input(const Call& call, size_t i) {
  const std::vector<int64_t> values = onnx::integers(call[i]);
  return {values.begin(), values.end()};
}

/// Output `i` of these integers.
template <class Integer>
Value signal_output(const Call& call, const std::vector<Integer>& values, const Shape& shape, size_t i = 0) {
  return output(call, Tensor::from(std::vector<int64_t>(values.begin(), values.end()), shape), i);
}

/// An option within these bounds. Throws InvalidArgument for another.
int64_t signal_option(const Call& call, const char* name, int64_t least, int64_t most);

}  // namespace lamina::tflite

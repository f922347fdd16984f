// Making an integer graph of a float one that is about to be written. Internal header.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lamina/formats/tflite/export/builder.h"

namespace lamina::tflite {

/// The smallest and largest number that a tensor was seen to hold.
struct Seen {
  float lowest = 0, highest = 0;
};

/// Runs the graph on samples, which inputs get by their order, and notes what each tensor holds. Throws
/// InvalidArgument for samples of other shapes, and where one of their numbers is not finite. A tensor within that held
/// such numbers has an infinite range.
std::map<int32_t, Seen> calibrate(Builder& builder, const std::vector<int32_t>& inputs,
                                  const std::vector<Tensor>& samples);

/// Turns operators that TFLite has for int8 into those: weights symmetric (of convolutions a scale for each
/// filter), activations by what was seen, biases int32. What lies between is quantised and dequantised, and so are
/// operators on numbers too large to count, as masks of attention add them;
/// inputs and outputs stay floats. Changes `outputs` to what gives them now.
void quantize(Builder& builder, std::vector<int32_t>& outputs, const std::map<int32_t, Seen>& seen);

}  // namespace lamina::tflite

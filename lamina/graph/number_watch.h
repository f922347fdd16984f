// NumberWatch: looks at what every kernel of a program makes, for the first NaN or infinity. Internal header.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "lamina/backend/stream.h"
#include "lamina/graph/graph.h"

namespace lamina::detail {

/// In programs that are made while LAMINA_DEBUG contains "nan". Passes then fuse nothing, and values carry
/// the name of the op and the place that they come from.
class NumberWatch {
 public:
  /// Whether the environment asks for it.
  static bool wanted();

  NumberWatch(const Graph& graph, const Device& device);

  void add_kernel(const Graph& graph, const Node& node);

  // Addresses are the device's. Where the host cannot follow them, what they hold is copied in the order of
  // the stream that the program runs on.

  /// Whether there are any.
  struct Found {
    bool nan = false, infinity = false;
  };
  /// Says once for each what a run is given that is not finite: nobody in the program has made it.
  void look_at_arguments(std::span<void* const> inputs, const Stream& stream) const;
  /// Of kernel number `kernel`, before it runs: it may write over its inputs.
  Found look_at_inputs(size_t kernel, void* const* inputs, const Stream& stream) const;
  /// After it ran. Throws InvalidArgument where it made a NaN and was given none, and says an infinity once:
  /// that may be meant.
  void check(size_t kernel, const Found& given, void* const* outputs, const Stream& stream) const;

 private:
  struct Kernel {
    std::string name;
    std::vector<TensorType> inputs, outputs;
  };
  struct Argument {
    std::string name;
    TensorType type;
  };
  std::vector<Kernel> kernels_;
  std::vector<Argument> arguments_;
  bool host_accessible_;
};

}  // namespace lamina::detail

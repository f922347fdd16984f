// NumberWatch: looks at what every kernel of a program makes, for the first NaN or infinity. Internal header.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "lamina/graph/graph.h"

namespace lamina::detail {

/// In programs that are made while LAMINA_DEBUG contains "nan". Passes then fuse nothing, and values carry
/// the name of the op and the place that they come from.
class NumberWatch {
 public:
  /// Whether the environment asks for it.
  static bool wanted();

  explicit NumberWatch(const Graph& graph);

  void add_kernel(const Graph& graph, const Node& node);

  /// Whether there are any.
  struct Found {
    bool nan = false, infinity = false;
  };
  /// Says once for each what a run is given that is not finite: nobody in the program has made it.
  void look_at_arguments(std::span<void* const> inputs) const;
  /// Of kernel number `kernel`, before it runs: it may write over its inputs.
  Found look_at_inputs(size_t kernel, void* const* inputs) const;
  /// After it ran. Throws InvalidArgument where it made a NaN and was given none, and says an infinity once:
  /// that may be meant.
  void check(size_t kernel, const Found& given, void* const* outputs) const;

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
};

}  // namespace lamina::detail

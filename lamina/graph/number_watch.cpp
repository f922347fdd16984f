// Looking for numbers that are not finite.
#include "lamina/graph/number_watch.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <type_traits>

#include "lamina/base/error.h"
#include "lamina/base/log.h"

namespace lamina::detail {
namespace {

struct Count {
  int64_t nans = 0, infinities = 0;
  int64_t first_nan = -1, first_infinity = -1;
};

Count count(const TensorType& type, const void* data) {
  Count found;
  if (!is_floating(type.dtype)) return found;
  dispatch(type.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_integral_v<T>) {
      const T* const values = static_cast<const T*>(data);
      const int64_t size = type.shape.size();
      for (int64_t i = 0; i < size; ++i) {
        double value;
        if constexpr (std::is_same_v<T, double>)
          value = values[i];
        else
          value = static_cast<float>(values[i]);
        if (std::isfinite(value)) continue;
        const bool nan = std::isnan(value);
        ++(nan ? found.nans : found.infinities);
        int64_t& first = nan ? found.first_nan : found.first_infinity;
        if (first < 0) first = i;
      }
    }
  });
  return found;
}

// Of elements on a device, which the host may have to copy first.
Count count(const TensorType& type, const void* address, const Stream& stream, bool host_accessible) {
  if (host_accessible || !is_floating(type.dtype)) return count(type, address);
  std::vector<char> host(type.bytes());
  stream.read(host.data(), address, host.size());
  return count(type, host.data());
}

// "(3, 0)"
std::string place_of(int64_t index, const Shape& shape) {
  std::string text;
  for (int axis = shape.rank(); axis-- > 0; index /= shape[axis])
    text = std::to_string(index % shape[axis]) + (text.empty() ? "" : ", ") + text;
  return "(" + text + ")";
}

// "NaN: 3 of 320 elements of float32(32, 10), the first at (0, 3)"
std::string described(const char* what, int64_t count, int64_t first, const TensorType& type) {
  return std::string(what) + ": " + std::to_string(count) + " of " + std::to_string(type.shape.size()) +
         " elements of " + type.str() + ", the first at " + place_of(first, type.shape);
}

void say_once(const std::string& who, const std::string& what) {
  static std::mutex mutex;
  static std::set<std::string> said;
  {
    const std::lock_guard lock(mutex);
    if (!said.insert(who).second) return;
  }
  warn("LAMINA_DEBUG=nan: " + who + what);
}

}  // namespace

bool NumberWatch::wanted() {
  const char* debug = std::getenv("LAMINA_DEBUG");
  return debug && std::strstr(debug, "nan");
}

NumberWatch::NumberWatch(const Graph& graph, const Device& device)
    : host_accessible_(backend(device).host_accessible()) {
  for (const ValueId input : graph.inputs)
    arguments_.push_back({graph.values[static_cast<size_t>(input)].name, graph.type(input)});
}

void NumberWatch::add_kernel(const Graph& graph, const Node& node) {
  Kernel kernel;
  if (!node.outputs.empty()) kernel.name = graph.values[static_cast<size_t>(node.outputs[0])].name;
  if (kernel.name.empty()) kernel.name = "op '" + node.op->name + "'";
  for (const ValueId input : node.inputs) kernel.inputs.push_back(graph.type(input));
  for (const ValueId output : node.outputs) kernel.outputs.push_back(graph.type(output));
  kernels_.push_back(std::move(kernel));
}

void NumberWatch::look_at_arguments(std::span<void* const> inputs, const Stream& stream) const {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto& [name, type] = arguments_[i];
    const Count found = count(type, inputs[i], stream, host_accessible_);
    if (found.nans > 0)
      say_once("'" + name + "'", " is given with " + described("NaN", found.nans, found.first_nan, type));
    else if (found.infinities > 0 && name != "captured")
      say_once("'" + name + "'",
               " is given with " + described("infinity", found.infinities, found.first_infinity, type));
  }
}

NumberWatch::Found NumberWatch::look_at_inputs(size_t kernel, void* const* inputs,
                                               const Stream& stream) const {
  Found found;
  for (size_t i = 0; i < kernels_[kernel].inputs.size(); ++i) {
    const Count there = count(kernels_[kernel].inputs[i], inputs[i], stream, host_accessible_);
    found.nan = found.nan || there.nans > 0;
    found.infinity = found.infinity || there.infinities > 0;
  }
  return found;
}

void NumberWatch::check(size_t kernel, const Found& given, void* const* outputs, const Stream& stream) const {
  const Kernel& made = kernels_[kernel];
  if (made.inputs.empty()) return;  // a constant, which somebody wanted
  for (size_t i = 0; i < made.outputs.size(); ++i) {
    const Count found = count(made.outputs[i], outputs[i], stream, host_accessible_);
    if (found.nans > 0 && !given.nan) {
      throw InvalidArgument(
          "LAMINA_DEBUG=nan: " + made.name + " makes " +
          described("NaN", found.nans, found.first_nan, made.outputs[i]) +
          (given.infinity ? "; it was given infinities" : "; all that it was given is finite"));
    }
    if (found.infinities > 0 && !given.nan && !given.infinity)
      say_once(made.name,
               " makes " + described("infinity", found.infinities, found.first_infinity, made.outputs[i]));
  }
}

}  // namespace lamina::detail

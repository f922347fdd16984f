// Rows are filled in the type of the result, so that no number is changed on its way there.
#include "lamina/text/pad_sequences.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace {

constexpr int64_t kMostBytes = int64_t{1} << 40;

[[noreturn]] void fail(const std::string& what) { throw InvalidArgument("pad_sequences: " + what); }

void check(const PadSequencesOptions& options, size_t sequences) {
  for (const auto& [end, what] :
       {std::pair{options.padding, "padding"}, {options.truncating, "truncating"}}) {
    if (end != "pre" && end != "post")
      fail(std::string("unknown ") + what + " '" + end + "'" + suggest(end, {"pre", "post"}));
  }
  if (options.maxlen && *options.maxlen < 1) {
    fail("a maxlen of " + std::to_string(*options.maxlen) + "; it must be at least 1");
  }
  if (!options.maxlen && sequences == 0) fail("no sequences, and no maxlen that says how long none is");
}

// `value` as an element of the result, between the least and the greatest that its dtype has.
template <class Out, class In>
Out converted(In value, DType dtype) {
  if constexpr (std::is_floating_point_v<Out>) {
    return static_cast<Out>(value);
  } else {
    const int bits = 8 * static_cast<int>(size_of(dtype));
    const bool has_sign = dtype != DType::kUInt8;
    const double top = std::ldexp(1.0, has_sign ? bits - 1 : bits), least = has_sign ? -top : 0;
    if constexpr (std::is_floating_point_v<In>) {
      if (!(std::trunc(value) >= least && std::trunc(value) < top))
        fail("the value " + std::to_string(value) + " does not fit into " + name(dtype));
    } else if (bits < 64 && (static_cast<double>(value) < least || static_cast<double>(value) >= top)) {
      fail("the value " + std::to_string(value) + " does not fit into " + name(dtype));
    }
    return static_cast<Out>(value);
  }
}

// The part of a sequence that stays, and where it goes in its row.
struct Place {
  int64_t from, count, to;
};
Place place_of(int64_t length, int64_t maxlen, const PadSequencesOptions& options) {
  const int64_t count = std::min(length, maxlen);
  return {options.truncating == "pre" ? length - count : 0, count,
          options.padding == "pre" ? maxlen - count : 0};
}

int64_t length_of_rows(const PadSequencesOptions& options, int64_t longest, size_t sequences, int64_t step) {
  const int64_t maxlen = options.maxlen.value_or(longest);
  const auto rows = static_cast<double>(sequences);
  if (rows * static_cast<double>(maxlen) * static_cast<double>(step) > static_cast<double>(kMostBytes / 8))
    fail(std::to_string(sequences) + " sequences of " + std::to_string(maxlen) + " are too many elements");
  return maxlen;
}

template <class Out, class T>
Tensor padded(const std::vector<std::vector<T>>& sequences, const PadSequencesOptions& options) {
  int64_t longest = 0;
  for (const auto& sequence : sequences) longest = std::max(longest, static_cast<int64_t>(sequence.size()));
  const int64_t maxlen = length_of_rows(options, longest, sequences.size(), 1);
  std::vector<Out> all(sequences.size() * static_cast<size_t>(maxlen),
                       converted<Out>(options.value, options.dtype));
  for (size_t i = 0; i < sequences.size(); ++i) {
    const Place place = place_of(static_cast<int64_t>(sequences[i].size()), maxlen, options);
    Out* out = all.data() + static_cast<int64_t>(i) * maxlen + place.to;
    for (int64_t j = 0; j < place.count; ++j)
      out[j] = converted<Out>(sequences[i][static_cast<size_t>(place.from + j)], options.dtype);
  }
  return cast(Tensor::from(all, {sequences.size(), maxlen}), options.dtype);
}

template <class T>
Tensor pad(const std::vector<std::vector<T>>& sequences, const PadSequencesOptions& options) {
  check(options, sequences.size());
  if (options.dtype == DType::kBool) fail("bools are no numbers: a dtype of numbers is needed");
  if (options.dtype == DType::kInt32) return padded<int32_t>(sequences, options);
  if (is_integer(options.dtype)) return padded<int64_t>(sequences, options);
  if (options.dtype == DType::kFloat64) return padded<double>(sequences, options);
  return padded<float>(sequences, options);
}

}  // namespace

Tensor pad_sequences(const std::vector<std::vector<int32_t>>& sequences, const PadSequencesOptions& options) {
  return pad(sequences, options);
}

Tensor pad_sequences(const std::vector<std::vector<int64_t>>& sequences, const PadSequencesOptions& options) {
  return pad(sequences, options);
}

Tensor pad_sequences(const std::vector<std::vector<float>>& sequences, const PadSequencesOptions& options) {
  return pad(sequences, options);
}

Tensor pad_sequences(const std::vector<Tensor>& sequences, const PadSequencesOptions& options) {
  check(options, sequences.size());
  if (options.dtype == DType::kBool) fail("bools are no numbers: a dtype of numbers is needed");
  // Axes behind the first, as the first sequence that is not empty has them.
  std::optional<std::vector<int64_t>> inner;
  int64_t longest = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (!sequences[i].defined() || sequences[i].rank() == 0)
      fail("sequence " + std::to_string(i) + " has no axis of time");
    const std::vector<int64_t> dims = sequences[i].shape().dims();
    longest = std::max(longest, dims[0]);
    if (dims[0] == 0) continue;
    const std::vector<int64_t> own(dims.begin() + 1, dims.end());
    if (inner && *inner != own) {
      fail("sequence " + std::to_string(i) + " has elements of shape " + Shape(own).str() +
           " where the first has " + Shape(*inner).str());
    }
    inner = own;
  }
  Shape shape{sequences.size(), 0};
  int64_t step = 1;
  for (const int64_t extent : inner.value_or(std::vector<int64_t>{})) {
    shape.push_back(extent);
    step *= extent;
  }
  const int64_t maxlen = length_of_rows(options, longest, sequences.size(), std::max<int64_t>(step, 1));
  shape.set(1, maxlen);
  std::vector<double> all(static_cast<size_t>(shape.size()), options.value);
  for (size_t i = 0; i < sequences.size(); ++i) {
    const Place place = place_of(sequences[i].shape()[0], maxlen, options);
    const std::vector<double> elements = sequences[i].to_vector<double>();
    std::copy_n(elements.begin() + place.from * step, place.count * step,
                all.begin() + (static_cast<int64_t>(i) * maxlen + place.to) * step);
  }
  if (is_integer(options.dtype)) {
    for (const double value : all) converted<int64_t>(value, options.dtype);
  }
  return cast(Tensor::from(all, shape), options.dtype);
}

}  // namespace lamina

// TextParts: texts with what is expected of each, as lists, in the parts that a fine-tuning asks for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "fine_tuning.h"
#include "fingerprint.h"

namespace lamina::cli {

template <class T>
struct TextParts {
  T training, validation, test;  ///< empty where there are none

  const T& at(Part part) const {
    return part == Part::kTraining ? training : part == Part::kValidation ? validation : test;
  }
};

/// The texts with these numbers. `lists`: members of T, of which each has something for each text, or
/// nothing.
template <class T, class... Lists>
T chosen(const T& from, const std::vector<size_t>& numbers, Lists... lists) {
  T result;
  const auto choose = [&](const auto& all, auto& some) {
    if (all.empty()) return;
    for (const size_t i : numbers) some.push_back(all[i]);
  };
  (choose(from.*lists, result.*lists), ...);
  return result;
}

/// Reads the parts that the options name: --data and its part "train", --limit-samples of it;
/// --validation-data, else the part "val", else a share that the seed draws (--validation-split, or a tenth);
/// and the part "test" where there is one.
/// @param read  the texts of a part of a source
/// @param has   whether a source has such a part beside others
/// @param texts, lists  members of T: the texts, and what there is for each of them
template <class T, class Read, class Has, class Texts, class... Lists>
TextParts<T> read_text_parts(const TrainOptions& options, Read read, Has has, Texts texts, Lists... lists) {
  TextParts<T> parts;
  parts.training = read(options.data, "train");
  const auto count = [&](const T& part) { return (part.*texts).size(); };
  const auto some = [&](size_t most) {
    std::vector<size_t> numbers(std::min(most, count(parts.training)));
    std::iota(numbers.begin(), numbers.end(), size_t{0});
    return numbers;
  };
  if (options.limit_samples > 0)
    parts.training =
        chosen(parts.training, some(static_cast<size_t>(options.limit_samples)), texts, lists...);
  if (!options.validation_data.empty()) {
    parts.validation = read(options.validation_data, "val");
  } else if (options.validation_split == 0 && has(options.data, "val")) {
    parts.validation = read(options.data, "val");
  } else if (const size_t all = count(parts.training); all > 1) {
    const double share = options.validation_split > 0 ? options.validation_split : 0.1;
    const auto held = std::clamp<size_t>(static_cast<size_t>(share * static_cast<double>(all)), 1, all - 1);
    const std::vector<size_t> numbers = drawn_order(all, options.seed);
    const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(held);
    parts.validation = chosen(parts.training, {numbers.begin(), middle}, texts, lists...);
    parts.training = chosen(parts.training, {middle, numbers.end()}, texts, lists...);
  }
  if (has(options.data, "test")) parts.test = read(options.data, "test");
  return parts;
}

}  // namespace lamina::cli

// Texts to bins by a hash.
#include "lamina/text/text_hashing.h"

#include <utility>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/ops/detail/text_hash.h"
#include "lamina/text/detail/saved_object.h"

namespace lamina {
namespace {

[[noreturn]] void fail_hashing(const std::string& what) { throw InvalidArgument("TextHashing: " + what); }

}  // namespace

TextHashing::TextHashing(int64_t num_bins, TextHashingOptions options)
    : num_bins_(num_bins), options_(std::move(options)) {
  if (num_bins < 1) fail_hashing("num_bins is " + std::to_string(num_bins) + "; it must be positive");
  if (!options_.salt.empty() && options_.salt.size() != 2)
    fail_hashing("salt must be two numbers, received " + std::to_string(options_.salt.size()));
}

Tensor TextHashing::operator()(const std::vector<std::string>& texts) const {
  const bool masked = options_.mask_value && num_bins_ > 1;
  const auto bins = static_cast<uint64_t>(num_bins_ - (masked ? 1 : 0));
  std::vector<int64_t> numbers;
  numbers.reserve(texts.size());
  for (const std::string& text : texts) {
    const auto bin = static_cast<int64_t>(detail::text_hash(text, options_.salt) % bins);
    numbers.push_back(!masked ? bin : text == *options_.mask_value ? 0 : bin + 1);
  }
  return Tensor::from(numbers, {static_cast<int64_t>(numbers.size()), 1});
}

Json TextHashing::to_json() const {
  return detail::saved_object("Hashing",
                              Json::object({{"num_bins", num_bins_},
                                            {"mask_value", options_.mask_value ? Json(*options_.mask_value) : Json()},
                                            {"salt", options_.salt.empty() ? Json() : Json::list({options_.salt[0], options_.salt[1]})}}));
}

TextHashing TextHashing::from_json(const Json& json, const std::string& name) {
  return detail::read_saved(json, "Hashing", name, [](const Json& config) {
    ConfigReader reader(config, "Hashing");
    TextHashingOptions options;
    if (const Json mask = reader.json("mask_value"); mask.is_string()) {
      options.mask_value = mask.as_string();
    } else if (!mask.is_null()) {
      reader.fail("mask_value", "is no text");
    }
    const Json salt = reader.json("salt");
    if (salt.is_int()) {
      options.salt = {salt.as_int(), salt.as_int()};
    } else if (!salt.is_null()) {
      options.salt = reader.integers("salt");
    }
    const int64_t bins = reader.integer("num_bins");
    reader.done();
    return TextHashing(bins, std::move(options));
  });
}

}  // namespace lamina

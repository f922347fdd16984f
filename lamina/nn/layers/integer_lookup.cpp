// IntegerLookup: a search in the sorted vocabulary.
#include "lamina/nn/layers/integer_lookup.h"

#include <algorithm>
#include <numeric>

#include "lamina/nn/config.h"
#include "lamina/nn/layers/category_output.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/searchsorted.h"
#include "lamina/ops/take.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

Tensor row_of(const std::vector<int64_t>& numbers) {
  return Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
}

}  // namespace

IntegerLookup::IntegerLookup(std::vector<int64_t> vocabulary, const IntegerLookupOptions& options)
    : KerasLayer<IntegerLookup>(options.name, true, options.dtype),
      vocabulary_(std::move(vocabulary)),
      options_(options),
      mode_(detail::category_mode(options.output_mode, /*numbers=*/true)) {
  if (options.num_oov_indices < 1 || options.num_oov_indices > (1 << 24))
    fail("num_oov_indices must be from 1 to 2^24, received " + std::to_string(options.num_oov_indices));
  if (options.max_tokens < 0)
    fail("max_tokens must not be negative, received " + std::to_string(options.max_tokens));
  if (options.invert && (mode_ != detail::CategoryMode::kInt || options.num_oov_indices != 1))
    fail("invert goes with output_mode 'int' and num_oov_indices 1");
  if (options.pad_to_max_tokens && options.max_tokens == 0) fail("pad_to_max_tokens goes with max_tokens");
  std::vector<int64_t> special(static_cast<size_t>(options.num_oov_indices), options.oov_token);
  if (first_unknown() == 1) special.insert(special.begin(), *options.mask_token);
  if (vocabulary_.size() >= special.size() && std::equal(special.begin(), special.end(), vocabulary_.begin()))
    vocabulary_.erase(vocabulary_.begin(), vocabulary_.begin() + static_cast<std::ptrdiff_t>(special.size()));
  if (vocabulary_.empty()) fail("the vocabulary is empty");
  std::vector<int64_t> sorted = vocabulary_;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    fail("the vocabulary holds " + std::to_string(*twice) + " twice");
  const int64_t all = first_token() + static_cast<int64_t>(vocabulary_.size());
  if (options.max_tokens > 0 && all > options.max_tokens)
    fail("the vocabulary has " + std::to_string(all) + " places, more than max_tokens, " +
         std::to_string(options.max_tokens));
}

int64_t IntegerLookup::first_unknown() const {
  return options_.mask_token && mode_ == detail::CategoryMode::kInt ? 1 : 0;
}

int64_t IntegerLookup::depth() const {
  return options_.pad_to_max_tokens ? options_.max_tokens
                                    : first_token() + static_cast<int64_t>(vocabulary_.size());
}

Shape IntegerLookup::compute_output_shape(const Shape& input) const {
  std::string problem;
  Shape output = detail::category_shape(input, mode_, depth(), problem);
  if (!problem.empty()) fail(problem);
  return output;
}

TensorSpecs IntegerLookup::compute_output_specs(const TensorSpecs& inputs) const {
  const DType dtype = mode_ == detail::CategoryMode::kInt ? DType::kInt64 : compute_dtype();
  return {{compute_output_shape(require_inputs(inputs, 1)[0].shape), dtype}};
}

Tensor IntegerLookup::places(const Tensor& x) const {
  std::vector<int64_t> order(vocabulary_.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return vocabulary_[static_cast<size_t>(a)] < vocabulary_[static_cast<size_t>(b)];
  });
  std::vector<int64_t> sorted, at;
  for (const int64_t place : order) {
    sorted.push_back(vocabulary_[static_cast<size_t>(place)]);
    at.push_back(first_token() + place);
  }
  // Beyond the last one searchsorted gives the number of tokens, which is no place to look at.
  const Tensor last = Tensor::from<int32_t>({static_cast<int32_t>(sorted.size()) - 1}, {1});
  const Tensor near = minimum(searchsorted(row_of(sorted), x), last);
  const Tensor unknown = options_.num_oov_indices == 1
                             ? row_of({first_unknown()})
                             : mod(x, row_of({options_.num_oov_indices})) + row_of({first_unknown()});
  Tensor found = where(equal(take(row_of(sorted), near, 0), x), take(row_of(at), near, 0), unknown);
  if (!options_.mask_token) return found;
  const int64_t masked = mode_ == detail::CategoryMode::kInt ? 0 : -1;  // -1: in no place
  return where(equal(x, row_of({*options_.mask_token})), row_of({masked}), found);
}

Tensor IntegerLookup::tokens(const Tensor& places) const {
  std::vector<int64_t> all(static_cast<size_t>(first_token()), options_.oov_token);
  if (first_unknown() == 1) all[0] = *options_.mask_token;
  all.insert(all.end(), vocabulary_.begin(), vocabulary_.end());
  const Tensor inside = minimum(maximum(places, row_of({0})), row_of({static_cast<int64_t>(all.size()) - 1}));
  return where(equal(inside, places), take(row_of(all), inside, 0), row_of({options_.oov_token}));
}

Tensor IntegerLookup::call(const Tensor& x, CallContext&) const {
  if (options_.invert) return tokens(x);
  return detail::encode_categories(places(x), mode_, depth(), compute_dtype());
}

Json IntegerLookup::own_config() const {
  Json vocabulary = Json::list();
  for (const int64_t token : vocabulary_) vocabulary.push_back(token);
  return Json::object({{"invert", options_.invert},
                       {"max_tokens", options_.max_tokens > 0 ? Json(options_.max_tokens) : Json()},
                       {"num_oov_indices", options_.num_oov_indices},
                       {"oov_token", options_.oov_token},
                       {"mask_token", options_.mask_token ? Json(*options_.mask_token) : Json()},
                       {"output_mode", detail::name(mode_)},
                       {"sparse", false},
                       {"pad_to_max_tokens", options_.pad_to_max_tokens},
                       {"vocabulary_dtype", "int64"},
                       {"idf_weights", nullptr},
                       {"vocabulary", std::move(vocabulary)},
                       {"vocabulary_size", first_token() + static_cast<int64_t>(vocabulary_.size())}});
}

namespace {

const bool integer_lookup_registered = register_layer("IntegerLookup", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "IntegerLookup");
  IntegerLookupOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable, &options.dtype);
  options.max_tokens = reader.integer("max_tokens", 0);
  options.num_oov_indices = reader.integer("num_oov_indices", 1);
  options.oov_token = reader.integer("oov_token", -1);
  options.mask_token = reader.optional_integer("mask_token");
  options.invert = reader.boolean("invert", false);
  options.output_mode = reader.string("output_mode", "int");
  options.pad_to_max_tokens = reader.boolean("pad_to_max_tokens", false);
  reader.only("sparse", false);
  reader.only("vocabulary_dtype", "int64");
  reader.only("oov_method", "floormod");
  reader.only_null({"idf_weights", "salt"});
  reader.allow("vocabulary_size");
  if (options.output_mode == "tf_idf") reader.only("output_mode", "int");
  if (!reader.json("vocabulary").is_list())
    reader.fail("vocabulary", "is missing, in the configuration and beside it");
  std::vector<int64_t> vocabulary = reader.integers("vocabulary");
  reader.done();
  return std::make_shared<IntegerLookup>(std::move(vocabulary), options);
});

}  // namespace

}  // namespace lamina

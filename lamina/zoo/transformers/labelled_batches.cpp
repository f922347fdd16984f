// A row that does not count still has a token to look at.
#include "lamina/zoo/transformers/labelled_batches.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/length_groups.h"
#include "lamina/zoo/transformers/language_loss.h"

namespace lamina {

LabelledBatches::LabelledBatches(std::vector<LabelledTokens> texts, const LabelledBatchesOptions& options)
    : texts_(std::move(texts)), options_(options) {
  if (texts_.empty()) throw InvalidArgument("LabelledBatches: there are no texts");
  if (options.rows < 1 || options.length_step < 1 || options.longest < 0)
    throw InvalidArgument(
        "LabelledBatches: rows and length_step must be at least 1, and longest not negative");
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < texts_.size(); ++i) {
    const LabelledTokens& text = texts_[i];
    if (text.ids.empty())
      throw InvalidArgument("LabelledBatches: text " + std::to_string(i) + " has no tokens");
    if (text.labels.size() != (options.by_token ? text.ids.size() : 1))
      throw InvalidArgument("LabelledBatches: text " + std::to_string(i) + " has " +
                            std::to_string(text.ids.size()) + " tokens and " +
                            std::to_string(text.labels.size()) + " labels");
    lengths.push_back(static_cast<int64_t>(text.ids.size()));
  }
  groups_ = std::make_unique<detail::LengthGroups>(
      std::move(lengths), options.length_step, options.longest,
      [rows = options.rows](int64_t) { return rows; }, options.shuffle);
}

LabelledBatches::LabelledBatches(LabelledBatches&& other) noexcept = default;
LabelledBatches::~LabelledBatches() = default;

void LabelledBatches::begin(int epoch, uint64_t seed, int64_t first_step) {
  groups_->begin(epoch, seed, first_step);
}

std::optional<int64_t> LabelledBatches::steps() const { return groups_->steps(); }

bool LabelledBatches::next(Batch& batch) {
  const detail::LengthGroup* const group = groups_->next();
  if (!group) return false;
  const auto rows = static_cast<size_t>(options_.rows), length = static_cast<size_t>(group->length);
  std::vector<int32_t> ids(rows * length, options_.pad_token_id), mask(rows * length, 0),
      labels(options_.by_token ? rows * length : rows, kIgnoredLabel);
  for (size_t row = 0; row < rows; ++row) {
    const auto at = static_cast<std::ptrdiff_t>(row * length);
    mask[row * length] = 1;
    if (row >= group->texts.size()) continue;
    const LabelledTokens& text = texts_[group->texts[row]];
    std::copy(text.ids.begin(), text.ids.end(), ids.begin() + at);
    std::fill_n(mask.begin() + at, text.ids.size(), 1);
    std::copy(text.labels.begin(), text.labels.end(),
              labels.begin() + (options_.by_token ? at : static_cast<std::ptrdiff_t>(row)));
  }
  const Shape shape{options_.rows, group->length};
  std::vector<Tensor> x{Tensor::from(ids, shape)};
  if (options_.attention_mask) x.push_back(Tensor::from(mask, shape));
  batch.x = Tensors(std::move(x));
  batch.y = Tensor::from(labels, options_.by_token ? shape : Shape{options_.rows});
  batch.sample_weight = Tensors();
  now_ = group->texts;
  return true;
}

Json LabelledBatches::identity() const {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  const auto add = [&](int32_t value) { hash = (hash ^ static_cast<uint32_t>(value)) * 0x100000001b3u; };
  for (const LabelledTokens& text : texts_) {
    for (const int32_t id : text.ids) add(id);
    for (const int32_t label : text.labels) add(label);
  }
  return Json::object({{"texts", static_cast<int64_t>(texts_.size())},
                       {"text", std::to_string(hash)},
                       {"rows", options_.rows},
                       {"length_step", options_.length_step},
                       {"shuffle", options_.shuffle}});
}

}  // namespace lamina

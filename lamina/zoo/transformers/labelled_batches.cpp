// A row that does not count still has a token to look at.
#include "lamina/zoo/transformers/labelled_batches.h"

#include <algorithm>
#include <bit>
#include <limits>
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
    if (text.targets.size() != texts_[0].targets.size())
      throw InvalidArgument("LabelledBatches: text " + std::to_string(i) + " has " +
                            std::to_string(text.targets.size()) + " targets, and the first has " +
                            std::to_string(texts_[0].targets.size()));
    const size_t types = text.token_type_ids.size();
    if (types != (texts_[0].token_type_ids.empty() ? 0 : text.ids.size()))
      throw InvalidArgument("LabelledBatches: text " + std::to_string(i) + " has " +
                            std::to_string(text.ids.size()) + " tokens and " + std::to_string(types) +
                            " token_type_ids");
    if (text.targets.empty() && text.labels.size() != (options.by_token ? text.ids.size() : 1))
      throw InvalidArgument("LabelledBatches: text " + std::to_string(i) + " has " +
                            std::to_string(text.ids.size()) + " tokens and " +
                            std::to_string(text.labels.size()) + " labels");
    lengths.push_back(static_cast<int64_t>(text.ids.size()));
  }
  types_ = !texts_[0].token_type_ids.empty();
  if (types_ && !options.attention_mask)
    throw InvalidArgument("LabelledBatches: token_type_ids come after the attention_mask, which is left out");
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
      types(types_ ? rows * length : 0);
  for (size_t row = 0; row < rows; ++row) {
    const auto at = static_cast<std::ptrdiff_t>(row * length);
    mask[row * length] = 1;
    if (row >= group->texts.size()) continue;
    const LabelledTokens& text = texts_[group->texts[row]];
    std::copy(text.ids.begin(), text.ids.end(), ids.begin() + at);
    std::fill_n(mask.begin() + at, text.ids.size(), 1);
    std::copy(text.token_type_ids.begin(), text.token_type_ids.end(), types.begin() + (types_ ? at : 0));
  }
  const Shape shape{options_.rows, group->length};
  std::vector<Tensor> x{Tensor::from(ids, shape)};
  if (options_.attention_mask) x.push_back(Tensor::from(mask, shape));
  if (types_) x.push_back(Tensor::from(types, shape));
  batch.x = Tensors(std::move(x));
  batch.y = targets(*group);
  batch.sample_weight = Tensors();
  now_ = group->texts;
  return true;
}

Tensor LabelledBatches::targets(const detail::LengthGroup& group) const {
  if (const size_t each = texts_[0].targets.size(); each > 0) {
    std::vector<float> all(static_cast<size_t>(options_.rows) * each,
                           std::numeric_limits<float>::quiet_NaN());
    for (size_t row = 0; row < group.texts.size(); ++row) {
      const std::vector<float>& values = texts_[group.texts[row]].targets;
      std::copy(values.begin(), values.end(), all.begin() + static_cast<std::ptrdiff_t>(row * each));
    }
    return Tensor::from(all, {options_.rows, static_cast<int64_t>(each)});
  }
  const Shape shape = options_.by_token ? Shape{options_.rows, group.length} : Shape{options_.rows};
  std::vector<int32_t> all(static_cast<size_t>(shape.size()), kIgnoredLabel);
  const auto each = static_cast<size_t>(options_.by_token ? group.length : 1);
  for (size_t row = 0; row < group.texts.size(); ++row) {
    const std::vector<int32_t>& labels = texts_[group.texts[row]].labels;
    std::copy(labels.begin(), labels.end(), all.begin() + static_cast<std::ptrdiff_t>(row * each));
  }
  return Tensor::from(all, shape);
}

Json LabelledBatches::identity() const {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  const auto add = [&](int32_t value) { hash = (hash ^ static_cast<uint32_t>(value)) * 0x100000001b3u; };
  for (const LabelledTokens& text : texts_) {
    for (const int32_t id : text.ids) add(id);
    for (const int32_t label : text.labels) add(label);
    for (const float target : text.targets) add(std::bit_cast<int32_t>(target));
    for (const int32_t type : text.token_type_ids) add(type);
  }
  return Json::object({{"texts", static_cast<int64_t>(texts_.size())},
                       {"text", std::to_string(hash)},
                       {"rows", options_.rows},
                       {"length_step", options_.length_step},
                       {"shuffle", options_.shuffle}});
}

}  // namespace lamina

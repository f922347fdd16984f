// Sources and targets of a batch have one length, and rows without texts do not count.
#include "lamina/zoo/transformers/token_batches.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/length_groups.h"
#include "lamina/zoo/transformers/language_loss.h"

namespace lamina {

TokenBatches::TokenBatches(std::vector<std::vector<int32_t>> sources,
                           std::vector<std::vector<int32_t>> targets, const TokenBatchesOptions& options)
    : sources_(std::move(sources)), targets_(std::move(targets)), options_(options) {
  if (sources_.size() != targets_.size())
    throw InvalidArgument("TokenBatches: there are " + std::to_string(sources_.size()) + " sources and " +
                          std::to_string(targets_.size()) + " targets");
  if (options.tokens < 1 || options.length_step < 1 || options.max_length < 1 || options.rows < 0)
    throw InvalidArgument(
        "TokenBatches: tokens, length_step and max_length must be at least 1, and rows not negative");
  for (auto* const texts : {&sources_, &targets_}) {
    for (size_t i = 0; i < texts->size(); ++i) {
      std::vector<int32_t>& text = (*texts)[i];
      if (text.empty()) throw InvalidArgument("TokenBatches: text " + std::to_string(i) + " is empty");
      const auto most = static_cast<size_t>(options.max_length);
      if (text.size() > most)
        text = [&] {  // its end goes on to be its end
          std::vector<int32_t> cut(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(most));
          cut.back() = text.back();
          return cut;
        }();
    }
  }
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < sources_.size(); ++i)
    lengths.push_back(static_cast<int64_t>(std::max(sources_[i].size(), targets_[i].size())));
  const auto rows_for = [rows = options.rows, tokens = options.tokens](int64_t length) {
    return rows > 0 ? rows : std::max<int64_t>(1, tokens / length);
  };
  groups_ = std::make_unique<detail::LengthGroups>(std::move(lengths), options.length_step,
                                                   options.max_length, rows_for, options.shuffle);
}

TokenBatches::TokenBatches(TokenBatches&& other) noexcept = default;
TokenBatches::~TokenBatches() = default;

void TokenBatches::begin(int epoch, uint64_t seed, int64_t first_step) {
  groups_->begin(epoch, seed, first_step);
}

bool TokenBatches::next(Batch& batch) {
  const detail::LengthGroup* const group = groups_->next();
  if (group) fill(*group, batch);
  return group != nullptr;
}

std::optional<int64_t> TokenBatches::steps() const { return groups_->steps(); }

int64_t TokenBatches::tokens() const {
  size_t count = 0;
  for (const auto* const texts : {&sources_, &targets_}) {
    for (const std::vector<int32_t>& text : *texts) count += text.size();
  }
  return static_cast<int64_t>(count);
}

Json TokenBatches::identity() const {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  const auto add = [&](uint32_t value) { hash = (hash ^ value) * 0x100000001b3u; };
  for (const auto* const texts : {&sources_, &targets_}) {
    for (const std::vector<int32_t>& text : *texts) {
      for (const int32_t id : text) add(static_cast<uint32_t>(id));
      add(~uint32_t{0});  // the end of a text
    }
  }
  Json json = Json::object({{"texts", static_cast<int64_t>(sources_.size())},
                            {"text", std::to_string(hash)},
                            {"tokens", options_.tokens},
                            {"length_step", options_.length_step},
                            {"max_length", options_.max_length},
                            {"shuffle", options_.shuffle}});
  if (options_.rows > 0) json["rows"] = options_.rows;
  return json;
}

void TokenBatches::fill(const detail::LengthGroup& group, Batch& batch) const {
  const int64_t rows = groups_->rows_for(group.length);
  const auto size = static_cast<size_t>(rows * group.length), length = static_cast<size_t>(group.length);
  std::vector<int32_t> ids(size, options_.pad_token_id), mask(size, 0), targets(size, options_.pad_token_id),
      labels(size, kIgnoredLabel);
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    const size_t at = row * length;
    targets[at] = options_.decoder_start_token_id;
    if (row >= group.texts.size()) continue;
    const std::vector<int32_t>&source = sources_[group.texts[row]], &target = targets_[group.texts[row]];
    std::copy(source.begin(), source.end(), ids.begin() + static_cast<std::ptrdiff_t>(at));
    std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(at), source.size(), 1);
    std::copy(target.begin(), target.end() - 1, targets.begin() + static_cast<std::ptrdiff_t>(at + 1));
    std::copy(target.begin(), target.end(), labels.begin() + static_cast<std::ptrdiff_t>(at));
  }
  const Shape shape{rows, group.length};
  batch.x = Tensors({Tensor::from(ids, shape), Tensor::from(mask, shape), Tensor::from(targets, shape)});
  batch.y = Tensor::from(labels, shape);
  batch.sample_weight = Tensors();
}

}  // namespace lamina

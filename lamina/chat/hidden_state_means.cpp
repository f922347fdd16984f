// Vectors of texts from a pretrained encoder: the mean of its last hidden states.
#include <algorithm>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/chat/detail/text_vectors.h"
#include "lamina/chat/sentence_encoder.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

constexpr char kOutput[] = "last_hidden_state";
constexpr size_t kAtOnce = 32;        // texts
constexpr int64_t kMostTokens = 256;  // of a text, special ones included
constexpr int64_t kStep = 8;          // lengths are filled up to a multiple, so that few programs serve all

class HiddenStateMeans final : public detail::TextVectors {
 public:
  HiddenStateMeans(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer)
      : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
    const ModelInput ids = model_->takes().at(0);
    longest_ = ids.longest > 0 ? std::min(ids.longest, kMostTokens) : kMostTokens;
    dimensions_ = means({{tokenizer_.pad_token_id().value_or(0)}}).shape()[1];
  }

  Tensor of(const std::vector<std::string>& texts) const override {
    std::vector<std::vector<int32_t>> ids;
    for (Encoding& encoding : tokenizer_.encode_batch(texts, {.truncation = "longest_first",
                                                             .max_length = longest_,
                                                             .padding = "do_not_pad",
                                                             .ids_only = true}))
      ids.push_back(std::move(encoding.ids));
    std::vector<size_t> order(texts.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return ids[a].size() < ids[b].size(); });
    std::vector<float> all(texts.size() * static_cast<size_t>(dimensions_));
    for (size_t first = 0; first < order.size(); first += kAtOnce) {
      const size_t end = std::min(order.size(), first + kAtOnce);
      std::vector<std::vector<int32_t>> some;
      for (size_t i = first; i < end; ++i) some.push_back(ids[order[i]]);
      const std::vector<float> values = means(some).to_vector<float>();
      for (size_t i = first; i < end; ++i) {
        const auto from = values.begin() + static_cast<std::ptrdiff_t>(i - first) * dimensions_;
        std::copy(from, from + dimensions_,
                  all.begin() + static_cast<std::ptrdiff_t>(order[i]) * dimensions_);
      }
    }
    return Tensor::from(all, {static_cast<int64_t>(texts.size()), dimensions_});
  }

  int64_t dimensions() const override { return dimensions_; }
  Model model() const override {
    throw InvalidArgument("SentenceEncoder: it came from a folder, which holds it: there is nothing to save");
  }

 private:
  Tensor means(const std::vector<std::vector<int32_t>>& ids) const {
    size_t longest = 1;
    for (const auto& row : ids) longest = std::max(longest, row.size());
    const int64_t length = std::min<int64_t>((static_cast<int64_t>(longest) + kStep - 1) / kStep * kStep,
                                             std::max<int64_t>(longest_, static_cast<int64_t>(longest)));
    const auto rows = static_cast<int64_t>(ids.size()), width = length;
    std::vector<int32_t> numbers(static_cast<size_t>(rows * width), tokenizer_.pad_token_id().value_or(0));
    std::vector<int32_t> mask(numbers.size(), 0);
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto begin = static_cast<std::ptrdiff_t>(i) * width;
      std::copy(ids[i].begin(), ids[i].end(), numbers.begin() + begin);
      std::fill(mask.begin() + begin, mask.begin() + begin + static_cast<std::ptrdiff_t>(ids[i].size()), 1);
    }
    const Tensors outputs = model_->run(Tensors{{"input_ids", Tensor::from(numbers, {rows, width})},
                                                {"attention_mask", Tensor::from(mask, {rows, width})}});
    const std::vector<float> states = outputs[kOutput].to_vector<float>();
    const auto size = states.size() / numbers.size();
    std::vector<float> result(ids.size() * size, 0);
    for (size_t i = 0; i < ids.size(); ++i) {
      for (size_t k = 0; k < size; ++k) {
        double sum = 0;
        for (size_t t = 0; t < ids[i].size(); ++t)
          sum += states[(i * static_cast<size_t>(width) + t) * size + k];
        result[i * size + k] =
            static_cast<float>(sum / static_cast<double>(std::max<size_t>(ids[i].size(), 1)));
      }
    }
    return Tensor::from(result, {rows, static_cast<int64_t>(size)});
  }

  std::shared_ptr<PretrainedModel> model_;
  PretrainedTokenizer tokenizer_;
  int64_t longest_ = 0, dimensions_ = 0;
};

}  // namespace

SentenceEncoder SentenceEncoder::from_pretrained(const std::string& folder) {
  std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder);
  const std::vector<std::string> gives = model->gives();
  if (std::find(gives.begin(), gives.end(), kOutput) == gives.end())
    throw InvalidArgument("'" + folder + "': " + model->class_name() + " gives no " + kOutput +
                          "; expected an encoder, such as BertModel");
  return SentenceEncoder(
      std::make_shared<const HiddenStateMeans>(std::move(model), AutoTokenizer::from_pretrained(folder)));
}

}  // namespace lamina

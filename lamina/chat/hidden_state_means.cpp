// Vectors of texts from a pretrained encoder: the mean of its last hidden states.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/chat/detail/text_vectors.h"
#include "lamina/chat/sentence_encoder.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/detail/text_input.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

constexpr char kOutput[] = "last_hidden_state";
constexpr int64_t kMostTokens = 256;  // of a text, special ones included

class HiddenStateMeans final : public detail::TextVectors {
 public:
  HiddenStateMeans(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer)
      : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
    const ModelInput ids = model_->takes().at(0);
    longest_ = ids.longest > 0 ? std::min(ids.longest, kMostTokens) : kMostTokens;
    const Tensor one = Tensor::from(std::vector<int32_t>{detail::padding_of(*model_, tokenizer_)}, {1, 1});
    dimensions_ = model_->run({{"input_ids", one}})[kOutput].shape()[2];
  }

  Tensor of(const std::vector<std::string>& texts) const override {
    std::vector<LabelledTokens> ids;
    std::vector<size_t> lengths;
    const int32_t padding = detail::padding_of(*model_, tokenizer_);
    for (Encoding& encoding : tokenizer_.encode_batch(texts, {.truncation = "longest_first",
                                                             .max_length = longest_,
                                                             .padding = "do_not_pad",
                                                             .ids_only = true})) {
      lengths.push_back(encoding.ids.size());
      if (encoding.ids.empty()) encoding.ids.push_back(padding);  // its vector stays zeros
      ids.push_back({std::move(encoding.ids)});
    }
    const auto width = static_cast<size_t>(dimensions_);
    std::vector<float> all(texts.size() * width);
    std::vector<double> sums(width);
    detail::each_score(*model_, std::move(ids), padding, [&](size_t text, std::span<const float> states) {
      if (lengths[text] == 0) return;
      std::fill(sums.begin(), sums.end(), 0);
      for (size_t i = 0; i < lengths[text] * width; ++i) sums[i % width] += states[i];
      for (size_t k = 0; k < width; ++k)
        all[text * width + k] = static_cast<float>(sums[k] / static_cast<double>(lengths[text]));
    });
    return Tensor::from(all, {static_cast<int64_t>(texts.size()), dimensions_});
  }

  int64_t dimensions() const override { return dimensions_; }
  Model model() const override {
    throw InvalidArgument("SentenceEncoder: it came from a folder, which holds it: there is nothing to save");
  }

 private:
  std::shared_ptr<PretrainedModel> model_;
  PretrainedTokenizer tokenizer_;
  int64_t longest_ = 0, dimensions_ = 0;
};

}  // namespace

SentenceEncoder SentenceEncoder::from_pretrained(const std::string& folder) {
  std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(folder);
  if (model->gives().at(0) != kOutput)
    throw InvalidArgument("'" + folder + "': " + model->class_name() + " gives no " + kOutput +
                          "; expected an encoder, such as BertModel");
  return SentenceEncoder(
      std::make_shared<const HiddenStateMeans>(std::move(model), AutoTokenizer::from_pretrained(folder)));
}

}  // namespace lamina

// Encoders that read both ways: BERT (Devlin et al., 2018, arXiv 1810.04805), RoBERTa and DistilBERT in the
// modules and names of Hugging Face's library. Each as ...Model, ...ForMaskedLM,
// ...ForSequenceClassification,
// ...ForTokenClassification and ...ForQuestionAnswering.
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/zoo/transformers/detail/attention.h"
#include "lamina/zoo/transformers/detail/bert_encoder.h"
#include "lamina/zoo/transformers/detail/family.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

using namespace detail;

/// What stands on the encoder.
class Head {
 public:
  virtual ~Head() = default;
  virtual std::vector<std::string> gives() const = 0;
  /// @param x  (rows, tokens, width)
  virtual std::vector<Tensor> operator()(const Tensor& x, CallContext& context) const = 0;
};

/// What heads are made of.
struct HeadPlace {
  ModuleScope top, base;  ///< where heads are, and the model below
  const BertConfig& config;
  const BertEncoder& encoder;
  bool tied;
};

/// tanh of a matrix and the first token.
struct Pooler {
  explicit Pooler(const HeadPlace& place)
      : dense(place.base.linear("pooler.dense", place.config.width, place.config.width, true)) {}
  Tensor operator()(const Tensor& x, CallContext& context) const {
    return tanh((*dense)(first_token(x), context));
  }
  std::shared_ptr<Linear> dense;
};

class NoHead final : public Head {
 public:
  explicit NoHead(const HeadPlace& place) {
    if (place.config.names->has_pooler) pooler_.emplace(place);
  }
  std::vector<std::string> gives() const override {
    return pooler_ ? std::vector<std::string>{"last_hidden_state", "pooler_output"}
                   : std::vector<std::string>{"last_hidden_state"};
  }
  std::vector<Tensor> operator()(const Tensor& x, CallContext& context) const override {
    return pooler_ ? std::vector<Tensor>{x, (*pooler_)(x, context)} : std::vector<Tensor>{x};
  }

 private:
  std::optional<Pooler> pooler_;
};

class Masked final : public Head {
 public:
  explicit Masked(const HeadPlace& place) {
    const BertConfig& config = place.config;
    const BertNames& names = *config.names;
    dense_ = place.top.linear(names.masked_dense, config.width, config.width, true);
    norm_ = place.top.norm(names.masked_norm, config.width, Norm::Kind::kLayer, config.epsilon);
    activation_ =
        pretrained_activation(names.masked_activation ? names.masked_activation : config.activation);
    scores_.table = place.encoder.tokens();
    if (place.tied) {
      bias_ = place.top.bias(names.masked_bias, {config.vocab_size});
    } else {
      scores_.matrix = place.top.linear(names.masked_matrix, config.width, config.vocab_size, true);
    }
  }
  std::vector<std::string> gives() const override { return {"logits"}; }
  std::vector<Tensor> operator()(const Tensor& x, CallContext& context) const override {
    const Tensor scores = scores_((*norm_)(activation_((*dense_)(x, context)), context), context);
    return {bias_ ? scores + (*bias_)(context) : scores};
  }

 private:
  std::shared_ptr<Linear> dense_;
  std::shared_ptr<Norm> norm_;
  std::shared_ptr<Bias> bias_;  ///< beside the table; a matrix has its own
  Activation activation_;
  TokenScores scores_;
};

class Classes final : public Head {
 public:
  explicit Classes(const HeadPlace& place)
      : names_(*place.config.names), dropout_(place.config.classes_dropout) {
    const int64_t width = place.config.width;
    if (names_.classes_dense) {
      dense_ = place.top.linear(names_.classes_dense, width, width, true);
    } else {
      pooler_.emplace(place);
    }
    classes_ = place.top.linear(names_.classes_out, width, place.config.labels, true);
  }
  std::vector<std::string> gives() const override { return {"logits"}; }
  std::vector<Tensor> operator()(const Tensor& x, CallContext& context) const override {
    Tensor y = pooler_ ? (*pooler_)(x, context) : first_token(x);
    if (names_.drops_twice) y = drop(y, dropout_, context);
    if (dense_) y = names_.classes_activation((*dense_)(y, context));
    return {(*classes_)(drop(y, dropout_, context), context)};
  }

 private:
  const BertNames& names_;
  double dropout_;
  std::optional<Pooler> pooler_;
  std::shared_ptr<Linear> dense_, classes_;
};

class TokenClasses final : public Head {
 public:
  explicit TokenClasses(const HeadPlace& place)
      : dropout_(place.config.tokens_dropout),
        classes_(place.top.linear("classifier", place.config.width, place.config.labels, true)) {}
  std::vector<std::string> gives() const override { return {"logits"}; }
  std::vector<Tensor> operator()(const Tensor& x, CallContext& context) const override {
    return {(*classes_)(drop(x, dropout_, context), context)};
  }

 private:
  double dropout_;
  std::shared_ptr<Linear> classes_;
};

/// Where an answer begins and ends in the text.
class Answers final : public Head {
 public:
  explicit Answers(const HeadPlace& place)
      : dropout_(place.config.answers_dropout),
        ends_(place.top.linear("qa_outputs", place.config.width, 2, true)) {
    if (place.config.labels != 2)
      throw InvalidArgument("num_labels is " + std::to_string(place.config.labels) +
                            "; a model that answers questions has 2, for begin and end");
  }
  std::vector<std::string> gives() const override { return {"start_logits", "end_logits"}; }
  std::vector<Tensor> operator()(const Tensor& x, CallContext& context) const override {
    const Tensor both = (*ends_)(drop(x, dropout_, context), context);
    return {both[{ellipsis, 0}], both[{ellipsis, 1}]};
  }

 private:
  double dropout_;
  std::shared_ptr<Linear> ends_;
};

template <class H>
std::unique_ptr<Head> head(const HeadPlace& place) {
  return std::make_unique<H>(place);
}

struct Task {
  const char* name;
  std::unique_ptr<Head> (*make)(const HeadPlace& place);
};
constexpr Task kTasks[] = {{"Model", head<NoHead>},
                           {"ForMaskedLM", head<Masked>},
                           {"ForSequenceClassification", head<Classes>},
                           {"ForTokenClassification", head<TokenClasses>},
                           {"ForQuestionAnswering", head<Answers>}};

struct Parts {
  Parts(const ModuleScope& top, const ModuleScope& base, const BertConfig& config, const Task& task,
        bool tied)
      : encoder(base, config), head(task.make({top, base, config, encoder, tied})) {}
  BertEncoder encoder;
  std::unique_ptr<Head> head;
};

class Bert final : public LayerOf<Bert, PretrainedModel> {
 public:
  Bert(const Json& json, const BertNames& names, const Task& task, bool tied, const ModelOptions& options)
      : LayerOf<Bert, PretrainedModel>(json, options), config_(json, names), task_(task) {
    const ModuleScope top = scope(config_.initializer_range);
    const bool alone = &task == &kTasks[0];
    parts_ = std::make_shared<Parts>(top, alone ? top : top / names.prefix, config_, task, tied);
  }
  std::string class_name() const override { return std::string(config_.names->name) + task_.name; }
  std::vector<ModelInput> takes() const override {
    std::vector<ModelInput> all{{"input_ids", config_.vocab_size, true, "", config_.longest()},
                                {"attention_mask", 2, false, "input_ids"}};
    if (config_.types > 0)
      all.push_back({"token_type_ids", config_.types, false, "input_ids", 0, config_.types > 1});
    all.push_back({"position_ids", config_.positions, false, "input_ids", 0, false});
    return all;
  }
  std::vector<std::string> gives() const override { return parts_->head->gives(); }
  std::vector<Tensor> compute(const std::vector<Tensor>& inputs, CallContext& context) const override {
    return (*parts_->head)(parts_->encoder({inputs[0], mask_of_keys(inputs[1]),
                                            config_.types > 0 ? inputs[2] : Tensor(), inputs.back()},
                                           context),
                           context);
  }
  int64_t context_length() const override { return config_.longest(); }

 protected:
  bool ignores(const std::string& name) const override {
    const BertNames& names = *config_.names;
    // Numbers that old files hold, heads of the training before, and the second copy of a head's bias.
    return ends_with(name, ".position_ids") || name.find("pooler.dense.") != std::string::npos ||
           name.rfind("cls.seq_relationship.", 0) == 0 || name == names.masked_bias ||
           name == names.masked_bias_copy || (task_.make != kTasks[1].make && is_of_masked_head(name));
  }
  bool is_of_head(const std::string& name) const override {
    return &task_ != &kTasks[0] && name.rfind(std::string(config_.names->prefix) + ".", 0) != 0;
  }
  // A model that was trained to fill gaps has no pooler.
  bool may_be_new(const std::string& name) const override {
    return is_of_head(name) || name.find("pooler.dense.") != std::string::npos;
  }
  std::vector<std::string> names_in_files(const std::string& name) const override {
    std::vector<std::string> all = with_and_without(std::string(config_.names->prefix) + ".", name);
    if (name == config_.names->masked_bias_copy) all.push_back(config_.names->masked_bias);
    // As the first of these files have it.
    for (size_t i = 0, count = all.size(); i < count; ++i) {
      if (ends_with(all[i], "LayerNorm.weight")) all.push_back(all[i].substr(0, all[i].size() - 6) + "gamma");
      if (ends_with(all[i], "LayerNorm.bias")) all.push_back(all[i].substr(0, all[i].size() - 4) + "beta");
    }
    return all;
  }

 private:
  bool is_of_masked_head(const std::string& name) const {
    const BertNames& names = *config_.names;
    const auto below = [&](const std::string& module) { return name.rfind(module + ".", 0) == 0; };
    return below(names.masked_dense) || below(names.masked_norm) || below(names.masked_matrix);
  }

  BertConfig config_;
  const Task& task_;
  std::shared_ptr<Parts> parts_;
};

template <size_t family, size_t task>
std::shared_ptr<PretrainedModel> make(const Json& json, bool tied, const ModelOptions& options) {
  return std::make_shared<Bert>(json, kBertNames[family], kTasks[task], tied, options);
}

template <size_t family, size_t... task>
bool add(std::index_sequence<task...>) {
  const BertNames& names = kBertNames[family];
  return (register_architecture({names.type,
                                 std::string(names.name) + kTasks[task].name,
                                 make<family, task>,
                                 task == 1 ? std::string(names.masked_matrix) + ".weight" : "",
                                 {std::string(names.prefix) + ".embeddings.word_embeddings.weight",
                                  "embeddings.word_embeddings.weight"}}) &&
          ...);
}

const bool bert_registered = add<0>(std::make_index_sequence<std::size(kTasks)>()) &&
                        add<1>(std::make_index_sequence<std::size(kTasks)>()) &&
                        add<2>(std::make_index_sequence<std::size(kTasks)>());

}  // namespace
}  // namespace lamina

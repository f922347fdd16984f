// Times a step of fine-tuning and prints one JSON line, for bench/figures:
//   lamina_fine_tuning write FOLDER                     a BERT of 4 layers, 512 wide, with drawn weights
//   lamina_fine_tuning step FOLDER full|lora|head ROWS TOKENS [STEPS]
// "ms" is the best of the steps, "trained" the number of parameters that change: of all of it, of LoRA of
// rank 8 at queries and values with the head, or of the head alone. bench/fine_tuning_peer.py does the same
// with PyTorch and PEFT.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "lamina/lamina.h"

using namespace lamina;

namespace {

void write(const std::string& folder) {
  AutoModel::from_config(Json::object({{"model_type", "bert"},
                                       {"architectures", Json::list({"BertModel"})},
                                       {"vocab_size", 30522},
                                       {"hidden_size", 512},
                                       {"num_hidden_layers", 4},
                                       {"num_attention_heads", 8},
                                       {"intermediate_size", 2048},
                                       {"max_position_embeddings", 512}}))
      ->save_pretrained(folder);
}

Json step(const std::string& folder, const std::string& how, int64_t rows, int64_t tokens, int steps) {
  const auto model = AutoModelForSequenceClassification::from_pretrained(folder, {.labels = {"a", "b"}});
  if (how == "lora") model->add_adapter({.r = 8, .lora_alpha = 16});
  if (how == "head") {
    for (const auto& [name, layer] : model->sublayers()) {
      if (!name.starts_with("classifier")) layer->set_trainable(false);
    }
  }
  compile_for_fine_tuning(*model, 1000);
  std::vector<int32_t> ids, mask(static_cast<size_t>(rows * tokens), 1), labels;
  for (int64_t i = 0; i < rows * tokens; ++i) ids.push_back(static_cast<int32_t>(1000 + i * 7919 % 20000));
  for (int64_t row = 0; row < rows; ++row) labels.push_back(static_cast<int32_t>(row % 2));
  const Tensors x({Tensor::from(ids, {rows, tokens}), Tensor::from(mask, {rows, tokens})});
  const Tensor y = Tensor::from(labels, {rows});
  double best = 1e9;
  for (int i = 0; i < steps; ++i) {
    const auto start = std::chrono::steady_clock::now();
    model->train_on_batch(x, y);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (i > 0) best = std::min(best, took.count());  // the first one compiles
  }
  int64_t trained = 0;
  for (const WeightPtr& weight : model->weights(true)) trained += weight->type.shape.size();
  return Json::object({{"ms", best * 1e3}, {"trained", trained}});
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 2 && words[0] == "write") {
      write(words[1]);
      std::printf("{}\n");
      return 0;
    }
    if (words.size() >= 5 && words[0] == "step") {
      const int steps = words.size() > 5 ? std::stoi(words[5]) : 8;
      std::printf("%s\n",
                  step(words[1], words[2], std::stoll(words[3]), std::stoll(words[4]), steps).dump().c_str());
      return 0;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lamina_fine_tuning: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: lamina_fine_tuning write FOLDER | step FOLDER full|lora|head ROWS TOKENS [STEPS]\n");
  return 2;
}

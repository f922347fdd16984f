// Fine-tuning: a published BERT learns whether a film was liked, by narrow matrices alone (LoRA).
//
// The folder is one that Hugging Face's save_pretrained wrote (config.json, model.safetensors, tokenizer
// files), of BERT, RoBERTa, DistilBERT, GPT-2 or Llama's family:
//
//   example_finetune_bert bert-base-uncased
#include <lamina/lamina.h>

#include <filesystem>
#include <iostream>

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "bert-base-uncased";
  if (!std::filesystem::exists(folder)) {
    std::cout << "There is no folder '" << folder
              << "': give one that Hugging Face's save_pretrained wrote\n";
    return 0;
  }
  const std::vector<std::string> texts = {
      "A film to fall in love with.",    "Two hours that nobody gives back.",
      "Wonderful actors, a clever end.", "Dull, loud and far too long.",
      "I laughed and I cried.",          "The worst of the year."};
  const std::vector<std::string> labels = {"good", "bad", "good", "bad", "good", "bad"};
  try {
    auto classifier = lamina::TextClassifier::from_pretrained(folder, {.labels = {"bad", "good"}});
    classifier.model().add_adapter({.r = 8, .lora_alpha = 16});

    auto batches = classifier.batches(texts, labels, {.rows = 2});
    lamina::compile_for_fine_tuning(classifier.model(), 10 * *batches.steps(), {.learning_rate = 5e-4});
    classifier.model().fit(batches, {.epochs = 10});

    const std::string text = "A clever film, and I laughed.";
    std::cout << text << " " << classifier.predict({text})[0] << "\n";
    classifier.model().merge_adapter();
    classifier.save_pretrained("films");
  } catch (const lamina::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

// Translation by T5, as in the tutorial: a tokenizer, a model, text in and text out.
//
// The folder is one that Hugging Face's save_pretrained wrote (config.json, model.safetensors, tokenizer
// files), or that `lamina train translate-en-fr` did:
//
//   example_translate_t5 t5-small "Translate English to French: Hello, how are you?"
#include <lamina/lamina.h>

#include <filesystem>
#include <iostream>

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "t5-small";
  if (!std::filesystem::exists(folder)) {
    std::cout << "There is no folder '" << folder
              << "': give one that Hugging Face's save_pretrained wrote,\n"
              << "fetch one: lamina data get t5-small\n"
              << "train one: lamina train translate-en-fr --data multi30k --out t5-small\n";
    return 0;
  }
  const std::string text = argc > 2 ? argv[2] : "Translate English to French: Hello, how are you?";
  try {
    const auto tokenizer = lamina::AutoTokenizer::from_pretrained(folder);
    const auto model = lamina::AutoModelForSeq2SeqLM::from_pretrained(folder);
    const auto input = tokenizer.encode(text);
    const auto output = model->generate(input.ids, {.max_new_tokens = 128});
    std::cout << tokenizer.decode(output, {.skip_special_tokens = true}) << "\n";
  } catch (const lamina::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

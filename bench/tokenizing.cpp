// How long a tokenizer takes for many texts: one JSON line, for bench/figures.
//   lamina_tokenizing TOKENIZER TEXTS     a tokenizer.json, and a file with a text on each line
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/data/read_lines.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const lamina::PretrainedTokenizer tokenizer = lamina::AutoTokenizer::from_pretrained(argv[1]);
  const std::vector<std::string> texts = lamina::read_lines(argv[2]);
  double clock = 1e9, processor = 1e9;
  size_t tokens = 0;
  for (int run = 0; run < 5; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t before = std::clock();
    const std::vector<lamina::Encoding> all = tokenizer.encode_batch(texts);
    processor = std::min(processor, static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
    clock =
        std::min(clock, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    tokens = 0;
    for (const lamina::Encoding& encoding : all) tokens += encoding.ids.size();
  }
  std::printf("{\"seconds\": %.6f, \"processor_s\": %.6f, \"tokens\": %zu, \"threads\": %d}\n", clock, processor,
              tokens, lamina::num_threads());
}

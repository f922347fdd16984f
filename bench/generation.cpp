// Times ways to write texts and prints one JSON line:
//   lamina_generation engine FOLDER PLACES      "tokens_s" of 64 requests of 8 to 64 tokens behind 4 to 32 in
//                                               an engine; 0: one by one, -8: in batches of 8 by generate()
//   lamina_generation draft FOLDER COUNT MODE   "tokens_s" of 64 tokens behind 32, and "accepted", a share,
//   with
//                                               the model itself in int8, int4 or bfloat16 as its draft,
//                                               which proposes COUNT; 0: without
//   lamina_generation cache LENGTH [int8]       "us" of a token behind LENGTH, and "mb" of what is kept, of a
//                                               Llama of 4 layers, 8 heads of 64
// FOLDER is that of a T5 ("lamina_inference t5 FOLDER" draws one). Best of several runs, with all threads.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "lamina/lamina.h"

using namespace lamina;

namespace {

using Words = std::vector<std::string>;
using Ids = std::vector<int32_t>;

template <class F>
double best_seconds(F f) {
  double best = 1e9, all = 0;
  f();
  for (int run = 0; run < 500 && (run < 2 || all < 1); ++run) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
    all += took.count();
  }
  return best;
}

Ids prompt(int64_t row, int64_t length) {
  Ids ids;
  for (int64_t i = 0; i < length; ++i)
    ids.push_back(static_cast<int32_t>(3 + (row * 7919 + i * 104729) % 32000));
  return ids;
}

Json engine(const Words& words) {
  const std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(words.at(0));
  const int64_t places = std::stoll(words.at(1));
  constexpr int64_t kRequests = 64;
  std::vector<Ids> prompts;
  std::vector<GenerateOptions> options;
  int64_t tokens = 0;
  for (int64_t i = 0; i < kRequests; ++i) {
    const int64_t length = 8 + i * 37 % 57;
    prompts.push_back(prompt(i, 4 + i * 11 % 29));
    options.push_back({.max_new_tokens = length, .min_new_tokens = length});
    tokens += length;
  }
  const double seconds = best_seconds([&] {
    if (places > 0) {
      GenerationEngine engine(model, {.places = places});
      std::vector<Generation> all;
      for (size_t i = 0; i < prompts.size(); ++i) all.push_back(engine.submit(prompts[i], options[i]));
      for (const Generation& one : all) one.get();
    } else if (places == 0) {
      for (size_t i = 0; i < prompts.size(); ++i) model->generate(prompts[i], options[i]);
    } else {
      const auto each = static_cast<size_t>(-places);
      for (size_t first = 0; first < prompts.size(); first += each) {
        const size_t end = std::min(prompts.size(), first + each);
        GenerateOptions longest{.max_new_tokens = 0};
        for (size_t i = first; i < end; ++i)
          longest.max_new_tokens = std::max(*longest.max_new_tokens, *options[i].max_new_tokens);
        longest.min_new_tokens = longest.max_new_tokens;
        model->generate(std::vector<Ids>(prompts.begin() + static_cast<std::ptrdiff_t>(first),
                                         prompts.begin() + static_cast<std::ptrdiff_t>(end)),
                        longest);
      }
    }
  });
  return Json::object({{"tokens_s", static_cast<double>(tokens) / seconds}});
}

Json draft(const Words& words) {
  const std::shared_ptr<PretrainedModel> model = AutoModel::from_pretrained(words.at(0));
  constexpr int64_t kNew = 64;
  GenerateOptions options{.max_new_tokens = kNew, .min_new_tokens = kNew};
  options.num_assistant_tokens = std::stoll(words.at(1));
  if (options.num_assistant_tokens > 0)
    options.draft = AutoModel::from_pretrained(words[0], {.quantize = words.at(2)});
  GenerationFigures figures;
  options.on_end = [&](const GenerationFigures& all) { figures = all; };
  const double seconds = best_seconds([&] { model->generate(prompt(0, 32), options); });
  return Json::object({{"tokens_s", kNew / seconds},
                       {"accepted", static_cast<double>(figures.accepted) /
                                        static_cast<double>(std::max<int64_t>(1, figures.drafted))}});
}

Json cache(const Words& words) {
  const Json config = Json::object({{"model_type", "llama"},
                                    {"vocab_size", 4096},
                                    {"hidden_size", 512},
                                    {"intermediate_size", 1024},
                                    {"num_hidden_layers", 4},
                                    {"num_attention_heads", 8},
                                    {"max_position_embeddings", 8192}});
  const std::shared_ptr<PretrainedModel> model = AutoModel::from_config(config);
  constexpr int64_t kNew = 16;
  Ids ids = prompt(0, std::stoll(words.at(0)));
  for (int32_t& id : ids) id %= 4096;
  GenerateOptions options{.cache = words.size() > 1 ? words[1] : std::string()};
  double bytes = 0;
  options.on_end = [&](const GenerationFigures& all) { bytes = static_cast<double>(all.cache_bytes); };
  options.prefix = model->read_prefix(ids, options.cache);
  const auto seconds = [&](int64_t count) {
    options.max_new_tokens = options.min_new_tokens = count;
    return best_seconds([&] { model->generate(ids, options); });
  };
  const double few = seconds(1), many = seconds(1 + kNew);
  return Json::object({{"us", 1e6 * (many - few) / kNew}, {"mb", bytes / 1e6}});
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Json (*)(const Words&)> kinds{
      {"engine", engine}, {"draft", draft}, {"cache", cache}};
  try {
    std::puts(kinds.at(argc > 1 ? argv[1] : "")({argv + 2, argv + argc}).dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr,
                 "lamina_generation: %s; the opening comment of bench/generation.cpp says what it takes\n",
                 error.what());
    return 1;
  }
}

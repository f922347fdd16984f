// Prompts of one length waste no arithmetic on padding.
#include "lamina/zoo/transformers/detail/written_texts.h"

#include <algorithm>
#include <numeric>

namespace lamina::detail {
namespace {

/// Texts that are written at the same time.
constexpr size_t kAtOnce = 32;

}  // namespace

std::vector<std::string> written_texts(const PretrainedModel& model, const PretrainedTokenizer& tokenizer,
                                       const std::vector<std::vector<int32_t>>& prompts,
                                       const GenerateOptions& options) {
  std::vector<size_t> order(prompts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return prompts[a].size() < prompts[b].size(); });
  std::vector<std::string> results(prompts.size());
  for (size_t first = 0; first < order.size(); first += kAtOnce) {
    const size_t end = std::min(order.size(), first + kAtOnce);
    std::vector<std::vector<int32_t>> some;
    for (size_t i = first; i < end; ++i) some.push_back(prompts[order[i]]);
    const std::vector<std::string> decoded =
        tokenizer.decode_batch(model.generate(some, options), {.skip_special_tokens = true});
    for (size_t i = first; i < end; ++i) results[order[i]] = decoded[i - first];
  }
  return results;
}

}  // namespace lamina::detail

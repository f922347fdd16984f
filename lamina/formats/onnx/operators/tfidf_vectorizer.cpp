// TfIdfVectorizer: how often each n-gram of a list occurs.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {
namespace {

// A tree of n-grams: `gram` is the number of the one that ends here, or -1.
template <class Token>
struct Node {
  int64_t gram = -1;
  std::map<Token, Node> next;
};

struct Settings {
  int64_t shortest, longest, skips;
  std::vector<int64_t> counts, columns;
};

// How often each column occurs in each of `rows` rows.
template <class Token>
std::vector<int64_t> count(const Call& call, const std::vector<Token>& tokens, int64_t rows,
                           const std::vector<Token>& pool, const Settings& settings, int64_t width) {
  Node<Token> root;
  int64_t grams = 0;
  for (size_t size = 1; size <= settings.counts.size(); ++size) {
    const int64_t from = settings.counts[size - 1];
    const int64_t to =
        size < settings.counts.size() ? settings.counts[size] : static_cast<int64_t>(pool.size());
    const auto length = static_cast<int64_t>(size);
    if (from < 0 || to < from || to > static_cast<int64_t>(pool.size()) || (to - from) % length != 0)
      call.fail("attribute 'ngram_counts' does not fit the pool");
    for (int64_t at = from; at < to; at += length, ++grams) {
      if (length < settings.shortest || length > settings.longest) continue;
      Node<Token>* node = &root;
      for (int64_t i = 0; i < length; ++i) node = &node->next[pool[static_cast<size_t>(at + i)]];
      node->gram = grams;
    }
  }
  if (grams != static_cast<int64_t>(settings.columns.size()))
    call.fail(fmt::format("attribute 'ngram_indexes' has {} numbers for {} n-grams", settings.columns.size(),
                          grams));
  std::vector<int64_t> found(static_cast<size_t>(rows * width), 0);
  const int64_t length = rows > 0 ? static_cast<int64_t>(tokens.size()) / rows : 0;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t step = 1; step <= settings.skips + 1; ++step) {
      for (int64_t start = 0; start < length; ++start) {
        const Node<Token>* node = &root;
        for (int64_t size = 1; size <= settings.longest; ++size) {
          const int64_t at = start + (size - 1) * step;
          if (at >= length) break;
          const auto next = node->next.find(tokens[static_cast<size_t>(row * length + at)]);
          if (next == node->next.end()) break;
          node = &next->second;
          // One token alone has no gaps: it counts once.
          if (node->gram >= 0 && (size > 1 || step == 1))
            ++found[static_cast<size_t>(row * width + settings.columns[static_cast<size_t>(node->gram)])];
        }
      }
    }
  }
  return found;
}

std::vector<Value> vectorize(Call& call) {
  const std::string mode = call.text("mode");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF") call.fail("attribute 'mode' is '" + mode + "'");
  const Settings settings{call.integer("min_gram_length"), call.integer("max_gram_length"),
                          call.integer("max_skip_count"),
                          call.integer_list("ngram_counts").value_or(std::vector<int64_t>()),
                          call.integer_list("ngram_indexes").value_or(std::vector<int64_t>())};
  if (settings.shortest < 1 || settings.longest < settings.shortest || settings.longest > 64 ||
      settings.skips < 0 || settings.skips > 1 << 20 || settings.columns.empty()) {
    call.fail("the lengths of its n-grams, their gaps or their columns make no sense");
  }
  const auto weights = call.number_list("weights");
  const auto strings = call.text_list("pool_strings");
  const auto numbers = call.integer_list("pool_int64s");
  const int64_t width = *std::max_element(settings.columns.begin(), settings.columns.end()) + 1;
  if (*std::min_element(settings.columns.begin(), settings.columns.end()) < 0 || width > 1 << 28)
    call.fail("attribute 'ngram_indexes' holds a column that cannot be");
  if (weights && static_cast<int64_t>(weights->size()) < width)
    call.fail(fmt::format("has {} weights for {} columns", weights->size(), width));
  for (size_t i = 0; weights && i < settings.columns.size(); ++i) {
    // The specification counts weights by n-gram, and what there is computes them by column.
    if (i < weights->size() && (*weights)[i] != (*weights)[static_cast<size_t>(settings.columns[i])])
      throw Unsupported("has weights and columns in different orders");
  }
  const Shape shape = call.value(0).shape();
  if (shape.rank() > 2) call.fail(fmt::format("takes (n,) or (batch, n); received {}", shape.str()));
  const int64_t rows = shape.rank() == 2 ? shape[0] : 1;
  if (call.value(0).is_strings() != strings.has_value())
    call.fail("its pool and its input are of different kinds");
  const std::vector<int64_t> counts =
      strings ? count<std::string>(call, call.value(0).strings(), rows, *strings, settings, width)
              : count<int64_t>(call, call.known_integers(0), rows, numbers.value_or(std::vector<int64_t>()),
                               settings, width);
  std::vector<float> values;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double weight = weights ? (*weights)[i % static_cast<size_t>(width)] : 1.0;
    const auto times = static_cast<double>(counts[i]);
    values.push_back(static_cast<float>(mode == "TF"    ? times
                                        : mode == "IDF" ? (times > 0 ? weight : 0)
                                                        : times * weight));
  }
  return {Value(Tensor::from(values, shape.rank() == 2 ? Shape{rows, width} : Shape{width}))};
}

const bool kTfidfVectorizerRegistered = register_operator("TfIdfVectorizer", 9, vectorize);

}  // namespace
}  // namespace lamina::onnx

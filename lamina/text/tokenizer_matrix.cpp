// Sequences to bags of words.
#include <cmath>
#include <iterator>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"
#include "lamina/text/detail/chunks.h"
#include "lamina/text/detail/tokenizer_state.h"
#include "lamina/text/tokenizer.h"

namespace lamina {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 37;

enum class Mode { kBinary, kCount, kFreq, kTfidf };

Mode mode_from(const std::string& name) {
  static const std::vector<std::string> kNames = {"binary", "count", "freq", "tfidf"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Mode>(i);
  }
  throw InvalidArgument("Tokenizer: unknown mode '" + name + "'" + suggest(name, kNames));
}

// The inverse document frequency of each column.
std::vector<double> idf_of(const detail::TokenizerState& state, int64_t columns) {
  std::vector<double> idf(static_cast<size_t>(columns));
  for (int64_t j = 0; j < columns; ++j) {
    const auto docs = state.index_docs.find(j);
    const auto with = static_cast<double>(1 + (docs == state.index_docs.end() ? 0 : docs->second));
    idf[static_cast<size_t>(j)] = std::log(1 + static_cast<double>(state.document_count) / with);
  }
  return idf;
}

template <class T>
Tensor matrix(const std::vector<Tokenizer::Sequence>& sequences, int64_t columns, Mode mode,
              const std::vector<double>& idf) {
  std::vector<T> all(sequences.size() * static_cast<size_t>(columns));
  detail::for_each_chunk(sequences.size(), [&](size_t, size_t begin, size_t end) {
    std::vector<int64_t> counts(static_cast<size_t>(columns));
    for (size_t i = begin; i < end; ++i) {
      T* row = all.data() + i * static_cast<size_t>(columns);
      for (const int32_t j : sequences[i]) {
        if (j < columns) ++counts[static_cast<size_t>(j)];
      }
      for (const int32_t j : sequences[i]) {
        if (j >= columns || counts[static_cast<size_t>(j)] == 0) continue;
        const auto count = static_cast<double>(std::exchange(counts[static_cast<size_t>(j)], 0));
        double value = 1;
        if (mode == Mode::kCount) value = count;
        if (mode == Mode::kFreq) value = count / static_cast<double>(sequences[i].size());
        if (mode == Mode::kTfidf) value = (1 + std::log(count)) * idf[static_cast<size_t>(j)];
        row[j] = static_cast<T>(value);
      }
    }
  });
  return Tensor::from(all, {sequences.size(), columns});
}

}  // namespace

Tensor Tokenizer::texts_to_matrix(const std::vector<std::string>& texts, const std::string& mode,
                                  DType dtype) const {
  mode_from(mode);
  return sequences_to_matrix(texts_to_sequences(texts), mode, dtype);
}

Tensor Tokenizer::sequences_to_matrix(const std::vector<Sequence>& sequences, const std::string& mode_name,
                                      DType dtype) const {
  const Mode mode = mode_from(mode_name);
  int64_t columns = state_->options.num_words;
  if (columns == 0) {
    if (state_->index.empty())
      throw InvalidArgument("Tokenizer: give num_words, or call fit_on_texts first: how many columns?");
    columns = static_cast<int64_t>(state_->index.size()) + 1;
  }
  if (mode == Mode::kTfidf && state_->document_count == 0)
    throw InvalidArgument("Tokenizer: call fit_on_texts before a matrix of mode 'tfidf'");
  if (!sequences.empty() && columns > kMostElements / static_cast<int64_t>(sequences.size())) {
    throw InvalidArgument("Tokenizer: a matrix (" + std::to_string(sequences.size()) + ", " +
                          std::to_string(columns) + ") is too large; choose a smaller num_words");
  }
  for (size_t i = 0; i < sequences.size(); ++i) {
    for (const int32_t j : sequences[i]) {
      if (j < 0)
        throw InvalidArgument("Tokenizer: sequence " + std::to_string(i) + " holds the number " +
                              std::to_string(j));
    }
  }
  const std::vector<double> idf = mode == Mode::kTfidf ? idf_of(*state_, columns) : std::vector<double>{};
  if (dtype == DType::kFloat64 || is_integer(dtype))
    return cast(matrix<double>(sequences, columns, mode, idf), dtype);
  return cast(matrix<float>(sequences, columns, mode, idf), dtype);
}

}  // namespace lamina

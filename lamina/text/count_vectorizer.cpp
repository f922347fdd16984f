// Learning terms, choosing among them, and counting.
#include "lamina/text/count_vectorizer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/clean_texts.h"
#include "lamina/text/detail/count_words.h"
#include "lamina/text/detail/term_analyzer-inl.h"

namespace lamina {
namespace {

using detail::WordCounts;
using State = detail::CountVectorizerState;

[[noreturn]] void fail(const std::string& what) { throw InvalidArgument("CountVectorizer: " + what); }

// One element of a row: column above, count below, so that elements sort by column.
uint64_t element(int32_t column, int64_t count) {
  return static_cast<uint64_t>(column) << 32 | static_cast<uint64_t>(std::min<int64_t>(count, UINT32_MAX));
}

// Rows of elements as a matrix.
CsrMatrix matrix_of(std::vector<std::vector<uint64_t>>& rows, size_t columns, bool binary) {
  CsrMatrix matrix{.rows = static_cast<int64_t>(rows.size()), .cols = static_cast<int64_t>(columns)};
  int64_t all = 0;
  for (const auto& row : rows) matrix.indptr.push_back(all += static_cast<int64_t>(row.size()));
  matrix.indices.resize(static_cast<size_t>(all));
  matrix.values.resize(static_cast<size_t>(all));
  detail::for_each_chunk(rows.size(), [&](size_t, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      std::sort(rows[i].begin(), rows[i].end());
      auto at = static_cast<size_t>(matrix.indptr[i]);
      for (const uint64_t one : rows[i]) {
        matrix.indices[at] = static_cast<int32_t>(one >> 32);
        matrix.values[at++] = binary ? 1 : static_cast<double>(one & UINT32_MAX);
      }
    }
  });
  return matrix;
}

// The words that become terms, in the order of the columns.
std::vector<size_t> chosen(const WordCounts& counted, const CountVectorizerOptions& options,
                           size_t documents) {
  const double most = options.max_df.of(static_cast<int64_t>(documents)),
               least = options.min_df.of(static_cast<int64_t>(documents));
  if (most < least) fail("max_df means fewer documents than min_df");
  std::vector<size_t> words;
  for (size_t i = 0; i < counted.words.size(); ++i) {
    const auto with = static_cast<double>(counted.texts[i]);
    if (with <= most && with >= least) words.push_back(i);
  }
  const auto by_name = [&](size_t a, size_t b) { return counted.words[a] < counted.words[b]; };
  std::sort(words.begin(), words.end(), by_name);
  const auto limit = static_cast<size_t>(options.max_features);
  if (limit > 0 && words.size() > limit) {
    const std::vector<int64_t>& counts = options.binary ? counted.texts : counted.counts;
    std::stable_sort(words.begin(), words.end(), [&](size_t a, size_t b) { return counts[a] > counts[b]; });
    words.resize(limit);
    std::sort(words.begin(), words.end(), by_name);
  }
  if (words.empty()) fail("no terms remain; try a lower min_df or a higher max_df, or another analyzer");
  return words;
}

}  // namespace

double DocumentLimit::of(int64_t documents) const {
  return is_share_ ? share_ * static_cast<double>(documents) : static_cast<double>(count_);
}

bool DocumentLimit::valid() const { return is_share_ ? share_ >= 0 && share_ <= 1 : count_ >= 1; }

Json DocumentLimit::to_json() const { return is_share_ ? Json(share_) : Json(count_); }

DocumentLimit DocumentLimit::from_json(const Json& json) {
  return json.is_int() ? DocumentLimit(json.as_int()) : DocumentLimit(json.as_double());
}

namespace detail {

CountVectorizerState::CountVectorizerState(CountVectorizerOptions given) : options(std::move(given)) {
  const std::vector<std::string> analyzers = {"word", "char", "char_wb"};
  const auto found = std::find(analyzers.begin(), analyzers.end(), options.analyzer);
  if (found == analyzers.end())
    fail("unknown analyzer '" + options.analyzer + "'" + suggest(options.analyzer, analyzers));
  analyzer = static_cast<Analyzer>(found - analyzers.begin());
  if (options.token_pattern == R"((?u)\b\w+\b)" || options.token_pattern == R"(\b\w+\b)") {
    shortest_word = 1;
  } else if (options.token_pattern != R"((?u)\b\w\w+\b)" && options.token_pattern != R"(\b\w\w+\b)") {
    throw Unsupported("CountVectorizer: the token_pattern '" + options.token_pattern +
                      R"(' is not one of (?u)\b\w\w+\b and (?u)\b\w+\b; split with a tokenizer function)");
  }
  const auto [shortest, longest] = options.ngram_range;
  if (shortest < 1 || longest < shortest || longest > 1000)
    fail("ngram_range (" + std::to_string(shortest) + ", " + std::to_string(longest) +
         ") must be two numbers from 1 to 1000 that do not fall");
  if (!options.max_df.valid() || !options.min_df.valid())
    fail("max_df and min_df are whole numbers from 1, or shares from 0.0 to 1.0");
  if (options.max_features < 0) fail("max_features is " + std::to_string(options.max_features));
  if (analyzer != Analyzer::kWord && (!options.stop_words.empty() || options.tokenizer))
    fail("stop_words and tokenizer are for the analyzer 'word'; it is '" + options.analyzer + "'");
  if (options.stop_words == std::vector<std::string>{"english"})
    fail(
        "the stop words \"english\" are scikit-learn's list, which is not built in: give the words "
        "themselves, or "
        "read them from a file with one a line (read_lines)");
  stop_words.insert(options.stop_words.begin(), options.stop_words.end());
  for (const std::string& term : options.vocabulary) {
    if (!is_utf8(term)) fail("the term '" + valid_utf8(term) + "' of the vocabulary is no UTF-8");
    const size_t before = terms.size();
    terms.add(term);
    if (terms.size() == before) fail("the vocabulary holds '" + term + "' twice");
  }
}

}  // namespace detail

CountVectorizer::CountVectorizer(CountVectorizerOptions options)
    : state_(std::make_shared<State>(std::move(options))) {}

const CountVectorizerOptions& CountVectorizer::options() const { return state_->options; }

void CountVectorizer::fit(const std::vector<std::string>& documents) { fit_transform(documents); }

CsrMatrix CountVectorizer::fit_transform(const std::vector<std::string>& documents) {
  if (!state_->options.vocabulary.empty()) return transform(documents);
  const detail::CleanTexts clean(documents, "CountVectorizer");
  const WordCounts counted = detail::count_words(
      documents.size(), true, [&](size_t i, auto&& sink) { state_->terms_of(clean[i], sink); });
  if (counted.words.empty()) fail("no terms: the documents are empty, or hold stop words alone");
  auto state = std::make_shared<State>(*state_);
  state->terms = {};
  std::vector<int32_t> column(counted.words.size(), detail::WordTable::kNone);
  for (const size_t word : chosen(counted, state->options, documents.size()))
    column[word] = state->terms.add(counted.words[word]);
  std::vector<std::vector<uint64_t>> rows(documents.size());
  detail::for_each_chunk(documents.size(), [&](size_t, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      for (auto at = static_cast<size_t>(counted.indptr[i]); at < static_cast<size_t>(counted.indptr[i + 1]);
           ++at) {
        const int32_t place = column[static_cast<size_t>(counted.indices[at])];
        if (place >= 0) rows[i].push_back(element(place, counted.values[at]));
      }
    }
  });
  state_ = std::move(state);
  return matrix_of(rows, state_->terms.size(), state_->options.binary);
}

CsrMatrix CountVectorizer::transform(const std::vector<std::string>& documents) const {
  const size_t columns = get_feature_names().size();
  const detail::CleanTexts clean(documents, "CountVectorizer");
  std::vector<std::vector<uint64_t>> rows(documents.size());
  detail::for_each_chunk(documents.size(), [&](size_t, size_t begin, size_t end) {
    std::vector<int32_t> found;
    for (size_t i = begin; i < end; ++i) {
      found.clear();
      state_->terms_of(clean[i], [&](std::string_view term) {
        if (const int32_t column = state_->terms.find(term); column >= 0) found.push_back(column);
      });
      std::sort(found.begin(), found.end());
      for (size_t at = 0; at < found.size();) {
        const size_t first = at;
        while (at < found.size() && found[at] == found[first]) ++at;
        rows[i].push_back(element(found[first], static_cast<int64_t>(at - first)));
      }
    }
  });
  return matrix_of(rows, columns, state_->options.binary);
}

const std::vector<std::string>& CountVectorizer::get_feature_names() const {
  if (state_->terms.empty()) fail("no terms: call fit first, or give a vocabulary");
  return state_->terms.words();
}

std::optional<int64_t> CountVectorizer::column(const std::string& term) const {
  const int32_t found = state_->terms.find(term);
  return found < 0 ? std::nullopt : std::optional<int64_t>(found);
}

std::vector<std::string> CountVectorizer::analyze(const std::string& document) const {
  const std::vector<std::string> documents = {document};
  const detail::CleanTexts clean(documents, "CountVectorizer");
  std::vector<std::string> terms;
  state_->terms_of(clean[0], [&](std::string_view term) { terms.emplace_back(term); });
  return terms;
}

}  // namespace lamina

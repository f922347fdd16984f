// Words are put together with blanks, and tokens find their word by where their last character stands: some
// tokenizers count the blank before a word as its first.
#include "lamina/zoo/transformers/text_tagger.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/pretrained_files.h"
#include "lamina/zoo/transformers/detail/text_input.h"
#include "lamina/zoo/transformers/language_loss.h"

namespace lamina {
namespace {

constexpr char kEnding[] = "ForTokenClassification";

}  // namespace

TextTagger::TextTagger(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
  detail::check_classes_of(*model_, tokenizer_, kEnding);
  labels_ = model_->class_names();
}

TextTagger TextTagger::from_pretrained(const std::string& folder, const HeadOptions& options,
                                       HeadReport* report) {
  auto model = AutoModelForTokenClassification::from_pretrained(folder, options, report);
  return {std::move(model), AutoTokenizer::from_pretrained(folder)};
}

void TextTagger::set_max_length(int64_t tokens) { max_length_ = detail::checked_length(tokens); }

void TextTagger::save_pretrained(const std::string& folder) const {
  model_->save_pretrained(folder);
  detail::save_tokenizer(tokenizer_, folder, max_length_);
}

std::vector<TextTagger::Pieces> TextTagger::pieces_of(const std::vector<std::vector<std::string>>& words,
                                                      int64_t max_length) const {
  std::vector<std::string> texts;
  std::vector<std::vector<int32_t>> ends;  // of the words, in bytes
  for (const std::vector<std::string>& text : words) {
    std::string joined;
    std::vector<int32_t>& end = ends.emplace_back();
    for (const std::string& word : text) {
      joined += (joined.empty() ? "" : " ") + word;
      end.push_back(static_cast<int32_t>(joined.size()));
    }
    texts.push_back(std::move(joined));
  }
  const int64_t most = detail::most_tokens(*model_, tokenizer_, max_length > 0 ? max_length : max_length_);
  std::vector<Encoding> encodings = detail::encoded(tokenizer_, texts, most, {.byte_offsets = true});
  std::vector<Pieces> all;
  for (size_t i = 0; i < encodings.size(); ++i) {
    Encoding& encoding = encodings[i];
    Pieces pieces{{}, std::vector<int64_t>(words[i].size(), -1)};
    for (size_t token = 0; token < encoding.size(); ++token) {
      const auto [begin, end] = encoding.offsets[token];
      if (encoding.special_tokens_mask[token] != 0 || end <= begin) continue;
      const auto found = std::lower_bound(ends[i].begin(), ends[i].end(), end);
      const auto word = static_cast<size_t>(found - ends[i].begin());
      if (word >= words[i].size()) continue;
      // A blank alone stands between words.
      const int32_t from = ends[i][word] - static_cast<int32_t>(words[i][word].size());
      if (end > from && pieces.first[word] < 0) pieces.first[word] = static_cast<int64_t>(token);
    }
    pieces.ids = std::move(encoding.ids);
    if (pieces.ids.empty()) pieces.ids.push_back(detail::padding_of(*model_, tokenizer_));
    all.push_back(std::move(pieces));
  }
  return all;
}

LabelledBatches TextTagger::batches(const TaggedTexts& texts, const TextBatchesOptions& options) const {
  std::vector<Pieces> pieces = pieces_of(texts.words, options.max_length);
  return batches_of(texts, pieces, options);
}

LabelledBatches TextTagger::batches_of(const TaggedTexts& texts, std::vector<Pieces>& pieces,
                                       const TextBatchesOptions& options) const {
  std::map<std::string, int32_t> numbers;
  for (const std::string& label : labels_) numbers.emplace(label, static_cast<int32_t>(numbers.size()));
  if (texts.words.size() != texts.tags.size())
    throw InvalidArgument("there are words of " + std::to_string(texts.words.size()) +
                          " texts, and tags of " + std::to_string(texts.tags.size()));
  std::vector<LabelledTokens> all;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const std::vector<std::string>& tags = texts.tags[i];
    if (tags.size() != texts.words[i].size())
      throw InvalidArgument("text " + std::to_string(i) + " has " + std::to_string(texts.words[i].size()) +
                            " words and " + std::to_string(tags.size()) + " tags");
    LabelledTokens text{std::move(pieces[i].ids), {}};
    text.labels.assign(text.ids.size(), kIgnoredLabel);
    for (size_t word = 0; word < tags.size(); ++word) {
      const auto found = numbers.find(tags[word]);
      if (found == numbers.end())
        throw InvalidArgument("word " + std::to_string(word) + " of text " + std::to_string(i) +
                              " is tagged '" + tags[word] + "', which is none of the model's tags" +
                              suggest(tags[word], labels_));
      const int64_t first = pieces[i].first[word];
      if (first >= 0) text.labels[static_cast<size_t>(first)] = found->second;
    }
    all.push_back(std::move(text));
  }
  return LabelledBatches(std::move(all), {.rows = options.rows,
                                          .longest = model_->context_length(),
                                          .pad_token_id = detail::padding_of(*model_, tokenizer_),
                                          .by_token = true,
                                          .shuffle = options.shuffle});
}

bool TextTagger::finds_spans() const {
  return std::all_of(labels_.begin(), labels_.end(), [](const std::string& tag) {
    return tag == "O" ||
           (tag.size() > 2 && tag[1] == '-' && std::string("BIESUL").find(tag[0]) != std::string::npos);
  });
}

TaggingScores TextTagger::evaluate(const TaggedTexts& texts) const {
  std::vector<Pieces> pieces = pieces_of(texts.words, 0);
  LabelledBatches judged = batches_of(texts, pieces, {.shuffle = false});
  std::vector<std::vector<std::string>> said(texts.size());
  const auto say = [&](size_t text, std::span<const float> row) { said[text] = tags_of(pieces[text], row); };
  TaggingScores scores{
      detail::score_of(*model_, judged, [&](const Tensor& batch) { detail::each_row(judged, batch, say); })
          .loss,
      {}};
  if (finds_spans()) {
    scores.tags = score_tags(texts.tags, said);
    return scores;
  }
  int64_t right = 0, all = 0;
  for (size_t i = 0; i < said.size(); ++i) {
    all += static_cast<int64_t>(said[i].size());
    for (size_t word = 0; word < said[i].size(); ++word) right += said[i][word] == texts.tags[i][word];
  }
  scores.tags.accuracy = static_cast<double>(right) / static_cast<double>(std::max<int64_t>(all, 1));
  return scores;
}

std::vector<std::string> TextTagger::tags_of(const Pieces& pieces, std::span<const float> scores) const {
  const std::string other =
      std::count(labels_.begin(), labels_.end(), "O") > 0 ? std::string("O") : labels_.at(0);
  std::vector<std::string> tags(pieces.first.size(), other);
  for (size_t word = 0; word < tags.size(); ++word) {
    const int64_t first = pieces.first[word];
    if (first < 0) continue;
    const auto row = scores.subspan(static_cast<size_t>(first) * labels_.size(), labels_.size());
    tags[word] = labels_[static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin())];
  }
  return tags;
}

std::vector<std::vector<std::string>> TextTagger::predict(
    const std::vector<std::vector<std::string>>& words) const {
  std::vector<Pieces> pieces = pieces_of(words, 0);
  std::vector<LabelledTokens> ids;
  for (Pieces& text : pieces) ids.push_back({std::move(text.ids)});
  std::vector<std::vector<std::string>> all(words.size());
  detail::each_score(
      *model_, std::move(ids), detail::padding_of(*model_, tokenizer_),
      [&](size_t text, std::span<const float> scores) { all[text] = tags_of(pieces[text], scores); });
  return all;
}

}  // namespace lamina

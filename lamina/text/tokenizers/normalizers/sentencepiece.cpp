// SentencePiece's own normalisation: the longest entry of the charsmap at each place, blanks as marks.
#include <algorithm>

#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/charsmap.h"
#include "lamina/text/tokenizers/detail/sentencepiece.h"
#include "lamina/text/tokenizers/detail/trie.h"

namespace lamina::detail::tokenizers {
namespace {

constexpr std::string_view kMark = "\xE2\x96\x81";

class SentencePieceNormalizer : public Normalizer {
 public:
  explicit SentencePieceNormalizer(const SentencePieceFile& file)
      : charsmap_(file.charsmap),
        add_dummy_prefix_(file.add_dummy_prefix),
        removes_(file.remove_extra_whitespaces),
        suffix_(file.treat_whitespace_as_suffix),
        blank_(file.escape_whitespaces ? kMark : " ") {
    std::vector<std::pair<std::string_view, int32_t>> keys;
    for (const SentencePieceFile::Piece& piece : file.pieces) {
      if (piece.type == PieceType::kUserDefined) keys.emplace_back(piece.text, 0);
    }
    user_defined_ = Trie(std::move(keys));
  }

  void normalize(AlignedText& aligned) const override {
    const std::string_view text = aligned.text();
    size_t at = 0;
    if (removes_) {
      while (at < text.size()) {
        const auto [bytes, by] = next(text, at);
        if (by != " ") break;
        at += bytes;
      }
    }
    Rewriter writer(aligned);
    if (at < text.size()) write(text, at, writer);
    writer.finish();
  }

 private:
  // What stands at a place, and what is written for it.
  std::pair<size_t, std::string_view> next(std::string_view text, size_t at) const {
    const std::string_view rest = text.substr(at);
    if (const size_t bytes = user_defined_.longest(rest).first; bytes > 0)
      return {bytes, rest.substr(0, bytes)};
    if (const Charsmap::Match match = charsmap_.longest(rest); match.size > 0)
      return {match.size, match.replacement};
    const size_t bytes = character_size(text[at]);
    return {bytes, rest.substr(0, bytes)};
  }

  void write(std::string_view text, size_t at, Rewriter& writer) const {
    const Span first = writer.origin_of(at);
    bool after_blank = removes_;
    // Blanks wait, so that those at the end can be left out; what looks like one in the text, too.
    std::vector<Span> blanks;
    if (add_dummy_prefix_ && !suffix_) blanks.push_back(first);
    const auto flush = [&] {
      for (const Span& origin : blanks) writer.put(blank_, origin);
      blanks.clear();
    };
    Span last = first;
    while (at < text.size()) {
      auto [bytes, by] = next(text, at);
      last = {writer.origin_of(at).begin, writer.origin_of(at + bytes - 1).end};
      at += bytes;
      while (after_blank && by.starts_with(' ')) by.remove_prefix(1);
      if (!by.empty()) {
        for (size_t i = 0; i < by.size();) {
          const bool mark = by.substr(i).starts_with(blank_);
          if (mark || by[i] == ' ') {
            blanks.push_back(last);
            i += mark ? blank_.size() : 1;
            continue;
          }
          flush();
          const size_t end = std::min({by.find(' ', i), by.find(blank_, i), by.size()});
          writer.put(by.substr(i, end - i), last);
          i = end;
        }
        after_blank = by.ends_with(' ');
      }
      if (!removes_) after_blank = false;
    }
    if (!removes_) flush();
    if (add_dummy_prefix_ && suffix_) writer.put(blank_, last);
  }

  Charsmap charsmap_;
  Trie user_defined_;
  bool add_dummy_prefix_, removes_, suffix_;
  std::string_view blank_;
};

}  // namespace

std::shared_ptr<const Normalizer> sentencepiece_normalizer(const SentencePieceFile& file) {
  return std::make_shared<SentencePieceNormalizer>(file);
}

}  // namespace lamina::detail::tokenizers

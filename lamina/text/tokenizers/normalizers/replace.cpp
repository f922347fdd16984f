// Replace: each match of a text or pattern by another text.
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/regex.h"

namespace lamina::detail::tokenizers {
namespace {

Regex compiled(const std::pair<bool, std::string>& pattern) {
  return pattern.first ? Regex(pattern.second) : Regex::literal(pattern.second);
}

class Replace : public Normalizer {
 public:
  Replace(const std::pair<bool, std::string>& pattern, std::string content)
      : regex_(compiled(pattern)), content_(std::move(content)) {}
  void normalize(AlignedText& text) const override {
    Matches matches;
    if (text.text().empty()) return;
    regex_.find_all(text.text(), matches);
    if (matches.empty()) return;
    Rewriter writer(text);
    size_t at = 0;
    for (const auto& [begin, end] : matches) {
      writer.keep(at, begin);
      // What is put in comes from where the last character of the match came from.
      writer.put(content_, end > 0 ? writer.origin_of(end - 1)
                                   : Span{writer.origin_of(0).begin, writer.origin_of(0).begin});
      at = end;
    }
    writer.keep(at, writer.old().size());
    writer.finish();
  }

 private:
  Regex regex_;
  std::string content_;
};

// The same of each token.
class ReplaceDecoder : public Decoder {
 public:
  ReplaceDecoder(const std::pair<bool, std::string>& pattern, std::string content)
      : regex_(compiled(pattern)), content_(std::move(content)) {}
  void decode(std::vector<std::string>& tokens) const override {
    Matches matches;
    for (std::string& token : tokens) {
      matches.clear();
      if (token.empty()) continue;
      regex_.find_all(token, matches);
      if (matches.empty()) continue;
      std::string result;
      size_t at = 0;
      for (const auto& [begin, end] : matches) {
        result.append(token, at, begin - at).append(content_);
        at = end;
      }
      token = result.append(token, at);
    }
  }

 private:
  Regex regex_;
  std::string content_;
};

template <class Base, class Part>
std::shared_ptr<Base> make(const Json& config) {
  ConfigReader reader = read_part(config, "Replace");
  const auto pattern = pattern_of(reader, "pattern");
  std::string content = text_of(reader, "content");
  reader.done();
  return std::make_shared<Part>(pattern, std::move(content));
}

const bool kReplaceKnown[] = {Registry<Normalizer>::add("Replace", make<Normalizer, Replace>),
                       Registry<Decoder>::add("Replace", make<Decoder, ReplaceDecoder>)};

}  // namespace
}  // namespace lamina::detail::tokenizers
